"""Shops with a season and a drift, drawn straight from the process on a clock that runs fast and slow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

Vector = NDArray[np.float64]
FIRST_DAY = date(2022, 1, 1)
YEAR = 365.25


@dataclass(frozen=True)
class Planted:
    """What moves all customers together.

    Attributes:
        season: half of what the year's best and worst day are apart, as logarithms of the order rate.
        peak: day of the year of the best day.
        drift: change of the order rate in a year, as a logarithm.
        spend_season: as `season`, of the spend per order.
    """

    season: float
    peak: float
    drift: float
    spend_season: float

    def model_time(self, days: int) -> Vector:
        """The model's time at the begin of each day, and at the end of the last, in days."""
        day = np.arange(days)
        speed = np.exp(self.season * self._wave(day) + self.drift * day / YEAR)
        return np.concatenate([[0.0], np.cumsum(speed)])

    def spend_factor(self, day: NDArray[np.int64]) -> Vector:
        """By which the spend per order of a day differs from the usual."""
        return np.asarray(np.exp(self.spend_season * self._wave(day)))

    def _wave(self, day: NDArray[np.int64]) -> Vector:
        return np.asarray(np.cos(2 * np.pi * (day - self.peak) / YEAR))


def draw_shop(customers: int, days: int, planted: Planted, seed: int) -> pl.DataFrame:
    """Order days of BG/NBD(1.2, 40 days, .8, 4) customers: customer_id, order_date, amount; sorted.

    Half of the customers come in the first half year, so that a small shop soon has enough of them; spend is
    Gamma-Gamma(3, 4, 36).
    """
    random = np.random.default_rng(seed)
    clock, begins = planted.model_time(days), np.arange(days + 1.0)
    early = random.random(customers) < 0.5
    now = np.interp(random.uniform(0, np.where(early, 170, days)), begins, clock)
    rate, leaving = random.gamma(1.2, 1 / 40, customers), random.beta(0.8, 4, customers)
    here, persons, seen = np.arange(customers), [np.arange(customers)], [now.copy()]
    while len(here):
        now[here] += random.exponential(1 / rate[here])
        here = here[now[here] < clock[-1]]
        persons.append(here)
        seen.append(now[here])
        here = here[random.random(len(here)) >= leaving[here]]
    times = np.interp(np.concatenate(seen), clock, begins)
    day = np.minimum(times.astype(np.int64), days - 1)
    frame = pl.DataFrame({"number": np.concatenate(persons), "day": day}).unique().sort("number", "day")
    usual = 36 / random.gamma(4, 1, customers)[frame["number"].to_numpy()]
    amount = random.gamma(3, usual) * planted.spend_factor(frame["day"].to_numpy())
    return frame.select(
        pl.col("number").cast(pl.String).alias("customer_id"),
        pl.lit(FIRST_DAY).dt.offset_by(pl.format("{}d", "day")).alias("order_date"),
        pl.Series("amount", np.round(amount, 2) + 0.01),
    )


def draw_planted(seed: int) -> tuple[Planted, int, int]:
    """A shop's season and drift, its customers, and how many days of history it has: all of a wide spread."""
    random = np.random.default_rng([seed, 1])
    planted = Planted(
        season=float(np.abs(random.normal(0, 0.25))),
        peak=float(random.uniform(0, YEAR)),
        drift=float(random.normal(0, 0.15)),
        spend_season=float(np.abs(random.normal(0, 0.08))),
    )
    return planted, int(random.integers(1000, 1500)), int(random.integers(620, 1100))


def last_day(days: int) -> date:
    """The last of so many days of history."""
    return FIRST_DAY + timedelta(days=days - 1)
