"""What the tests of parsing share: a delivery on disk, and a row that every contract accepts."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from mandje.adapters.base import NOTED_SCHEMA
from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import Column, Table
from mandje.ingest.parse import RowContext, parse_files
from mandje.ingest.read.parsed import READ_SCHEMA, REJECTED_SCHEMA, ExportFile, FileFault, Parsed

DAY = date(2024, 3, 31)
KEY = b"a key for tests"
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
LINES = FEEDS["order_lines"]
GOOD_VALUES = {
    "text": "abc",
    "integer": "1950",
    "decimal": "12.5",
    "rate": "0.000054793",
    "timestamp": "2024-03-30T10:00:00Z",
    "date": "2024-03-30",
    "boolean": "true",
}
LINE = {
    "order_id": "o1",
    "line_number": "1",
    "updated_at": "2024-03-30T10:00:00Z",
    "product_id": "p1",
    "quantity": "2",
    "currency_code": "EUR",
    "unit_price_amount": "10.25",
    "discount_amount": "0.5",
    "unit_cost_amount": "4",
}


@dataclass(frozen=True)
class Outcome:
    """All that came out of some files, put together."""

    rows: pl.DataFrame
    rejected: pl.DataFrame
    read: pl.DataFrame
    noted: pl.DataFrame
    faults: list[FileFault]
    chunks: int


def export_file(path: Path, day: date = DAY) -> ExportFile:
    return ExportFile("source", day, "0123456789ab", path)


def parse(
    files: list[ExportFile], table: Table = LINES, chunk_rows: int = 500_000, zone: ZoneInfo = AMSTERDAM
) -> Outcome:
    parts = list(parse_files(files, table, RowContext(KEY, zone, chunk_rows)))
    parsed = [part for part in parts if isinstance(part, Parsed)]
    for part in parsed:
        assert dict(part.rows.schema) == table.polars_schema()
        assert dict(part.rejected.schema) == REJECTED_SCHEMA
        assert dict(part.read.schema) == READ_SCHEMA
        assert dict(part.noted.schema) == NOTED_SCHEMA
        assert part.read["row_count"].sum() == part.rows.height + part.rejected.height
    return Outcome(
        pl.concat([pl.DataFrame(schema=table.polars_schema()), *(part.rows for part in parsed)]),
        pl.concat([pl.DataFrame(schema=REJECTED_SCHEMA), *(part.rejected for part in parsed)]),
        pl.concat([pl.DataFrame(schema=READ_SCHEMA), *(part.read for part in parsed)]),
        pl.concat([pl.DataFrame(schema=NOTED_SCHEMA), *(part.noted for part in parsed)]),
        [part for part in parts if isinstance(part, FileFault)],
        len(parsed),
    )


def parse_bytes(
    folder: Path, data: bytes, name: str = "lines.csv", table: Table = LINES, chunk_rows: int = 500_000
) -> Outcome:
    path = folder / name
    path.write_bytes(data)
    return parse([export_file(path)], table, chunk_rows)


def csv_bytes(rows: list[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def good_value(column: Column) -> str:
    """A value that breaks no rule of the column."""
    if column.allowed:
        return column.allowed[0]
    if column.pattern:
        return "EUR"
    return "someone@example.org" if column.is_email else GOOD_VALUES[column.type]


def good_row(table: Table) -> dict[str, str]:
    return {column.name: good_value(column) for column in table.columns}
