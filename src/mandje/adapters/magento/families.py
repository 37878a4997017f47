"""Lines with what their parts are worth: configurable products and bundles are a row and rows of their parts.

A row's own amounts and those of its parts are one line's. Which of the two tells a price, a discount or a tax
depends on the kind of product and on the version: of the ways to read it, the one that ties is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import polars as pl

from mandje.contracts.types import DECIMAL, TOTAL

# What rounds to no cent.
LEAST = Decimal("0.005")
# A line: what holds it, and the row at its head.
AMOUNTS = ("gross", "off", "tax", "weee")


def with_amounts(items: pl.DataFrame) -> pl.DataFrame:
    """Items with AMOUNTS: price before discounts, discount without tax, tax, and fixed product taxes."""
    off = _filled("base_discount_amount") - _filled("base_discount_tax_compensation_amount")
    tax = _filled("base_tax_amount") if "base_tax_amount" in items.columns else pl.lit(0)
    return items.with_columns(
        _filled("base_row_total").alias("gross"),
        off.cast(DECIMAL).alias("off"),
        tax.cast(DECIMAL).alias("tax"),
        _filled("base_weee_tax_applied_row_amnt").alias("weee"),
    )


def with_readings(rows: pl.DataFrame, line: Sequence[str]) -> pl.DataFrame:
    """Rows with what their line is worth, the same in each row of a line.

    `rows` have AMOUNTS, the columns `line`, and `is_head` in one row of each at most. Added are `line_gross`
    and `line_weee` (the head's own, or where that is 0 its parts'), and of discount and tax both readings:
    `off_all` and `tax_all` with the parts, `off_one` and `tax_one` without those of a head that has its own.
    """
    own = {name: _sum_of(name, pl.col("is_head"), line) for name in AMOUNTS}
    parts = {name: _sum_of(name, ~pl.col("is_head"), line) for name in AMOUNTS}
    one = {name: pl.when(own[name] != 0).then(own[name]).otherwise(parts[name]) for name in AMOUNTS}
    return rows.with_columns(
        *(one[name].cast(DECIMAL).alias(f"line_{name}") for name in ("gross", "weee")),
        *(one[name].cast(DECIMAL).alias(f"{name}_one") for name in ("off", "tax")),
        *((own[name] + parts[name]).cast(DECIMAL).alias(f"{name}_all") for name in ("off", "tax")),
    )


def first_that(*readings: tuple[pl.Expr, pl.Expr], otherwise: pl.Expr) -> pl.Expr:
    """The value of the first reading whose condition holds."""
    return pl.coalesce(*(pl.when(holds).then(value) for holds, value in readings), otherwise)


def is_nothing(amount: pl.Expr) -> pl.Expr:
    """Whether an amount rounds to no cent."""
    return amount.abs() < LEAST


def total(*names: str) -> pl.Expr:
    """The sum of columns of a row; null is 0."""
    return pl.sum_horizontal(pl.col(name).fill_null(0).cast(TOTAL) for name in names)


def _filled(name: str) -> pl.Expr:
    return pl.col(name).fill_null(0)


def _sum_of(name: str, where: pl.Expr, line: Sequence[str]) -> pl.Expr:
    return pl.when(where).then(pl.col(name)).otherwise(0).cast(TOTAL).sum().over(line)
