"""How each order was paid for and sent, as far as deliveries tell it in the end."""

from __future__ import annotations

import numpy as np
import polars as pl

from mandje.simulate.sales.feed_rows import KEPT
from mandje.simulate.world.world import World


def handling_truth(
    world: World, orders: pl.DataFrame, payments: pl.DataFrame, fulfilments: pl.DataFrame
) -> pl.DataFrame:
    """One row per order with a delivered payment or fulfilment, by order_id; the two feeds as delivered.

    Columns: payment_method (of the largest payment), paid_amount (refunds taken off, in the order's
    currency), paid_at (first payment), shipped_at (first parcel), delivered_at and days_to_deliver (last
    parcel; empty while one is on its way).
    """
    sent = _sent(fulfilments)
    rows = (
        orders.select(pl.col("order").alias("order_id"), "site", "day")
        .join(_paid(payments), on="order_id", how="left", maintain_order="left")
        .join(sent, on="order_id", how="left", maintain_order="left")
        .filter(pl.col("paid_amount").is_not_null() | pl.col("shipped_at").is_not_null())
    )
    return rows.with_columns(_days_to_deliver(world, rows)).drop("site", "day")


def _paid(payments: pl.DataFrame) -> pl.DataFrame:
    incoming = (
        payments.filter(pl.col("amount") > 0)
        .sort("order_id", "amount", "paid_at", "payment_id", descending=[False, True, False, False])
        .group_by("order_id", maintain_order=True)
        .agg(pl.col("method").first().alias("payment_method"), pl.col("paid_at").min())
    )
    sums = payments.group_by("order_id").agg(pl.col("amount").sum().alias("paid_amount"))
    return sums.join(incoming, on="order_id", how="left", maintain_order="left").select(
        "order_id", "payment_method", pl.col("paid_amount").cast(payments.schema["amount"]), "paid_at"
    )


def _sent(fulfilments: pl.DataFrame) -> pl.DataFrame:
    is_there = pl.col("delivered_at").is_not_null().all()
    return (
        fulfilments.filter(pl.col("outcome") == KEPT)
        .group_by("order_id")
        .agg(pl.col("shipped_at").min(), pl.when(is_there).then(pl.col("delivered_at").max()))
    )


def _days_to_deliver(world: World, rows: pl.DataFrame) -> pl.Series:
    known = rows["delivered_at"].is_not_null()
    moments = rows["delivered_at"].cast(pl.Int64).fill_null(0).to_numpy()
    local = world.clock.local_day(rows["site"].to_numpy(), moments)
    days = pl.Series("days_to_deliver", np.asarray(local - rows["day"].to_numpy()), dtype=pl.Int64)
    return days.to_frame().select(pl.when(known).then("days_to_deliver").alias("days_to_deliver")).to_series()
