from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandje.simulate.people.rhythm import (
    arrival_weights,
    draw_arrivals,
    in_hours,
    in_weekdays,
    out_of_weekdays,
)
from mandje.simulate.settings.people import Rhythm
from mandje.simulate.world.chance import Integers, chance
from mandje.simulate.world.clock import DAY, HOUR, WEEK, Clock

THURSDAY = date(2023, 6, 1)
RHYTHM = Rhythm()
CLOCK = Clock(THURSDAY, 730, ("Europe/Amsterdam", "Europe/London"), "Europe/Amsterdam")

weights = st.lists(st.integers(1, 1000), min_size=7, max_size=7)
first_days = st.integers(0, 6).map(lambda days: THURSDAY + timedelta(days=days))
times = st.lists(st.integers(0, 200 * WEEK), min_size=2, max_size=50).map(lambda each: np.array(sorted(each)))


@given(times, first_days, weights)
def test_weekdays_keep_the_order_and_the_week(at: Integers, first_day: date, weekdays: list[int]) -> None:
    even = in_weekdays(at, first_day, weekdays)
    monday = first_day.weekday() * DAY
    assert (np.diff(even) >= 0).all()
    np.testing.assert_array_equal((even + monday) // WEEK, (at + monday) // WEEK)
    np.testing.assert_array_equal(in_weekdays(at + 13 * WEEK, first_day, weekdays), even + 13 * WEEK)


@given(times, first_days, weights)
def test_the_year_clock_is_found_back(even: Integers, first_day: date, weekdays: list[int]) -> None:
    """To the microseconds that one of the year clock is stretched to."""
    back = in_weekdays(out_of_weekdays(even, first_day, weekdays), first_day, weekdays) - even
    assert back.min() >= 0
    assert back.max() <= sum(weekdays) / (7 * min(weekdays)) + 1


@given(times, st.lists(st.integers(1, 1000), min_size=24, max_size=24))
def test_hours_keep_the_order_and_the_day(even: Integers, hours: list[int]) -> None:
    civil = in_hours(even, hours)
    assert (np.diff(civil) >= 0).all()
    np.testing.assert_array_equal(civil // DAY, even // DAY)


@pytest.mark.parametrize("first_day", [THURSDAY, date(2024, 1, 1), date(2023, 12, 31)])
def test_weekdays_and_hours_get_their_shares(first_day: date) -> None:
    """Times evenly over 4 weeks of the year clock: exactly as many per weekday and hour as it weighs."""
    step = WEEK // 70_000
    monday = (7 - first_day.weekday()) * DAY
    at = monday + np.arange(0, 4 * WEEK, step)
    civil = in_hours(in_weekdays(at, first_day, RHYTHM.weekdays), RHYTHM.hours)
    weekday = (civil // DAY + first_day.weekday()) % 7
    expected = np.array(RHYTHM.weekdays) / sum(RHYTHM.weekdays)
    np.testing.assert_allclose(np.bincount(weekday) / len(at), expected, atol=8 / len(at))
    of_hours = np.array(RHYTHM.hours) / sum(RHYTHM.hours)
    np.testing.assert_allclose(np.bincount(civil % DAY // HOUR) / len(at), of_hours, atol=60 / len(at))


def test_equal_weights_move_nothing() -> None:
    at = np.arange(0, 3 * WEEK, 12_345_678_901)
    np.testing.assert_array_equal(in_hours(in_weekdays(at, THURSDAY, (5,) * 7), (2,) * 24), at)


def test_a_worked_week() -> None:
    """Monday weighs as much as all other days together: its 24 hours take half the week."""
    weekdays = (6, 1, 1, 1, 1, 1, 1)
    monday = date(2024, 1, 1)
    half = WEEK // 2
    found = in_weekdays(np.array([0, half // 2, half, half + WEEK // 12, WEEK]), monday, weekdays)
    assert found.tolist() == [0, DAY // 2, DAY, 2 * DAY, WEEK]


def test_arrivals_come_by_growth_month_and_weekday() -> None:
    """Against a chi-square law of the weights; all on a civil day that is delivered."""
    at = draw_arrivals(chance(1, "arrivals"), 200_000, CLOCK, RHYTHM, 0.5)
    day = in_hours(at, RHYTHM.hours) // DAY
    assert (day.min(), day.max()) == (0, 729)
    expected = arrival_weights(CLOCK, RHYTHM, 0.5) / arrival_weights(CLOCK, RHYTHM, 0.5).sum()
    distance = (np.bincount(day) - 200_000 * expected) ** 2 / (200_000 * expected)
    assert distance.sum() == pytest.approx(729, abs=4 * np.sqrt(2 * 729))


def test_the_weights_of_days() -> None:
    weight = arrival_weights(CLOCK, RHYTHM, 0.5)
    assert weight[0] == 1_000_000 * RHYTHM.months[5] * RHYTHM.weekdays[3]
    year_later = CLOCK.date_of(365)
    assert (year_later.month, year_later.weekday()) == (5, 4)
    assert weight[365] == 1_500_000 * RHYTHM.months[4] * RHYTHM.weekdays[4]
