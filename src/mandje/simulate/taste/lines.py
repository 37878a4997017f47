"""Lines of orders, and what taste makes of them; what an order comes to stays as it is."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import polars as pl

from mandje.simulate.taste.again import refills_due, used_up
from mandje.simulate.taste.assortment import Assortment
from mandje.simulate.taste.choices import Wanted, liked_categories, popular_places, trendy
from mandje.simulate.taste.persons import Likings, make_likings
from mandje.simulate.world.chance import Flags, Integers, happens
from mandje.simulate.world.shelves import stock_shelves
from mandje.simulate.world.site_money import at_site
from mandje.simulate.world.world import Block, World

# A pair costs at most so many percent of what is meant to be spent on it; the rest is a discount.
_DEAREST_PERCENT, _FEWEST_PAIRS = 140, 4
# A thing that is added costs at most this part of the line that pays for it.
_PART = 2
_YEAR = 365


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines in the order of their orders, one array each.

    Attributes:
        owner: position of the order, ascending.
        target: what is paid, in cents: quantity × price less a discount.
        product, quantity, price, cost: cents of the site, of one unit.
    """

    owner: Integers
    target: Integers
    product: Integers
    quantity: Integers
    price: Integers
    cost: Integers


def with_taste(world: World, block: Block, people: pl.DataFrame, orders: pl.DataFrame, lines: Lines) -> Lines:
    """The lines of `orders` (person, site, day, is_counted) as they are with `[taste]`.

    What is used up, and refills, are lines more, paid by the dearest line of their order.
    """
    likings = make_likings(world, block, people)
    lines = _liked(world, block, orders, likings, lines)
    lines = _paired(world, block, orders, likings.assortment, lines)
    for due in (
        used_up(world, block, orders, likings),
        refills_due(world, block, orders, likings.assortment, (lines.owner, lines.product)),
    ):
        lines = _added(likings.assortment, orders["site"].to_numpy(), lines, *due)
    return lines


def _liked(world: World, block: Block, orders: pl.DataFrame, likings: Likings, lines: Lines) -> Lines:
    shelves, assortment = stock_shelves(world.catalogue), likings.assortment
    wanted = _wanted(world, block, orders, lines, shelves.category[lines.product])
    category, by_taste = liked_categories(world, block, likings, wanted)
    dearest = shelves.dearest(shelves.shelf(wanted.site, category))
    quantity = np.maximum(lines.quantity, -(-lines.target // dearest))
    wanted = replace(wanted, category=category, need=-(-lines.target // quantity))
    place = popular_places(world, block, shelves, assortment.weight, wanted)
    trend, is_trendy = trendy(world, block, assortment, wanted)
    product = np.where(is_trendy, trend, shelves.product[place])
    return Lines(
        lines.owner,
        lines.target,
        np.where(by_taste, product, lines.product),
        np.where(by_taste, quantity, lines.quantity),
        np.where(by_taste, assortment.price[wanted.site, product], lines.price),
        np.where(by_taste, assortment.cost[wanted.site, product], lines.cost),
    )


def _wanted(world: World, block: Block, orders: pl.DataFrame, lines: Lines, category: Integers) -> Wanted:
    since = orders.select(pl.col("day") - pl.col("day").min().over("person")).to_series().to_numpy()
    return Wanted(
        np.maximum(orders["person"].to_numpy() - block.first_person, -1)[lines.owner],
        np.minimum(since / _YEAR, 1.0)[lines.owner],
        (orders["day"].to_numpy() / world.clock.days)[lines.owner],
        orders["site"].to_numpy()[lines.owner],
        category,
        lines.target,
    )


def _paired(world: World, block: Block, orders: pl.DataFrame, assortment: Assortment, lines: Lines) -> Lines:
    """The first two lines of some orders are a pair, which shares what they were to cost by its prices."""
    starts = np.flatnonzero(np.diff(lines.owner, prepend=-1))
    several = starts[np.diff(starts, append=len(lines.owner)) > 1]
    settings, generator = world.settings.taste, world.chance("taste", "in pairs", block.number)
    hit = happens(generator, settings.pair_ratio * settings.affinity, len(several))
    first = several[hit]
    site, paid = orders["site"].to_numpy()[lines.owner[first]], lines.target[first] + lines.target[first + 1]
    pair = _some_pair(generator, assortment, site, paid)
    both = np.stack([assortment.anchor[pair], assortment.companion[pair]])
    price = assortment.price[site, both]
    times = -(-paid // price.sum(axis=0))
    share = paid * price[0] // price.sum(axis=0)
    target = np.stack([share, paid - share])
    place, cost = np.stack([first, first + 1]), assortment.cost[site, both]
    return _replaced(
        lines, place, Lines(lines.owner[place], target, both, np.stack([times] * 2), price, cost)
    )


def _some_pair(
    generator: np.random.Generator, assortment: Assortment, site: Integers, paid: Integers
) -> Integers:
    """One of those that cost what is paid, or up to so much more; of the dearest where none does."""
    total = assortment.price[0][assortment.anchor] + assortment.price[0][assortment.companion]
    # The ladder of totals is that of the first site's money.
    level = at_site(1000, np.arange(len(assortment.price)))[site]
    wanted = paid * 1000 // level
    low = np.minimum(np.searchsorted(total, wanted), np.maximum(len(total) - _FEWEST_PAIRS, 0))
    high = np.searchsorted(total, wanted * _DEAREST_PERCENT // 100)
    high = np.minimum(np.maximum(high, low + _FEWEST_PAIRS), len(total))
    return generator.integers(low, high)


def _replaced(lines: Lines, place: Integers, others: Lines) -> Lines:
    """Other lines in these places."""
    changed = {each.name: getattr(lines, each.name).copy() for each in fields(Lines)}
    for name, values in changed.items():
        values[place] = getattr(others, name)
    return Lines(**changed)


def _added(assortment: Assortment, site: Integers, lines: Lines, order: Integers, product: Integers) -> Lines:
    """One unit of a product in each of these orders, none twice, where a line can pay for it."""
    price, cost = assortment.price[site[order], product], assortment.cost[site[order], product]
    payer = _dearest_lines(lines)[order]
    fits: Flags = lines.target[payer] >= _PART * price
    order, product, price, cost, payer = (each[fits] for each in (order, product, price, cost, payer))
    target = lines.target.copy()
    target[payer] -= price
    owner = np.concatenate([lines.owner, order])
    by_owner = np.argsort(owner, kind="stable")
    return Lines(
        owner[by_owner],
        np.concatenate([target, price])[by_owner],
        np.concatenate([lines.product, product])[by_owner],
        np.concatenate([lines.quantity, np.ones_like(order)])[by_owner],
        np.concatenate([lines.price, price])[by_owner],
        np.concatenate([lines.cost, cost])[by_owner],
    )


def _dearest_lines(lines: Lines) -> Integers:
    """Place of the dearest line of every order."""
    by_price = np.lexsort((lines.target, lines.owner))
    return by_price[np.flatnonzero(np.diff(lines.owner, append=-1))]
