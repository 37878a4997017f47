"""What is in an order: lines of catalogue products that add up to what the customer spends, to the cent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from mandje.simulate.settings.taste import has_no_taste
from mandje.simulate.taste.lines import Lines, with_taste
from mandje.simulate.world.chance import Integers, happens, pick
from mandje.simulate.world.shelves import stock_shelves
from mandje.simulate.world.world import Block, World

# Coupons and their percent off the lines' net amount.
COUPONS = (("WELCOME10", 10), ("SEASON15", 15), ("FRIENDS20", 20))
_COUPON_WEIGHTS = (6, 3, 1)


@dataclass(frozen=True, slots=True)
class Baskets:
    """Orders filled.

    Attributes:
        coupon: position in `COUPONS` by order, −1 for none.
        order_discount: cents by order.
        lines: order, line_number, product, quantity, unit_price, line_discount, unit_cost.
    """

    coupon: Integers
    order_discount: Integers
    lines: pl.DataFrame


def fill_baskets(world: World, block: Block, people: pl.DataFrame, orders: pl.DataFrame) -> Baskets:
    """Lines for `orders` (order, person, site, day, is_counted, spend_cents), by order and line number.

    Quantity × price − line discounts of an order is what it spends plus its order discount.
    """
    coupon = _coupons(world, block, orders.height)
    percent = np.array([*(percent for _, percent in COUPONS), 0])[coupon]
    # What is left after the percent is the spend: the rest, rounded up, is the discount.
    net = -(-orders["spend_cents"].to_numpy() * 100 // (100 - percent))
    owner, target = _split(world, block, net)
    lines = _choose(world, block, orders["site"].to_numpy()[owner], owner, target)
    if not has_no_taste(world.settings.taste):
        lines = with_taste(world, block, people, orders, lines)
    return Baskets(
        coupon,
        net - orders["spend_cents"].to_numpy(),
        _numbered(orders["order"].to_numpy(), lines),
    )


def _numbered(order: Integers, lines: Lines) -> pl.DataFrame:
    starts = np.flatnonzero(np.diff(lines.owner, prepend=-1))
    first = np.repeat(starts, np.diff(starts, append=len(lines.owner)))
    return pl.DataFrame(
        {
            "order": order[lines.owner],
            "line_number": np.arange(len(lines.owner)) - first + 1,
            "product": lines.product,
            "quantity": lines.quantity,
            "unit_price": lines.price,
            "line_discount": lines.quantity * lines.price - lines.target,
            "unit_cost": lines.cost,
        }
    )


def _coupons(world: World, block: Block, size: int) -> Integers:
    generator = world.chance("coupons", block.number)
    has_one = happens(generator, world.settings.sales.baskets.coupon_ratio, size)
    return np.where(has_one, pick(generator, size, _COUPON_WEIGHTS), -1)


def _split(world: World, block: Block, net: Integers) -> tuple[Integers, Integers]:
    """Position of the order and net amount in cents of every line."""
    settings = world.settings.sales.baskets
    generator = world.chance("lines", block.number)
    wanted = pick(generator, len(net), settings.line_counts) + 1
    counts = np.clip(net // settings.smallest_line_cents, 1, wanted)
    owner = np.repeat(np.arange(len(net)), counts)
    weight = generator.integers(20, 100, len(owner))
    starts = np.cumsum(counts) - counts
    total = np.add.reduceat(weight, starts) if len(starts) else weight
    amount = net[owner] * weight // total[owner]
    if len(starts):
        amount[starts] += net - np.add.reduceat(amount, starts)
    return owner, amount


def _choose(world: World, block: Block, site: Integers, owner: Integers, target: Integers) -> Lines:
    """For each line the cheapest product of some category that costs no less; the rest is line discount."""
    shelves = stock_shelves(world.catalogue)
    generator = world.chance("products", block.number)
    category = shelves.category[generator.integers(0, len(shelves.category), len(target))]
    quantity = pick(generator, len(target), world.settings.sales.baskets.quantities) + 1
    shelf = shelves.shelf(site, category)
    quantity = np.maximum(quantity, -(-target // shelves.dearest(shelf)))
    chosen = np.searchsorted(shelves.key, shelf + -(-target // quantity))
    return Lines(
        owner, target, shelves.product[chosen], quantity, shelves.price[chosen], shelves.cost[chosen]
    )
