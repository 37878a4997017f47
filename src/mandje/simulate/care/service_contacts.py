"""Service: customers who call, write or chat about an order, more often about one that came back."""

from __future__ import annotations

import numpy as np
import polars as pl

from mandje.simulate.sales.feed_rows import moment, natural, week_of
from mandje.simulate.sales.make import Sales
from mandje.simulate.world.chance import Integers, happens, pick
from mandje.simulate.world.clock import DAY, HOUR
from mandje.simulate.world.site_money import money
from mandje.simulate.world.sites import SITES
from mandje.simulate.world.world import Block, World

_CHANNELS = ("e-mail", "chat", "telephone")
_CHANNEL_WEIGHTS = (45, 30, 25)
# Cents of the shop's own currency: service is one team for all sites.
_COSTS = (380, 290, 640)
_TOPICS = ("delivery", "product", "payment", "account", "complaint")
_TOPIC_WEIGHTS = (44, 24, 14, 10, 8)
_RETURN = "return"
_NAMED_RATIO = 0.85
# After the order, or after the return.
_WITHIN = 9 * DAY
_IDS_PER_ORDER = 8


def service_contacts(world: World, block: Block, sales: Sales) -> pl.DataFrame:
    """The feed `service_contacts`, once a week.

    An order whose customer is known has one contact at most about the order, and one about its return.
    """
    settings = world.settings.sales.care
    known = sales.orders.filter(pl.col("shows_customer") & pl.col("is_counted"))
    returned = sales.returns.group_by("order", maintain_order=True).agg(pl.col("returned_at").min())
    sent_back = known.join(returned, on="order", maintain_order="left")
    about_order = known.with_columns(pl.col("ordered_at").alias("since"))
    about_return = sent_back.with_columns(pl.col("returned_at").alias("since")).drop("returned_at")
    contacts = pl.concat(
        [
            _drawn(world, block, about_order, "orders", settings.contact_ratio),
            _drawn(world, block, about_return, "returns", settings.contact_after_return_ratio),
        ]
    )
    return _delivered(world, contacts.filter(pl.col("contacted_at") < world.clock.end).sort("contact_id"))


def _drawn(world: World, block: Block, orders: pl.DataFrame, what: str, ratio: float) -> pl.DataFrame:
    generator = world.chance("service contacts", what, block.number)
    rows = orders.filter(pl.Series(happens(generator, ratio, orders.height), dtype=pl.Boolean))
    about_return = what == "returns"
    channel = pick(generator, rows.height, _CHANNEL_WEIGHTS)
    topic = pl.Series(_TOPICS).gather(pick(generator, rows.height, _TOPIC_WEIGHTS))
    named = pl.Series(happens(generator, _NAMED_RATIO, rows.height), dtype=pl.Boolean)
    return rows.select(
        (pl.col("order") * _IDS_PER_ORDER + int(about_return)).alias("contact_id"),
        pl.col("person").alias("customer_id"),
        (pl.col("since") + pl.Series(generator.integers(HOUR, _WITHIN, rows.height))).alias("contacted_at"),
        pl.Series("channel", _CHANNELS).gather(channel),
        pl.lit(_RETURN).alias("topic") if about_return else topic.alias("topic"),
        pl.when(named).then("order").alias("order_id"),
        pl.Series("cost", _costs(generator, channel)),
    )


def _costs(generator: np.random.Generator, channel: Integers) -> Integers:
    """Between half and one and a half times what the channel costs."""
    return np.array(_COSTS)[channel] * generator.integers(50, 151, len(channel)) // 100


def _delivered(world: World, contacts: pl.DataFrame) -> pl.DataFrame:
    rows = contacts.with_columns(
        moment("contacted_at"),
        pl.lit(SITES[0].currency).alias("currency_code"),
        money(pl.col("cost")).alias("cost_amount"),
        pl.Series("delivery_day", week_of(world, contacts["contacted_at"].to_numpy())),
    )
    return natural("service_contacts", world, rows)
