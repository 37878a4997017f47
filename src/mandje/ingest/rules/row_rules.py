"""Which rule of its contract a row breaks first, and why, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from mandje.contracts.ids import EXACT_FLOATS
from mandje.contracts.types import TIMESTAMP, Column, ColumnType, Table
from mandje.ingest.rules.row_money import IS_TOO_MUCH, MOST_WORTH
from mandje.ingest.values.convert import DECIMALS, LONG_DECIMAL
from mandje.ingest.values.ids import is_inexact
from mandje.ingest.values.timestamps import FINE_TIMESTAMP_PATTERN, LOCAL_PATTERN
from mandje.ingest.values.written_forms import UNSETTLED

EARLIEST = date(1990, 1, 1)
TEXT = "text:"  # prefix of the column that holds the text of a value
TIME_LIMIT = "limit:time"
FORMS = {
    "text": "text",
    "integer": "a whole number of at most 64 bits",
    "decimal": "a plain decimal number between -100000000000000 and 100000000000000",
    "rate": "a plain decimal number between -10000000 and 10000000",
    "timestamp": "a time by ISO 8601 such as 2024-01-31T18:22:01Z",
    "date": "a day such as 2024-01-31",
    "boolean": "true or false",
}
_DAY = "a time such as 2024-01-31: day and month cannot be told apart by the values of this file"
# What is expected instead of a value that can be read in two ways.
UNCLEAR: dict[ColumnType, str] = {
    "decimal": "a number such as 1234.50: the decimal mark cannot be told by this column's values",
    "timestamp": _DAY,
    "date": _DAY,
}


@dataclass(frozen=True, slots=True)
class Check:
    """A rule of a column: its name, what it expects in words, and the rows that break it."""

    rule: str
    expected: str
    broken: pl.Expr


def is_broken(column: Column, table: Table) -> pl.Expr:
    """True where a row breaks any rule of the column.

    Works on a frame with the typed columns, their texts under `TEXT` + name, `delivery_date`, TIME_LIMIT and
    IS_TOO_MUCH.
    """
    unread = pl.col(column.name).is_null()
    if column.nullable:
        unread = unread & pl.col(TEXT + column.name).is_not_null()
    outside = [check.broken.fill_null(value=False) for check in _value_checks(column, table)]
    return pl.any_horizontal(unread, *outside).alias(column.name)


def checks(column: Column, table: Table) -> list[Check]:
    """All rules of a column; the first that is broken names the rejection."""
    missing = Check("missing", "a value", pl.col(TEXT + column.name).is_null())
    required = [] if column.nullable else [missing]
    return [*required, *_form_checks(column), *_value_checks(column, table)]


def _form_checks(column: Column) -> Iterator[Check]:
    text = pl.col(TEXT + column.name)
    unread = text.is_not_null() & pl.col(column.name).is_null()
    if expected := _unclear(column):
        yield Check("type", expected, unread & text.str.ends_with(UNSETTLED))
    if column.is_email:
        yield Check("email", "an e-mail address or a hash of 64 hex digits", unread)
    if column.type in DECIMALS and column.round_to is None:
        places = DECIMALS[column.type].scale
        significant = text.str.strip_chars_end("0").str.contains(rf"\.[0-9]{{{places + 1},}}$")
        finer = unread & text.str.contains(LONG_DECIMAL) & significant
        yield Check("precision", f"at most {places} places after the point", finer)
    if column.type == "timestamp":
        finer = unread & text.str.contains(FINE_TIMESTAMP_PATTERN)
        yield Check("precision", "at most 6 digits after the second", finer)
        if column.time_zone is not None:
            yield _skipped_hour(column.time_zone, unread, text)
    if column.is_id:
        exact = f"an id that a float holds exactly (below {EXACT_FLOATS}), or an id written as text"
        yield Check("precision", exact, unread & is_inexact(text))
        yield Check("missing", "an id; this stands for none (ids.placeholders in shop.toml)", unread)
    yield Check("type", _form(column), unread)


def _form(column: Column) -> str:
    if column.ticks_per_second is not None:
        return f"a whole number of 1/{column.ticks_per_second} s since 1970"
    return FORMS[column.type]


def _unclear(column: Column) -> str | None:
    """What is expected instead of a value that its column's forms cannot settle, or do not allow."""
    if column.rate_of:
        return "a tax rate such as 21, 21% or 0.21, all of one file in one way"
    if column.time_forms:
        return f"a time as {' or '.join(column.time_forms)}"
    if column.decimal_mark is not None:
        return f"a number such as 1234{column.decimal_mark}50: {column.decimal_mark} is its decimal mark"
    return UNCLEAR.get(column.type)


