"""When in the week and the day: from an even clock to the times at which people really buy.

Three clocks, all in microseconds since midnight of day 0, whole numbers all the way:

- the *year* clock, on which all weeks of a month are alike (order_clock.py leads to it);
- the *even* clock: inside each week (from Monday) time is stretched, so that a weekday gets the share of the
  week's purchases that its weight says, evenly over its 24 hours;
- the *civil* clock: inside each day the same by hours.

A week maps onto itself and all weeks alike, so whole weeks on one clock are whole weeks on the others: counts
over whole weeks keep their law. The hours move nothing to another day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from mandje.simulate.settings.people import Rhythm
from mandje.simulate.world.chance import Integers
from mandje.simulate.world.clock import DAY, WEEK, Clock

_UNIT = 1_000_000


def in_weekdays(year_at: Integers, first_day: date, weekdays: Sequence[int]) -> Integers:
    """Year clock to even clock."""
    monday = first_day.weekday() * DAY
    return _stretch(year_at + monday, WEEK, weekdays) - monday


def in_hours(even_at: Integers, hours: Sequence[int]) -> Integers:
    """Even clock to civil clock."""
    return _stretch(even_at, DAY, hours)


def out_of_weekdays(even_at: Integers, first_day: date, weekdays: Sequence[int]) -> Integers:
    """Even clock to year clock: the first microsecond that is on the even clock at `even_at` or later."""
    monday = first_day.weekday() * DAY
    return _squeeze(even_at + monday, WEEK, weekdays) - monday


def draw_arrivals(
    generator: np.random.Generator, size: int, clock: Clock, rhythm: Rhythm, growth: float
) -> Integers:
    """When `size` new customers first buy, on the even clock, in the delivered days.

    A day is as likely as growth since day 0 × weight of its month × weight of its weekday; inside it, all
    times on the even clock are.

    Args:
        generator: draws a day and a time for each.
        size: how many.
        clock: of the shop.
        rhythm: its weights.
        growth: by how much of day 0's number more come each day, a year later.
    """
    edges = np.cumsum(arrival_weights(clock, rhythm, growth))
    day = np.searchsorted(edges, generator.integers(0, edges[-1], size), side="right")
    return np.asarray(day * DAY + generator.integers(0, DAY, size))


def arrival_weights(clock: Clock, rhythm: Rhythm, growth: float) -> Integers:
    """How likely new customers come, per delivered day."""
    dates = [clock.date_of(day) for day in range(clock.days)]
    grown = [_UNIT + round(_UNIT * growth * day / 365) for day in range(clock.days)]
    return np.array(
        [
            weight * rhythm.months[on.month - 1] * rhythm.weekdays[on.weekday()]
            for weight, on in zip(grown, dates, strict=True)
        ]
    )


def _stretch(even: Integers, period: int, weights: Sequence[int]) -> Integers:
    """Moves times inside their period so that its equal parts get shares by weight; a piecewise line.

    `share` is the time in the period times the sum of weights, so part i begins at the weights before it
    times the period: no division before the last step.
    """
    edges, weight = np.cumsum([0, *weights]), np.array(weights)
    turn, inside = np.divmod(even, period)
    share = inside * edges[-1]
    part = np.searchsorted(edges * period, share, side="right") - 1
    within = (share - edges[part] * period) // (len(weights) * weight[part])
    return np.asarray(turn * period + part * (period // len(weights)) + within)


def _squeeze(uneven: Integers, period: int, weights: Sequence[int]) -> Integers:
    """The inverse of `_stretch`, rounded up."""
    edges, weight = np.cumsum([0, *weights]), np.array(weights)
    turn, inside = np.divmod(uneven, period)
    part, within = np.divmod(inside, period // len(weights))
    share = edges[part] * period + within * len(weights) * weight[part]
    return np.asarray(turn * period - (-share // edges[-1]))
