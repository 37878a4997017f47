"""What parsing gives: typed rows, refused rows, and files that cannot be read at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from mandje.contracts.types import DECIMAL, DELIVERY_COLUMNS, POLARS_TYPES, TOTAL
from mandje.errors import MandjeError

# One row per refused source row: the first rule that it breaks, in the order of the contract's columns.
REJECTED_SCHEMA: dict[str, pl.DataType] = {
    **{name: POLARS_TYPES[kind] for name, kind in DELIVERY_COLUMNS.items()},
    "table_name": POLARS_TYPES["text"],
    "column_name": POLARS_TYPES["text"],  # null where the row as a whole is at fault
    # as delivered, hashed in a personal column; a number or day that its file settles in plain form
    "value": POLARS_TYPES["text"],
    "rule": POLARS_TYPES["text"],
    "reason": POLARS_TYPES["text"],  # plain words: found, expected
    "document_id": POLARS_TYPES["text"],  # order or return that the row belongs to, where readable
    "currency_code": POLARS_TYPES["text"],
    "money_amount": DECIMAL,  # 0 where not readable
}

# What was read before any rule: rows, and money where readable, per delivery, table and currency.
READ_SCHEMA: dict[str, pl.DataType] = {
    "delivery_date": POLARS_TYPES["date"],
    "table_name": POLARS_TYPES["text"],
    "currency_code": POLARS_TYPES["text"],
    "row_count": POLARS_TYPES["integer"],
    "money_amount": TOTAL,
}


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One file of a delivery, with what its rows will carry."""

    source: str
    delivery_date: date
    sha256: str  # first 12 hex digits of the delivery's hash
    path: Path


@dataclass(frozen=True, slots=True)
class FileFault:
    """A file that refuses its whole delivery.

    `reason` is one of `empty_file`, `unreadable`, `header`, `not_its_format`, `unknown_file`,
    `too_big`, `too_many_rejected`.
    """

    file: ExportFile
    reason: str
    error: MandjeError


@dataclass(frozen=True, slots=True)
class Parsed:
    """A chunk of one or many files of one table.

    `rows`: accepted rows in `Table.polars_schema()`; `rejected`: REJECTED_SCHEMA; `read`: READ_SCHEMA, where
    row counts equal accepted plus rejected; `noted`: NOTED_SCHEMA, of accepted and rejected rows.
    """

    rows: pl.DataFrame
    rejected: pl.DataFrame
    read: pl.DataFrame
    noted: pl.DataFrame
