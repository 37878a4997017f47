"""The truth of what a session follows: whose it turns out to be, and which channels brought its shopper."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

DIRECT = "Direct"
LOOKS_BACK = timedelta(days=30)
_IN_TIME = ["started_at", "session"]


def with_shoppers(sessions: pl.DataFrame, visitors: pl.DataFrame) -> pl.DataFrame:
    """Sessions with what is only known once all of them are, in the order in which they stand.

    Robots and staff have visitors of their own, so that they stand in nobody's way.

    Args:
        sessions: see `session_truth`; all of their visitors and persons.
        visitors: see `visitor_truth`, of the same.

    Returns:
        The same with owner_id (customer that the session shows, else the one whose the visitor is; null =
        never known), is_new_visitor and is_new_to_site (no session of the visitor before, anywhere and on
        the site), first_touch_channel (of the shopper's first session), last_non_direct_channel (of the
        shopper's last session that was not Direct and began at most 30 days before, itself included).
    """
    known = visitors.select("visitor_id", pl.col("customer_id").alias("owner_id"))
    owned = sessions.join(known, on="visitor_id", how="left", maintain_order="left").with_columns(
        owner_id=pl.coalesce("customer_id", "owner_id")
    )
    told = owned.with_row_index("row").sort(_IN_TIME).with_columns(*_firsts(), *_channels())
    since = pl.col("started_at") - pl.col("told_at")
    last = pl.when(since <= LOOKS_BACK).then("told_channel").otherwise(pl.lit(DIRECT))
    return (
        told.with_columns(last.alias("last_non_direct_channel"))
        .sort("row")
        .drop("row", "told_at", "told_channel")
    )


def _firsts() -> list[pl.Expr]:
    number = pl.int_range(pl.len())
    return [
        (number.over("visitor_id") == 0).alias("is_new_visitor"),
        (number.over("visitor_id", "site") == 0).alias("is_new_to_site"),
    ]


def _channels() -> list[pl.Expr]:
    shopper, channel = pl.coalesce("owner_id", "visitor_id"), pl.col("channel").cast(pl.String)
    tells = channel != DIRECT
    return [
        channel.first().over(shopper).alias("first_touch_channel"),
        pl.when(tells).then(channel).forward_fill().over(shopper).alias("told_channel"),
        pl.when(tells).then("started_at").forward_fill().over(shopper).alias("told_at"),
    ]
