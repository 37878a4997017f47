"""How large a difference can be seen, and how many more units and days it takes to know."""

from __future__ import annotations

import math

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


def units_needed(spread: float, smallest_difference: float, rho: float) -> float:
    """Units of both variants at which a true difference of that size is seen, always-valid, with 80 % power.

    Args:
        spread: σ, the standard error × √(units of both): stays as units come, in the metric's unit.
        smallest_difference: the smallest true difference that is worth knowing, above 0, in that unit.
        rho: of the always-valid interval.

    Returns:
        The n at which (width(n) + z of the power) × σ ÷ √n is that difference; inf beyond 10^12.
    """

    def too_wide(logged: float) -> float:
        count = math.exp(logged)
        width = float(always_width(np.asarray(count), rho)) + float(ndtri(POWER))
        return math.log(width * spread / smallest_difference) - logged / 2

    if spread == 0 or too_wide(0.0) <= 0:
        return 1.0
    end = math.log(_MOST_UNITS)
    return math.inf if too_wide(end) > 0 else math.exp(brentq(too_wide, 0.0, end))


def days_needed(needed: float, counted: float, per_day: float) -> int | None:
    """Whole days until so many units are counted, at the pace of late; None where none come any more."""
    missing = max(needed - counted, 0.0)
    if missing == 0:
        return 0
    days = missing / per_day if per_day > 0 else math.inf
    return math.ceil(days) if math.isfinite(days) else None
