"""The forms in the order of simplicity, each fitted on what was bought up to a day."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from mandje.recommend.models.purchases import Matrix, Purchases, Rows, Vector
from mandje.recommend.models.relations import ease, order_cosine

Task = Literal["any", "new", "basket"]
Form = Literal["best sellers", "own again", "order cosine", "EASE", "blend"]

TASKS: tuple[Task, ...] = ("any", "new", "basket")
# What may recommend, simplest first. For a basket nothing of the person is known; a product that is new to
# somebody cannot be bought again.
FORMS: dict[Task, tuple[Form, ...]] = {
    "any": ("best sellers", "own again", "blend"),
    "new": ("best sellers", "order cosine", "EASE", "blend"),
    "basket": ("best sellers", "order cosine", "EASE"),
}
HALF_LIVES = (7.0, 14.0, 30.0, 90.0)
PENALTIES = (20.0, 200.0)

# How much best sellers add where a form says little: less than anything that it does say.
_BESIDE = 0.001


@dataclass(frozen=True)
class Penalties:
    """λ of EASE where it learns from whole histories, and from baskets."""

    histories: float
    baskets: float


@dataclass(frozen=True)
class Model:
    """Scores products by what lies beside them and by how they sell.

    Attributes:
        sold: by product, recent sales; the most sold has 1.
        relations: products × products, or None: nothing says anything of another.
        trend: by product, what its relations are multiplied by.
        repeats: whether what a person bought before counts.
    """

    sold: Vector
    relations: Matrix | None = None
    trend: Vector | None = None
    repeats: bool = False

    def of_rows(self, bought: Rows, repeats: Rows) -> Matrix:
        """Scores by row and product, from what each row holds, and what it bought how often."""
        return self.of_related(None if self.relations is None else bought @ self.relations, repeats)

    def of_related(self, related: Matrix | None, repeats: Rows) -> Matrix:
        """The same from the sums of relations of each row."""
        if related is None and not self.repeats:
            return np.tile(self.sold, (repeats.shape[0], 1))
        scores = np.tile(_BESIDE * self.sold, (repeats.shape[0], 1))
        if related is not None:
            scores += np.maximum(related, 0.0) * (1.0 if self.trend is None else self.trend)
        if self.repeats:
            scores += repeats.toarray()
        return scores


class Fits:
    """The forms on what was bought up to a day; what several of them need is fitted once.

    Attributes:
        purchases: up to that day.
        penalties: λ of EASE, by what it learns from: whole histories, or baskets.
    """

    def __init__(self, purchases: Purchases, penalties: Penalties) -> None:
        self.purchases = purchases
        self.penalties = penalties

    def model(self, form: Form, task: Task, half_life_days: float) -> Model:
        """Fit a form; in the half-life a sale comes to count half, for best sellers and the trend."""
        recent = self.purchases.sold(half_life_days)
        sold = recent / recent.max()
        if form == "best sellers":
            return Model(sold)
        if form == "own again":
            return Model(sold, repeats=True)
        if form == "order cosine":
            return Model(sold, self._order_cosine)
        relations = self._ease_of_baskets if task == "basket" else self._ease_of_histories
        if form == "EASE":
            return Model(sold, relations)
        return Model(sold, relations, self._trend(recent), repeats=task == "any")

    @cached_property
    def _order_cosine(self) -> Matrix:
        return order_cosine(self.purchases.baskets)

    @cached_property
    def _ease_of_histories(self) -> Matrix:
        return ease(self.purchases.histories, self.penalties.histories)

    @cached_property
    def _ease_of_baskets(self) -> Matrix:
        return ease(self.purchases.baskets, self.penalties.baskets)

    def _trend(self, recent: Vector) -> Vector:
        """By product: √(recent sales ÷ all sales), 1 on average: what is over fades, a season comes."""
        ever = np.bincount(self.purchases.product, minlength=len(recent)).astype(np.float64)
        trend = np.sqrt(recent / ever)
        scaled: Vector = trend * (ever.sum() / (trend * ever).sum())
        return scaled
