"""Lines by taste: the category that a customer likes, and what is popular in it at that price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mandje.simulate.taste.assortment import Assortment
from mandje.simulate.taste.persons import Likings
from mandje.simulate.world.chance import Flags, Floats, Integers, happens
from mandje.simulate.world.shelves import PRICE_BITS, Shelves
from mandje.simulate.world.world import Block, World

# What is bought costs at most so many percent of what is meant to be spent: the rest is a discount.
_DEAREST_PERCENT = 130


@dataclass(frozen=True, slots=True)
class Wanted:
    """Lines to be chosen, one array each.

    Attributes:
        customer: position in the block; negative where nobody is known.
        years: since the customer's first order, at most 1.
        progress: of the shop's days, 0 to 1.
        site: code.
        category: code.
        need: price in cents of the site that is wanted at least.
    """

    customer: Integers
    years: Floats
    progress: Floats
    site: Integers
    category: Integers
    need: Integers


def liked_categories(world: World, block: Block, likings: Likings, wanted: Wanted) -> tuple[Integers, Flags]:
    """Categories of lines, those wanted where nobody's taste decides; and which are chosen by taste."""
    settings, size = world.settings.taste, len(wanted.customer)
    generator = world.chance("taste", "categories", block.number)
    by_taste = happens(generator, settings.affinity, size) & (wanted.customer >= 0)
    drifts = happens(generator, settings.drift_ratio * wanted.years, size)
    who = np.maximum(wanted.customer, 0)
    edges = np.cumsum(
        np.where(drifts[:, None], likings.of_group[likings.group[who]], likings.own[who]), axis=1
    )
    drawn = generator.integers(0, edges[:, -1])
    return np.where(by_taste, (edges <= drawn[:, None]).sum(axis=1), wanted.category), by_taste


def popular_places(world: World, block: Block, shelves: Shelves, liked: Integers, wanted: Wanted) -> Integers:
    """Places on the shelves: of the category, at the price wanted or up to half more, as likely as liked."""
    generator = world.chance("taste", "places", block.number)
    shelf = shelves.shelf(wanted.site, wanted.category)
    end = np.searchsorted(shelves.key, shelf + (1 << PRICE_BITS))
    low = np.searchsorted(shelves.key, shelf + wanted.need)
    high = np.searchsorted(shelves.key, shelf + wanted.need * _DEAREST_PERCENT // 100, side="right")
    edges = np.concatenate([[0], np.cumsum(liked[shelves.product])])
    drawn = generator.integers(edges[low], edges[np.minimum(np.maximum(high, low + 1), end)])
    return np.searchsorted(edges, drawn, side="right") - 1


def trendy(world: World, block: Block, assortment: Assortment, wanted: Wanted) -> tuple[Integers, Flags]:
    """A trend product for every line, and whether the line goes to it."""
    settings, size = world.settings.taste, len(wanted.need)
    generator = world.chance("taste", "trends", block.number)
    ratio = settings.trend_ratio * settings.affinity
    hit = happens(generator, ratio * wanted.progress, size)
    product = assortment.trend[generator.integers(0, len(assortment.trend), size)]
    price = assortment.price[wanted.site, product]
    fits = (price >= wanted.need) & (price <= wanted.need * _DEAREST_PERCENT // 100)
    return product, hit & fits
