"""Nested documents read the slow, obvious way: one JSON object at a time, one value at a time.

It says what rows of `Table.part` and `Column.at` are, without anything of `mandje.ingest`: numbers as they
are written, blanks are nothing, placeholders are no ids. What breaks a rule of its contract is set apart.
Tables whose documents are linked over several lines (`Part.linked_by`) are not its business.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from mandje.contracts.types import Column, Table

Json = dict[str, Any]
# An object and those that hold it, from the inside out.
Chain = tuple[Json, ...]


@dataclass(frozen=True)
class Unpacked:
    """Typed rows by table (`Table.polars_schema()`); table, line, part and column of what breaks a rule."""

    rows: dict[str, pl.DataFrame]
    broken: list[tuple[str, int, str | None, str]]


def unpack(  # noqa: PLR0913 - where the lines come from, as a delivery says it
    lines: Sequence[str],
    tables: Mapping[str, Table],
    kind: str,
    *,
    file: str = "orders.jsonl",
    day: date = date(2026, 3, 7),
    source: str = "shop",
) -> Unpacked:
    """Rows of all tables of one kind of file, of lines that hold a JSON object each."""
    rows: dict[str, list[Json]] = {name: [] for name, table in tables.items() if _is_of(table, kind)}
    broken: list[tuple[str, int, str | None, str]] = []
    for number, line in enumerate(lines, start=1):
        document = json.loads(line, parse_int=str, parse_float=str)
        for name in rows:
            for part, chain in _objects(document, tables[name]):
                values = {column.name: _value(chain, column, tables[name]) for column in tables[name].columns}
                wrong = [
                    column.name for column in tables[name].columns if _breaks(column, values[column.name])
                ]
                broken += [(name, number, part, column) for column in wrong[:1]]
                rows[name] += [] if wrong else [_place(source, day, file, number, part) | values]
    frames = {name: pl.DataFrame(found, tables[name].polars_schema()) for name, found in rows.items()}
    return Unpacked(frames, broken)


def _place(source: str, day: date, file: str, line: int, part: str | None) -> Json:
    return {
        "delivery_source": source,
        "delivery_date": day,
        "delivery_sha256": "0" * 12,
        "delivery_file": file,
        "delivery_line": line,
        "delivery_part": part,
    }


def _is_of(table: Table, kind: str) -> bool:
    return table.part is not None and table.part.kind == kind and table.part.linked_by is None


def _objects(document: Json, table: Table) -> Iterator[tuple[str | None, Chain]]:
    """Each object of a table with its part of the document; `a.b` is list b of each object in list a."""
    assert table.part is not None
    found: list[tuple[str | None, Chain]] = [(None, (document,))]
    for step in filter(None, table.part.path.split(".")):
        found = [
            (f"{part}.{step}[{number}]" if part else f"{step}[{number}]", (child, *chain))
            for part, chain in found
            for number, child in enumerate(chain[0].get(step) or [])
        ]
    yield from found


def _value(chain: Chain, column: Column, table: Table) -> object:
    path = column.at or column.name
    up = len(path) - len(path.lstrip("^"))
    value: Any = chain[up]
    for step in path.lstrip("^").split("."):
        name, key = re.fullmatch(r"([^\[]+)(?:\[(.+)\])?", step).groups()  # type: ignore[union-attr]
        value = value.get(name) if isinstance(value, dict) else None
        if key is not None and key.startswith("*"):
            value = " ".join(str(one[key.removeprefix("*")]) for one in value or [])
        elif key is not None:
            value = next((pair["value"] for pair in value or [] if pair["key"] == key), None)
    if value is None or not str(value).strip():
        return None
    return _typed(str(value).strip(), column, table)


def _typed(text: str, column: Column, table: Table) -> object:
    if column.is_email:
        return hashlib.sha256(text.lower().encode()).hexdigest()
    if column.is_id:
        return None if text.lower() in table.ids.placeholders else text
    if column.type == "decimal":
        value = Decimal(text)
        places = 4 if column.round_to is None else column.round_to
        return value.quantize(Decimal(10) ** -places, ROUND_HALF_UP)
    if column.type == "integer":
        return int(text)
    if column.type == "timestamp":
        time = datetime.fromisoformat(text)
        zone = ZoneInfo(column.time_zone or "UTC")
        return (time if time.tzinfo else time.replace(tzinfo=zone)).astimezone(UTC)
    return text


def _breaks(column: Column, value: object) -> bool:
    if value is None:
        return not column.nullable
    if column.minimum is not None and isinstance(value, Decimal | int):
        return value < column.minimum or (column.minimum_exclusive and value == column.minimum)
    if column.pattern is not None:
        return re.search(column.pattern, str(value)) is None
    return bool(column.allowed) and value not in column.allowed


def records(
    rows: Sequence[Mapping[str, str]], table: Table, *, file: str = "orders.csv", day: date = date(2026, 3, 7)
) -> pl.DataFrame:
    """Typed rows of a CSV whose records are rows: by name, else by another name of the column."""
    found = []
    for number, row in enumerate(rows, start=2):
        names = {column.name: (column.name, *column.aliases) for column in table.columns}
        values = {
            name: next((row[one] for one in known if one in row), None) for name, known in names.items()
        }
        typed = {column.name: _value((values,), column, table) for column in table.columns}
        found.append(_place("shop", day, file, number, None) | typed)
    return pl.DataFrame(found, table.polars_schema())
