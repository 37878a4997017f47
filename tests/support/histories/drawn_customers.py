"""Simulated customers of one segment, straight from the process and as a whole shop has them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mandje.predict.models.parameters import PurchaseParameters, PurchasePatterns, SpendPatterns
from mandje.simulate.people.customers import make_people
from mandje.simulate.people.order_clock import OrderClock
from mandje.simulate.people.purchase_process import Purchases, draw_rates, purchase_times, spend_cents
from mandje.simulate.people.purchases import make_purchases
from mandje.simulate.settings import SimulationSettings
from mandje.simulate.settings.people import SEGMENTS, People, Segment
from mandje.simulate.world.chance import chance
from mandje.simulate.world.clock import DAY
from mandje.simulate.world.world import make_world

OCCASIONAL, REGULAR, LOYAL = SEGMENTS
DAYS = 730
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Drawn:
    """Customers who first bought at `start` (µs), all they bought until `end` (µs), and what they paid."""

    segment: Segment
    start: NDArray[np.int64]
    end: int
    purchases: Purchases
    cents: NDArray[np.int64]

    @property
    def repeats(self) -> Vector:
        """x, repeat purchases."""
        return np.bincount(self.purchases.person, minlength=len(self.start)) - 1.0

    def counts_within(self, days: int) -> NDArray[np.int64]:
        """Repeat purchases in so many days after the first."""
        bought = self.purchases
        is_within = (bought.at - self.start[bought.person] < days * DAY) & (bought.number > 0)
        return np.bincount(bought.person[is_within], minlength=len(self.start))

    def purchase_patterns(self) -> PurchasePatterns:
        """(x, t_x, T) in fractional days, one row per customer."""
        return histories(self.purchases.person, self.purchases.at, self.end)

    def spend_patterns(self) -> SpendPatterns:
        """(x, mean) of repeat purchases, one row per customer who has any.

        Whole cents move a mean of some 50.00 by at most half a cent: nothing beside its spread.
        """
        again = self.purchases.number > 0
        total = np.bincount(self.purchases.person[again], self.cents[again], len(self.start))
        has_any = self.repeats > 0
        x = self.repeats[has_any]
        return SpendPatterns(x, total[has_any] / x / 100, np.ones(len(x)))


def histories(person: NDArray[np.int64], at: NDArray[np.int64], end: int) -> PurchasePatterns:
    """(x, t_x, T) in days of times in microseconds, sorted by person and time, one row per person."""
    first = np.flatnonzero(np.diff(person, prepend=-1))
    last = np.append(first[1:], len(person)) - 1
    times = ((last - first).astype(np.float64), (at[last] - at[first]) / DAY, (end - at[first]) / DAY)
    return PurchasePatterns(*times, np.ones(len(first)))


def draw(segment: Segment, seed: int, customers: int = 100_000, first_days: int = DAYS) -> Drawn:
    """Customers who come evenly over `first_days`; all is seen until day DAYS."""
    rates = draw_rates(chance(seed, "rates"), segment, customers)
    start = chance(seed, "starts").integers(0, first_days * DAY, customers)
    purchases = purchase_times(chance(seed, "purchases"), rates[0], rates[1], start, DAYS * DAY)
    cents = spend_cents(chance(seed, "spend"), segment.p, rates[2][purchases.person])
    return Drawn(segment, start, DAYS * DAY, purchases, cents)


def shop_purchases(segments: tuple[Segment, ...], seed: int, customers: int) -> pl.DataFrame:
    """All purchases of a whole simulated shop, where nobody buys at two sites."""
    people = People(other_site_ratio=0)
    settings = SimulationSettings(seed=seed, customers=customers, days=DAYS, segments=segments, people=people)
    world = make_world(settings)
    return pl.concat(make_purchases(world, block, make_people(world, block))[1] for block in world.blocks())


def process_end() -> int:
    """The end of the delivered days of `shop_purchases`, on the process clock."""
    return int(OrderClock(SimulationSettings(days=DAYS)).to_process(np.array([DAYS * DAY]))[0])


def true_model(segment: Segment) -> PurchaseParameters:
    return PurchaseParameters("BG/NBD", segment.r, segment.alpha, segment.a, segment.b)
