"""Dates and times by ISO 8601, read strictly; a source's own clock is turned into UTC."""

from __future__ import annotations

import re

import polars as pl

from mandje.contracts.types import TIMESTAMP, Column

DATE_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_DAY = r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
_OFFSET = r" ?(Z|UTC|[+-][0-9]{2}(?::?[0-9]{2}(?::?00)?)?)?"
_CLOCK = r"([0-9]{2}:[0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]{1,6}))?)?"
LOCAL_PATTERN = rf"^{_DAY}[T ]{_CLOCK}$"
TIMESTAMP_PATTERN = rf"^{_DAY}[T ]{_CLOCK}{_OFFSET}$"
# The same with more digits of a second than a microsecond has.
FINE_TIMESTAMP_PATTERN = rf"^{_DAY}[T ][0-9]{{2}}:[0-5][0-9]:[0-5][0-9]\.[0-9]{{7,}}{_OFFSET}$"
_HAS_OFFSET = r"(?:Z|UTC|:[0-9]{2}(?:\.[0-9]+)? ?[+-][0-9]{2}[0-9:]*)\s*$"
_USUAL = re.compile(r"\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d(Z| UTC|\+00:00|\+00|)")
LONGEST_OFFSET_HOURS = 15
_MICROSECONDS = 10**6
_MOST_SECOND_DIGITS = 11


def read_dates(text: pl.Expr) -> pl.Expr:
    """YYYY-MM-DD; null for all else."""
    return pl.when(text.str.contains(DATE_PATTERN)).then(text).str.strptime(pl.Date, "%Y-%m-%d", strict=False)


def usual_timestamps(column: Column, text: pl.Series) -> pl.Expr:
    """Whole seconds in the form of the column's first value, in UTC; null for all else.

    Without an offset they are on the column's own clock, as in `read_timestamps`.
    """
    if column.ticks_per_second is not None:
        return _from_number(pl.col(column.name), column.ticks_per_second).alias(column.name)
    first = text.first() if text.null_count() == 0 else text.drop_nulls().first()
    form = _USUAL.fullmatch(first) if isinstance(first, str) else None
    if form is None:
        return pl.lit(None, TIMESTAMP).alias(column.name)
    pattern = (
        rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}{form[1]}[0-9]{{2}}:[0-9]{{2}}:[0-5][0-9]{re.escape(form[2])}$"
    )
    value = pl.col(column.name)
    strict = pl.when(value.str.contains(pattern)).then(value)
    naive = strict.str.strptime(
        pl.Datetime("us"), f"%Y-%m-%d{form[1]}%H:%M:%S{form[2]}", strict=False, cache=False
    )
    zone = "UTC" if form[2] else column.time_zone or "UTC"
    return _on_clock(naive, zone).alias(column.name)


def _from_number(text: pl.Expr, ticks_per_second: int) -> pl.Expr:
    """Whole numbers of units since 1970, some three thousand years at most; null for all else."""
    digits = _MOST_SECOND_DIGITS + len(str(ticks_per_second)) - 1
    number = pl.when(text.str.contains(rf"^[0-9]{{1,{digits}}}$")).then(text).cast(pl.Int64)
    return (number * (_MICROSECONDS // ticks_per_second)).cast(TIMESTAMP)


def read_timestamps(text: pl.Series, time_zone: str | None) -> pl.Series:
    """Any accepted form, in UTC: seconds, fraction and offset optional, white space or T between.

    Without an offset the time is on the clock of `time_zone` (None: UTC); an hour that happens twice is
    taken the first time, one that never happens is null.
    """
    groups = text.rechunk().to_frame("text").select(pl.col("text").str.extract_groups(TIMESTAMP_PATTERN))
    day, clock, second, fraction, offset = (pl.col(str(n)) for n in range(1, 6))
    whole = pl.concat_str(day, pl.lit(" "), clock, pl.lit(":"), second.fill_null("00"))
    naive = whole.str.strptime(pl.Datetime("us"), "%Y-%m-%d %H:%M:%S", strict=False)
    micros = fraction.fill_null("").str.pad_end(6, "0").cast(pl.Int64)
    local = groups.unnest("text").select((naive + pl.duration(microseconds=micros)).alias("local"), offset)
    at_home = _on_clock(pl.col("local"), time_zone or "UTC")
    elsewhere = (pl.col("local") - _offset_length(offset)).dt.replace_time_zone("UTC")
    in_utc = pl.when(offset.is_null()).then(at_home).otherwise(elsewhere)
    return local.select(in_utc).to_series()


def _on_clock(naive: pl.Expr, time_zone: str) -> pl.Expr:
    local = naive.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    return local.dt.convert_time_zone("UTC")


def without_offset(text: pl.Series) -> pl.Series:
    """Where a time that was read names no offset: true for what is on a clock that only its source knows."""
    if text.str.ends_with("Z").all():
        return pl.Series(text.name, [False], dtype=pl.Boolean).new_from_index(0, text.len())
    return (~text.str.contains(_HAS_OFFSET)).fill_null(value=False)


def _offset_length(offset: pl.Expr) -> pl.Expr:
    is_zero = offset.is_in(["Z", "UTC"])
    sign = pl.when(offset.str.starts_with("-")).then(-1).otherwise(1)
    hours = offset.str.slice(1, 2).cast(pl.Int64, strict=False)
    minutes = offset.str.extract(r"^.[0-9]{2}:?([0-9]{2})").fill_null("0").cast(pl.Int64, strict=False)
    is_sane = (hours <= LONGEST_OFFSET_HOURS) & (minutes < 60)  # noqa: PLR2004 - minutes of an hour
    length = pl.duration(minutes=sign * (hours * 60 + minutes))
    return pl.when(is_zero).then(pl.duration(minutes=0)).when(is_sane).then(length)
