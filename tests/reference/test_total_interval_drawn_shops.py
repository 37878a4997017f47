"""How many totals of shops with a planted season and drift lie in their range, and how wide the range is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import duckdb
import pytest

from drawn_shops import draw_planted, draw_shop, last_day
from mandje.predict.back_test.past_totals import _of_cut, past_totals
from mandje.predict.back_test.scoreboard import _TABLES
from mandje.predict.inputs.cuts import Past, read_holdout
from mandje.predict.inputs.histories import SHOP
from mandje.predict.totals.interval import Interval, Totals, order_interval, spend_interval

HORIZONS = (30, 90)


@dataclass(frozen=True)
class Told:
    """A range, and what came."""

    found: Interval
    came: float

    @property
    def is_inside(self) -> bool:
        return self.found.low is not None and self.found.low <= self.came <= (self.found.high or 0)

    @property
    def half_width(self) -> float:
        return math.log((self.found.high or 1) / (self.found.low or 1)) / 2


def totals_of(seed: int) -> Iterator[Told]:
    """Orders and spend of both horizons of a drawn shop, as a night there would tell them."""
    planted, customers, days = draw_planted(seed)
    con = duckdb.connect()
    con.register("cells", draw_shop(customers, days + max(HORIZONS), planted, seed))
    con.execute(_TABLES)
    night, first = last_day(days), last_day(1)
    known = past_totals(con, night.replace(day=1) - timedelta(1), first, 90, "BG/NBD")
    ahead = {days: read_holdout(con, night, days) for days in HORIZONS}
    past = Past(partial(read_holdout, con), first, 90)
    for one in _of_cut(con, past, first, "BG/NBD", night, ahead, SHOP):
        orders, spend = (
            (one.seasonal_orders, one.seasonal_spend)
            if one.is_corrected
            else (one.expected_orders, one.expected_spend)
        )
        totals = Totals(one.horizon_days, orders, spend, one.is_corrected)
        yield Told(order_interval(totals, known), one.orders)
        yield Told(spend_interval(totals, known), one.spend)


def held(seeds: range) -> tuple[float, float, float]:
    """Shares of the totals that have a range and of those that it holds; the mean half width."""
    told = [one for seed in seeds for one in totals_of(seed)]
    known = [one for one in told if one.found.low is not None]
    share = sum(one.is_inside for one in known) / len(known)
    width = sum(one.half_width for one in known) / len(known)
    return len(known) / len(told), share, width


@pytest.mark.parametrize("shops", [10, pytest.param(300, marks=pytest.mark.full)])
def test_ranges_hold_four_of_five_totals(shops: int) -> None:
    known, share, width = held(range(shops))
    assert known >= 0.75
    assert 0.7 <= share <= 0.9
    assert width < 0.22  # a range that always holds is easy, if it is wide enough
