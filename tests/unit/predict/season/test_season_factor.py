"""The factor of a season by hand: ratio, error, and how far it is believed."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from mandje.predict.models.holdouts import Holdout
from mandje.predict.models.parameters import PurchaseParameters, PurchasePatterns, SpendParameters
from mandje.predict.models.purchase_model import PurchaseFit
from mandje.predict.models.spend_model import SpendFit
from mandje.predict.season.factor import Expected, Season, expected_in, season_of_orders, season_of_spend

DAY = date(2024, 6, 30)
# One-time buyers of age 100 expect r H / (alpha + T) = 1 * 90 / 180 = .5 orders each.
MODEL = PurchaseParameters("NBD", r=1.0, alpha=80.0, a=0.0, b=1.0)
# ... and p v / (q - 1) = 20 per order.
SPEND = SpendParameters(p=4.0, q=3.0, v=10.0)


def held(orders: list[float], weight: list[float], spend: list[float] | None = None) -> Holdout:
    """One-time buyers of age 100 with these orders in 90 days."""
    none = np.zeros(len(orders))
    return Holdout(
        patterns=PurchasePatterns(none, none, none + 100, np.array(weight)),
        is_in_fit=none == 0,
        spend_days=none,
        mean_spend=none,
        recent_orders=none,
        orders=np.array(orders),
        spend=np.array(spend or orders),
        horizon=90.0,
        most_orders=90,
    )


def fit(log_r_error: float = 0.0) -> PurchaseFit:
    return PurchaseFit(MODEL, np.diag([log_r_error**2, 0.0]), 0.0, None, 1000)


def expected(fit: PurchaseFit, held: Holdout) -> Expected:
    return expected_in(fit, [held])[0]


def spend_fit(log_v_error: float = 0.0) -> SpendFit:
    return SpendFit(SPEND, np.diag([0.0, 0.0, log_v_error**2]), 0.0, None, None, 1000)


def test_orders_that_came_over_orders_expected() -> None:
    """700 customers without an order, 200 with one and 100 with two: 400 where 500 were expected."""
    found = season_of_orders(expected(fit(), held([0, 1, 2], [700, 200, 100])), DAY)
    assert found.unshrunk == pytest.approx(0.8, rel=1e-9)
    # Around the mean of .4: 700 * .16 + 200 * .36 + 100 * 2.56 = 440.
    assert found.standard_error == pytest.approx(math.sqrt(440) / 400, rel=1e-9)
    kept = 1 - (0.0524404 / 0.2231436) ** 2
    assert found.factor == pytest.approx(0.8**kept, rel=1e-5)
    assert (found.base_day, found.order_days, found.reason) == (DAY, 400, None)


def test_parameters_are_estimates_too() -> None:
    """Expected orders rise as r does, so an error of 3 % in r is one of 3 % in the factor."""
    plain, unsure = (
        season_of_orders(expected(fit(error), held([0, 1, 2], [700, 200, 100])), DAY) for error in (0, 0.03)
    )
    assert unsure.standard_error == pytest.approx(math.hypot(plain.standard_error or 0, 0.03), rel=1e-6)
    assert abs(math.log(unsure.factor)) < abs(math.log(plain.factor))


def test_spend_per_order_is_what_orders_leave() -> None:
    """400 orders of 25 where 500 of 20 were expected: 1.25, and no error where all orders are alike."""
    found = season_of_spend(expected(fit(), held([0, 1, 2], [700, 200, 100], [0, 25, 50])), spend_fit(), DAY)
    assert found.unshrunk == pytest.approx(1.25, rel=1e-9)
    assert found.factor == pytest.approx(1.25, rel=1e-9)
    assert found.standard_error == pytest.approx(0, abs=1e-9)
    unsure = season_of_spend(
        expected(fit(), held([0, 1, 2], [700, 200, 100], [0, 25, 50])), spend_fit(0.04), DAY
    )
    assert unsure.standard_error == pytest.approx(0.04, rel=1e-5)


def test_what_may_be_chance_is_no_season() -> None:
    """480 of 500: 4 % below, with an error of some 5 %."""
    found = season_of_orders(expected(fit(), held([0, 1, 2], [600, 320, 80], None)), DAY)
    assert found.unshrunk == pytest.approx(0.96)
    assert (found.standard_error or 0) > -math.log(0.96) / 2
    nothing = season_of_orders(expected(fit(0.05), held([0, 1, 2], [600, 320, 80], None)), DAY)
    assert nothing.factor == 1


@pytest.mark.parametrize(("orders", "limit"), [(5.0, 2.5), (0.1, 0.4)], ids=["ten times", "a fifth"])
def test_one_window_is_not_believed_without_limit(orders: float, limit: float) -> None:
    found: Season = season_of_orders(expected(fit(), held([orders], [10_000])), DAY)
    assert found.factor == limit
    assert found.unshrunk == pytest.approx(orders / 0.5)


def test_windows_of_one_day_are_what_each_is_alone() -> None:
    """They share their nodes; customers who leave, so that these matter."""
    random = np.random.default_rng(1)
    x, age = random.integers(0, 9, 50).astype(np.float64), random.integers(100, 300, 50).astype(np.float64)
    patterns = PurchasePatterns(x, np.where(x > 0, age - random.integers(1, 90, 50), 0.0), age, x + 1)
    long = replace(held([1] * 50, [1] * 50), patterns=patterns)
    windows = [replace(long, horizon=30.0, most_orders=30), long]
    model = PurchaseParameters("BG/NBD", r=0.6, alpha=60.0, a=0.8, b=2.5)
    unsure = PurchaseFit(model, np.diag([0.01, 0.02, 0.03, 0.02]) ** 2, 0.0, None, 1000)
    for together, one in zip(expected_in(unsure, windows), windows, strict=True):
        alone = expected(unsure, one)
        np.testing.assert_allclose(together.orders, alone.orders, rtol=1e-10)
        assert together.log_error == pytest.approx(alone.log_error, rel=1e-6)
        assert together.held is one
