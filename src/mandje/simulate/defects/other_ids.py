"""Ids of customers as another tool writes them: a word where there is none, a number with a point."""

from __future__ import annotations

import polars as pl

from mandje.simulate.defects.classes import PLACEHOLDER_IDS
from mandje.simulate.defects.plan import PlannedRow

_ID = "customer_id"
# As databases, spreadsheets, pandas and web analytics write nothing.
PLACEHOLDERS = ("0", "NULL", "nan", "(not set)", "None", "N/A", "-1", "\\N")
# Names of ids of customers in exports and in the truth.
_NAMES = ("customer_id", "unit_id", "owner_id", "shopper_id")
_WITH_LETTER = r"^c([0-9]{7})$"
# Before the digits in place of the letter: no number is 0, and none begins with 0.
_FIRST_DIGIT = "7"


def with_other_id(row: pl.DataFrame, planned: PlannedRow) -> pl.DataFrame:
    """The row with another text in the place of its customer's id; it means the same."""
    word = pl.lit(PLACEHOLDERS[planned.choice % len(PLACEHOLDERS)])
    text = word if planned.defect == PLACEHOLDER_IDS else pl.col(_ID).cast(pl.String) + ".0"
    return row.with_columns(damage_column=pl.lit(_ID), damage_text=text)


def with_number_ids(rows: pl.DataFrame) -> pl.DataFrame:
    """A frame of exports or truth with numbers for ids of customers, where others have a letter and zeros."""
    kinds = {name: kind for name, kind in rows.schema.items() if name in _NAMES}
    return rows.with_columns(_number(name, kind) for name, kind in kinds.items())


def _number(name: str, kind: pl.DataType) -> pl.Expr:
    if kind.is_integer():
        return (pl.lit(_FIRST_DIGIT) + pl.col(name).cast(pl.String).str.zfill(7)).alias(name)
    return pl.col(name).str.replace(_WITH_LETTER, f"{_FIRST_DIGIT}${{1}}")
