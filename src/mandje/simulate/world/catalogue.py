"""What is sold: invented products in categories, each with its price ladder, costs and returns."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TypeVar

import numpy as np
import polars as pl

from mandje.simulate.settings import SimulationSettings
from mandje.simulate.world.chance import Integers, chance
from mandje.simulate.world.sites import SITES

# One product per step: from one price of a category to the next it is this much.
_STEP_PERCENT = 4
_PRICE_UNIT = 5  # cents: prices end in 0 or 5
_BRANDS = (
    "Aldermoor Brackwell Corvane Dunlow Elmgrove Fenwold Gallowby Hartmeer Ijsveld Jorrevik Kestrand"
    " Lindemaar Marwick Noordhof Oostkamp Pellander Quillon Roedam Stavering Tolmarsh Umberley Veldkamer"
)
_KINDS = "classic everyday fine little large soft northern simple bright quiet green autumn"
_BRANDS_PER_CATEGORY = 5


@dataclass(frozen=True, slots=True)
class _Category:
    """Prices in cents of the first site, cost in percent of the price, returned in percent of the units."""

    name: str
    lowest: int
    highest: int
    cost: int
    returned: float
    nouns: str


_CATEGORIES = (
    _Category("womenswear", 1200, 19000, 42, 24.0, "dress blouse skirt cardigan coat jumper"),
    _Category("menswear", 1200, 19000, 43, 18.0, "shirt jumper jacket trousers polo overshirt"),
    _Category("childrenswear", 700, 6500, 46, 13.0, "romper hoodie leggings raincoat pyjamas cap"),
    _Category("shoes", 2500, 22000, 48, 22.0, "trainers boots loafers sandals slippers clogs"),
    _Category("sports", 900, 24000, 55, 11.0, "mat bottle backpack tent racket bench"),
    _Category("electronics", 1500, 95000, 74, 9.0, "headphones speaker lamp keyboard tablet camera"),
    _Category("home", 500, 38000, 50, 7.0, "cushion blanket vase mirror stool rug"),
    _Category("kitchen", 400, 26000, 54, 5.0, "pan kettle knife bowl grinder board"),
    _Category("beauty", 350, 11000, 38, 3.5, "serum shampoo soap balm candle cream"),
    _Category("toys", 450, 14000, 57, 5.5, "puzzle blocks kite train plush game"),
    _Category("garden", 300, 29000, 56, 4.0, "planter shears hose lantern seeds chair"),
    _Category("groceries", 150, 4500, 68, 0.8, "coffee tea olives honey biscuits pasta"),
)


def make_catalogue(settings: SimulationSettings) -> pl.DataFrame:
    """All products, by product; each category's prices are steps of about 4 % over its range.

    Columns: product (0, 1, …), name, category, brand, list_price_cents and unit_cost_cents (of the first
    site), return_ratio (probability that a unit sold comes back).
    """
    frames = [_of_category(settings.seed, category) for category in _CATEGORIES]
    whole = pl.concat(frames).with_row_index("product")
    return whole.with_columns(pl.col("product").cast(pl.Int64))


Cells = TypeVar("Cells", pl.Expr, pl.Series)


def price_cents(list_price_cents: Cells, site: Cells) -> Cells:
    """Prices or costs of the first site at another's price level, in whole cents, half rounded up."""
    levels = {code: round(100 * each.price_level) for code, each in enumerate(SITES)}
    level = site.replace_strict(levels, return_dtype=pl.Int64)
    return (list_price_cents * level + 50) // 100


def _of_category(seed: int, category: _Category) -> pl.DataFrame:
    prices = _ladder(category)
    size = len(prices)
    generator = chance(seed, "catalogue", category.name)
    brands = generator.permutation(len(_BRANDS.split()))[:_BRANDS_PER_CATEGORY]
    cost_percent = category.cost + generator.integers(-6, 7, size)
    returned = np.rint(100 * category.returned * generator.integers(50, 151, size) / 100) / 10_000
    return pl.DataFrame(
        {
            "name": _names(generator, category, size),
            "category": [category.name] * size,
            "brand": pl.Series(_BRANDS.split()).gather(brands[generator.integers(0, len(brands), size)]),
            "list_price_cents": prices,
            "unit_cost_cents": prices * cost_percent // 100,
            "return_ratio": returned,
        }
    )


def _ladder(category: _Category) -> Integers:
    exact, prices = category.lowest, [category.lowest]
    while exact < category.highest:
        exact += max(exact * _STEP_PERCENT // 100, _PRICE_UNIT)
        prices.append(exact - exact % _PRICE_UNIT)
    return np.array(prices)


def _names(generator: np.random.Generator, category: _Category, size: int) -> list[str]:
    """A kind, a noun, and a number where the kinds are used up."""
    pairs = [f"{kind} {noun}" for kind, noun in product(_KINDS.split(), category.nouns.split())]
    order = generator.permutation(size)
    return [
        pairs[place % len(pairs)] + (f" {place // len(pairs) + 1}" if place >= len(pairs) else "")
        for place in order.tolist()
    ]
