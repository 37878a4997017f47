"""The pages of the sites: path and type of each, by a code."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from mandje.simulate.world.chance import Integers

# Code = position. Categories follow, then products.
_FIXED = (
    ("/", "home"),
    ("/search", "search"),
    ("/cart", "cart"),
    ("/checkout", "checkout"),
    ("/checkout/shipping", "checkout"),
    ("/checkout/payment", "checkout"),
    ("/checkout/thank-you", "checkout"),
    ("/account", "account"),
    ("/account/orders", "account"),
    ("/stories/materials", "content"),
    ("/stories/repairs", "content"),
    ("/service/returns", "content"),
    ("/service/shipping", "content"),
)
HOME, SEARCH, CART, CHECKOUT, SHIPPING, PAYMENT, THANKS, ACCOUNT, ACCOUNT_ORDERS, FIRST_CONTENT = range(10)
CONTENTS = 4
PAGE_TYPES = ("home", "search", "cart", "checkout", "account", "content", "category", "product")
_OTHER_TERMS = (
    "gift",
    "sale",
    "leather",
    "blue",
    "cotton",
    "birthday",
    "new",
    "large",
    "waterproof",
    "vegan",
)


@dataclass(frozen=True, slots=True)
class Pages:
    """All pages of a shop with this catalogue, and what people search for."""

    paths: pl.Series
    types: pl.Series
    terms: pl.Series
    categories: int
    products: int

    @property
    def first_category(self) -> int:
        """Code of the first category's page."""
        return len(_FIXED)

    @property
    def first_product(self) -> int:
        """Code of the page of product 0."""
        return len(_FIXED) + self.categories

    def of_product(self, product: Integers) -> Integers:
        """Codes of the pages of products."""
        return product + self.first_product


def make_pages(catalogue: pl.DataFrame) -> Pages:
    """The pages for the products (numbered from 0) and categories of a catalogue."""
    names = [str(name) for name in catalogue["category"].unique().sort()]
    slugs = [name.lower().replace(" ", "-").replace("&", "and") for name in names]
    products = [f"/products/{product}" for product in range(catalogue.height)]
    paths = [path for path, _ in _FIXED] + [f"/categories/{slug}" for slug in slugs] + products
    types = [kind for _, kind in _FIXED] + ["category"] * len(slugs) + ["product"] * len(products)
    terms = list(dict.fromkeys([name.lower() for name in names] + list(_OTHER_TERMS)))
    return Pages(
        pl.Series(paths, dtype=pl.Enum(paths)),
        pl.Series(types, dtype=pl.Enum(PAGE_TYPES)),
        pl.Series(terms, dtype=pl.Enum(terms)),
        len(slugs),
        catalogue.height,
    )


def some_content(generator: np.random.Generator, size: int) -> Integers:
    """Codes of pages to read."""
    return FIRST_CONTENT + generator.integers(0, CONTENTS, size)
