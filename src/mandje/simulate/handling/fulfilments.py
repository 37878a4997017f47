"""Parcels: what is sent leaves in one, some of it in two, and is delivered some days later."""

from __future__ import annotations

import polars as pl

from mandje.simulate.sales.feed_rows import KEPT, SUPERSEDED, as_feed, moment, week_of
from mandje.simulate.sales.make import Sales
from mandje.simulate.world.chance import happens, pick
from mandje.simulate.world.clock import DAY, HOUR
from mandje.simulate.world.world import Block, World

_CARRIERS, _CARRIER_WEIGHTS = ("parcel_post", "city_bikes", "night_line"), (70, 12, 18)
_SECOND_PARCEL_RATIO = 0.06
_SECOND_AFTER = 26 * HOUR
_DELIVERED_AFTER = (8 * HOUR, 4 * DAY)
_PARCELS_PER_ORDER = 2


def fulfilments(world: World, block: Block, sales: Sales) -> pl.DataFrame:
    """The feed `fulfilments`, once a week; a parcel is told again where it arrives in a later week."""
    parcels = _parcels(world, block, sales.orders)
    sent_on = week_of(world, parcels["shipped_at"].to_numpy())
    there_on = week_of(world, parcels["delivered_at"].to_numpy())
    rows = parcels.with_columns(pl.Series("sent_on", sent_on), pl.Series("there_on", there_on))
    is_late = pl.col("there_on") > pl.col("sent_on")
    is_told_again = is_late & (pl.col("there_on") < world.clock.days)
    first = rows.with_columns(
        pl.when(~is_late).then("delivered_at").alias("delivered_at"),
        pl.col("sent_on").alias("delivery_day"),
        pl.when(is_told_again).then(pl.lit(SUPERSEDED)).otherwise(pl.lit(KEPT)).alias("outcome"),
    )
    again = rows.filter(is_late).with_columns(
        pl.col("there_on").alias("delivery_day"), pl.lit(KEPT).alias("outcome")
    )
    return _delivered(world, pl.concat([first, again]))


def _parcels(world: World, block: Block, orders: pl.DataFrame) -> pl.DataFrame:
    """order, parcel, shipped_at, delivered_at and carrier of all that left the shop before the end."""
    sent = orders.filter(
        pl.col("is_counted") & (pl.col("channel") != "store") & pl.col("changed_at").is_not_null()
    ).select("order", pl.lit(0, pl.Int64).alias("parcel"), pl.col("changed_at").alias("shipped_at"))
    has_second = happens(world.chance("second parcels", block.number), _SECOND_PARCEL_RATIO, sent.height)
    second = sent.filter(pl.Series(has_second, dtype=pl.Boolean)).with_columns(
        pl.lit(1, pl.Int64).alias("parcel"), pl.col("shipped_at") + _SECOND_AFTER
    )
    left = pl.concat([sent, second]).filter(pl.col("shipped_at") < world.clock.end)
    generator = world.chance("parcels on the way", block.number)
    wait = generator.integers(*_DELIVERED_AFTER, left.height)
    carrier = pick(generator, left.height, _CARRIER_WEIGHTS)
    return left.with_columns(
        (pl.col("shipped_at") + pl.Series(wait, dtype=pl.Int64)).alias("delivered_at"),
        pl.Series("carrier", _CARRIERS, dtype=pl.String).gather(carrier),
    )


def _delivered(world: World, versions: pl.DataFrame) -> pl.DataFrame:
    rows = versions.select(
        (pl.col("order") * _PARCELS_PER_ORDER + pl.col("parcel")).alias("fulfilment_id"),
        pl.col("order").alias("order_id"),
        moment("shipped_at"),
        moment("delivered_at"),
        "carrier",
        pl.coalesce(moment("delivered_at"), moment("shipped_at")).alias("updated_at"),
        "delivery_day",
        "outcome",
        pl.lit(None).alias("defect"),
    )
    return as_feed("fulfilments", world, rows.sort("fulfilment_id", "delivery_day"))
