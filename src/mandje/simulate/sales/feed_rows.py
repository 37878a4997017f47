"""Rows as feeds: a contract's columns and types, when they are delivered and what becomes of them."""

from __future__ import annotations

import polars as pl

from mandje.contracts.types import TIMESTAMP
from mandje.simulate.deliver.render import delivered_names
from mandje.simulate.world.chance import Integers
from mandje.simulate.world.world import World

KEPT, SUPERSEDED, DUPLICATE = "kept", "superseded", "duplicate"
# Feeds that come once a week do so on every seventh day.
_DAYS_OF_WEEK = 7


def moment(name: str) -> pl.Expr:
    """A column of moments as timestamps."""
    return pl.col(name).cast(TIMESTAMP)


def week_of(world: World, moments: Integers) -> Integers:
    """The day of the weekly delivery that holds moments."""
    day = world.clock.delivery_day(moments)
    return day - day % _DAYS_OF_WEEK + _DAYS_OF_WEEK - 1


def as_feed(feed: str, world: World, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows (contract's columns, delivery_day, outcome, defect) that are delivered before the end."""
    return rows.filter(pl.col("delivery_day") < world.clock.days).select(
        *delivered_names(feed),
        pl.col("delivery_day").cast(pl.Int32),
        pl.col("outcome").cast(pl.String),
        pl.col("defect").cast(pl.String),
    )


def natural(feed: str, world: World, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows that are delivered once and kept, as nothing is wrong with them."""
    return as_feed(
        feed, world, rows.with_columns(pl.lit(KEPT).alias("outcome"), pl.lit(None).alias("defect"))
    )
