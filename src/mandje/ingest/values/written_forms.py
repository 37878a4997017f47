"""In which of several forms a file writes numbers and days: settled by all its values, never guessed.

`1,234` may be a thousand or a little more than one, `03/04/2026` a day in March or in April. What only one
reading fits (`12,50`, `25/03/2026`) settles the others: the mark for each column, the order of day and month
for the file. Where nothing settles it, or both readings occur, the values are marked with UNSETTLED, which no
type can read: their rows are rejected. Blanks between thousands (`1 234,50`) and names of months settle
themselves.

A whole number has no decimals: `10,500` has one reading, unless the numbers beside it have decimal commas;
of `10,000` these tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import polars as pl

from mandje.contracts.types import Table
from mandje.ingest.values.months import WORD_DAY, plain_word_day

# At the end of a text that can be read in two ways: no delivered text holds a NUL.
UNSETTLED = "\0"
# What an open table may write where there is nothing.
NOTHING = ("", "NULL", "null", "N/A", "n/a", "--", "(not set)")

_EITHER = r"^[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}$"
_DAY_MONTH = r"^([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})([T ].*)?$"
_DIGITS = r"^([0-9]{4})([0-9]{2})([0-9]{2})$"
# No day by ISO 8601 has this beginning.
_OTHER_DAY = rf"^\s*(?:[0-9]{{1,2}}[-/.]|[0-9]{{8}}\s*$)|{WORD_DAY}"
_BLANK = "[ \u00a0\u2009\u202f'\u2019]"
_WITH_BLANKS = rf"^[+-]?[0-9]{{1,3}}(?:{_BLANK}[0-9]{{3}})+(?:[.,][0-9]*)?$"

# Numbers of a day that are none of a month.
_DAYS_ONLY = (13, 31)

# A decimal mark; which comes first, day or month; "?": it cannot be told.
Mark = Literal[".", ",", "?"]
Order = Literal["day", "month", "?"]
_Settled = TypeVar("_Settled")


def _only(mark: str, thousands: str) -> str:
    """Numbers whose decimal mark can only be this one."""
    forms = (
        rf"[1-9][0-9]{{0,2}}(?:{thousands}[0-9]{{3}})+{mark}[0-9]+",
        rf"[1-9][0-9]{{0,2}}(?:{thousands}[0-9]{{3}}){{2,}}",
        rf"[0-9]*{mark}(?:[0-9]{{1,2}}|[0-9]{{4,}})",
        rf"(?:0[0-9]*|[0-9]{{4,}})?{mark}[0-9]{{3}}",
        rf"[0-9]*{mark}[0-9]+[eE][+-]?[0-9]+",
    )
    return rf"^[+-]?(?:{'|'.join(forms)})$"


# Whole numbers: one mark between thousands, and a last group that is none of decimals.
_WHOLE_POINT, _WHOLE_COMMA = (rf"^[+-]?[1-9][0-9]{{0,2}}(?:{mark}[0-9]{{3}})+$" for mark in (",", r"\."))
_ROUND_THOUSAND = r"^[+-]?[1-9][0-9]{0,2}[.,]000$"
_ONLY_POINT, _ONLY_COMMA = _only(r"\.", ","), _only(",", r"\.")


@dataclass(frozen=True, slots=True)
class WrittenForms:
    """How one file writes: the decimal mark of columns of numbers, and in columns of days which comes first.

    Columns in the usual form have no entry.
    """

    table: Table
    marks: dict[str, Mark]
    orders: dict[str, Order]

    def plain(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows with numbers and days in the usual form, or marked as UNSETTLED."""
        told = {column.name for column in self.table.columns if column.decimal_mark is not None}
        numbers = [_plain_number(name, mark, is_told=name in told) for name, mark in self.marks.items()]
        days = [_plain_day(name, order) for name, order in self.orders.items()]
        blanks = [_without_blanks(pl.col(name)) for name in (*_numbers(self.table), *_integers(self.table))]
        own = rows.with_columns(_moved(self.table)).with_columns(_filled(self.table))
        return own.with_columns(blanks if self.table.open else []).with_columns(*numbers, *days)


