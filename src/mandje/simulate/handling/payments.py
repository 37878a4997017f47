"""Payments: most orders in one, some partly by gift card; what is cancelled or sent back is given back."""

from __future__ import annotations

import numpy as np
import polars as pl

from mandje.contracts.types import TIMESTAMP
from mandje.simulate.sales.feed_rows import moment, natural, week_of
from mandje.simulate.sales.make import Sales
from mandje.simulate.world.chance import Integers, happens, pick
from mandje.simulate.world.clock import DAY, HOUR, MINUTE
from mandje.simulate.world.site_money import currency, money, tax_of
from mandje.simulate.world.world import Block, World

METHODS = ("card", "wallet", "bank_transfer", "pay_later", "cash", "gift_card")
_ONLINE_WEIGHTS, _STORE_WEIGHTS = (46, 27, 15, 12, 0, 0), (74, 4, 0, 0, 22, 0)
_GIFT_CARD_RATIO, _GIFT_CARD_PERCENT = 0.04, (5, 90)
# Money that is not there at once.
_SLOW = ("bank_transfer", "pay_later")
_PAID_WITHIN = 3 * DAY
_GIVEN_BACK_AFTER = (HOUR, 4 * DAY)
_PAYMENTS_PER_ORDER = 16
_MAIN, _GIFT_CARD, _CANCELLED, _RETURNED = range(4)
_COLUMNS = ("order", "payment", "site", "method", "cents", "paid_at")


def payments(world: World, block: Block, sales: Sales) -> pl.DataFrame:
    """The feed `payments`, once a week."""
    paid = _paid(world, block, sales.orders)
    back = [_cancelled(world, block, paid), _returned(world, block, paid, sales.returns)]
    gift = paid.filter(pl.col("gift_cents") > 0).with_columns(
        pl.lit("gift_card").alias("method"),
        pl.col("gift_cents").alias("cents"),
        pl.lit(_GIFT_CARD, pl.Int64).alias("payment"),
        pl.col("ordered_at").alias("paid_at"),
    )
    every = pl.concat([rows.select(_COLUMNS) for rows in (paid, gift, *back)])
    return _delivered(world, every.filter(pl.col("paid_at") < world.clock.end))


def _paid(world: World, block: Block, orders: pl.DataFrame) -> pl.DataFrame:
    """Orders that were ever paid, with the payment of what no gift card paid."""
    rows = orders.filter(pl.col("status").is_in(["paid", "fulfilled", "cancelled"]) & (pl.col("total") > 0))
    generator, size = world.chance("payments", block.number), rows.height
    online, store = (pick(generator, size, weights) for weights in (_ONLINE_WEIGHTS, _STORE_WEIGHTS))
    method = np.where((rows["channel"] == "store").to_numpy(), store, online)
    is_gift = happens(generator, _GIFT_CARD_RATIO, size)
    gift = rows["total"].to_numpy() * generator.integers(*_GIFT_CARD_PERCENT, size) // 100 * is_gift
    wait = generator.integers(MINUTE, _PAID_WITHIN, size)
    return rows.with_columns(
        pl.Series("method", METHODS, dtype=pl.String).gather(method),
        pl.Series("gift_cents", gift, dtype=pl.Int64),
        pl.lit(_MAIN, pl.Int64).alias("payment"),
    ).with_columns(
        (pl.col("total") - pl.col("gift_cents")).alias("cents"),
        (
            pl.col("ordered_at") + pl.when(pl.col("method").is_in(_SLOW)).then(pl.Series(wait)).otherwise(0)
        ).alias("paid_at"),
    )


def _cancelled(world: World, block: Block, paid: pl.DataFrame) -> pl.DataFrame:
    """All of a cancelled order, some time after it was cancelled."""
    gone = paid.filter((pl.col("status") == "cancelled") & pl.col("changed_at").is_not_null())
    return _given_back(world, block, "cancelled", gone).with_columns(
        (-pl.col("total")).alias("cents"), pl.lit(_CANCELLED, pl.Int64).alias("payment")
    )


def _returned(world: World, block: Block, paid: pl.DataFrame, returns: pl.DataFrame) -> pl.DataFrame:
    """What was refunded for each parcel, with its tax."""
    parcels = returns.group_by("order", "return_id", maintain_order=True).agg(
        pl.col("refund").sum(), pl.col("returned_at").first().alias("changed_at")
    )
    nth = pl.int_range(pl.len()).over("order").cast(pl.Int64)
    back = (
        paid.drop("changed_at")
        .join(parcels.with_columns(nth.alias("nth")), on="order", maintain_order="right")
        .filter(pl.col("refund") > 0)
    )
    with_tax = back["refund"].to_numpy() + tax_of(back["refund"].to_numpy(), back["site"].to_numpy())
    return _given_back(world, block, "returned", back).with_columns(
        pl.Series("cents", -with_tax, dtype=pl.Int64), (pl.col("nth") + _RETURNED).alias("payment")
    )


def _given_back(world: World, block: Block, why: str, rows: pl.DataFrame) -> pl.DataFrame:
    wait: Integers = world.chance("refunds", why, block.number).integers(*_GIVEN_BACK_AFTER, rows.height)
    return rows.with_columns((pl.col("changed_at") + pl.Series(wait, dtype=pl.Int64)).alias("paid_at"))


def _delivered(world: World, paid: pl.DataFrame) -> pl.DataFrame:
    rows = paid.select(
        (pl.col("order") * _PAYMENTS_PER_ORDER + pl.col("payment")).alias("payment_id"),
        pl.col("order").alias("order_id"),
        "method",
        currency(pl.col("site")).alias("currency_code"),
        money(pl.col("cents")).alias("amount"),
        moment("paid_at"),
        pl.lit(None).cast(TIMESTAMP).alias("updated_at"),
        pl.Series("delivery_day", week_of(world, paid["paid_at"].to_numpy())),
    )
    return natural("payments", world, rows.sort("payment_id"))
