"""The running experiment: who is in it since when, and with which variant."""

from __future__ import annotations

import polars as pl

from mandje.simulate.sales.feed_rows import moment, natural, week_of
from mandje.simulate.world.chance import happens
from mandje.simulate.world.world import Block, World

VARIANTS = ("hold_out", "treatment")


# Of a shop's days: a short one has a time before the experiment too.
_LONGEST_PERCENT = 40


def first_experiment_day(world: World) -> int:
    """The day on which the experiment begins; it has no end."""
    wanted, days = world.settings.sales.experiment.begins_before_end_days, world.clock.days
    return days - min(wanted, days * _LONGEST_PERCENT // 100)


def assign(world: World, block: Block, orders: pl.DataFrame) -> pl.DataFrame:
    """Everybody whom the shop knows by an order since the experiment began: person, assigned_at, variant.

    A person is assigned with the first counted order that shows the customer. Days of the site's own clock.
    """
    first = first_experiment_day(world)
    persons = (
        orders.filter(pl.col("shows_customer") & pl.col("is_counted") & (pl.col("day") >= first))
        .group_by("person", maintain_order=True)
        .agg(pl.col("ordered_at").min().alias("assigned_at"))
        .sort("person")
    )
    drawn = happens(
        world.chance("experiment", block.number), world.settings.sales.experiment.treatment_ratio, block.size
    )
    is_treated = pl.Series(drawn[persons["person"].to_numpy() - block.first_person])
    kind = pl.Enum(VARIANTS)
    return persons.with_columns(
        pl.when(is_treated)
        .then(pl.lit("treatment"))
        .otherwise(pl.lit("hold_out"))
        .cast(kind)
        .alias("variant")
    )


def with_variant(orders: pl.DataFrame, assigned: pl.DataFrame) -> pl.DataFrame:
    """Orders with the `variant` that acts on them, null before the person was assigned."""
    is_in = pl.col("ordered_at") >= pl.col("assigned_at")
    return (
        orders.join(assigned, on="person", how="left", maintain_order="left")
        .with_columns(pl.when(is_in).then("variant").alias("variant"))
        .drop("assigned_at")
    )


def delivered_assignments(world: World, assigned: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """The feed `experiment_assignments`, once a week; `unit_id` is the customer.

    `others` are in other experiments, see `assign_all`.
    """
    columns = ["experiment_id", "person", "variant", "assigned_at"]
    own = assigned.select(
        pl.lit(world.settings.sales.experiment.name).alias("experiment_id"),
        "person",
        pl.col("variant").cast(pl.String),
        "assigned_at",
    )
    every = pl.concat([own, others.filter(~pl.col("is_lost")).select(columns)])
    rows = every.select(
        "experiment_id",
        pl.col("person").alias("unit_id"),
        "variant",
        moment("assigned_at"),
        pl.Series("delivery_day", week_of(world, every["assigned_at"].to_numpy()), dtype=pl.Int32),
    )
    return natural("experiment_assignments", world, rows)
