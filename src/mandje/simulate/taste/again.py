"""What is bought again: things used up, and refills of what the order before brought."""

from __future__ import annotations

import numpy as np
import polars as pl

from mandje.simulate.taste.assortment import Assortment
from mandje.simulate.taste.persons import NOTHING, Likings
from mandje.simulate.world.chance import Flags, Integers, happens
from mandje.simulate.world.world import Block, World

_NEVER = -1


def used_up(world: World, block: Block, orders: pl.DataFrame, likings: Likings) -> tuple[Integers, Integers]:
    """Orders (positions) that bring the customer's consumable, and it: the first, then whenever one is due.

    One is due every interval from the first order on; the next order after that brings it or lets it go by.
    """
    settings = world.settings.taste
    place, customer, day = _of_customers(block, orders)
    first = np.diff(customer, prepend=-1) != 0
    since = day - day[np.maximum.accumulate(np.where(first, np.arange(len(day)), 0))] if len(day) else day
    turn = since // likings.interval_days[customer]
    is_due = first | (np.diff(turn, prepend=0) > 0)
    generator = world.chance("taste", "again", block.number)
    hit = happens(generator, settings.repeat_ratio * settings.affinity, len(place))
    brings = is_due & hit & (likings.consumable[customer] != NOTHING)
    return place[brings], likings.consumable[customer[brings]]


def refills_due(
    world: World, block: Block, orders: pl.DataFrame, assortment: Assortment, sold: tuple[Integers, Integers]
) -> tuple[Integers, Integers]:
    """Orders (positions) that bring a refill, and it; `sold` are orders and products of all lines.

    It is the refill of a device of the customer's order before, if that is neither too near nor too far.
    """
    settings = world.settings.taste
    place, customer, day = _of_customers(block, orders)
    device = _device_of_order(orders.height, assortment, *sold)[place]
    waited = np.diff(day, prepend=0)
    follows: Flags = np.diff(customer, prepend=-1) == 0
    least, most = settings.refill_days
    device = np.where(follows & (waited >= least) & (waited <= most), np.roll(device, 1), _NEVER)
    generator = world.chance("taste", "refills", block.number)
    hit = happens(generator, settings.refill_ratio * settings.affinity, len(place))
    brings = (device != _NEVER) & hit
    return place[brings], assortment.refill[device[brings]]


def _of_customers(block: Block, orders: pl.DataFrame) -> tuple[Integers, Integers, Integers]:
    """Counted orders of customers by customer and time: position, customer (from 0 in the block) and day."""
    counted = (
        orders.with_row_index("place")
        .filter("is_counted", pl.col("person") >= 0)
        .sort("person", "ordered_at", "order")
    )
    person = counted["person"].to_numpy() - block.first_person
    return counted["place"].cast(pl.Int64).to_numpy(), person, counted["day"].to_numpy()


def _device_of_order(size: int, assortment: Assortment, owner: Integers, product: Integers) -> Integers:
    """The first device that each order holds, by its number among the devices."""
    number = np.full(max(int(product.max(initial=0)), int(assortment.device.max(initial=0))) + 1, _NEVER)
    number[assortment.device] = np.arange(len(assortment.device))
    has_one = number[product] != _NEVER
    found = np.full(size, _NEVER)
    # In reverse, so that the first of an order stands.
    found[owner[has_one][::-1]] = number[product[has_one]][::-1]
    return found
