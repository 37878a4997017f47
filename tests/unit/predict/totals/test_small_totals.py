"""Totals of a handful of orders: their ends, and whether what came lay between."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from histories import AS_OF, shop, shop_warehouse
from mandje.predict.back_test.recent_shares import shares_totals
from mandje.predict.fit import fit_and_score
from mandje.predict.totals.interval import Interval, Totals, order_interval, spend_interval
from mandje.predict.totals.small_totals import count_interval, excess_variance
from rare_shop import DAYS, Rare, rare_orders

# 10 % and 90 % points of the Poisson law, from its sums by hand.
POISSON = {0.1: (0, 0), 1.0: (0, 2), 2.0: (0, 4), 5.0: (2, 8), 10.0: (6, 14)}


@pytest.mark.parametrize("expected", POISSON)
def test_windows_that_were_off_by_chance_alone_leave_chance(expected: float) -> None:
    assert count_interval(expected, [(4, 4), (4, 5), (4, 3), (4, 4)]) == POISSON[expected]


def test_excess_is_found_again() -> None:
    random = np.random.default_rng(4)
    told = random.uniform(5, 50, 20_000)
    came = random.poisson(told * random.gamma(4, 1 / 4, len(told)))
    assert excess_variance(list(zip(told, came, strict=True))) == pytest.approx(1 / 4, rel=0.05)


def test_windows_that_were_off_by_more_widen_the_range() -> None:
    low, high = count_interval(20, [(20, 5), (20, 45), (20, 20), (20, 38)])
    sure_low, sure_high = count_interval(20, [(20, 20)] * 4)
    assert low < sure_low < 20 < sure_high < high


@pytest.mark.parametrize("excess", [0.0, 0.1])
def test_at_least_four_of_five_lie_between(excess: float) -> None:
    random = np.random.default_rng(9)
    is_inside = []
    for _ in range(2000):
        expected = random.uniform(0.5, 40)
        means = expected * (random.gamma(1 / excess, excess, 13) if excess else np.ones(13))
        *past, now = random.poisson(means)
        low, high = count_interval(expected, [(expected, came) for came in past])
        is_inside.append(low <= now <= high)
    assert 0.78 <= np.mean(is_inside) <= 0.97


def test_windows_without_an_order_give_a_range_of_orders_and_none_of_money() -> None:
    con = shop_warehouse(rare_orders(Rare(), seed=3))
    past = shares_totals(con, AS_OF, AS_OF - timedelta(days=DAYS - 1))
    assert {one.horizon_days for one in past} == {30, 90}
    assert min(one.orders or 0 for one in past) == 0
    totals = Totals(90, 1.3, 60.0, is_corrected=False)
    assert order_interval(totals, past).low == 0
    told = Interval(None, None, 4, "fewer than 50 order days are expected")
    assert spend_interval(totals, past) == told


KINDS = {"2,000": Rare(), "soon or never": Rare(soon=1.0), "5,000": Rare(customers=5000)}


def is_inside(kind: Rare, seed: int, days: int) -> bool:
    orders = rare_orders(kind, seed)
    con = shop_warehouse(orders)
    fit = fit_and_score(con, shop(), AS_OF)
    past = shares_totals(con, AS_OF, AS_OF - timedelta(days=DAYS - 1))
    told = order_interval(
        Totals(days, float(fit.expected_orders[f"{days}d"] or 0), None, is_corrected=False), past
    )
    known = orders.filter(pl.col("order_date") <= AS_OF)["person_id"].unique()
    end = AS_OF + timedelta(days=days)
    is_later = (pl.col("order_date") > AS_OF) & (pl.col("order_date") <= end)
    came = orders.filter(is_later & pl.col("person_id").is_in(known.implode())).height
    assert told.low is not None
    assert told.high is not None
    return told.low <= came <= told.high


@pytest.mark.parametrize(
    ("kind", "seeds"),
    [
        pytest.param("2,000", range(4), id="a sample"),
        *(pytest.param(kind, range(40), id=kind, marks=pytest.mark.full) for kind in KINDS),
    ],
)
def test_the_total_of_shares_lies_within_its_range(kind: str, seeds: range) -> None:
    found = [is_inside(KINDS[kind], seed, 90) for seed in seeds]
    assert np.mean(found) >= 0.75
