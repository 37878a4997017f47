"""What was read otherwise than it was written: counted per delivery and column, so that people are told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import polars as pl

from mandje.adapters.base import NOTED_SCHEMA

Kind = Literal[
    "placeholder",
    "whole_float",
    "kept_float",
    "cut_number",
    "address",
    "no_offset",
    "unknown_column",
    "unknown_status",
    "unused_event",
    "unknown_host",
]

# The same columns in a ledger.
NOTED_NAMES = {"table_name": "table", "column_name": "column", "row_count": "rows"}


@dataclass(frozen=True, slots=True)
class Noted:
    """True for the rows of one column that something is noted of.

    The column of an `unknown_column` is the name that a file has for it, and the rows are all of that file.
    """

    column: str
    kind: Kind
    rows: pl.Series


def nothing_noted() -> pl.DataFrame:
    """No row of NOTED_SCHEMA."""
    return pl.DataFrame(schema=NOTED_SCHEMA)


def count_noted(noted: Iterable[Noted], delivery_dates: pl.Series, table: str) -> pl.DataFrame:
    """NOTED_SCHEMA: how many rows of each delivery."""
    frames = [
        delivery_dates.filter(one.rows)
        .value_counts(name="row_count")
        .select(
            delivery_dates.name,
            pl.lit(table).alias("table_name"),
            pl.lit(one.column).alias("column_name"),
            pl.lit(one.kind).alias("kind"),
            pl.col("row_count").cast(pl.Int64),
        )
        for one in noted
        if one.rows.any()
    ]
    return pl.concat([nothing_noted(), *frames])
