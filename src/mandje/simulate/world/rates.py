"""Exchange rates: a slow walk on weekdays, delivered the same day, as a central bank's are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from mandje.contracts.types import DECIMAL
from mandje.simulate.settings import SimulationSettings
from mandje.simulate.world.chance import Integers, chance
from mandje.simulate.world.clock import Clock
from mandje.simulate.world.sites import SITES

# In 1/10000: where the rate of a pound in euro wanders about, the largest move of a day, and which part of
# the distance from its centre it loses per day.
_CENTRE = 11_700
_STEP = 55
_PULL = 80
_ONE = 10_000
_SATURDAY = 5
# A weekend's length and a day: one weekday at least lies in the days before day 0.
_BEFORE = 3


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates of each site's currency to the first site's.

    Attributes:
        delivered: rows of the exchange_rates feed.
        walk: of a pound, in 1/10000, by day from `first` on: the latest rate on or before each.
        first: the first day of `walk`.
    """

    delivered: pl.DataFrame
    walk: Integers
    first: int

    def rate_e4(self, site: Integers, day: Integers) -> Integers:
        """The rate to the reporting currency, in 1/10000, for local days of the delivered time."""
        return np.asarray(np.where(site == 0, _ONE, self.walk[day - self.first]))


def make_rates(settings: SimulationSettings, clock: Clock) -> Rates:
    """Rates of all delivered days; where day 0 is no weekday, the rate of the Friday before comes with it."""
    days = np.arange(-_BEFORE, clock.days)
    is_set = np.array([clock.date_of(day).weekday() < _SATURDAY for day in days.tolist()])
    walk = _walk(settings.seed, int(is_set.sum()))[np.maximum(np.cumsum(is_set) - 1, 0)]
    given = _delivered(days, is_set, walk, clock)
    return Rates(given, walk, -_BEFORE)


def _walk(seed: int, size: int) -> Integers:
    rate, rates = _CENTRE, []
    for step in chance(seed, "rates").integers(-_STEP, _STEP + 1, size).tolist():
        rate += step + (_CENTRE - rate) // _PULL
        rates.append(rate)
    return np.array(rates)


def _delivered(days: Integers, is_set: Integers, walk: Integers, clock: Clock) -> pl.DataFrame:
    begins_with = max(day for day in days[is_set].tolist() if day <= 0)
    rows = days[is_set & (days >= begins_with)].tolist()
    dates: list[date] = [clock.date_of(day) for day in rows]
    return pl.DataFrame(
        {
            "rate_date": dates,
            "from_currency": [SITES[1].currency] * len(rows),
            "to_currency": [SITES[0].currency] * len(rows),
            "rate": walk[np.array(rows) + _BEFORE],
            "delivery_day": [max(day, 0) for day in rows],
            "outcome": ["kept"] * len(rows),
        },
        schema_overrides={"delivery_day": pl.Int32},
    ).with_columns(rate=(pl.col("rate").cast(DECIMAL) / _ONE).cast(DECIMAL), defect=pl.lit(None, pl.String))
