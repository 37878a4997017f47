"""JSON lines (one flat object per line, UTF-8) as columns of text, numbers exactly as they are written.

A regular expression says which lines are flat objects; in those, quotes, colons and commas outside strings
give every key and value in whole columns. A blank line is not a row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from mandje.contracts.types import Table
from mandje.ingest.read.byte_slices import NEWLINE, as_array, cut_out, merged, places_of, undecodable
from mandje.ingest.read.chunks import cut_lines, read_blocks
from mandje.ingest.read.formats import Format, old_line_ends, wrong_format
from mandje.ingest.read.header import known, match_names
from mandje.ingest.read.json_pairs import find_pairs
from mandje.ingest.read.text_rows import (
    MOST_MALFORMED,
    NOT_TEXT,
    Texts,
    broken_rows,
    holds_nul,
    mostly_malformed,
    set_apart,
)
from mandje.ingest.read.unpacked import Meter
from mandje.ingest.values.merge import merge
from mandje.ingest.values.number_ids import written_ids

_WS = r"[ \t\r]*"
_HEX = "[0-9a-fA-F]"
_STRING = (
    r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]'
    rf"|\\u(?:[0-9a-cA-CeEfF]{_HEX}{{3}}|[dD][0-7]{_HEX}{{2}})"
    rf'|\\u[dD][89abAB]{_HEX}{{2}}\\u[dD][c-fC-F]{_HEX}{{2}})*"'
)
_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_PAIR = f"{_WS}{_STRING}{_WS}:{_WS}(?:{_STRING}|{_NUMBER}|true|false|null){_WS}"
# A line with one object (RFC 8259) whose values are strings, numbers, true, false or null.
FLAT_OBJECT = f"^{_WS}\\{{(?:{_PAIR}(?:,{_PAIR})*|{_WS})\\}}{_WS}$"


def read_jsonl(path: Path, promised: Format, table: Table, chunk_rows: int, meter: Meter) -> Iterator[Texts]:
    """The rows of a file of JSON lines, in order, in blocks of about `chunk_rows` rows.

    An absent key is null. A line that is no object, or gives a key twice, is broken.

    Raises:
        Refused: the file as a whole cannot be read, a key is unknown, or no line of it is an object.
    """
    line = 1
    for block in read_blocks(path, promised, chunk_rows, cut_lines, meter):
        texts = _block(block, table, path, line)
        if line == 1 and texts.rows.is_empty() and set(texts.broken["rule"]) == {"json"}:
            if block.count(b"\r") > block.count(b"\n"):
                raise old_line_ends(path)
            raise wrong_format(path, "no line that is a JSON object", "JSON lines")
        meter.add_rows(texts, len(block))
        yield texts
        line += block.count(b"\n")


def _block(block: bytes, table: Table, path: Path, line: int) -> Texts:
    lines, broken = decodable_lines(block, line)
    is_flat = lines["text"].str.contains(FLAT_OBJECT)
    flat = lines
    if not is_flat.all():
        if (count := is_flat.len() - int(is_flat.sum())) >= MOST_MALFORMED and count * 2 > is_flat.len():
            raise mostly_malformed(path, line)
        broken.append(_faulty(lines.filter(~is_flat), table, path))
        flat = lines.filter(is_flat)
    pairs = find_pairs("\n".join(flat["text"]).encode())
    names = _match_keys(pairs.with_columns(flat["line"].gather(pairs["row"])), table, path)
    columns, doubled = _columns(_with_whole_ids(pairs, names, table), names, flat.height)
    rows = pl.DataFrame({"line": flat["line"]} | columns)
    if doubled is not None:
        reason = "found a key twice in one object, expected each key once"
        broken.append(broken_rows(flat["line"].filter(doubled).to_list(), "json", reason))
        rows = rows.filter(~doubled)
    faults = {name: holds_nul(rows[name]) for name in columns} if rb"\u0000" in block else {}
    texts = set_apart(rows, rows["line"], faults, table)
    return Texts(texts.rows, pl.concat([*broken, texts.broken]))


def decodable_lines(block: bytes, line: int) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Lines that are UTF-8 and not blank (`line`, `text`), and the broken rows of the others."""
    array = as_array(block)
    ends = merged(places_of(array, NEWLINE) + 1, np.array([array.size]))
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1]])
    is_broken = np.zeros(starts.size, np.bool_)
    is_broken[np.searchsorted(starts, undecodable(block), side="right") - 1] = True
    numbers = np.arange(line, line + starts.size)
    texts = cut_out(array, starts[~is_broken], ends[~is_broken]).str.strip_chars(" \t\r\n")
    lines = pl.DataFrame({"line": numbers[~is_broken], "text": texts}).filter(pl.col("text") != "")
    return lines, [broken_rows(numbers[is_broken], "encoding", NOT_TEXT)] if is_broken.any() else []


