"""What is in an order: lines of catalogue products that add up to what the customer spends, to the cent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from mandje.simulate.world.catalogue import price_cents
from mandje.simulate.world.chance import Integers, happens, pick
from mandje.simulate.world.sites import SITES
from mandje.simulate.world.world import Block, World

# Coupons and their percent off the lines' net amount.
COUPONS = (("WELCOME10", 10), ("SEASON15", 15), ("FRIENDS20", 20))
_COUPON_WEIGHTS = (6, 3, 1)
_PRICE_BITS = 40


@dataclass(frozen=True, slots=True)
class Shelves:
    """Products by site, category and price at the site: one sorted key for all of them.

    Attributes:
        key: (site × categories + category) in the high bits, price in the low ones; ascending.
        product, price, cost: of the same position; cents of the site.
        category: code by product.
        categories: how many.
    """

    key: Integers
    product: Integers
    price: Integers
    cost: Integers
    category: Integers
    categories: int

    def shelf(self, site: Integers, category: Integers) -> Integers:
        """Low end of the keys of a site's category."""
        return np.asarray((site * self.categories + category) << _PRICE_BITS)

    def dearest(self, shelf: Integers) -> Integers:
        """Highest price on the shelf."""
        return self.price[np.searchsorted(self.key, shelf + (1 << _PRICE_BITS)) - 1]


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


def stock_shelves(catalogue: pl.DataFrame) -> Shelves:
    """The catalogue at the prices of every site."""
    category = catalogue["category"].rank("dense").to_numpy().astype(np.int64) - 1
    categories, size = int(category.max()) + 1, catalogue.height
    parts = []
    for code in range(len(SITES)):
        site = pl.Series("site", np.full(size, code))
        price = price_cents(catalogue["list_price_cents"], site).to_numpy()
        cost = price_cents(catalogue["unit_cost_cents"], site).to_numpy()
        key = ((code * categories + category) << _PRICE_BITS) + price
        parts.append(np.stack([key, catalogue["product"].to_numpy(), price, cost]))
    table = np.concatenate(parts, axis=1)
    key, product, price, cost = table[:, np.lexsort((table[1], table[0]))]
    return Shelves(key, product, price, cost, category, categories)


def fill_baskets(world: World, block: Block, orders: pl.DataFrame) -> Baskets:
    """Lines for `orders` (order, site, spend_cents), sorted by order and line number.

    Quantity × price − line discounts of an order is what it spends plus its order discount.
    """
    coupon = _coupons(world, block, orders.height)
    percent = np.array([*(percent for _, percent in COUPONS), 0])[coupon]
    # What is left after the percent is the spend: the rest, rounded up, is the discount.
    net = -(-orders["spend_cents"].to_numpy() * 100 // (100 - percent))
    owner, target = _split(world, block, net)
    site = orders["site"].to_numpy()[owner]
    lines = _choose(world, block, site, target)
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    numbers = np.arange(len(owner)) - np.repeat(starts, np.diff(starts, append=len(owner))) + 1
    return Baskets(
        coupon,
        net - orders["spend_cents"].to_numpy(),
        lines.select(
            pl.Series("order", orders["order"].to_numpy()[owner]), pl.Series("line_number", numbers), pl.all()
        ),
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


def _choose(world: World, block: Block, site: Integers, target: Integers) -> pl.DataFrame:
    """For each line the cheapest product of some category that costs no less; the rest is line discount."""
    shelves = stock_shelves(world.catalogue)
    generator = world.chance("products", block.number)
    category = shelves.category[generator.integers(0, len(shelves.category), len(target))]
    quantity = pick(generator, len(target), world.settings.sales.baskets.quantities) + 1
    shelf = shelves.shelf(site, category)
    quantity = np.maximum(quantity, -(-target // shelves.dearest(shelf)))
    chosen = np.searchsorted(shelves.key, shelf + -(-target // quantity))
    price = shelves.price[chosen]
    return pl.DataFrame(
        {
            "product": shelves.product[chosen],
            "quantity": quantity,
            "unit_price": price,
            "line_discount": quantity * price - target,
            "unit_cost": shelves.cost[chosen],
        }
    )
