"""Delivered frames of every feed, made from its contract, and how the parser reads their files."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import DECIMAL, RATE, TIMESTAMP, Column
from mandje.ingest.parse import RowContext, parse_files
from mandje.ingest.read.parsed import ExportFile, FileFault, Parsed
from mandje.simulate.deliver.broken_file import DAMAGE
from mandje.simulate.deliver.write import file_name

DAY = date(2024, 3, 5)
# Ids that are texts in frames too.
TEXT_IDS = {"native_session_id", "experiment_id"}
FIRST_MOMENT = datetime(2024, 3, 5, 0, 0, 0, 1, tzinfo=UTC)
RULES = RowContext(b"key", ZoneInfo("Europe/Amsterdam"))


def delivered(feed: str, size: int = 5) -> pl.DataFrame:
    """Rows that fill every column, every third cell empty where it may be."""
    needed = {group[0] for group in FEEDS[feed].one_of}
    columns = [replace(c, nullable=c.nullable and c.name not in needed) for c in FEEDS[feed].columns]
    cells = {("email" if c.is_email else c.name): _cells(c, size) for c in columns}
    marks: dict[str, Any] = {
        "delivery_day": pl.Series([0] * size, dtype=pl.Int32),
        "outcome": pl.Series(["kept"] * size, dtype=pl.String),
        "defect": pl.Series([None] * size, dtype=pl.String),
    }
    return pl.DataFrame(cells | marks).with_columns(
        pl.lit(None, kind).alias(name) for name, kind in DAMAGE.items()
    )


def _cells(column: Column, size: int) -> pl.Series:
    values = [
        None if column.nullable and number % 3 == 1 else _value(column, number) for number in range(size)
    ]
    return pl.Series(values, dtype=_type(column))


def _type(column: Column) -> pl.DataType:
    if column.unit == "id" and column.name not in TEXT_IDS:
        return pl.Int64()
    if column.name in {"site", "event_type"}:
        return pl.Enum([*column.allowed] or ["nl", "uk"])
    return {
        "text": pl.String(),
        "integer": pl.Int64(),
        "decimal": pl.Int64() if column.name == "quantity" else DECIMAL,
        "rate": RATE,
        "timestamp": TIMESTAMP,
        "date": pl.Date(),
        "boolean": pl.Boolean(),
    }[column.type]


def _value(column: Column, number: int) -> Any:
    if column.is_email:
        return f"Ann.{number}@example.com "
    if column.type == "text":
        return _text(column, number)
    return {
        "integer": number + 1950,
        "decimal": number + 1 if column.name == "quantity" else Decimal(number * 12_345 + 5) / 10_000,
        "rate": Decimal(number * 12_345 + 5) / 10**12,
        "timestamp": FIRST_MOMENT + timedelta(seconds=number * 10_007, microseconds=number * 7),
        "date": DAY - timedelta(days=number),
        "boolean": number % 2 == 0,
    }[column.type]


def _text(column: Column, number: int) -> Any:
    if column.unit == "id" and column.name not in TEXT_IDS:
        return 1000 + number
    if column.allowed:
        return column.allowed[number % len(column.allowed)]
    if column.pattern:
        return "EUR"
    return "nl" if column.name == "site" else f'mug "{number}", blue\\é'


def parsed(folder: Path, feed: str, suffix: str = "") -> list[Parsed | FileFault]:
    """What the pipeline's parser makes of a file in `folder`."""
    file = ExportFile(feed, DAY, "0" * 12, folder / file_name(feed, suffix))
    return list(parse_files([file], FEEDS[feed], RULES))
