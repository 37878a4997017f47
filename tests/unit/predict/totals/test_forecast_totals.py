"""Tonight's totals by site and horizon, as the night writes them for the mart."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from histories import AS_OF, inputs, shop, simulate, warehouse
from mandje.predict.back_test.past_totals import PastTotal
from mandje.predict.fit import Fit, fit_and_score
from mandje.predict.totals.forecast_totals import find_totals, show_totals
from mandje.predict.totals.largest_customers import largest_customers

HISTORIES = simulate(1200, (0.9, 45, 0.8, 3.0), 600, seed=2)
PAST = [
    PastTotal(90, AS_OF - timedelta(days=90 * number), 100.0, 104, 1000.0, 1040.0, None, None)
    for number in range(1, 5)
]


@pytest.fixture(scope="module")
def night() -> tuple[duckdb.DuckDBPyConnection, Fit, list[dict[str, Any]]]:
    con = warehouse(inputs(*HISTORIES))
    fit = fit_and_score(con, shop(), AS_OF)
    return con, fit, find_totals(con, AS_OF, PAST)


Night = tuple[duckdb.DuckDBPyConnection, Fit, list[dict[str, Any]]]


def test_the_shop_has_every_horizon_and_a_site_two(night: Night) -> None:
    places = [(row["site"], row["horizon_days"]) for row in night[2]]
    assert places == [("(all)", 30), ("(all)", 90), ("(all)", 365), ("nl", 90), ("nl", 365)]


def test_sums_are_those_of_the_night(night: Night) -> None:
    con, fit, rows = night
    for row in rows[:3]:
        days = row["horizon_days"]
        of_fit = fit.expected_orders[f"{days}d"]
        assert of_fit is not None
        assert row["expected_order_count"] == round(of_fit, 4)
        (spend,) = con.execute(
            f"select sum(expected_spend_{days}d_amount) from predictions.customer_predictions"
        ).fetchall()[0]
        assert row["expected_spend_amount"] == spend
        assert row["customer_count"] == 1200


def test_the_range_is_of_the_windows_of_the_same_length(night: Night) -> None:
    month, quarter, year, *sites = night[2]
    assert quarter["order_low_count"] < quarter["expected_order_count"] < quarter["order_high_count"]
    assert quarter["spend_low_amount"] < quarter["expected_spend_amount"] < quarter["spend_high_amount"]
    assert (quarter["order_window_count"], quarter["interval_reason"]) == (4, None)
    for row in (month, year):
        assert row["order_low_count"] is None
        assert row["interval_reason"].startswith("0 window(s) of the past")
    assert {row["interval_reason"] for row in sites} == {"ranges are worked out for the whole shop only"}


def test_it_can_be_written_and_read_as_a_table(night: Night) -> None:
    con, _, rows = night
    show_totals(con, rows)
    kinds = dict(
        con.execute(
            "select column_name, data_type from duckdb_columns() where table_name = 'forecast_totals'"
        ).fetchall()
    )
    assert kinds["expected_order_count"] == "DECIMAL(18,4)"
    assert con.execute("select count(*), count(season_factor) from ops.forecast_totals").fetchall() == [
        (5, 5)
    ]
    show_totals(con, [])
    assert con.execute("select count(*) from ops.forecast_totals").fetchall() == [(0,)]


def test_nothing_forecast_is_told_without_a_number() -> None:
    con = warehouse(inputs([0], [0], [10]))
    fit_and_score(con, shop(), AS_OF)
    for row in find_totals(con, AS_OF, PAST):
        assert (row["customer_count"], row["expected_order_count"]) == (0, None)
        assert row["interval_reason"] in {
            "nothing is forecast",
            "ranges are worked out for the whole shop only",
        }


def test_the_largest_customers_are_those_with_the_highest_value(night: Night) -> None:
    con = night[0]
    values = con.sql("from predictions.customer_predictions").pl()["predicted_value_365d_amount"]
    highest = values.sort(descending=True)
    assert largest_customers(con) == {
        "largest_amount": highest[0],
        "few_amount": sum(highest[:12], Decimal(0)),
        "few_count": 12,
    }
