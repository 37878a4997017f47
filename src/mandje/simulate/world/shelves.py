"""What can be bought at each site, by category and price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from mandje.simulate.world.catalogue import price_cents
from mandje.simulate.world.chance import Integers
from mandje.simulate.world.sites import SITES

PRICE_BITS = 40


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
        return np.asarray((site * self.categories + category) << PRICE_BITS)

    def dearest(self, shelf: Integers) -> Integers:
        """Highest price on the shelf."""
        return self.price[np.searchsorted(self.key, shelf + (1 << PRICE_BITS)) - 1]


def stock_shelves(catalogue: pl.DataFrame) -> Shelves:
    """The catalogue at the prices of every site."""
    category = catalogue["category"].rank("dense").to_numpy().astype(np.int64) - 1
    categories, size = int(category.max()) + 1, catalogue.height
    parts = []
    for code in range(len(SITES)):
        site = pl.Series("site", np.full(size, code))
        price = price_cents(catalogue["list_price_cents"], site).to_numpy()
        cost = price_cents(catalogue["unit_cost_cents"], site).to_numpy()
        key = ((code * categories + category) << PRICE_BITS) + price
        parts.append(np.stack([key, catalogue["product"].to_numpy(), price, cost]))
    table = np.concatenate(parts, axis=1)
    key, product, price, cost = table[:, np.lexsort((table[1], table[0]))]
    return Shelves(key, product, price, cost, category, categories)