def settle(parts: Iterable[pl.DataFrame], table: Table, separator: bytes) -> WrittenForms:
    """How a file writes, of all its rows as columns of text.

    Where commas do not divide the fields, they may well stand in numbers: then `1.234` alone settles nothing.
    A mark that the table tells needs no settling.
    """
    found = frozenset[str]().union(*(_evidence(part, table) for part in parts))
    told = {column.name: column.decimal_mark for column in table.columns}
    marks = {name: told[name] or _mark(found, name, is_suspect=separator != b",") for name in _numbers(table)}
    beside = {mark for name, mark in marks.items() if mark != "?" and _has_mark(found, name)}
    marks |= {name: mark for name in _integers(table) if (mark := _whole_mark(found, name, beside))}
    order = _order(*(any(f"{name}:{part}" in found for name in _days(table)) for part in ("day", "month")))
    return WrittenForms(
        table,
        {name: mark for name, mark in marks.items() if mark != "." or f"{name}:comma" in found},
        {name: order for name in _days(table) if f"{name}:other form" in found},
    )


def settle_together(
    rows: Sequence[pl.DataFrame], tables: Sequence[Table], separator: bytes
) -> list[pl.DataFrame]:
    """Rows of the tables of one file in the usual form: a day in one of them settles those in all."""
    renamed = [
        own.select(pl.col(column.name).alias(f"{table.name}.{column.name}") for column in table.columns)
        for own, table in zip(rows, tables, strict=True)
    ]
    columns = (replace(one, name=f"{table.name}.{one.name}") for table in tables for one in table.columns)
    forms = settle(
        [pl.concat(renamed, how="diagonal")], replace(tables[0], columns=tuple(columns)), separator
    )
    return [
        WrittenForms(table, _of(table, forms.marks), _of(table, forms.orders)).plain(own)
        for own, table in zip(rows, tables, strict=True)
    ]


def _of(table: Table, settled: dict[str, _Settled]) -> dict[str, _Settled]:
    return {
        name: settled[f"{table.name}.{name}"] for name in table.names if f"{table.name}.{name}" in settled
    }


def _numbers(table: Table) -> list[str]:
    types = {"decimal", "rate"} if table.open else {"decimal"}
    return [column.name for column in table.columns if column.type in types]


def _integers(table: Table) -> list[str]:
    """Columns whose whole numbers an open table may write with marks between thousands."""
    return [column.name for column in table.columns if table.open and column.type == "integer"]


def _days(table: Table) -> list[str]:
    """Columns whose days an open table may write otherwise than by ISO 8601."""
    return [
        column.name
        for column in table.columns
        if table.open and column.type in {"date", "timestamp"} and not column.time_forms
    ]


def _evidence(rows: pl.DataFrame, table: Table) -> set[str]:
    """What is there in which column: `amount:only comma`."""
    numbers = (one for name in _numbers(table) for one in _number_evidence(rows[name], table))
    wholes = (one for name in _integers(table) for one in _whole_evidence(rows[name]))
    days = (one for name in _days(table) for one in _day_evidence(rows[name]))
    return {*numbers, *wholes, *days}


def _number_evidence(text: pl.Series, table: Table) -> Iterator[str]:
    forms = {"comma": ",", "only comma": _ONLY_COMMA, "only point": _ONLY_POINT, "either": _EITHER}
    values = text.unique().str.strip_chars()
    if table.open:
        values = values.to_frame().select(_without_blanks(pl.col(text.name))).to_series()
    return (f"{text.name}:{name}" for name, form in forms.items() if values.str.contains(form).any())


def _whole_evidence(text: pl.Series) -> Iterator[str]:
    values = text.unique().str.strip_chars()
    is_round = values.str.contains(_ROUND_THOUSAND).fill_null(value=False)
    forms = {"only comma": _WHOLE_COMMA, "only point": _WHOLE_POINT}
    others = values.filter(~is_round)
    yield from (f"{text.name}:{name}" for name, form in forms.items() if others.str.contains(form).any())
    if is_round.any():
        yield f"{text.name}:either"
    if values.str.contains(",").any():
        yield f"{text.name}:comma"


def _day_evidence(text: pl.Series) -> Iterator[str]:
    others = text.filter(text.str.contains(_OTHER_DAY)).str.strip_chars()
    if others.len():
        yield f"{text.name}:other form"
    for group, part in ((1, "day"), (2, "month")):
        if others.str.extract(_DAY_MONTH, group).cast(pl.Int64).is_between(*_DAYS_ONLY).any():
            yield f"{text.name}:{part}"


