"""Documents of a JSON file, each as a line of text: JSON lines as they stand, an array taken apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from mandje.ingest.documents.parquet_lines import parquet_lines
from mandje.ingest.read.byte_slices import undecodable
from mandje.ingest.read.chunks import (
    BOM,
    BYTES_PER_ROW,
    cut_lines,
    line_blocks,
    pieces,
    read_head,
    refusing_damage,
)
from mandje.ingest.read.formats import Format, open_bytes, wrong_format
from mandje.ingest.read.read_jsonl import decodable_lines
from mandje.ingest.read.text_rows import no_broken_rows, refusal
from mandje.ingest.read.unpacked import Meter

_BLOCK_ROWS = 65_536
# A list is read whole, and takes some twelve times its size.
MOST_LIST_BYTES = 128 * 2**20
# No JSON has it unescaped, so it can separate nothing.
_NEVER = b"\x01"


@dataclass(frozen=True, slots=True)
class Lines:
    """`lines`: `line` (of the file, or number in an array) and `text`; `broken`: BROKEN_SCHEMA."""

    lines: pl.DataFrame
    broken: pl.DataFrame


def document_lines(path: Path, promised: Format, meter: Meter) -> Iterator[Lines]:
    """The documents of a file in blocks of lines.

    Raises:
        Refused: the file cannot be read, or a `.json` file holds neither an array nor objects.
    """
    if promised.kind == "parquet":
        yield from (Lines(rows, no_broken_rows()) for rows in parquet_lines(path, meter))
        return
    if promised.kind == "json" and not _begins_with_a_line(path, promised):
        yield from _of_one_text(path, _whole(path, promised, meter))
        return
    line = 1
    for block in line_blocks(path, promised, _BLOCK_ROWS * BYTES_PER_ROW, meter):
        if line == 1 and block.lstrip().startswith(b"["):
            raise wrong_format(path, "a JSON list", "an object on each line; a list is a .json file")
        for part, line_count in _counted(block, line):
            yield part
            line += line_count


def _begins_with_a_line(path: Path, promised: Format) -> bool:
    """Whether a `.json` file holds lines of objects, as some systems write them: it may be of any size."""
    first, is_whole, _ = read_head(path, promised).lstrip().partition(b"\n")
    return bool(is_whole) and first.startswith(b"{") and _is_object(first)


def _whole(path: Path, promised: Format, meter: Meter) -> bytes:
    """All of a file that holds one list: what an API gives is small, and much is written as lines."""
    with refusing_damage(path, promised), open_bytes(path, promised) as stream:
        content = stream.read(MOST_LIST_BYTES + 1)
    meter.add(len(content))
    if len(content) > MOST_LIST_BYTES:
        found, most = f"more than {MOST_LIST_BYTES:,} bytes", f"at most {MOST_LIST_BYTES:,} bytes in a list"
        step = "deliver it as JSON lines (.jsonl), or in several files"
        raise refusal("too_big", "the list is larger than is read", path, found, most, next_step=step)
    return content


def _counted(block: bytes, line: int) -> Iterator[tuple[Lines, int]]:
    """The documents of a block, the first line of which has the number `line`, with how many lines they are.

    Short lines fill a block by the million: so many are not given at once.
    """
    plain = _plain_lines(block, line)
    if plain is not None:
        yield from ((Lines(part, no_broken_rows()), part.height) for part in plain.iter_slices(_BLOCK_ROWS))
        return
    for piece in pieces(block, _BLOCK_ROWS, cut_lines):
        yield _any_lines(piece, line), (line_count := piece.count(b"\n"))
        line += line_count


def _any_lines(block: bytes, line: int) -> Lines:
    """Lines among which may be blank ones and faults."""
    lines, broken = decodable_lines(block, line)
    return Lines(lines, pl.concat([no_broken_rows(), *broken]))


def _plain_lines(block: bytes, line: int) -> pl.DataFrame | None:
    """Lines of a block without blank ones and faults, else None: a table of one column, which is cut fast."""
    if _NEVER in block or undecodable(block).size:
        return None
    text = pl.read_csv(block, has_header=False, separator="\x01", quote_char=None, schema={"text": pl.String})
    line_ends = text.height - (not block.endswith(b"\n"))
    left_out = len(block) - int(text["text"].str.len_bytes().sum()) - line_ends
    if text["text"].null_count() or (left_out and left_out != block.count(b"\r\n")):
        return None
    bare = _without_blanks(text["text"])
    numbers = pl.int_range(line, line + text.height, dtype=pl.Int64, eager=True).alias("line")
    return None if (bare == "").any() else pl.DataFrame([numbers, bare])


def _without_blanks(text: pl.Series) -> pl.Series:
    """Lines without white space around them, which hardly any file has."""
    if (text.str.starts_with("{") & text.str.ends_with("}")).all():
        return text
    return text.str.strip_chars(" \t\r")


def _of_one_text(path: Path, content: bytes) -> Iterator[Lines]:
    """Objects of an array, one object, or lines of objects that somebody called `.json`."""
    text = content.removeprefix(BOM).strip()
    if text.startswith(b"{") and _is_object(text.split(b"\n", 1)[0]):
        yield _any_lines(text, 1)
        return
    try:
        written = text.decode()
        query = "SELECT unnest(from_json(?, '[\"JSON\"]'))::VARCHAR AS text"
        array = written if written.startswith("[") else f"[{written}]"
        with duckdb.connect() as connection:
            found = pl.DataFrame(connection.sql(query, params=[array]).to_arrow_table())
    except (UnicodeDecodeError, duckdb.Error):
        raise wrong_format(path, "text that is no JSON", "a JSON array, or JSON lines") from None
    numbers = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("line")
    yield Lines(found.select(numbers, pl.col("text").fill_null("null")), no_broken_rows())


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
