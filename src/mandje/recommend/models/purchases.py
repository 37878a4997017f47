"""What persons bought up to a day, as sparse matrices of persons, orders and products."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Codes = NDArray[np.int64]
Rows = sparse.csr_matrix

# The most products that a model holds: their relations take a table of so many by so many.
MOST_PRODUCTS = 3000
# Nobody bought it for so long: it may not be for sale any more.
SELLABLE_DAYS = 90
# By how recent sales the most sold are found, and how fast what a person bought is forgotten. Days.
_MOST_SOLD_HALF_LIFE = 90.0
REPEAT_HALF_LIFE = 180.0


@dataclass(frozen=True)
class Purchases:
    """Distinct lines up to a day, by numbers.

    Attributes:
        persons: their ids, ascending; `person` numbers them.
        products: ids of those in the model, ascending; `product` numbers them.
        catalogue: every product bought up to the day, also beyond the model.
        person, order, product: of each line.
        age_days: of each line, days before the end of the last day; 0 on that day.
        order_count: `order` is below it.
    """

    persons: pl.Series
    products: pl.Series
    catalogue: pl.Series
    person: Codes
    order: Codes
    product: Codes
    age_days: Vector
    order_count: int

    @cached_property
    def histories(self) -> Rows:
        """Persons × products: 1 where bought."""
        return _ones(self.person, self.product, (len(self.persons), len(self.products)))

    @cached_property
    def baskets(self) -> Rows:
        """Orders × products: 1 where it lay in the order."""
        return _ones(self.order, self.product, (self.order_count, len(self.products)))

    @cached_property
    def repeats(self) -> Rows:
        """Persons × products: how often bought, each order less the longer ago (half in 180 days)."""
        shape = (len(self.persons), len(self.products))
        weights = 0.5 ** (self.age_days / REPEAT_HALF_LIFE)
        return sparse.csr_matrix((weights, (self.person, self.product)), shape=shape)

    @cached_property
    def is_sellable(self) -> NDArray[np.bool_]:
        """By product: whether anybody bought it in the last 90 days."""
        recent = self.product[self.age_days < SELLABLE_DAYS]
        return np.bincount(recent, minlength=len(self.products)) > 0

    def sold(self, half_life_days: float) -> Vector:
        """By product: orders that hold it, each less the longer ago."""
        weights = 0.5 ** (self.age_days / half_life_days)
        return np.bincount(self.product, weights, len(self.products)).astype(np.float64)


def purchases_until(lines: pl.DataFrame, day: date, most_products: int = MOST_PRODUCTS) -> Purchases:
    """What was bought up to the end of a day, of the most sold products.

    `lines` has person_id, order_id, product_id and order_date, of persons who may be profiled.
    """
    known = lines.filter(pl.col("order_date") <= day).unique(("person_id", "order_id", "product_id"))
    known = known.with_columns(age_days=(pl.lit(day) - pl.col("order_date")).dt.total_days())
    products = _most_sold(known, most_products)
    kept = known.filter(pl.col("product_id").is_in(products.implode()))
    # One order of lines, so that sums are the same each night.
    kept = kept.sort("person_id", "order_id", "product_id")
    persons = known["person_id"].unique().sort()
    orders = kept["order_id"].unique().sort()
    return Purchases(
        persons=persons,
        products=products,
        catalogue=known["product_id"].unique().sort(),
        person=codes(kept["person_id"], persons),
        order=codes(kept["order_id"], orders),
        product=codes(kept["product_id"], products),
        age_days=kept["age_days"].cast(pl.Float64).to_numpy(),
        order_count=len(orders),
    )


def bought_between(lines: pl.DataFrame, after: date, days: int) -> pl.DataFrame:
    """Lines of the days after a day."""
    return lines.filter(pl.col("order_date").is_between(after, after + timedelta(days=days), closed="right"))


def codes(ids: pl.Series, known: pl.Series) -> Codes:
    """The place of each id among ascending ones that hold it."""
    return known.search_sorted(ids).to_numpy().astype(np.int64)


def _most_sold(lines: pl.DataFrame, most: int) -> pl.Series:
    # Whole millionths: sums in any order are the same.
    weight = (1e6 * 0.5 ** (pl.col("age_days") / _MOST_SOLD_HALF_LIFE)).cast(pl.Int64)
    sold = lines.group_by("product_id").agg(sold=weight.sum())
    return sold.sort("sold", "product_id", descending=(True, False))["product_id"].head(most).sort()


def _ones(row: Codes, column: Codes, shape: tuple[int, int]) -> Rows:
    found = sparse.csr_matrix((np.ones(len(row)), (row, column)), shape=shape)
    found.data[:] = 1.0
    return found
