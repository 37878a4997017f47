"""Values in forms that a table tells: times by their form, tax rates as ratios. Text becomes plainer text.

What is not in the form that is told is marked with UNSETTLED, which no type can read: its row is rejected.
"""

from __future__ import annotations

import polars as pl

from mandje.contracts.types import RATE, TIMESTAMP, Column, Table
from mandje.ingest.values.written_forms import UNSETTLED

_RATE = r"^[0-9]{1,3}(?:\.[0-9]{1,10})?$"
_FILE = ("delivery_date", "delivery_file")
_LOCAL = pl.Datetime("us")


def as_told(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Rows, which carry their delivery columns, with such values in the usual form of their type."""
    times = [_time(column) for column in table.columns if column.time_forms]
    rates = [_tax_ratio(column.name) for column in table.columns if column.rate_of]
    return rows.with_columns(*times, *rates) if times or rates else rows


def _time(column: Column) -> pl.Expr:
    value = pl.col(column.name)
    bare = value.str.strip_chars()
    plain = pl.coalesce(_of_form(bare, form, column) for form in column.time_forms)
    left = pl.when(bare != "").then(value + UNSETTLED)
    return pl.coalesce(plain, left).alias(column.name)


def _of_form(bare: pl.Expr, form: str, column: Column) -> pl.Expr:
    """The time as ISO 8601 writes it; null where it is not in this form."""
    has_offset = "%z" in form
    found = bare.str.strptime(TIMESTAMP if has_offset else _LOCAL, form, strict=False, cache=False)
    if column.type == "date":
        return found.dt.strftime("%Y-%m-%d")
    return found.dt.strftime("%Y-%m-%d %H:%M:%S%.6f" + ("+00:00" if has_offset else ""))


def _tax_ratio(name: str) -> pl.Expr:
    """21, 21% and 5,5 of a file with per cents as 0.21 and 0.055; 0.21 of one with ratios as it is.

    A rate below one in a file with per cents may be either: it is settled by nothing.
    """
    value = pl.col(name)
    bare = value.str.strip_chars()
    has_sign = bare.str.ends_with("%")
    digits = bare.str.strip_chars_end("% ").str.replace(",", ".", literal=True)
    number = pl.when(digits.str.contains(_RATE)).then(digits).cast(RATE, strict=False)
    is_percent = has_sign | (number >= 1)
    is_unclear = ~is_percent & (number > 0) & is_percent.any().over(_FILE)
    plain = pl.when(is_percent).then((number / 100).cast(RATE)).otherwise(number).cast(pl.String)
    return pl.when(is_unclear).then(value + UNSETTLED).otherwise(pl.coalesce(plain, value)).alias(name)
