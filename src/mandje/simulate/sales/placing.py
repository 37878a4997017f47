"""Who placed an order where, and what it shows of them: purchases as the shop's tills see them."""

from __future__ import annotations

import numpy as np
import polars as pl

from mandje.simulate.world.chance import Flags, happens
from mandje.simulate.world.clock import DAY, HOUR
from mandje.simulate.world.world import Block, World

# Stores are open from 9 to 20.
_OPENS, _CLOSES = 9, 20


def own_orders(world: World, block: Block, people: pl.DataFrame, purchases: pl.DataFrame) -> pl.DataFrame:
    """One order for every purchase before the end.

    Columns: person, number, site, civil_at, ordered_at, day, spend_cents, channel, status, shows_customer,
    shows_email. Each order shows its customer or an e-mail address, so that it can be told whose it is.
    """
    settings = world.settings.sales
    bought = purchases.filter(pl.col("is_delivered")).join(
        people.select("person", "account_at", "account_at_number"),
        on="person",
        how="left",
        maintain_order="left",
    )
    size = bought.height
    channel = _channels(world, block, bought)
    number, opened = bought["number"].to_numpy(), bought["account_at_number"].to_numpy()
    has_account = bought["account_at"].is_not_null().to_numpy() & (number >= opened)
    is_guest = happens(world.chance("guest orders", block.number), settings.guest_ratio, size)
    shows_customer = has_account & (~is_guest | (number == opened))
    leaves_email = happens(world.chance("e-mail in store", block.number), settings.email_in_store_ratio, size)
    return bought.select(
        "person", "number", "site", "civil_at", "ordered_at", "day", "spend_cents",
        pl.Series("channel", channel),
        pl.lit("fulfilled").alias("status"),
        pl.Series("shows_customer", shows_customer),
        pl.Series("shows_email", ~shows_customer | (channel != "store") | leaves_email),
    )  # fmt: skip


def in_opening_hours(orders: pl.DataFrame) -> Flags:
    """Whether a store was open then."""
    hour = orders["civil_at"].to_numpy() % DAY // HOUR
    return np.asarray((hour >= _OPENS) & (hour < _CLOSES))


def _channels(world: World, block: Block, bought: pl.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    settings, size = world.settings.sales, bought.height
    is_store = happens(world.chance("store orders", block.number), settings.store_ratio, size)
    is_phone = happens(world.chance("phone orders", block.number), settings.phone_ratio, size)
    elsewhere = np.where(is_phone, "phone", "online")
    return np.where(is_store & in_opening_hours(bought), "store", elsewhere)