def _mark(found: AbstractSet[str], name: str, *, is_suspect: bool) -> Mark:
    has_comma, has_point = (f"{name}:only {mark}" in found for mark in ("comma", "point"))
    if has_comma != has_point:
        return "," if has_comma else "."
    is_unclear = f"{name}:either" in found and (is_suspect or f"{name}:comma" in found)
    return "?" if has_comma or is_unclear else "."


def _has_mark(found: AbstractSet[str], name: str) -> bool:
    return any(f"{name}:only {mark}" in found for mark in ("comma", "point"))


def _whole_mark(found: AbstractSet[str], name: str, beside: AbstractSet[Mark]) -> Mark | None:
    """The decimal mark that numbers beside whole ones would have; None: there is nothing to settle."""
    if f"{name}:either" not in found and not _has_mark(found, name):
        return None
    commas = f"{name}:only comma" in found or "," in beside
    points = f"{name}:only point" in found or "." in beside
    return "?" if commas == points else "," if commas else "."


def _order(is_day_first: bool, is_month_first: bool) -> Order:  # noqa: FBT001 - what was seen, of either
    if is_day_first == is_month_first:
        return "?"
    return "day" if is_day_first else "month"


def _without_blanks(value: pl.Expr) -> pl.Expr:
    """Numbers without the blanks between their thousands."""
    bare = value.str.strip_chars()
    return pl.when(bare.str.contains(_WITH_BLANKS)).then(bare.str.replace_all(_BLANK, "")).otherwise(value)


def _plain_number(name: str, mark: Mark, *, is_told: bool) -> pl.Expr:
    value = pl.col(name)
    bare = value.str.strip_chars()
    if mark == "?":
        has_mark = bare.str.contains(f"{_ONLY_COMMA}|{_ONLY_POINT}|{_EITHER}")
        return pl.when(has_mark).then(value + UNSETTLED).otherwise(value).alias(name)
    thousands, only = (".", _ONLY_COMMA) if mark == "," else (",", _ONLY_POINT)
    plain = bare.str.replace_all(thousands, "", literal=True).str.replace(mark, ".", literal=True)
    is_read = bare.str.contains(f"{only}|{_EITHER}")
    # What only the other mark fits is no number where the mark is told.
    is_other = ~is_read & bare.str.contains(f"{_ONLY_COMMA}|{_ONLY_POINT}") & is_told
    return pl.when(is_read).then(plain).when(is_other).then(value + UNSETTLED).otherwise(value).alias(name)


def _plain_day(name: str, order: Order) -> pl.Expr:
    value = pl.col(name)
    bare = value.str.strip_chars()
    first, second, year, clock = (bare.str.extract(_DAY_MONTH, group) for group in range(1, 5))
    clock = clock.str.replace("^(.)([0-9]:)", "${1}0$2")
    day, month = (first, second) if order == "day" else (second, first)
    written = pl.concat_str(
        year, pl.lit("-"), month.str.zfill(2), pl.lit("-"), day.str.zfill(2), clock.fill_null("")
    )
    plain = value + UNSETTLED if order == "?" else written
    digits = bare.str.replace(_DIGITS, "$1-$2-$3")
    words = pl.when(bare.str.contains(WORD_DAY)).then(plain_word_day(bare)).otherwise(digits)
    return pl.when(bare.str.contains(_DAY_MONTH)).then(plain).otherwise(words).alias(name)


def _moved(table: Table) -> list[pl.Expr]:
    """Texts in the column that they belong to, and out of the one that they stand in."""
    moves: list[pl.Expr] = []
    for column in table.columns:
        if column.moved_from:
            value = pl.col(column.moved_from)
            fits = value.str.contains(column.pattern or ".").fill_null(value=False)
            moves += [pl.when(fits).then(value).alias(column.name), pl.when(~fits).then(value)]
    return moves


def _filled(table: Table) -> list[pl.Expr]:
    """The columns of an open table that may be empty, null where a word says that there is nothing."""
    names = [column.name for column in table.columns if table.open and column.nullable]
    values = pl.col(names)
    return [pl.when(~values.str.strip_chars().is_in(NOTHING)).then(values).name.keep()] if names else []
