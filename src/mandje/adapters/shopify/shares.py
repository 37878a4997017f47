"""An order's amount shared over its lines by weight, to the cent, in whole numbers of 1/10000."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

_CENT = 100
_WORKING = ("_all", "_rest", "_is_largest")


def part_of(amount: pl.Expr, weight: pl.Expr, weights: pl.Expr) -> pl.Expr:
    """Amount × weight / weights, rounded half up to the cent; 0 where there is no weight."""
    cents = (amount * weight * 2 + weights * _CENT) // (weights * 2 * _CENT) * _CENT
    return pl.when(weights > 0).then(cents).otherwise(0)


def with_shares(lines: pl.DataFrame, amount: str, more: str, document: Sequence[str]) -> pl.DataFrame:
    """Lines with `share`, what falls of their order's `amount` to their `weight`, and `share_of_more`.

    The latter falls to `more`, the one weight that an order has besides its lines (its shipping). What
    rounding leaves over falls to the largest weight; of equal ones to the first line. All of an order's
    shares are its amount, but where nothing has any weight: then all are 0.
    """
    weight, extra, value = pl.col("weight"), pl.col(more), pl.col(amount)
    place = weight.cast(pl.Int64).rank("ordinal", descending=True).over(document)
    parts = lines.with_columns((weight.sum().over(document) + extra).alias("_all")).with_columns(
        part_of(value, weight, pl.col("_all")).alias("share"),
        part_of(value, extra, pl.col("_all")).alias("share_of_more"),
        ((place == 1) & (weight >= extra)).alias("_is_largest"),
    )
    left = value - pl.col("share").sum().over(document) - pl.col("share_of_more")
    rest = pl.when(pl.col("_all") > 0).then(left).otherwise(0)
    is_on_a_line = pl.col("_is_largest").any().over(document)
    return (
        parts.with_columns(rest.alias("_rest"))
        .with_columns(
            pl.col("share") + pl.when("_is_largest").then(pl.col("_rest")).otherwise(0),
            pl.col("share_of_more") + pl.when(is_on_a_line).then(0).otherwise(pl.col("_rest")),
        )
        .drop(_WORKING)
    )
