"""Quotients of amounts in whole numbers of 128 bits: one of decimals is cut before it is rounded."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from mandje.contracts.types import DECIMAL, RATE

_RATIO_STEP = Decimal(1).scaleb(-RATE.scale)


def steps(amount: pl.Expr) -> pl.Expr:
    """A decimal as the number of its smallest steps."""
    return amount.to_physical().cast(pl.Int128)


def quotient(above: pl.Expr, below: pl.Expr | int, kind: pl.Decimal = DECIMAL) -> pl.Expr:
    """So many steps of a decimal by a whole number above 0, rounded half away from zero."""
    rounded = (2 * above.abs() + below) // (2 * below) * above.sign()
    whole = rounded.cast(pl.Decimal(38, 0)).cast(pl.Decimal(38, kind.scale))
    exact: pl.Expr = (whole / 10**kind.scale).cast(kind)
    return exact


def without_tax(amount: pl.Expr, ratio: Decimal) -> pl.Expr:
    """An amount with tax in it, without it: rounded half away from zero to four places."""
    above, below = (1 + ratio.quantize(_RATIO_STEP)).as_integer_ratio()
    return quotient(steps(amount.cast(DECIMAL)) * below, above)
