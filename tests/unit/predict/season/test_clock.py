"""Days of the calendar and the model's time: there and back, discounting, and when the next order comes."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandje.predict.models.closed_forms import expected_orders, some_order_if_alive
from mandje.predict.models.parameters import PurchaseParameters
from mandje.predict.scores.next_order import next_order_after
from mandje.predict.season.clock import Clock, clock_of, season_of
from mandje.predict.season.factor import Season
from mandje.predict.season.tonight import no_seasons
from mandje.predict.season.year_before import Seasons

BG = PurchaseParameters("BG/NBD", 0.6, 60.0, 0.8, 2.5)
X, AGE = np.array([0.0, 1.0, 4.0, 30.0]), np.array([20.0, 400.0, 300.0, 700.0])
HORIZONS = [30, 90, 365]
RATE = math.log1p(0.1) / 365.25
FACTORS = st.floats(0.4, 2.5)


def clock(g30: float, g90: float) -> Clock:
    def season(factor: float) -> Season:
        return Season(factor, factor, 0.01, date(2024, 7, 1), 900, None)

    factors = {30: g30, 90: g90, 365: 1.0}
    return clock_of({days: Seasons(days, season(g), season(1.0)) for days, g in factors.items()})


def rising(g30: float, g90: float) -> Clock:
    return clock(g30 if 30 * g30 < 90 * g90 else g90, g90)


def test_a_clock_by_hand() -> None:
    """30 days of 1.2 are 36, 90 of 1.5 are 135, a year is a year: 45, 117 and 150 days by straight lines."""
    found = clock(1.2, 1.5)
    assert [found.model_time(days) for days in (0, 30, 90, 365, 400)] == pytest.approx([0, 36, 135, 365, 400])
    assert found.model_time(15) == pytest.approx(18)
    assert found.model_time(50) == pytest.approx(36 + 99 * 20 / 60)
    assert found.model_time(200) == pytest.approx(135 + 230 * 110 / 275)


@given(FACTORS, FACTORS, st.lists(st.floats(0, 500), min_size=2, max_size=20))
def test_a_clock_rises_and_goes_back(g30: float, g90: float, days: list[float]) -> None:
    found = rising(g30, g90)
    ordered = np.unique(np.round(days, 3))
    times = np.array([found.model_time(each) for each in ordered])
    assert (np.diff(times) > 0).all()
    np.testing.assert_allclose(found.calendar_days(times), ordered, rtol=1e-9, atol=1e-9)


@given(st.floats(0, 500))
def test_without_a_season_both_are_equal_to_the_bit(days: float) -> None:
    for found in (clock_of({}), clock(1, 1)):
        assert found.model_time(days) == days
        assert found.calendar_days(np.array([days]))[0] == days


def test_the_season_of_a_horizon_that_is_not_published() -> None:
    """60 days of the clock above are 36 + 99 / 2 of the model's; spend is that of 90 days."""
    known = {30: (1.2, 0.9), 90: (1.5, 1.1)}

    def season(factor: float) -> Season:
        return Season(factor, factor, 0.01, date(2024, 7, 1), 900, None)

    seasons = {days: Seasons(days, season(g), season(v)) for days, (g, v) in known.items()}
    seasons[365] = no_seasons([365], "a year")[365]
    assert all(season_of(seasons, days) is found for days, found in seasons.items())
    found = season_of(seasons, 60)
    assert found.orders.factor == pytest.approx((36 + 99 / 2) / 60)
    assert (found.horizon_days, found.spend) == (60, season(1.1))
    later = season_of(seasons, 180)
    assert later.orders.factor == pytest.approx((135 + 230 * 90 / 275) / 180)
    assert later.orders.is_known
    assert not season_of(no_seasons([30, 90], "none"), 60).orders.is_known


@pytest.mark.parametrize(("g30", "g90"), [(1.0, 1.0), (1.2, 1.5), (0.5, 0.4), (2.4, 0.9), (0.4, 2.5)])
def test_discounted_by_the_calendar_day_on_which_an_order_comes(g30: float, g90: float) -> None:
    """Beside a slow sum: what is expected in each quarter of an hour, discounted by that moment."""
    found, steps = clock(g30, g90), 365 * 96
    days = np.linspace(0, 365, steps + 1)
    times = [found.model_time(day) for day in days]
    until = np.concatenate([np.zeros((1, len(X))), expected_orders(BG, X, AGE, times[1:])])
    parts = np.diff(until, axis=0) * np.exp(-RATE * (days[1:] + days[:-1]) / 2)[:, None]
    slow = np.cumsum(parts, axis=0)[[30 * 96 - 1, 90 * 96 - 1, steps - 1]]
    ends = [found.model_time(each) for each in HORIZONS]
    np.testing.assert_allclose(expected_orders(BG, X, AGE, ends, RATE, HORIZONS), slow, rtol=1e-9)
    if (g30, g90) == (1, 1):
        same = expected_orders(BG, X, AGE, HORIZONS, RATE)
        np.testing.assert_array_equal(expected_orders(BG, X, AGE, ends, RATE, HORIZONS), same)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_the_next_order_comes_sooner_in_a_busy_season(level: float) -> None:
    """Before its day lies that share of what is likely within the year."""
    found = clock(1.2, 1.5)
    year = found.model_time(365)
    days = found.calendar_days(next_order_after(BG, X, AGE, year, level))
    within = [
        some_order_if_alive(BG, X[[at]], AGE[[at]], found.model_time(day))[0] for at, day in enumerate(days)
    ]
    np.testing.assert_allclose(within / some_order_if_alive(BG, X, AGE, 365), level, rtol=1e-9)
    assert (days < next_order_after(BG, X, AGE, 365, level)).all()
