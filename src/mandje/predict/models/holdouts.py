"""Histories at a cut of the past, and what came after it.

The stack learns from windows as long as the horizon that are over by the cut. Where no window has enough
history before it, it learns on an inner cut with the same ratio of horizon to history as the cut it serves:
L days of history and a horizon H give an inner history of L² / (L + H) days.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mandje.predict.models.parameters import PurchasePatterns, SpendPatterns, Vector
from mandje.predict.models.stack import Lesson


@dataclass(frozen=True)
class Holdout:
    """Distinct customers at a cut with what came in the horizon after it, equally long columns.

    Attributes:
        patterns: x, t_x, T at the cut, and how many people are so.
        is_in_fit: whether the models may learn from them.
        spend_days: repeat days with positive net spend, at the cut.
        mean_spend: mean net spend of those days; 0 without any.
        recent_orders: repeat order days in the horizon's length up to the cut.
        orders: order days in the horizon.
        spend: net spend in the horizon.
        horizon: its length, in the unit of the patterns.
        most_orders: days in the horizon.
    """

    patterns: PurchasePatterns
    is_in_fit: NDArray[np.bool_]
    spend_days: Vector
    mean_spend: Vector
    recent_orders: Vector
    orders: Vector
    spend: Vector
    horizon: float
    most_orders: int

    @property
    def ordered(self) -> Vector:
        """1 where an order came in the horizon, else 0."""
        return (self.orders > 0).astype(np.float64)

    @property
    def known(self) -> PurchasePatterns:
        """The histogram that the models may learn from."""
        return self.patterns.where(self.is_in_fit).grouped()

    @property
    def known_spend(self) -> SpendPatterns:
        """The spend histories that the models may learn from."""
        spends = self.is_in_fit & (self.spend_days > 0) & (self.mean_spend > 0)
        return SpendPatterns(self.spend_days[spends], self.mean_spend[spends], self.patterns.weight[spends])

    def where(self, chosen: NDArray[np.bool_]) -> Holdout:
        """Some of the customers."""
        names = ("is_in_fit", "spend_days", "mean_spend", "recent_orders", "orders", "spend")
        columns = {name: getattr(self, name)[chosen] for name in names}
        return replace(self, patterns=self.patterns.where(chosen), **columns)


@dataclass(frozen=True)
class Cut:
    """What is known at a cut.

    Attributes:
        known: patterns that the models may learn from, at the cut.
        read_inner: gives the same people at the inner cut, with what came until the cut.
        horizon: for which forecasts are wanted, in the unit of the patterns.
        read_lessons: gives what windows as long as the horizon teach, newest first; perhaps none.
    """

    known: PurchasePatterns
    read_inner: Callable[[], Holdout]
    horizon: float
    read_lessons: Callable[[], list[Lesson]] = list

    @cached_property
    def inner(self) -> Holdout:
        """The inner cut, read when a form first asks for it."""
        return self.read_inner()

    @cached_property
    def lessons(self) -> list[Lesson]:
        """The windows, read when a form first asks for them."""
        return self.read_lessons()


def inner_history_days(history_days: int, horizon_days: int) -> int:
    """Days of history at the inner cut; the rest of the history is its horizon."""
    return math.floor(history_days**2 / (history_days + horizon_days) + 0.5)
