"""What was known before narrows the interval; what was known after is refused."""

from __future__ import annotations

import numpy as np
import pytest

from mandje.errors import MandjeError
from mandje.experiments.covariates import Covariate, adjusted, design

RNG = np.random.default_rng(31)
ASSIGNED = np.full(500, "2025-03-02", dtype="datetime64[D]")
BEFORE = ASSIGNED - 1
HABIT = RNG.gamma(2, 1, 500)
ORDERS = RNG.poisson(HABIT).astype(float)


@pytest.mark.parametrize("days_late", [0, 1, 40])
def test_a_covariate_of_the_day_of_assignment_or_later_is_refused(days_late: int) -> None:
    known_on = BEFORE.copy()
    known_on[[7, 9]] = ASSIGNED[0] + days_late
    with pytest.raises(MandjeError, match="forecast is of after the assignment for 2 units") as refused:
        design([Covariate("forecast", HABIT, known_on)], ASSIGNED)
    assert f"known on {known_on[7]}, assigned on 2025-03-02" in str(refused.value)


def test_a_value_whose_day_is_not_known_is_refused() -> None:
    known_on = BEFORE.copy()
    known_on[3] = np.datetime64("NaT")
    with pytest.raises(MandjeError, match="for 1 units"):
        design([Covariate("forecast", HABIT, known_on)], ASSIGNED)


def test_who_has_no_value_needs_no_day() -> None:
    known_on, values = BEFORE.copy(), HABIT.copy()
    known_on[3], values[3] = np.datetime64("NaT"), np.nan
    columns = design([Covariate("forecast", values, known_on)], ASSIGNED)
    assert columns[3].tolist() == [pytest.approx(np.delete(HABIT, 3).mean()), 1.0]
    assert columns[:, 1].sum() == 1


def test_the_mean_stays_and_the_variance_shrinks_by_what_was_known() -> None:
    found = adjusted(ORDERS, design([Covariate("forecast", HABIT, BEFORE)], ASSIGNED))
    assert found.mean() == pytest.approx(ORDERS.mean(), rel=1e-12)
    explained = np.corrcoef(ORDERS, HABIT)[0, 1] ** 2
    assert found.var() / ORDERS.var() == pytest.approx(1 - explained, rel=1e-9)


@pytest.mark.parametrize("values", [np.full(500, np.nan), np.full(500, 2.0)])
def test_what_says_nothing_changes_nothing(values: np.ndarray) -> None:
    columns = design([Covariate("forecast", values, BEFORE)], ASSIGNED)
    assert columns.shape == (500, 0)
    assert adjusted(ORDERS, columns) == pytest.approx(ORDERS)


def test_the_same_covariate_twice_is_no_trouble() -> None:
    twice = np.column_stack([HABIT, HABIT])
    assert adjusted(ORDERS, twice) == pytest.approx(adjusted(ORDERS, HABIT[:, None]), rel=1e-9)
