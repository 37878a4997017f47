"""What happened to messages after their own row was delivered: opened and clicked in a later week."""

from __future__ import annotations

import polars as pl

from mandje.simulate.sales.feed_rows import moment, natural, week_of
from mandje.simulate.world.world import World

_READINGS = ("opened", "clicked")


def message_events(world: World, read: pl.DataFrame) -> pl.DataFrame:
    """The feed `message_events`, once a week; `read` are messages as `read_messages` makes them."""
    late = pl.concat([_late(world, read, kind) for kind in _READINGS]).sort("message_id", "event_at", "kind")
    rows = late.with_columns(
        moment("event_at"),
        pl.lit(None).cast(pl.String).alias("channel"),
        pl.lit(None).cast(pl.String).alias("campaign"),
        pl.lit(None).cast(pl.String).alias("trigger"),
        pl.lit(None).cast(pl.String).alias("email"),
    )
    return natural("message_events", world, rows)


def _late(world: World, read: pl.DataFrame, kind: str) -> pl.DataFrame:
    happened = read.filter(pl.col(f"{kind}_at").is_not_null()).select(
        "message_id",
        pl.lit(kind).alias("kind"),
        pl.col(f"{kind}_at").alias("event_at"),
        pl.col("person").alias("customer_id"),
        pl.col("delivery_day").alias("told_on"),
    )
    days = world.clock.delivery_day(happened["event_at"].to_numpy())
    weeks = week_of(world, happened["event_at"].to_numpy())
    is_late = pl.Series(days) > happened["told_on"]
    return happened.with_columns(pl.Series("delivery_day", weeks)).filter(is_late).drop("told_on")
