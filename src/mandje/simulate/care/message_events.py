"""What happened to messages after their own row was delivered: opened, clicked, the last one wanted."""

from __future__ import annotations

import polars as pl

from mandje.simulate.care.messages import told_on
from mandje.simulate.sales.feed_rows import moment, natural
from mandje.simulate.world.world import World

_READINGS = ("opened", "clicked")


def message_events(world: World, read: pl.DataFrame, unsubscribed: pl.DataFrame) -> pl.DataFrame:
    """The feed `message_events`, as often as that of messages.

    `read` is as `read_messages` makes it, `unsubscribed` as in `Acts`.
    """
    ended = _ended(world, unsubscribed)
    late = pl.concat([*(_late(world, read, kind) for kind in _READINGS), ended])
    late = late.sort("message_id", "event_at", "kind")
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
    weeks = told_on(world, happened["event_at"].to_numpy())
    is_late = pl.Series(days) > happened["told_on"]
    return happened.with_columns(pl.Series("delivery_day", weeks)).filter(is_late).drop("told_on")


def _ended(world: World, unsubscribed: pl.DataFrame) -> pl.DataFrame:
    return unsubscribed.select(
        "message_id",
        pl.lit("unsubscribed").alias("kind"),
        pl.col("at").alias("event_at"),
        pl.col("person").alias("customer_id"),
        pl.Series("delivery_day", told_on(world, unsubscribed["at"].to_numpy()), dtype=pl.Int64),
    )
