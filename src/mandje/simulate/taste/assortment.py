"""Which products are liked: by everybody, together, one after the other, and again and again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from mandje.simulate.world.catalogue import price_cents
from mandje.simulate.world.chance import Flags, Floats, Integers, on_grid
from mandje.simulate.world.sites import SITES
from mandje.simulate.world.world import World

# Cents of the first site: what the dearer one of a pair costs; the other costs this percentage of it.
_PAIR_PRICES, _SECOND_PERCENT = (1500, 14_000), (20, 70)
_DEVICE_PRICES, _TREND_PRICES, _CHEAP = (1500, 9000), (2500, 6000), (200, 1200)
# A device is liked so many times as much as its rank says, so that its refill is seen.
_DEVICE_LIKING, _TRENDS = 12, 2
_UNIT = 1_000_000


@dataclass(frozen=True, slots=True)
class Assortment:
    """Products with a part to play; arrays of products unless said otherwise.

    Attributes:
        weight: how much each product is liked, by product.
        price, cost: in cents, by site and product.
        anchor, companion: of pairs in one order; ascending by the price of both at the first site.
        device, refill: of pairs of an order and the next.
        consumable, interval_days: what is used up, and in how many days.
        trend: what is liked more and more.
    """

    weight: Integers
    price: Integers
    cost: Integers
    anchor: Integers
    companion: Integers
    device: Integers
    refill: Integers
    consumable: Integers
    interval_days: Integers
    trend: Integers


def make_assortment(world: World) -> Assortment:
    """The shop's; no product has two parts. A catalogue that has too few fitting ones gives fewer."""
    settings, size = world.settings.taste, world.catalogue.height
    rank = world.chance("taste", "popularity").permutation(size)
    price = _at_sites(world.catalogue["list_price_cents"])
    generator, free = world.chance("taste", "parts"), np.ones(size, dtype=bool)
    anchor, companion = _pairs(world, price[0], free & (rank < size // 3))
    free[anchor], free[companion] = False, False
    device = _some(generator, price[0], _DEVICE_PRICES, free, settings.refill_pairs)
    refill = _some(generator, price[0], _CHEAP, free, len(device))
    consumable = _some(generator, price[0], _CHEAP, free, settings.consumables)
    trend = _some(generator, price[0], _TREND_PRICES, free, _TRENDS)
    least, most = settings.interval_days
    return Assortment(
        _weights(rank, settings.popularity_exponent, device),
        price,
        _at_sites(world.catalogue["unit_cost_cents"]),
        anchor,
        companion,
        device[: len(refill)],
        refill,
        consumable,
        generator.integers(least, most + 1, len(consumable)),
        trend,
    )


def _at_sites(cents: pl.Series) -> Integers:
    sites = [pl.Series(np.full(len(cents), code)) for code in range(len(SITES))]
    return np.stack([price_cents(cents, site).to_numpy() for site in sites])


def _some(
    generator: np.random.Generator, price: Integers, span: tuple[int, int], free: Flags, count: int
) -> Integers:
    """So many of the free products of these prices, free no more."""
    fits = np.flatnonzero(free & (price >= span[0]) & (price <= span[1]))
    chosen = np.sort(generator.permutation(fits)[:count])
    free[chosen] = False
    return chosen


def _pairs(world: World, price: Integers, best: Flags) -> tuple[Integers, Integers]:
    """Dear ones spread evenly over their prices, each with a cheaper one of another category."""
    category = world.catalogue["category"].to_numpy()
    generator, free = world.chance("taste", "pairs"), best.copy()
    fits = np.flatnonzero(best & (price >= _PAIR_PRICES[0]) & (price <= _PAIR_PRICES[1]))
    by_price = fits[np.argsort(price[fits], kind="stable")]
    count = min(world.settings.taste.pairs, len(by_price))
    anchors = by_price[np.arange(count) * len(by_price) // max(count, 1)]
    free[anchors] = False
    found = []
    for anchor in anchors.tolist():
        low, high = (price[anchor] * percent // 100 for percent in _SECOND_PERCENT)
        others = np.flatnonzero(free & (price >= low) & (price <= high) & (category != category[anchor]))
        if len(others):
            found.append((anchor, int(generator.choice(others))))
            free[found[-1][1]] = False
    pairs = np.array(found, dtype=np.int64).reshape(-1, 2)
    pairs = pairs[np.argsort(price[pairs].sum(axis=1), kind="stable")]
    return pairs[:, 0], pairs[:, 1]


def _weights(rank: Integers, exponent: float, device: Integers) -> Integers:
    popularity: Floats = np.power(rank + 1.0, -exponent)
    weight = np.rint(on_grid(popularity) * _UNIT).astype(np.int64) + 1
    weight[device] *= _DEVICE_LIKING
    return weight
