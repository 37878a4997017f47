"""A slow and obvious reader of documents, one value at a time: what strict reading makes of good files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from mandje.contracts.types import Column, Table

Object = dict[str, Any]


def unpacked(
    tables: Mapping[str, Table], kind: str, text: str, delivered: date, file: str = "file.jsonl"
) -> dict[str, pl.DataFrame]:
    """The frames of a kind's tables, from JSON lines whose children name their parents, in any order."""
    lines = [(n, json.loads(line)) for n, line in enumerate(text.splitlines(), start=1) if line.strip()]
    by_id = {one["id"]: one for _, one in lines}
    frames = {}
    for name, table in tables.items():
        if table.part is not None and table.part.kind == kind:
            found = [(n, _family(one, table, by_id)) for n, one in lines]
            rows = [_row(table, family, n, delivered, file) for n, family in found if family]
            frames[name] = pl.DataFrame(rows, schema=table.polars_schema(), orient="row")
    return frames


def _family(one: Object, table: Table, by_id: Mapping[str, Object]) -> list[Object]:
    """The object, its parent, and so on; nothing where it is no row of the table."""
    assert table.part is not None
    if table.part.linked_by is None:
        return [one]
    family = [one]
    while table.part.linked_by in family[-1]:
        family.append(by_id[family[-1][table.part.linked_by]])
    types = [member["id"].split("/")[-2] for member in reversed(family)]
    return family if "/".join(types) == table.part.path else []


def _row(table: Table, family: list[Object], line: int, delivered: date, file: str) -> list[Any]:
    place = ["shop", delivered, "0" * 12, file, line, None]
    return place + [_typed(column, _found(column, family)) for column in table.columns]


def _found(column: Column, family: list[Object]) -> Any:
    path = column.at or column.name
    steps = path.lstrip("^")
    value: Any = family[len(path) - len(steps)]
    for step in steps.replace("[0]", ".0").split("."):
        if isinstance(value, list):
            value = value[0] if value else None
        elif value is not None:
            value = value.get(step)
    return value


def _typed(column: Column, value: Any) -> Any:
    if value is None:
        return None
    if column.is_email:
        return hashlib.sha256(value.strip().lower().encode()).hexdigest()
    if column.type == "decimal":
        return Decimal(value)
    if column.type == "timestamp":
        return datetime.fromisoformat(value)
    return value
