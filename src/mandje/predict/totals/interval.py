"""80 % intervals of the shop's totals, from how far the shop's own forecasts of the past were off.

Were customers independent, a total of thousands would be sure to two percent. They are not: season, growth
and campaigns move all of them together, and only whole windows of the past show by how much. So
ln(came / expected) is taken to be a Student t around 0, with as many degrees of freedom as there are windows
that do not overlap (the mean square of n normal errors of known mean 0: Student 1908, "The probable error of
a mean"). Its square of scale is the mean square of the past logarithms, which holds the chance of their own
orders, plus what the orders of tonight's total, where they are fewer, vary by chance more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from scipy.special import stdtrit

from mandje.predict.back_test.past_totals import PastTotal
from mandje.predict.models.rounding import six_digits
from mandje.predict.totals.small_totals import MOST_ORDERS, count_interval

LEAST_WINDOWS = 3
# Forecasts that no season corrects are off by it: windows of less than a year do not show by how much.
_A_YEARS_DAYS = 360
# A wider range, from two thirds to half as much again, is none to plan with: the misses are told instead.
MOST_HALF_WIDTH = math.log(1.5)
# 80 % lie between.
_HIGH = 0.9
# Variance of the logarithm of n order days that come by chance: 1 / n (Poisson). Their spend varies twice as
# much, as if the spend per order were spread as widely as its mean is high (a compound Poisson sum: the
# square of the relative error is (1 + squared coefficient of variation) / n).
_ORDERS_CHANCE, _SPEND_CHANCE = 1.0, 2.0


@dataclass(frozen=True)
class Interval:
    """What will come lies between `low` and `high` in 80 of 100 cases; both None where that is not known.

    Attributes:
        low: low end.
        high: high end.
        windows: windows of the past behind it, or that there are.
        reason: why there is none, in words, or None.
    """

    low: float | None
    high: float | None
    windows: int
    reason: str | None


@dataclass(frozen=True)
class Totals:
    """What is expected of all customers in a horizon.

    Attributes:
        horizon_days: its length.
        orders: order days; None where not known.
        spend: net spend, reporting currency; None where not known.
        is_corrected: whether a season is in them.
    """

    horizon_days: int
    orders: float | None
    spend: float | None
    is_corrected: bool


# Expected and came of one window.
_Pair = tuple[float | None, float]


def order_interval(totals: Totals, past: Sequence[PastTotal]) -> Interval:
    """Of the order days of a horizon."""
    windows, is_seasonal = _comparable(totals, past)
    pairs: list[_Pair] = [
        (one.seasonal_orders if is_seasonal else one.expected_orders, one.orders) for one in windows
    ]
    chance = _ORDERS_CHANCE * _more_chance(totals, windows)
    return _interval(totals, totals.orders, chance, pairs, is_seasonal=is_seasonal)


def spend_interval(totals: Totals, past: Sequence[PastTotal]) -> Interval:
    """Of the net spend of a horizon. Windows in which no spend could be expected count for nothing."""
    windows, is_seasonal = _comparable(totals, [one for one in past if one.expected_spend is not None])
    pairs: list[_Pair] = [
        (one.seasonal_spend if is_seasonal else one.expected_spend, one.spend) for one in windows
    ]
    if totals.orders and totals.orders < MOST_ORDERS:
        return Interval(None, None, len(pairs), f"fewer than {MOST_ORDERS:.0f} order days are expected")
    chance = _SPEND_CHANCE * _more_chance(totals, windows)
    return _interval(totals, totals.spend, chance, pairs, is_seasonal=is_seasonal)


def _comparable(totals: Totals, past: Sequence[PastTotal]) -> tuple[list[PastTotal], bool]:
    """Windows of the same length and kind, and whether they are corrected for season: all are, or none.

    Where tonight's forecast is corrected and too few of the past could be, all are taken as they were
    without: they were off by the season besides, so that the interval is rather too wide.
    """
    windows = [one for one in past if one.horizon_days == totals.horizon_days]
    corrected = [one for one in windows if one.is_corrected]
    is_seasonal = totals.is_corrected and len(corrected) >= LEAST_WINDOWS
    return (corrected if is_seasonal else windows), is_seasonal


def _more_chance(totals: Totals, windows: Sequence[PastTotal]) -> float:
    """One over the orders of tonight, less the mean of one over those of the windows; at least nothing."""
    counts = [one.orders for one in windows if one.orders]
    if not totals.orders or not counts:
        return 0.0
    return max(1 / totals.orders - math.fsum(1 / count for count in counts) / len(counts), 0.0)


def _interval(
    totals: Totals, expected: float | None, chance: float, pairs: Sequence[_Pair], *, is_seasonal: bool
) -> Interval:
    windows = len(pairs)
    unknown = partial(Interval, None, None, windows)
    if expected is None or not totals.orders:
        return unknown("nothing is forecast")
    needed = LEAST_WINDOWS if is_seasonal else max(LEAST_WINDOWS, _A_YEARS_DAYS // totals.horizon_days)
    if windows < needed:
        return unknown(_too_few(windows, needed, is_corrected=totals.is_corrected))
    if totals.orders < MOST_ORDERS:
        low, high = count_interval(totals.orders, [(told, came) for told, came in pairs if told])
        return Interval(low, high, windows, None)
    if any(not told or told <= 0 or came <= 0 for told, came in pairs):
        return unknown("nothing was expected, or nothing came, in a window of the past")
    square = math.fsum(math.log(came / told) ** 2 for told, came in pairs if told) / windows
    half = float(stdtrit(windows, _HIGH)) * math.sqrt(square + chance)
    if half > MOST_HALF_WIDTH:
        return unknown(
            f"forecasts of {windows} windows of the past were off by a factor of "
            f"{math.exp(math.sqrt(square)):.2f}, typically: too much for a range"
        )
    return Interval(
        six_digits(expected * math.exp(-half)), six_digits(expected * math.exp(half)), windows, None
    )


def _too_few(windows: int, needed: int, *, is_corrected: bool) -> str:
    if needed == LEAST_WINDOWS:
        return f"{windows} window(s) of the past to compare with, {needed} needed"
    why = "too few of them corrected for season" if is_corrected else "not corrected for season"
    return f"{windows} window(s) of the past to compare with, {needed} needed, which see a whole year: {why}"
