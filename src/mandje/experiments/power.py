"""How large a difference can be seen, and how many more units and days it takes to know."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri

from mandje.experiments.difference import ALPHA, always_width

POWER = 0.8
_MOST_UNITS = 1e12


def detectable_difference(standard_error: float) -> float:
    """The true difference that one planned look at this standard error finds with 80 % power, two-sided 5 %.

    (z of 1 − α/2 + z of the power) × standard error: Cohen 1988, chapter 2, without the other tail.
    """
    return float((ndtri(1 - ALPHA / 2) + ndtri(POWER)) * standard_error)


def units_needed(spread: float, smallest_difference: float, rho: float, alpha: float = ALPHA) -> float:
    """Units of both variants at which a true difference of that size is seen, always-valid, with 80 % power.

    Args:
        spread: σ, the standard error × √(units of both): stays as units come, in the metric's unit.
        smallest_difference: the smallest true difference that is worth knowing, above 0, in that unit.
        rho: of the always-valid interval.
        alpha: 0..1, of it; for several comparisons divided by how many there are.

    Returns:
        The n at which (width(n) + z of the power) × σ ÷ √n is that difference; inf beyond 10^12.
    """
    return _units_where(spread, smallest_difference, rho, alpha, float(ndtri(POWER)))


def units_that_decide(spread: float, smallest_difference: float, rho: float, alpha: float = ALPHA) -> float:
    """Units of both variants at which tonight's question is answered whatever is seen, as in `units_needed`.

    Half of the interval is half of that difference then: it leaves out 0, or the difference on either side.
    """
    return _units_where(spread, smallest_difference / 2, rho, alpha, 0.0)


def _units_where(spread: float, difference: float, rho: float, alpha: float, added_width: float) -> float:
    def too_wide(logged: float) -> float:
        width = float(always_width(np.asarray(math.exp(logged)), rho, alpha)) + added_width
        return math.log(width * spread / difference) - logged / 2

    if spread == 0 or too_wide(0.0) <= 0:
        return 1.0
    end = math.log(_MOST_UNITS)
    return math.inf if too_wide(end) > 0 else math.exp(brentq(too_wide, 0.0, end))


@dataclass(frozen=True)
class Pace:
    """Units of both variants: counted, assigned and counted within `wait_days`, assigned a day of late."""

    counted: float
    waiting: float
    wait_days: int
    per_day: float


def days_needed(needed: float, pace: Pace) -> int | None:
    """Whole days until so many units are counted; None where no more come.

    Those that wait are counted evenly over `wait_days`, later ones at the pace at which units are assigned.
    """
    missing = needed - pace.counted
    if missing <= 0:
        return 0
    if missing <= pace.waiting:
        return math.ceil(missing / pace.waiting * pace.wait_days)
    if pace.per_day <= 0 or not math.isfinite(missing):
        return None
    return pace.wait_days + math.ceil((missing - pace.waiting) / pace.per_day)
