"""What the experiment really does."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from mandje.simulate.sales.make import Sales
from mandje.simulate.sales.returns import as_returned, return_probability
from mandje.simulate.world.world import World

_BILLION = 1_000_000_000
_SUMS = ("person_count", "line_count", "expected_return_e9", "returned_line_count")


def experiment_sums(world: World, people: pl.DataFrame, sales: Sales) -> pl.DataFrame:
    """A block's sums by variant, over the counted orders that are in the experiment.

    Columns: variant, person_count, line_count, expected_return_e9 (the lines' true return probabilities in
    billionths), returned_line_count (lines of which something came back by the end). Sums of blocks may be
    added up.
    """
    counted = as_returned(people, sales.orders.filter("is_counted"), sales.assigned)
    inside = counted.filter(pl.col("variant").is_not_null()).select(
        "order", "person", "variant", "return_habit"
    )
    sold = sales.lines.join(inside, on="order", maintain_order="left")
    back = sales.returns.select("order", pl.col("order_line").alias("line_number"), returned=1)
    by_line = return_probability(world, sold).join(
        back, on=["order", "line_number"], how="left", maintain_order="left"
    )
    sums = by_line.group_by("variant").agg(
        pl.col("person").n_unique().cast(pl.Int64).alias("person_count"),
        pl.len().cast(pl.Int64).alias("line_count"),
        (pl.col("probability") * _BILLION).round().cast(pl.Int64).sum().alias("expected_return_e9"),
        pl.col("returned").sum().cast(pl.Int64).alias("returned_line_count"),
    )
    return sums.sort("variant")


def experiment_truth(world: World, sums: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Per variant: experiment_id, variant, person_count, line_count, true_return_ratio, returned_line_count.

    `true_return_ratio` is the mean probability with which the lines sold come back, sooner or later.
    """
    total = pl.concat(list(sums)).group_by("variant").agg(pl.col(name).sum() for name in _SUMS)
    return total.sort("variant").select(
        pl.lit(world.settings.sales.experiment.name).alias("experiment_id"),
        pl.col("variant").cast(pl.String),
        "person_count",
        "line_count",
        (pl.col("expected_return_e9") / (pl.col("line_count") * _BILLION)).alias("true_return_ratio"),
        "returned_line_count",
    )