def _match_keys(pairs: pl.DataFrame, table: Table, path: Path) -> dict[str, str]:
    """Contract column → key."""
    first = pairs.unique("key", keep="first", maintain_order=True)
    unknown = first.filter(~pl.col("key").is_in(list(known(table))))
    lines = (unknown if unknown.height else first)["line"].to_list()
    return match_names(first["key"].to_list(), table, path, lines[-1] if lines else 1)


def _with_whole_ids(pairs: pl.DataFrame, names: dict[str, str], table: Table) -> pl.DataFrame:
    """Pairs with ids that are whole floats as the integers that they are."""
    ids = [names[column.name] for column in table.columns if column.is_id and column.name in names]
    is_number = (~pl.col("is_string") & pl.col("key").is_in(ids)).fill_null(value=False)
    numbers = pairs.select(is_number).to_series()
    if not numbers.any():
        return pairs
    value = pairs["value"]
    return pairs.with_columns(merge(value, numbers, written_ids(value.filter(numbers))))


def _columns(
    pairs: pl.DataFrame, names: dict[str, str], height: int
) -> tuple[dict[str, pl.Series], pl.Series | None]:
    """Values per contract column, and true for rows in which a key stands more than once (None: nowhere)."""
    keys = pairs["key"].head(pairs.height // height if height else 0).to_list()
    if keys and _is_uniform(pairs, keys, height):
        places = {name: keys.index(delivered) for name, delivered in names.items()}
        return {name: pairs["value"].gather_every(len(keys), place) for name, place in places.items()}, None
    parts = {name: pairs.filter(pl.col("key") == delivered) for name, delivered in names.items()}
    doubled = _doubled(parts, height)
    return {name: _column(part, height) for name, part in parts.items()}, doubled if doubled.any() else None


def _is_uniform(pairs: pl.DataFrame, keys: list[str], height: int) -> bool:
    """Whether every row has these keys, each once, in this order: then a column is every so many-th value."""
    if len(set(keys)) < len(keys) or pairs.height != len(keys) * height:
        return False
    rows = np.repeat(np.arange(height), len(keys))
    return bool((pairs["row"].to_numpy() == rows).all() and (pairs["key"] == pl.Series(keys * height)).all())


def _column(pairs: pl.DataFrame, height: int) -> pl.Series:
    places = np.full(height, -1)
    places[pairs["row"].to_numpy()] = np.arange(pairs.height)
    return pairs["value"].gather(pl.Series(places).set(pl.Series(places < 0), None))


def _doubled(columns: dict[str, pl.DataFrame], height: int) -> pl.Series:
    """True for rows in which a key stands more than once; pairs come in order of rows."""
    doubled = np.zeros(height, np.bool_)
    for pairs in columns.values():
        rows = pairs["row"].to_numpy()
        doubled[rows[1:][rows[1:] == rows[:-1]]] = True
    return pl.Series(doubled)


def _faulty(lines: pl.DataFrame, table: Table, path: Path) -> pl.DataFrame:
    """Broken rows for lines that are no flat object: `type` where a value is nested, else `json`."""
    faults = [_fault(text, table, path, line) for line, text in lines.iter_rows()]
    nested = pl.Series(faults, dtype=pl.String)
    frames = [
        broken_rows(
            lines["line"].filter(nested.is_null()).to_list(),
            "json",
            "found a line that is no JSON object, expected one object per line",
        ),
        broken_rows(
            lines["line"].filter(nested.is_not_null()).to_list(),
            "type",
            "found an object or a list, expected a single value",
            nested.drop_nulls(),
        ),
    ]
    return pl.concat(frames)


def _fault(text: str, table: Table, path: Path, line: int) -> str | None:
    """The column whose value is nested, or None where the line is no object at all."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    names = match_names(list(value), table, path, line)
    return next((name for name, key in names.items() if isinstance(value[key], dict | list)), None)
