"""Shares of an amount, in cents and exactly."""

from __future__ import annotations

import polars as pl

from mandje.contracts.types import DECIMAL, TOTAL


def share(amount: pl.Expr, part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """`amount` × `part` ÷ `whole`, rounded half away from zero to cents; 0 where `whole` is 0 or not known.

    A part counts as no more than the whole (tax on an order that untaxed vouchers paid), so that no share is
    larger than the amount. Whole numbers of 128 bits: a quotient of decimals is cut before it is rounded.
    """
    value, of, all_of = (one.cast(DECIMAL).to_physical().cast(pl.Int128) for one in (amount, part, whole))
    # Ten-thousandths times ten-thousandths over ten-thousandths, of which a hundred are a cent.
    product, cent = value.abs() * pl.min_horizontal(of.abs(), all_of.abs()), all_of.abs() * 100
    cents = (2 * product + cent) // (2 * cent)
    sign = value.sign() * of.sign() * all_of.sign()
    signed = pl.when(all_of != 0).then(cents * sign).otherwise(0).fill_null(0)
    return (signed.cast(TOTAL) / 100).cast(DECIMAL)
