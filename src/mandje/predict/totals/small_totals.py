"""80 % intervals of totals so small that chance decides whether a handful of orders comes, or none.

What comes is taken to be negative binomial around what is expected, with variance E + s² E²: E is the chance
of single orders, s² what the shop's own windows of the past show besides, by moments (Cameron & Trivedi 1986,
Econometric models based on count data, J. Applied Econometrics 1, NB2). Ends are whole orders, so that more
than 80 % may lie between.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from scipy.stats import nbinom, poisson

# Below it, logarithms say little: one order more or less, or none, is within chance.
MOST_ORDERS = 50.0
_LOW, _HIGH = 0.1, 0.9


def excess_variance(pairs: Sequence[tuple[float, float]]) -> float:
    """s², 0 or more: how much more than by chance the windows were off, as the square of a ratio.

    Args:
        pairs: order days expected, above 0, and that came, by window.
    """
    beyond = math.fsum((came - told) ** 2 - told for told, came in pairs)
    return max(0.0, beyond / math.fsum(told**2 for told, _ in pairs))


def count_interval(expected: float, pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Low and high end, whole orders.

    Args:
        expected: order days, above 0.
        pairs: as for `excess_variance`.
    """
    excess = excess_variance(pairs)
    law = nbinom(1 / excess, 1 / (1 + excess * expected)) if excess > 0 else poisson(expected)
    return float(law.ppf(_LOW)), float(law.ppf(_HIGH))
