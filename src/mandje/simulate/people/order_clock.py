"""The clock on which people buy by their law, and the civil one on which they buy at different times.

From the law to civil time there are three steps: years, weekdays and hours; rhythm.py has the last two. In
the first, a day of the *year* clock takes as long on the process clock as its factor says: rates that rise or
fall for all alike are a change of time. Where nothing is planted both clocks are one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from mandje.simulate.people.rhythm import in_hours, in_weekdays, out_of_weekdays
from mandje.simulate.settings import SimulationSettings
from mandje.simulate.world.chance import Floats, Integers, on_grid
from mandje.simulate.world.clock import DAY

# The simulated future: what predictions are held against.
FUTURE_DAYS = 365
# Weekdays move times within their week: past the first and the last day.
_MARGIN = 7
# Factors are whole numbers of this part: times stay whole microseconds.
_PART = 1_000_000


@dataclass(frozen=True)
class OrderClock:
    """The clocks of a shop's purchases, from the first delivered day to the end of the simulated future.

    All times are microseconds since midnight of day 0, as in rhythm.py.

    Attributes:
        settings: of the shop.
    """

    settings: SimulationSettings

    def to_civil(self, process_at: Integers) -> Integers:
        """Civil times of times on the process clock; never later ones before earlier ones."""
        even_at = in_weekdays(self.in_year(process_at), self._first_day, self.settings.rhythm.weekdays)
        return in_hours(even_at, self.settings.rhythm.hours)

    def to_process(self, even_at: Integers) -> Integers:
        """The first microsecond of the process clock that is on the even clock at `even_at` or later."""
        in_year = out_of_weekdays(even_at, self._first_day, self.settings.rhythm.weekdays)
        day, within = np.divmod(in_year, DAY)
        return np.asarray(self._edges[day + _MARGIN] - (-within * self._parts[day + _MARGIN] // _PART))

    def in_year(self, process_at: Integers) -> Integers:
        """Process clock to year clock."""
        place = np.searchsorted(self._edges, process_at, side="right") - 1
        within = (process_at - self._edges[place]) * _PART // self._parts[place]
        return np.asarray((place - _MARGIN) * DAY + within)

    def order_factors(self, day: Integers) -> Floats:
        """By what order rates are multiplied on days of the year clock."""
        return np.asarray(self._parts[day + _MARGIN] / _PART)

    def spend_factors(self, day: Integers) -> Floats:
        """By what spend per order is multiplied on days."""
        return np.asarray(self._spend[day + _MARGIN])

    @property
    def _first_day(self) -> date:
        return self.settings.first_day

    @property
    def _dates(self) -> list[date]:
        begin = self._first_day.toordinal() - _MARGIN
        days = self.settings.days + FUTURE_DAYS + 2 * _MARGIN
        return [date.fromordinal(begin + day) for day in range(days)]

    @cached_property
    def _parts(self) -> Integers:
        season = self.settings.season
        factors = on_grid(np.array([season.order_factor(self._first_day, on) for on in self._dates]))
        return np.rint(factors * _PART).astype(np.int64)

    @cached_property
    def _edges(self) -> Integers:
        """Where each day of the year clock begins on the process clock; the last is where all ends."""
        edges = np.cumsum([0, *(self._parts * (DAY // _PART))])
        return np.asarray(edges - edges[_MARGIN])

    @cached_property
    def _spend(self) -> Floats:
        season = self.settings.season
        return on_grid(np.array([season.spend_factor(self._first_day, on) for on in self._dates]))
