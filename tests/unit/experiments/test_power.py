"""How many units and days it takes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mandje.experiments.difference import always_width, tuned_rho
from mandje.experiments.power import Pace, days_needed, units_needed, units_that_decide

RHO = tuned_rho(5000)


def test_so_many_units_are_needed_that_width_and_power_fit_into_the_difference() -> None:
    needed = units_needed(2.0, 0.1, RHO)
    z_of_power = 0.8416212335729143
    width = float(always_width(np.asarray(needed), RHO))
    assert (width + z_of_power) * 2.0 / math.sqrt(needed) == pytest.approx(0.1, rel=1e-9)


@pytest.mark.parametrize(
    ("spread", "difference", "needed"), [(0.0, 0.1, 1.0), (1e-3, 1e3, 1.0), (1e6, 1e-9, math.inf)]
)
def test_extremes_need_one_unit_or_more_than_there_are(
    spread: float, difference: float, needed: float
) -> None:
    assert units_needed(spread, difference, RHO) == needed


def test_half_an_interval_of_half_the_difference_decides_in_any_case() -> None:
    units = units_that_decide(2.0, 0.1, RHO)
    half = float(always_width(np.asarray(units), RHO)) * 2.0 / math.sqrt(units)
    assert half == pytest.approx(0.05, rel=1e-9)
    assert units > units_needed(2.0, 0.1, RHO)


@pytest.mark.parametrize(
    ("needed", "pace", "days"),
    [
        (1000, Pace(1000, 0, 30, 0), 0),
        (1000, Pace(400, 0, 0, 100), 6),
        (1000, Pace(400, 0, 0, 99), 7),
        (1000, Pace(400, 0, 30, 0), None),
        (math.inf, Pace(400, 0, 30, 9), None),
        (1000, Pace(400, 1200, 60, 20), 30),
        (1000, Pace(400, 600, 60, 0), 60),
        (1000, Pace(400, 300, 30, 10), 60),
    ],
)
def test_days_are_whole_and_none_where_nobody_comes(needed: float, pace: Pace, days: int | None) -> None:
    assert days_needed(needed, pace) == days
