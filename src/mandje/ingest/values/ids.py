"""Ids as they are meant: trimmed, without placeholders, whole floats as integers, addresses hashed.

Most ids need none of it: one pattern finds those that might, and only these are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import polars as pl

from mandje.contracts.ids import EXACT_FLOATS, SHORT_FLOAT
from mandje.contracts.types import Column
from mandje.ingest.values.addresses import AT, hash_addresses, holds_address
from mandje.ingest.values.merge import merge
from mandje.ingest.values.noted import Noted

# Blanks of all alphabets, and characters that print nothing (byte order marks, zero width).
_BLANK = r"[\s\p{Cc}\p{Cf}]"
_AROUND = rf"^{_BLANK}+|{_BLANK}+$"
_WHOLE = r"^(-?(?:0|[1-9][0-9]*))\.0*$"
WHOLE_FLOAT = rf"^-?(?:0|[1-9][0-9]*)\.0*(?:{re.escape(SHORT_FLOAT)})?$"
# What a spreadsheet makes of a number with many digits, and a tool of a large float.
_CUT = r"^[0-9](?:[.,][0-9]+[eE]\+?|[eE]\+)[0-9]{1,2}$"

# Whether a whole float in a column of a file is an integer, for each row: see `WholeFloats`.
Decide = Callable[[str, pl.Series], pl.Series]


@dataclass(frozen=True, slots=True)
class IdsRead:
    """A column of ids: `text` for the rules (null = nothing was delivered), `value`, and what was noted."""

    text: pl.Series
    value: pl.Series
    noted: tuple[Noted, ...] = ()


def read_ids(
    column: Column, text: pl.Series, placeholders: tuple[str, ...], key: bytes, decide: Decide
) -> IdsRead:
    """Read a column of ids.

    A value that no id can be is null: a blank, a placeholder, a float that is not exact. Its text stays where
    that breaks a rule.
    """
    suspect = text.str.contains(_suspect(placeholders)).fill_null(value=False)
    if not suspect.any():
        return IdsRead(text, text)
    found = _look(column, text.filter(suspect), placeholders, key, lambda: decide(column.name, suspect))
    noted = (Noted(one.column, one.kind, merge(suspect, suspect, one.rows)) for one in found.noted)
    return IdsRead(merge(text, suspect, found.text), merge(text, suspect, found.value), tuple(noted))


def _look(
    column: Column,
    text: pl.Series,
    placeholders: tuple[str, ...],
    key: bytes,
    decide: Callable[[], pl.Series],
) -> IdsRead:
    bare = text.str.replace_all(_AROUND, "")
    bare = bare.set(bare == "", None)
    digits = bare.str.extract(_WHOLE)
    inexact = bare.to_frame("id").select(is_inexact(pl.col("id")).fill_null(value=False)).to_series()
    is_nothing = _is_placeholder(bare, digits, placeholders)
    is_meant = digits.is_not_null() & ~inexact & ~is_nothing
    is_integer = is_meant & decide() if is_meant.any() else is_meant
    is_address = holds_address(bare)
    value = digits.zip_with(is_integer, bare).set(inexact | is_nothing, None)
    value = hash_addresses(value, is_address, key)
    noted = (
        Noted(column.name, "placeholder", is_nothing),
        Noted(column.name, "whole_float", is_integer),
        Noted(column.name, "kept_float", is_meant & ~is_integer),
        Noted(column.name, "cut_number", bare.str.contains(_CUT).fill_null(value=False)),
        Noted(column.name, "address", is_address),
    )
    # A placeholder in a column that may be empty is nothing; in another one it is what was found.
    told = bare.set(is_nothing, None) if column.nullable else bare
    return IdsRead(told, value, tuple(one for one in noted if one.rows.any()))


def without_placeholders(
    text: pl.Series, left: pl.Series, placeholders: tuple[str, ...]
) -> tuple[pl.Series, pl.Series]:
    """Texts of another kind, null where a placeholder stands, and where that is; looked for in `left`."""
    bare = text.filter(left).str.replace_all(_AROUND, "")
    is_nothing = _is_placeholder(bare, bare.str.extract(_WHOLE), placeholders)
    found = merge(left, left, is_nothing)
    return text.set(found, None), found


def _is_placeholder(bare: pl.Series, digits: pl.Series, placeholders: tuple[str, ...]) -> pl.Series:
    words = digits.fill_null(bare.str.to_lowercase())
    return words.is_in(placeholders).fill_null(value=False)


def is_inexact(text: pl.Expr) -> pl.Expr:
    """Whether an id is written as a whole float that may be another number than was meant."""
    number = text.str.extract(_WHOLE).cast(pl.Int64, strict=False)
    return text.str.contains(WHOLE_FLOAT) & ~(number.abs() < EXACT_FLOATS).fill_null(value=False)


@cache
def _suspect(placeholders: tuple[str, ...]) -> str:
    """Whatever is not simply an id: one pattern, since every id of every file is held against it."""
    words = "|".join(_escaped(word) for word in placeholders)
    forms = (r"^[^!-~]", r"[^!-~]$", AT, WHOLE_FLOAT, _CUT, rf"^(?i:{words})$")
    return "|".join(forms if words else forms[:-1])


@cache
def _allowed_beside(placeholders: tuple[str, ...]) -> str:
    """What may stand in a column whose ids are integers: these, whole floats, placeholders and nothing."""
    words = "|".join(["", r"-?[0-9]+(?:\.0*)?", _CUT.strip("^$"), *(_escaped(word) for word in placeholders)])
    return rf"(?i)^{_BLANK}*(?:{words}){_BLANK}*$|{AT}"


def _escaped(word: str) -> str:
    return "".join(re.escape(letter) if letter in r"\.^$*+?{}[]|()" else letter for letter in word)


class WholeFloats:
    """Which id columns of a file hold integers only, so that a tool wrote `70001.0` for 70001.

    It is a matter of the whole file, however many rows are read at a time, so a file with such a value is
    read once more. Addresses and placeholders decide nothing.
    """

    def __init__(
        self, read: Callable[[str, str], Iterator[pl.DataFrame]], placeholders: tuple[str, ...]
    ) -> None:
        self._read = read
        self._placeholders = placeholders
        self._known: dict[tuple[str, str], frozenset[str]] = {}

    def decide(self, rows: pl.DataFrame, column: str) -> pl.Series:
        """For rows with their delivery and file: whether a whole float in this column is an integer."""
        of_file = rows.select(pl.struct(pl.col("delivery_date").cast(pl.String), "delivery_file")).to_series()
        files = of_file.unique()
        verdicts = [column in self._columns(one["delivery_date"], one["delivery_file"]) for one in files]
        numbers = [number for number, verdict in enumerate(verdicts) if verdict]
        return of_file.is_in(files.gather(numbers).implode())

    def _columns(self, day: str, file: str) -> frozenset[str]:
        if (day, file) not in self._known:
            self._known[day, file] = self._look(day, file)
        return self._known[day, file]

    def _look(self, day: str, file: str) -> frozenset[str]:
        left: set[str] | None = None
        for ids in self._read(day, file):
            fit = ids.select(
                pl.all().is_null() | pl.all().str.contains(_allowed_beside(self._placeholders))
            ).select(pl.all().all())
            fitting = {name for name in fit.columns if fit[name].item()}
            left = fitting if left is None else left & fitting
        return frozenset(left or ())
