"""Whether the newest value of a weekly figure is within what it does by itself.

Each earlier value is compared with the mean of up to 13 before it, as the newest is. The mean of these misses
is the figure's trend; their standard deviation is its own noise, with the seasons and promotions of the past
in it. Of counts it is never below what chance alone gives: that of a Poisson count less the mean of m others,
sqrt(mean * (1 + 1 / m)). What the newest misses by, less the trend, is compared with Student's distribution:
the interval for one new value (Hahn and Meeker, Statistical Intervals, 1991, section 4.7).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

BASE_WEEKS = 13
_FEWEST_BASE = 4  # weeks that a value is compared with
_FEWEST_MISSES = 6
# Eight tiles: on an ordinary morning one in twelve mornings has a tile that is not grey.
_CHANCE = 0.01


def is_within_noise(history: Sequence[float | None], now: float, *, is_count: bool = False) -> bool:
    """Whether `now` is no further from its last 13 weeks than chance and its own history explain.

    A history too short to tell, of fewer than ten known weeks, makes everything noise: nothing is claimed.

    Args:
        history: the whole weeks before, oldest first, of the same figure; None where a week is unknown. 26 to
            53 of them serve well.
        now: the newest whole week.
        is_count: the figure counts events that come one by one (orders, visits), not money or a ratio.
    """
    values = np.array([value for value in history if value is not None], dtype=np.float64)
    misses = [_miss(values[:at], float(values[at])) for at in range(_FEWEST_BASE, len(values))]
    if len(misses) < _FEWEST_MISSES:
        return True
    base = values[-BASE_WEEKS:]
    trend = float(np.mean(misses))
    spread = float(np.std(misses, ddof=1)) * float(np.sqrt(1 + 1 / len(misses)))
    if is_count:
        spread = max(spread, float(np.sqrt(base.mean() * (1 + 1 / len(base)))))
    limit = -float(special.stdtrit(len(misses) - 1, _CHANCE / 2))
    return abs(_miss(values, now) - trend) <= limit * spread


def _miss(before: np.ndarray[tuple[int], np.dtype[np.float64]], value: float) -> float:
    return float(value - before[-BASE_WEEKS:].mean())
