"""What a fitted form says of a holdout."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mandje.predict.back_test import measures
from mandje.predict.models.closed_forms import some_order_if_alive
from mandje.predict.models.holdouts import Holdout
from mandje.predict.models.order_count_distribution import (
    Places,
    Table,
    count_quantile,
    exceedance,
    order_count_distribution,
    probability_between,
)
from mandje.predict.models.order_model import OrderModel
from mandje.predict.models.parameters import Vector
from mandje.predict.scores.realised import HIGH, LOW


@dataclass(frozen=True)
class Forecast:
    """What a form says of every row of a holdout.

    Attributes:
        some_order: P(an order).
        orders: expected orders.
        pit: share of the row's randomised probability integral transform that lies in [0.1, 0.9].
        covered: 1 where what came lies in the interval that is published as holding 80 %, else 0.
        covered_told: P(it lies there) by the forecast itself: at least 0.8, as counts are whole.
    """

    some_order: Vector
    orders: Vector
    pit: Vector
    covered: Vector
    covered_told: Vector


@dataclass(frozen=True)
class Law:
    """How many order days may come to each row of a holdout.

    Attributes:
        beyond: P(more than so many order days, given that the customer orders at all or is still one).
        row: of `beyond`, per row of the holdout.
        weight: of that condition.
    """

    beyond: Table
    row: Places
    weight: Vector

    def forecast(self, some_order: Vector, orders: Vector, came: Vector) -> Forecast:
        """The forecast beside what came."""
        low, high = (count_quantile(self.beyond, self.row, self.weight, level) for level in (LOW, HIGH))
        return Forecast(
            some_order,
            orders,
            pit=measures.pit_inside(self.beyond, self.row, self.weight, came),
            covered=((low <= came) & (came <= high)).astype(np.float64),
            covered_told=probability_between(self.beyond, self.row, self.weight, low, high),
        )


def some_order(model: OrderModel, holdout: Holdout) -> Vector:
    """P(an order) in the horizon, for every row of the holdout."""
    known = holdout.patterns
    alive = model.weight(known.frequency, known.recency, known.age)
    return alive * some_order_if_alive(model.purchase, known.frequency, known.age, holdout.horizon)


def forecast_holdout(model: OrderModel, holdout: Holdout) -> Forecast:
    """What the model says of every row of the holdout."""
    known = holdout.patterns
    alive = model.weight(known.frequency, known.recency, known.age)
    pairs, row = np.unique(np.column_stack([known.frequency, known.age]), axis=0, return_inverse=True)
    x, age = pairs[:, 0].copy(), pairs[:, 1].copy()
    beyond = exceedance(
        order_count_distribution(model.purchase, x, age, holdout.horizon, holdout.most_orders)
    )
    expected = model.expected_orders(known, holdout.horizon)
    return Law(beyond, row, alive).forecast(some_order(model, holdout), expected, holdout.orders)


def forecast_in_season(model: OrderModel, factor: float, holdout: Holdout) -> Forecast:
    """The same with the horizon stretched; who is still a customer stays as it is."""
    return forecast_holdout(model, replace(holdout, horizon=holdout.horizon * factor))
