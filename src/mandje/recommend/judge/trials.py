"""A window of the past: what persons or baskets held before, and what came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from mandje.recommend.models.forms import Model, Task
from mandje.recommend.models.purchases import Codes, Purchases, Rows, Vector, bought_between, codes
from mandje.recommend.models.ranking import LISTED, first

# Rows of scores that are held at once: 500 of 3,000 products take 12 MB.
BLOCK = 500


@dataclass(frozen=True)
class Trial:
    """What was known of each unit of a window, and what it then bought.

    A unit is a person who had bought before and bought again; of the task `basket` an order of at least two
    products of the catalogue, each of which is left out in turn.

    Attributes:
        cut: last day known.
        purchases: up to that day.
        known: units × products in the model: what was bought before, or what lies in the basket.
        repeats: units × products: how often bought, for forms that look at it; none for baskets.
        came: units × products: what was to be told.
        came_count: by unit, products of the catalogue that were to be told, also those beyond the model.
        owner: by unit, the number of its person.
    """

    cut: date
    purchases: Purchases
    known: Rows
    repeats: Rows
    came: Rows
    came_count: Vector
    owner: Codes

    @property
    def units(self) -> int:
        """How many there are."""
        return len(self.came_count)


@dataclass(frozen=True)
class Outcome:
    """How a form did on a trial.

    Attributes:
        recall: by unit, the share of what came that was among the first ten.
        precision: by unit, average precision at ten: hits further up count more.
        shown: products that were shown to anybody.
    """

    recall: Vector
    precision: Vector
    shown: int


def person_trial(  # noqa: PLR0913  # a window, and how much of it
    purchases: Purchases, lines: pl.DataFrame, cut: date, days: int, task: Task, *, most: int | None = None
) -> Trial:
    """Persons of `purchases` who bought anything in the `days` after `cut`; of the task `new`, anything new.

    `most`: of about so many at most.
    """
    later = bought_between(lines, cut, days).filter(
        pl.col("person_id").is_in(purchases.persons.implode())
        & pl.col("product_id").is_in(purchases.catalogue.implode())
    )
    if task == "new":
        before = lines.filter(pl.col("order_date") <= cut)
        later = later.join(before, on=("person_id", "product_id"), how="anti")
    units = later["person_id"].unique().sort()
    units = _some(units, len(units), most)
    later = later.filter(pl.col("person_id").is_in(units.implode())).unique(("person_id", "product_id"))
    rows = codes(units, purchases.persons)
    came, count = _came(later, "person_id", units, purchases)
    return Trial(
        cut, purchases, purchases.histories[rows], purchases.repeats[rows], came, count, np.arange(len(units))
    )


def basket_trial(
    purchases: Purchases, lines: pl.DataFrame, cut: date, days: int, *, most: int | None = None
) -> Trial:
    """Orders of the `days` after `cut` with two or more products that had been bought before.

    `most`: so many at most as hold about so many products in all.
    """
    later = bought_between(lines, cut, days).filter(pl.col("product_id").is_in(purchases.catalogue.implode()))
    later = later.unique(("order_id", "product_id"))
    later = later.filter(pl.len().over("order_id") > 1)
    units = _some(later["order_id"].unique().sort(), len(later), most)
    later = later.filter(pl.col("order_id").is_in(units.implode()))
    came, count = _came(later, "order_id", units, purchases)
    owners = later.unique("order_id").sort("order_id")["person_id"]
    nothing = sparse.csr_matrix(came.shape)
    return Trial(cut, purchases, came, nothing, came, count, owners.rank("dense").cast(pl.Int64).to_numpy())


def outcome(trial: Trial, model: Model, task: Task) -> Outcome:
    """Score and rank for every unit of a trial, in blocks."""
    parts = list(_left_out(trial, model) if task == "basket" else _persons(trial, model, task))
    if not parts:
        return Outcome(np.zeros(0), np.zeros(0), 0)
    hits, units, listed = (np.concatenate(each) for each in zip(*parts, strict=True))
    if task == "basket":
        return _by_order(trial, hits, units, listed)
    found = hits.sum(axis=1)
    at = hits * np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    precision = at.sum(axis=1) / np.minimum(trial.came_count, LISTED)
    return Outcome(found / trial.came_count, precision, _shown(listed))


def _persons(trial: Trial, model: Model, task: Task) -> Iterator[tuple[NDArray[np.bool_], Codes, Codes]]:
    for begin in range(0, trial.known.shape[0], BLOCK):
        rows = slice(begin, begin + BLOCK)
        known = trial.known[rows]
        allowed = np.tile(trial.purchases.is_sellable, (known.shape[0], 1))
        if task == "new":
            allowed &= known.toarray() == 0
        listed = first(model.of_rows(known, trial.repeats[rows]), allowed)
        came = trial.came[rows].toarray() > 0
        hits = np.take_along_axis(came, np.maximum(listed, 0), axis=1) & (listed >= 0)
        yield hits, np.arange(begin, begin + len(listed)), listed


def _left_out(trial: Trial, model: Model) -> Iterator[tuple[NDArray[np.bool_], Codes, Codes]]:
    """Each product of each order left out in turn: what is told of the others alone."""
    basket = trial.known.tocoo()
    unit, product = basket.row.astype(np.int64), basket.col.astype(np.int64)
    for begin in range(0, len(unit), BLOCK):
        units, left_out = unit[begin : begin + BLOCK], product[begin : begin + BLOCK]
        lines = np.arange(len(units))
        orders, place = np.unique(units, return_inverse=True)
        held = trial.known[orders]
        related = None
        if model.relations is not None:
            related = (held @ model.relations)[place] - model.relations[left_out]
        allowed = trial.purchases.is_sellable & (held.toarray() == 0)[place]
        allowed[lines, left_out] = trial.purchases.is_sellable[left_out]
        listed = first(model.of_related(related, trial.repeats[units]), allowed)
        yield listed == left_out[:, None], units, listed


def _by_order(trial: Trial, hits: NDArray[np.bool_], units: Codes, listed: Codes) -> Outcome:
    """Means over the products of each order; where one product is to be told, precision is 1 ÷ its place."""
    count = trial.came_count
    found = np.bincount(units, hits.sum(axis=1), len(count)) / count
    places = np.bincount(units, (hits / np.arange(1, hits.shape[1] + 1)).sum(axis=1), len(count)) / count
    return Outcome(found, places, _shown(listed))


def _some(units: pl.Series, parts: int, most: int | None) -> pl.Series:
    """Of units, ascending, with so many parts in all: those that have at most about `most`, evenly by id."""
    return units if most is None else units.gather_every(max(1, -(-parts // most)))


def _came(lines: pl.DataFrame, unit: str, units: pl.Series, purchases: Purchases) -> tuple[Rows, Vector]:
    """Units × products of the model, and how many of the catalogue each unit has."""
    count = np.bincount(codes(lines[unit], units), minlength=len(units)).astype(np.float64)
    kept = lines.filter(pl.col("product_id").is_in(purchases.products.implode()))
    places = codes(kept[unit], units), codes(kept["product_id"], purchases.products)
    shape = (len(units), len(purchases.products))
    return sparse.csr_matrix((np.ones(len(kept)), places), shape=shape), count


def _shown(listed: Codes) -> int:
    return len(np.unique(listed[listed >= 0]))
