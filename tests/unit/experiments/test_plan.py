"""How many units and days it takes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mandje.experiments.difference import always_width, tuned_rho
from mandje.experiments.plan import days_needed, units_needed

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


@pytest.mark.parametrize(
    ("needed", "counted", "per_day", "days"),
    [
        (1000, 400, 100, 6),
        (1000, 400, 99, 7),
        (1000, 1200, 0, 0),
        (1000, 400, 0, None),
        (math.inf, 400, 9, None),
    ],
)
def test_days_are_whole_and_none_where_nobody_comes(
    needed: float, counted: float, per_day: float, days: int | None
) -> None:
    assert days_needed(needed, counted, per_day) == days
