"""The range of a total against numbers worked out by hand, and when there is none."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest
from scipy import stats

from mandje.predict.back_test.past_totals import PastTotal
from mandje.predict.totals.interval import Interval, Totals, order_interval, spend_interval

DAY = date(2025, 5, 31)


def window(
    off: float, *, days: int = 90, number: int = 1, seasonal_off: float | None = None, spend: float = 10.0
) -> PastTotal:
    """A window in which 1,000 order days came, `off` above what was expected, as a logarithm."""
    expected = 1000 * math.exp(-off)
    seasonal = None if seasonal_off is None else 1000 * math.exp(-seasonal_off)
    return PastTotal(
        horizon_days=days,
        cut=DAY - timedelta(days=days * number),
        expected_orders=expected,
        orders=1000,
        expected_spend=expected * spend,
        spend=10_000.0,
        seasonal_orders=seasonal,
        seasonal_spend=None if seasonal is None else seasonal * spend,
    )


def tonight(orders: float | None = 2000.0, *, days: int = 90, is_corrected: bool = True) -> Totals:
    return Totals(days, orders, orders and orders * 10, is_corrected)


def corrected(*offs: float) -> list[PastTotal]:
    return [window(0.9, seasonal_off=off) for off in offs]


def test_the_scale_is_the_root_mean_square_of_the_misses() -> None:
    found = order_interval(tonight(), corrected(0.1, -0.1, 0.2))
    half = stats.t(3).ppf(0.9) * math.sqrt((0.01 + 0.01 + 0.04) / 3)
    assert found.low == pytest.approx(2000 * math.exp(-half), rel=1e-5)
    assert found.high == pytest.approx(2000 * math.exp(half), rel=1e-5)
    assert (found.windows, found.reason) == (3, None)


@pytest.mark.parametrize(("interval", "twice"), [(order_interval, 1), (spend_interval, 2)])
def test_fewer_orders_than_in_the_windows_vary_more_by_chance_and_their_spend_twice_as_much(
    interval: Callable[[Totals, list[PastTotal]], Interval], twice: int
) -> None:
    found = interval(tonight(50.0), corrected(0.1, 0.1, 0.1))
    half = stats.t(3).ppf(0.9) * math.sqrt(0.01 + twice * (1 / 50 - 1 / 1000))
    assert math.log((found.high or 0) / (found.low or 1)) / 2 == pytest.approx(half, rel=1e-4)


def test_it_holds_80_of_100_totals_where_all_windows_are_alike() -> None:
    """Drawn misses, few windows and a scale that nobody knows: what the t distribution is for."""
    random = np.random.default_rng(4)
    inside = 0
    for _ in range(2000):
        *past, now = random.normal(0, 0.05, 5)
        found = order_interval(tonight(1e9), corrected(*past))
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= 1e9 * math.exp(now) <= found.high
    assert 0.775 < inside / 2000 < 0.825


def test_windows_of_other_lengths_say_nothing() -> None:
    past = [*corrected(0.1, 0.1), window(0.1, days=30, seasonal_off=0.1)]
    assert order_interval(tonight(), past).windows == 2


def test_corrected_windows_alone_where_there_are_three() -> None:
    past = [*corrected(0.1, 0.1, 0.1), window(0.25)]
    assert order_interval(tonight(), past) == order_interval(tonight(), past[:3])


def test_else_all_as_they_were_without_the_season_which_is_wider() -> None:
    plain = [window(0.15, number=number) for number in range(2)]
    past = [*(window(0.15, seasonal_off=0.01) for _ in range(2)), *plain]
    found = order_interval(tonight(), past)
    assert found == order_interval(tonight(is_corrected=False), past)
    assert found.windows == 4
    assert found.high is not None
    assert math.log(found.high / 2000) == pytest.approx(stats.t(4).ppf(0.9) * 0.15, rel=1e-4)


@pytest.mark.parametrize(("days", "needed"), [(30, 12), (90, 4), (365, 3)])
def test_forecasts_without_a_season_need_windows_of_a_whole_year(days: int, needed: int) -> None:
    past = [window(0.01, days=days) for _ in range(needed)]
    assert order_interval(tonight(days=days, is_corrected=False), past).reason is None
    found = order_interval(tonight(days=days, is_corrected=False), past[1:])
    assert (found.low, found.high, found.windows) == (None, None, needed - 1)
    assert found.reason is not None
    assert found.reason.startswith(f"{needed - 1} window(s) of the past to compare with, {needed} needed")
    assert ("whole year: not corrected for season" in found.reason) is (needed > 3)


def test_no_range_that_nobody_can_plan_with() -> None:
    found = order_interval(tonight(), corrected(0.3, -0.3, 0.3))
    assert (found.low, found.high) == (None, None)
    assert found.reason == (
        "forecasts of 3 windows of the past were off by a factor of 1.35, typically: too much for a range"
    )


@pytest.mark.parametrize("orders", [None, 0.0])
def test_nothing_forecast_has_no_range(orders: float | None) -> None:
    assert order_interval(tonight(orders), corrected(0.1, 0.1, 0.1)).reason == "nothing is forecast"


def test_a_window_in_which_nothing_came_has_no_ratio() -> None:
    dead = PastTotal(90, DAY, 500.0, 0, 5000.0, -20.0, 500.0, 5000.0)
    for interval in (order_interval, spend_interval):
        found = interval(tonight(), [*corrected(0.1, 0.1, 0.1), dead])
        assert found.reason == "nothing was expected, or nothing came, in a window of the past"
