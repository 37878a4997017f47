"""How many customers lie in their interval, beside a slow second computation."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate

import numpy as np
import pytest

from mandje.predict.back_test.forecasts import forecast_holdout
from mandje.predict.models.closed_forms import alive_probability
from mandje.predict.models.holdouts import Holdout
from mandje.predict.models.order_model import OrderModel
from mandje.predict.models.parameters import PurchaseParameters, PurchasePatterns
from order_law import order_count_probability

MODEL = PurchaseParameters("BG/NBD", 0.6, 20.0, 0.8, 2.5)
X, T_X, AGE = np.array([0.0, 1, 4, 12, 30]), np.array([0.0, 80, 290, 170, 299]), np.full(5, 300.0)
CAME = np.array([0.0, 1, 7, 0, 6])
NONE, MOST = np.zeros(5), 90
HELD = Holdout(
    PurchasePatterns(X, T_X, AGE, np.ones(5)), X >= 0, NONE, NONE, NONE, CAME, NONE, float(MOST), MOST
)


def law(number: int) -> list[float]:
    """P(exactly n) of one customer, n from 0 up."""
    x, t_x, age = (column[[number]] for column in (X, T_X, AGE))
    alive = alive_probability(MODEL, x, t_x, age)[0]
    given_alive = [order_count_probability(MODEL, n, x, age, MOST)[0] for n in range(MOST)]
    return [1 - alive + alive * given_alive[0], *(alive * one for one in given_alive[1:])]


def test_what_came_is_inside_the_interval_or_not() -> None:
    said = forecast_holdout(OrderModel(MODEL), HELD)
    for number in range(5):
        exactly = law(number)
        until = list(accumulate(exactly))
        low, high = (next(n for n, p in enumerate(until) if p >= level) for level in (0.1, 0.9))
        assert said.covered[number] == (low <= CAME[number] <= high)
        assert said.covered_told[number] == pytest.approx(sum(exactly[low : high + 1]), abs=1e-6)
        assert said.covered_told[number] >= 0.8 - 1e-6
    assert 0 < said.covered.sum() < 5


def test_a_forecast_that_is_right_covers_as_many_as_it_tells() -> None:
    """Drawn from the forecast itself: the share covered is within four standard errors of what is told."""
    random, drawn = np.random.default_rng(4), 4000
    law_of = np.array([law(number) for number in range(5)])
    draws = [random.choice(MOST, size=drawn, p=one / one.sum()) for one in law_of]
    covered = np.array(
        [
            forecast_holdout(OrderModel(MODEL), replace(HELD, orders=came.astype(float))).covered
            for came in np.array(draws).T[:400]
        ]
    )
    told = forecast_holdout(OrderModel(MODEL), HELD).covered_told
    assert (np.abs(covered.mean(axis=0) - told) <= 4 * np.sqrt(told * (1 - told) / 400) + 1e-9).all()
