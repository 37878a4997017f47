"""Parameters of the models, and the patterns that they are fitted on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

Vector = NDArray[np.float64]
PurchaseForm = Literal["BG/NBD", "MBG/NBD", "NBD"]


@dataclass(frozen=True)
class PurchaseParameters:
    """How often people order and when they leave.

    Order rates are Gamma(`r`, `alpha`) per unit of time (days in the warehouse), leaving probabilities per
    order Beta(`a`, `b`). NBD, in which nobody leaves, is BG/NBD with `a` = 0.
    """

    form: PurchaseForm
    r: float
    alpha: float
    a: float
    b: float

    def named(self) -> dict[str, float]:
        """The parameters that the form has, by name."""
        names = ("r", "alpha") if self.form == "NBD" else ("r", "alpha", "a", "b")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class SpendParameters:
    """Gamma-Gamma: what a person spends per order is Gamma(`p`, nu), nu ~ Gamma(`q`, `v`)."""

    p: float
    q: float
    v: float

    def named(self) -> dict[str, float]:
        """The parameters by name."""
        return {"p": self.p, "q": self.q, "v": self.v}


@dataclass(frozen=True)
class PurchasePatterns:
    """Distinct purchase histories, equally long columns, in a fixed order.

    Attributes:
        frequency: x, repeat order days.
        recency: t_x, first to last order day.
        age: T, first order day to the end of observation; the same unit as `recency`.
        weight: how many people have this history.
    """

    frequency: Vector
    recency: Vector
    age: Vector
    weight: Vector

    @property
    def customers(self) -> int:
        """How many people the patterns stand for."""
        return int(self.weight.sum())

    def grouped(self) -> PurchasePatterns:
        """The same people as a histogram: every history once, ascending."""
        names = ("frequency", "recency", "age")
        frame = pl.DataFrame({name: getattr(self, name) for name in (*names, "weight")})
        found = frame.group_by(names).agg(pl.col("weight").sum()).sort(names)
        return PurchasePatterns(*(column.to_numpy() for column in found))

    def where(self, chosen: NDArray[np.bool_] | slice) -> PurchasePatterns:
        """Some of the patterns."""
        columns = (self.frequency, self.recency, self.age, self.weight)
        return PurchasePatterns(*(column[chosen] for column in columns))


@dataclass(frozen=True)
class SpendPatterns:
    """Distinct spend histories, equally long columns, in a fixed order.

    Attributes:
        spend_days: x, order days that count for spend, at least 1.
        mean_spend: m, mean spend per such day, above 0.
        weight: how many people have this history.
    """

    spend_days: Vector
    mean_spend: Vector
    weight: Vector

    @property
    def customers(self) -> int:
        """How many people the patterns stand for."""
        return int(self.weight.sum())

    def where(self, chosen: NDArray[np.bool_] | slice) -> SpendPatterns:
        """Some of the patterns."""
        return SpendPatterns(self.spend_days[chosen], self.mean_spend[chosen], self.weight[chosen])
