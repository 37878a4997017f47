"""Simulated customers whose order rates have a season and a growth, as they are known at any day.

What a season's factor ought to be does not follow from the calendar alone: the model that is fitted before a
window has learnt the level of the days before it. `planted_log` is the same ratio in the truth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from mandje.predict.models.closed_forms import alive_probability, expected_orders
from mandje.predict.models.holdouts import Holdout
from mandje.predict.models.parameters import PurchasePatterns
from mandje.predict.models.purchase_model import PurchaseFit, fit_bg_nbd
from mandje.simulate.people.order_clock import OrderClock
from mandje.simulate.people.purchase_process import draw_rates, purchase_times
from mandje.simulate.settings import SimulationSettings
from mandje.simulate.settings.people import Segment
from mandje.simulate.settings.season import Season
from mandje.simulate.world.chance import chance
from mandje.simulate.world.clock import DAY

Vector = NDArray[np.float64]
Days = NDArray[np.int64]
_NEVER = 10**6


@dataclass(frozen=True)
class SeasonShop:
    """Customers who come evenly over a shop's days, and every day on which they order.

    Attributes:
        times: the clock with the season; day 0 is its first day.
        person, day: the order days, by person and day.
        order_rate: of each person, per day of factor 1.
        leaving: of each person.
        left_on: the day of each person's last order, if the person left after it; else beyond all days.
    """

    times: OrderClock
    person: Days
    day: Days
    order_rate: Vector
    leaving: Vector
    left_on: Days

    @property
    def first_day(self) -> date:
        return self.times.settings.first_day

    def holdout(self, base: date, horizon_days: int) -> Holdout:
        """What is known at the end of a day, and the order days of the horizon after it; nothing is spent."""
        day, people, first = (base - self.first_day).days, len(self.order_rate), self._first
        known, here = self.day <= day, first <= day
        last = np.zeros(people, dtype=np.int64)
        np.maximum.at(last, self.person[known], self.day[known])
        count = np.bincount(self.person[known], minlength=people)
        in_horizon = ~known & (self.day <= day + horizon_days)
        orders = np.bincount(self.person[in_horizon], minlength=people)
        times = ((count - 1)[here], (last - first)[here], (day + 1 - first)[here])
        nothing = np.zeros(int(here.sum()))
        return Holdout(
            PurchasePatterns(*(each.astype(np.float64) for each in times), np.ones(int(here.sum()))),
            is_in_fit=np.ones(int(here.sum()), dtype=np.bool_),
            spend_days=nothing,
            mean_spend=nothing,
            recent_orders=nothing,
            orders=orders[here].astype(np.float64),
            spend=nothing,
            horizon=float(horizon_days),
            most_orders=horizon_days,
        )

    def true_orders(self, base: date, horizon_days: int) -> float:
        """Order days expected in the horizon by everybody's own rates and the season.

        On a day of tau days on the process clock those who have not left before order with 1 - e^(-rate tau);
        of those who are there on the base day, e^(-rate leaving t) have not left in the t days between.
        """
        day = (base - self.first_day).days + 1
        edges = self.times.to_process(np.arange(day, day + horizon_days + 1) * DAY) / DAY
        here = (self._first < day) & (self.left_on >= day)
        rate, leaving = self.order_rate[here], self.leaving[here]
        expected = 0.0
        for before, length in zip(edges[:-1] - edges[0], np.diff(edges), strict=True):
            expected += float((np.exp(-rate * leaving * before) * -np.expm1(-rate * length)).sum())
        return expected

    def planted_log(self, base: date, horizon_days: int) -> float:
        """The logarithm of true orders / orders that BG/NBD expects, fitted on what the base day knew.

        Of many customers it is what the factor's logarithm ends at.
        """
        held = self.holdout(base, horizon_days)
        return math.log(self.true_orders(base, horizon_days) / model_orders(fit_bg_nbd(held.known), held))

    @property
    def _first(self) -> Days:
        return np.asarray(self.day[np.flatnonzero(np.diff(self.person, prepend=-1))])


def model_orders(fit: PurchaseFit, held: Holdout) -> float:
    """What a fit expects in the horizon of all."""
    known = held.patterns.grouped()
    given_alive = expected_orders(fit.parameters, known.frequency, known.age, [held.horizon])[0]
    alive = alive_probability(fit.parameters, known.frequency, known.recency, known.age)
    return float((known.weight * alive * given_alive).sum())


def draw_season_shop(
    segment: Segment, season: Season, seed: int, customers: int, days: int = 1095
) -> SeasonShop:
    """Customers of one segment; orders of a day are one, as everywhere."""
    times = OrderClock(SimulationSettings(days=days, first_day=date(2021, 1, 1), season=season))
    rate, leaving, _ = draw_rates(chance(seed, "rates"), segment, customers)
    start = times.to_process(chance(seed, "starts").integers(0, days * DAY, customers))
    end = int(times.to_process(np.array([days * DAY]))[0])
    made = purchase_times(chance(seed, "purchases"), rate, leaving, start, end)
    day = times.in_year(made.at) // DAY
    left_on = np.full(customers, _NEVER)
    is_last = made.number == made.left_after[made.person]
    left_on[made.person[is_last]] = day[is_last]
    person, day = np.unique(np.column_stack([made.person, day]), axis=0).T
    return SeasonShop(times, person, day, rate, leaving, left_on)


def month_ends(first: date, last: date) -> list[date]:
    """Last days of months, both within."""
    days = [first + timedelta(days=day) for day in range((last - first).days + 1)]
    return [day for day in days if (day + timedelta(days=1)).day == 1]
