"""The range of a real shop's total: Online Retail, two years; data in `data/README.md`."""

from __future__ import annotations

import math
from collections import Counter
from datetime import date, timedelta
from functools import cache, partial

import duckdb
import pytest

from mandje.predict.back_test.past_totals import PastTotal, _of_cut, past_totals
from mandje.predict.back_test.scoreboard import read_orders
from mandje.predict.inputs.cuts import Past, read_holdout
from mandje.predict.inputs.histories import SHOP
from mandje.predict.totals.interval import Interval, Totals, order_interval, spend_interval
from repository import ROOT

FIRST, LAST, PEAK = date(2009, 12, 1), date(2011, 12, 9), date(2011, 9, 10)
# Before, too few windows of the past are over.
MONTH_ENDS = [date(2011, month, 1) - timedelta(1) for month in range(5, 12)]
CUTS = sorted(MONTH_ENDS + [day + timedelta(10) for day in MONTH_ENDS[:-1]])
# Month ends and 10ths with windows enough: 12 of 30 days or 4 of 90 days, or 3 corrected for season.
WITH_RANGE = {30: 10, 90: 4}
TOO_WIDE = {(90, date(2011, 6, 10)), (90, date(2011, 6, 30)), (90, PEAK)}


@cache
def shop() -> duckdb.DuckDBPyConnection:
    return read_orders(ROOT / "tests" / "reference" / "data" / "online_retail_two_years.csv.gz")


@cache
def past(month: date) -> list[PastTotal]:
    return past_totals(shop(), month - timedelta(1), FIRST, 90, "BG/NBD")


@cache
def earlier_cuts() -> Past:
    return Past(partial(read_holdout, shop()), FIRST, 90)


@cache
def told(cut: date) -> list[PastTotal]:
    """What is expected on a day, and what came."""
    horizons = [days for days in (30, 90) if cut + timedelta(days) <= LAST]
    held = {days: read_holdout(shop(), cut, days) for days in horizons}
    return list(_of_cut(shop(), earlier_cuts(), FIRST, "BG/NBD", cut, held, SHOP))


def ranges(cut: date, one: PastTotal) -> tuple[Interval, Interval]:
    orders, spend = (one.seasonal_orders, one.seasonal_spend) if one.is_corrected else plain(one)
    totals = Totals(one.horizon_days, orders, spend, one.is_corrected)
    known = past(cut.replace(day=1))
    return order_interval(totals, known), spend_interval(totals, known)


def plain(one: PastTotal) -> tuple[float | None, float | None]:
    return one.expected_orders, one.expected_spend


def half_width(found: Interval) -> float:
    assert found.low is not None
    assert found.high is not None
    return math.log(found.high / found.low) / 2


def is_inside(found: Interval, came: float) -> bool:
    return found.low is not None and found.high is not None and found.low <= came <= found.high


def test_the_peak() -> None:
    """30 days rest on three windows with a season; 90 days had none, and were off by the season."""
    month, quarter = told(PEAK)
    orders, spend = ranges(PEAK, month)
    assert (orders.windows, is_inside(orders, month.orders)) == (3, True)
    assert round(half_width(orders), 2) == 0.13
    # The one miss of all cuts: spend per order rose as in no window before.
    assert not is_inside(spend, month.spend)
    assert (round(half_width(spend), 2), round(math.log(month.spend / (month.seasonal_spend or 0)), 2)) == (
        *(0.11, 0.17),
    )
    orders, _ = ranges(PEAK, quarter)
    assert orders.reason == (
        "forecasts of 4 windows of the past were off by a factor of 1.37, typically: too much for a range"
    )


@pytest.mark.full
def test_at_most_one_cut_of_each_horizon_lies_outside_and_none_is_too_wide() -> None:
    known, outside = Counter[int](), Counter[tuple[int, str]]()
    too_wide = set()
    for cut in CUTS:
        for one in told(cut):
            days = one.horizon_days
            orders, spend = ranges(cut, one)
            if orders.reason:
                assert spend.reason
                too_wide |= {(days, cut)} if "too much" in orders.reason else set()
                continue
            known[days] += 1
            outside[days, "orders"] += not is_inside(orders, one.orders)
            outside[days, "spend"] += not is_inside(spend, one.spend)
            assert max(half_width(orders), half_width(spend)) <= math.log(1.5)
    assert known == WITH_RANGE
    assert outside == {(30, "orders"): 0, (30, "spend"): 1, (90, "orders"): 0, (90, "spend"): 0}
    assert too_wide == TOO_WIDE