def _skipped_hour(time_zone: str, unread: pl.Expr, text: pl.Expr) -> Check:
    day_and_clock = text.str.replace("T", " ", literal=True).str.slice(0, 16)
    exists = day_and_clock.str.strptime(pl.Datetime("us"), "%Y-%m-%d %H:%M", strict=False).is_not_null()
    expected = f"a time that exists in {time_zone}, where the change to summer time skips it"
    return Check("type", expected, unread & text.str.contains(LOCAL_PATTERN) & exists)


def checks_of_value(column: Column) -> Iterator[Check]:
    """Rules that a value breaks by itself, whoever made it; null breaks none."""
    value = pl.col(column.name)
    if column.allowed:
        yield Check("allowed", "one of: " + ", ".join(column.allowed), ~value.is_in(column.allowed))
    if column.pattern is not None:
        yield Check("pattern", f"{column.unit}: {column.pattern}", ~value.str.contains(column.pattern))
    yield from _range_checks(column, value)


def _value_checks(column: Column, table: Table) -> Iterator[Check]:
    value = pl.col(column.name)
    yield from checks_of_value(column)
    yield from (_all_missing(group) for group in table.one_of if group[0] == column.name)
    if table.money is not None and column.name == table.money.factors[0]:
        yield Check("range", f"a row worth less than {MOST_WORTH}", pl.col(IS_TOO_MUCH))
    if column.type == "timestamp":
        early = value < datetime(EARLIEST.year, EARLIEST.month, EARLIEST.day, tzinfo=UTC)
        yield _impossible(early | (value >= pl.col(TIME_LIMIT)))
    if column.type == "date":
        yield _impossible((value < EARLIEST) | (value > pl.col("delivery_date") + pl.duration(days=1)))


def _all_missing(group: tuple[str, ...]) -> Check:
    return Check(
        "missing", one_of_expected(group), pl.all_horizontal(pl.col(TEXT + name).is_null() for name in group)
    )


def one_of_expected(group: tuple[str, ...]) -> str:
    """In words, what a row without a value in any column of a group should have had in the first."""
    return f"a value here or in {' or '.join(group[1:])}"


def _impossible(broken: pl.Expr) -> Check:
    return Check("impossible_date", f"from {EARLIEST} to one day after the delivery date", broken)


def _range_checks(column: Column, value: pl.Expr) -> Iterator[Check]:
    if column.minimum is not None and column.minimum_exclusive:
        yield Check("range", f"more than {column.minimum}", value <= column.minimum)
    elif column.minimum is not None:
        yield Check("range", f"at least {column.minimum}", value < column.minimum)
    if column.maximum is not None:
        yield Check("range", f"at most {column.maximum}", value > column.maximum)


def time_limits(delivery_dates: pl.Series, time_zone: ZoneInfo) -> pl.Series:
    """First impossible moment of each delivery: local midnight two days after its date, in UTC."""
    days = delivery_dates.unique()
    ends = [_midnight(day + timedelta(days=2), time_zone) for day in days]
    limits = pl.Series(ends, dtype=TIMESTAMP)
    return delivery_dates.replace_strict(days, limits, return_dtype=TIMESTAMP).alias(TIME_LIMIT)


def _midnight(day: date, time_zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=time_zone).astimezone(UTC)
