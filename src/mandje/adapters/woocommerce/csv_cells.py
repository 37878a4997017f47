"""Cells that hold several things: `key:value|key:value;key:value|…`.

Names in them may hold `|`, `;` and `:`. So a thing begins only where the cell's first key stands again after
a `;`, and a value ends at the next `|`; a key that stands twice in one thing is not read.
"""

from __future__ import annotations

import polars as pl

from mandje.contracts.types import DECIMAL

_AMOUNT = r"^-?[0-9]{1,12}(?:\.[0-9]+)?$"
_FINE = pl.Decimal(38, 12)
_PLACES = 4
# Stands in no cell: a cell without a key is one thing, which nobody can read.
_NO_KEY = "\x00"
_TIME = "%Y-%m-%d %H:%M:%S"


def unpacked(rows: pl.DataFrame, cell: str) -> pl.DataFrame:
    """A row for each thing in a cell: the columns of its row, `thing` and `place` (from 0)."""
    text = pl.col(cell).str.strip_chars(" ;")
    begins = text.str.extract(r"^([A-Za-z_]+:)").fill_null(_NO_KEY)
    later = pl.concat_str(begins, "thing")
    return (
        rows.filter(text.str.len_chars() > 0)
        .with_columns(text.str.split(pl.concat_str(pl.lit(";"), begins)).alias("thing"))
        .with_columns(pl.int_ranges(pl.col("thing").list.len()).alias("place"))
        .explode("thing", "place")
        .with_columns(pl.when(pl.col("place") > 0).then(later).otherwise(pl.col("thing")).alias("thing"))
    )


def value(key: str) -> pl.Expr:
    """The text of a key of `thing`; null where it is empty, is not there, or stands there twice."""
    thing = pl.col("thing")
    is_one = thing.str.count_matches(rf"(?:^|\|){key}:") == 1
    text = thing.str.extract(rf"(?:^|\|){key}:([^|]*)").str.strip_chars()
    return pl.when(is_one & (text != "")).then(text).alias(key)


def amount(key: str) -> pl.Expr:
    """An amount, rounded half away from zero to four places; null where there is none to read."""
    text = value(key)
    number = pl.when(text.str.contains(_AMOUNT)).then(text).cast(_FINE, strict=False)
    return number.round(_PLACES, mode="half_away_from_zero").cast(DECIMAL).alias(key)


def moment(key: str, time_zone: str) -> pl.Expr:
    """A time on the clock of `time_zone`, in UTC; an hour that happens twice is taken the first time."""
    text = value(key).str.replace("T", " ", literal=True)
    local = text.str.strptime(pl.Datetime("us"), _TIME, strict=False)
    return local.dt.replace_time_zone(
        time_zone, ambiguous="earliest", non_existent="null"
    ).dt.convert_time_zone("UTC")
