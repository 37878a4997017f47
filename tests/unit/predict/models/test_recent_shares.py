"""Shares of customers alike: counted as they should be, drawn to coarser groups, never upside down."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import numpy as np
import polars as pl
import pytest

from histories import AS_OF, shop_warehouse
from mandje.predict.inputs.recent_windows import read_mean_order, read_recent_windows
from mandje.predict.models.parameters import PurchasePatterns
from mandje.predict.models.recent_shares import (
    MOST_TIMES,
    SINCE_LIMITS,
    RecentShares,
    Seen,
    fit_recent_shares,
    groups,
)
from rare_shop import Rare, rare_orders

SIZE = (len(SINCE_LIMITS) + 1, MOST_TIMES)
RANDOM = np.random.default_rng(3)


def seen(customers: np.ndarray, with_order: np.ndarray, order_days: np.ndarray | None = None) -> Seen:
    days = with_order if order_days is None else order_days
    return Seen(customers.astype(np.float64), with_order.astype(np.float64), days.astype(np.float64), 90)


def fitted(what: Seen) -> RecentShares:
    found = fit_recent_shares(what)
    assert found is not None
    return found


def test_history_is_grouped_by_its_last_order_and_its_order_days() -> None:
    age = np.array([1, 8, 400, 400, 400], dtype=np.float64)
    recency = np.array([0, 1, 0, 399, 300], dtype=np.float64)
    x = np.array([0, 1, 0, 1, 7], dtype=np.float64)
    since, times = groups(PurchasePatterns(x, recency, age, np.ones(5)))
    assert since.tolist() == [0, 1, 12, 0, 8]
    assert times.tolist() == [0, 1, 0, 1, 2]


def test_a_group_without_customers_says_what_the_curve_says() -> None:
    customers = np.full(SIZE, 1_000)
    came = np.round(customers * (60 / (60 + np.arange(SIZE[0]) ** 2.5)[:, None]) * 0.1)
    whole = fitted(seen(customers, came)).share
    customers[9], came[9] = 0, 0
    share = fitted(seen(customers, came)).share
    assert (share[8] >= share[9]).all()
    assert (share[9] >= share[10]).all()
    np.testing.assert_allclose(share[9], whole[9], rtol=0.5)


def test_a_single_order_puts_the_latest_first() -> None:
    """Nothing is known but that one of 15,000 ordered, long ago: who ordered last is ranked first."""
    customers, came = np.full(SIZE, 1000), np.zeros(SIZE)
    came[12, 0] = 1
    share = fitted(seen(customers, came)).share[:, 0]
    assert share[0] > share[-1]
    assert (1000 * fitted(seen(customers, came)).share).sum() == pytest.approx(1, rel=0.2)


def test_much_data_speaks_for_itself() -> None:
    true = np.linspace(0.3, 0.02, SIZE[0])[:, None] * np.array([0.5, 1.0, 1.8])
    customers = np.full(SIZE, 1_000_000)
    shares = fitted(seen(customers, np.round(customers * true)))
    np.testing.assert_allclose(shares.share, true, rtol=0.001)


def test_one_customer_is_not_believed() -> None:
    """Of one group all one customer ordered, of the others one in a hundred."""
    customers, came = np.full(SIZE, 1000), np.full(SIZE, 10)
    customers[3, 2], came[3, 2] = 1, 1
    assert fitted(seen(customers, came)).share[3, 2] < 0.03


@pytest.mark.parametrize("seed", range(5))
def test_the_longer_ago_the_last_order_the_lower_the_share(seed: int) -> None:
    random = np.random.default_rng(seed)
    customers = random.integers(0, 50, SIZE)
    came = random.binomial(customers, random.uniform(0, 1, SIZE))
    share = fitted(seen(customers, came)).share
    assert (np.diff(share, axis=0) <= 1e-12).all()
    assert ((share > 0) & (share < 1)).all()


def test_everybody_ordered() -> None:
    customers = np.full(SIZE, 200)
    shares = fitted(seen(customers, customers, 3 * customers))
    assert (shares.share > 0.98).all()
    assert (shares.share < 1).all()
    np.testing.assert_allclose(shares.mean_orders, 3)


def test_nobody_ordered() -> None:
    shares = fitted(seen(np.full(SIZE, 200), np.zeros(SIZE)))
    assert 0 < (200 * shares.share).sum() <= 0.5
    assert set(shares.mean_orders) == {1.0}


def test_nobody_was_there() -> None:
    assert fit_recent_shares(seen(np.zeros(SIZE), np.zeros(SIZE))) is None


def test_another_horizon_at_the_same_pace() -> None:
    shares = fitted(seen(np.full(SIZE, 1000), np.full(SIZE, 100)))
    one = PurchasePatterns(*(np.array([each]) for each in (0.0, 0.0, 50.0, 1.0)))
    stays_away = 1 - shares.some_order(one)
    np.testing.assert_allclose(1 - shares.some_order(one, 180.0), stays_away**2)
    np.testing.assert_allclose(shares.some_order(one, 90.0), shares.some_order(one))


def slowly(orders: pl.DataFrame, cuts: list[date], horizon: int) -> Seen:
    """Person by person and window by window."""
    customers, with_order, order_days = (np.zeros(SIZE) for _ in range(3))
    by_person = orders.group_by("person_id").agg(pl.col("order_date").unique().sort())
    for days in by_person["order_date"].to_list():
        for cut in cuts:
            before = [day for day in days if day <= cut]
            if not before:
                continue
            since = sum((cut - before[-1]).days >= limit for limit in SINCE_LIMITS)
            place = since, min(len(before), MOST_TIMES) - 1
            came = sum(cut < day <= cut + timedelta(days=horizon) for day in days)
            customers[place] += 1
            with_order[place] += came > 0
            order_days[place] += came
    return Seen(customers, with_order, order_days, horizon)


def read(con: duckdb.DuckDBPyConnection, horizon: int, first_day: date) -> Seen:
    found = read_recent_windows(con, AS_OF, first_day, horizon)
    assert found is not None
    return found


@pytest.mark.parametrize(("horizon", "windows"), [(30, 13), (90, 13), (365, 10)])
def test_windows_are_counted_as_by_hand(horizon: int, windows: int) -> None:
    orders = rare_orders(Rare(customers=300, returning=0.5, again=0.5), seed=1)
    con, first_day = shop_warehouse(orders), orders["order_date"].min()
    assert isinstance(first_day, date)
    found = read(con, horizon, first_day)
    cuts = [AS_OF - timedelta(days=horizon + 28 * number) for number in range(windows)]
    expected = slowly(orders, cuts, horizon)
    share = min(1.0, 28 / horizon)
    assert found.horizon == horizon
    np.testing.assert_allclose(found.customers, expected.customers * share)
    np.testing.assert_allclose(found.with_order, expected.with_order * share)
    np.testing.assert_allclose(found.order_days, expected.order_days * share)
    assert (expected.order_days > expected.with_order).any()


def test_who_may_not_be_learnt_from_is_not_counted() -> None:
    orders = rare_orders(Rare(customers=300, returning=0.5), seed=1)
    con = shop_warehouse(orders)
    first_day = AS_OF - timedelta(days=729)
    whole = read(con, 90, first_day).customers.sum()
    con.execute(
        "update intermediate.int_customer_inputs set has_consent = false where person_id < 'p0000100'"
    )
    con.execute("update intermediate.int_customer_inputs set is_in_fit = false where person_id > 'p0000200'")
    assert 0 < read(con, 90, first_day).customers.sum() < 0.5 * whole


def test_a_window_needs_a_history_before_it() -> None:
    orders = rare_orders(Rare(customers=300), seed=1)
    con = shop_warehouse(orders)
    assert read_recent_windows(con, AS_OF, AS_OF - timedelta(days=178), 90) is None
    known = [
        len(orders.filter(pl.col("order_date") <= AS_OF - timedelta(days=90 + wait))["person_id"].unique())
        for wait in (0, 28)
    ]
    assert read(con, 90, AS_OF - timedelta(days=179)).customers.sum() == known[0]
    two = read(con, 90, AS_OF - timedelta(days=179 + 28)).customers.sum()
    assert two == pytest.approx(sum(known) * 28 / 90)


def test_what_an_order_brings() -> None:
    orders = rare_orders(Rare(customers=300, returning=0.5), seed=1)
    mean = orders.filter(pl.col("order_date") <= AS_OF)["spend"].mean()
    assert read_mean_order(shop_warehouse(orders), AS_OF) == pytest.approx(mean, abs=1e-4)
