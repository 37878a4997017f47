"""Whole windows of the past: which there are, what was expected of all customers in them, and what came."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache, partial

import duckdb
import polars as pl
import pytest

from histories import AS_OF, order_days, shop_warehouse
from mandje.predict.back_test.past_totals import PastTotal, past_totals
from mandje.predict.inputs.cuts import read_holdout
from mandje.predict.models.closed_forms import alive_probability, expected_orders, mean_spend
from mandje.predict.models.ladder import choose_purchase_model, choose_spend_model
from mandje.predict.season.year_before import find_seasons

DAYS = 800
ORDERS = order_days(1600, (0.9, 45.0, 0.8, 3.0), DAYS, seed=8)
FIRST_DAY = AS_OF - timedelta(days=DAYS - 1)
KNOWN = date(2025, 5, 31)


@cache
def con() -> duckdb.DuckDBPyConnection:
    return shop_warehouse(ORDERS)


@cache
def found() -> list[PastTotal]:
    return past_totals(con(), KNOWN, FIRST_DAY, 90, "BG/NBD")


def of_length(days: int) -> list[PastTotal]:
    return [one for one in found() if one.horizon_days == days]


@pytest.mark.parametrize(("days", "most"), [(30, 12), (90, 4), (365, 4)])
def test_windows_touch_and_none_overlaps(days: int, most: int) -> None:
    ends = [one.cut + timedelta(days=days) for one in of_length(days)]
    assert ends == [KNOWN - timedelta(days=days * number) for number in range(len(ends))]
    assert 0 < len(ends) <= most
    assert all((one.cut - FIRST_DAY).days + 1 >= 180 for one in of_length(days))


def test_what_came_is_counted_in_the_orders_themselves() -> None:
    for one in found():
        until = one.cut + timedelta(days=one.horizon_days)
        customers = ORDERS.filter(pl.col("order_date") <= one.cut)["person_id"].unique().implode()
        came = ORDERS.filter(
            pl.col("person_id").is_in(customers),
            pl.col("order_date").is_between(one.cut, until, closed="right"),
        )
        assert one.orders == len(came)
        assert one.spend == pytest.approx(came["spend"].sum(), abs=0.01)


def test_what_is_expected_is_the_sum_over_customers() -> None:
    """The newest window of 30 days, corrected: the horizon is stretched, the spend per order multiplied."""
    one = of_length(30)[0]
    held = read_holdout(con(), one.cut, 30)
    known, weight = held.patterns, held.patterns.weight
    model = choose_purchase_model(held.known, lambda: held.known).parameters
    spend = choose_spend_model(held.known_spend).parameters
    assert model is not None
    assert spend is not None
    read = partial(read_holdout, con(), horizon_days=30)
    season = find_seasons(read, one.cut, FIRST_DAY, 30, ("BG/NBD",))["BG/NBD"]
    assert season.orders.is_known
    alive = alive_probability(model, known.frequency, known.recency, known.age)
    means = mean_spend(spend, held.spend_days, held.mean_spend)
    told = ((one.expected_orders, one.expected_spend), (one.seasonal_orders, one.seasonal_spend))
    factors = ((1.0, 1.0), (season.orders.factor, season.spend.factor))
    for (orders, money), (g, v) in zip(told, factors, strict=True):
        each = alive * expected_orders(model, known.frequency, known.age, [30 * g])[0]
        assert orders == pytest.approx((weight * each).sum(), rel=1e-5)
        assert money == pytest.approx((weight * each * means).sum() * v, rel=1e-5)


def came_a_year_before(one: PastTotal) -> int:
    """Order days of those who were customers then."""
    held = read_holdout(con(), one.cut - timedelta(days=364), one.horizon_days)
    return int((held.patterns.weight * held.orders).sum())


def test_a_window_is_corrected_where_the_year_before_has_enough_and_a_year_never_is() -> None:
    for one in found():
        has_year = (one.cut - timedelta(days=364) - FIRST_DAY).days + 1 >= 180
        enough = has_year and one.horizon_days < 364 and came_a_year_before(one) >= 200
        assert one.is_corrected is enough
    assert {one.is_corrected for one in of_length(30)} == {True, False}


def test_too_few_customers_are_no_window() -> None:
    few = ORDERS.filter(pl.col("person_id") < "p0000300")
    assert past_totals(shop_warehouse(few), KNOWN, FIRST_DAY, 90, "BG/NBD") == []
