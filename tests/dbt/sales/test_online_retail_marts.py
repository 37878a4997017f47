"""Online Retail's marts against figures known from the source."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import polars as pl
import pytest

from lifetimes_summary import assert_equal_histories, money_differences, summed_by_lifetimes
from mandje.shop.settings import Shop
from mandje.warehouse.connection import open_warehouse
from repository import DATA

pytestmark = pytest.mark.xdist_group("online_retail_marts")


def ask(shop: Shop, query: str) -> list[tuple[Any, ...]]:
    with open_warehouse(shop, read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_orders_and_their_totals(online_retail_marts: Shop) -> None:
    known = ask(
        online_retail_marts,
        "SELECT count(*), sum(total_amount), count(*) FILTER (is_guest),"
        " count(DISTINCT person_id) FILTER (NOT is_guest), bool_and(is_counted) FROM marts.orders",
    )
    assert known == [(19_959, Decimal("10655622.4840"), 1_427, 4_338, True)]


def test_refunds_tie_to_the_c_invoices(online_retail_marts: Shop) -> None:
    given_back = ask(
        online_retail_marts,
        "SELECT (SELECT sum(returned_amount) FROM marts.returns) + (SELECT sum(adjusted_amount)"
        " FROM marts.adjustments WHERE kind <> 'bad_debt')",
    )
    assert given_back == [(Decimal("896812.4900"),)]


def test_the_birdies_sent_back_within_minutes_are_no_net_sales(online_retail_marts: Shop) -> None:
    sold = ask(
        online_retail_marts,
        "SELECT gross_sales_amount, returned_amount, net_sales_amount FROM marts.orders"
        " WHERE order_id = '581483'",
    )
    assert sold == [(Decimal("168469.6"), Decimal("168469.6"), Decimal(0))]
    came_back = ask(
        online_retail_marts,
        "SELECT match_kind, order_id, return_date = order_date, quantity FROM marts.returns"
        " WHERE return_id = 'C581484'",
    )
    assert came_back == [("matched", "581483", True, Decimal(80_995))]


def test_the_birdies_day_counts_in_x_but_is_no_spend_day(online_retail_marts: Shop) -> None:
    inputs = ask(
        online_retail_marts,
        "SELECT frequency, recency_days, age_days, spend_days, mean_spend_amount"
        " FROM intermediate.int_customer_inputs WHERE customer_id = '16446'",
    )
    assert inputs == [(1, 205, 206, 0, None)]


def test_both_views_of_net_sales_agree_over_the_whole_history(online_retail_marts: Shop) -> None:
    views = ask(
        online_retail_marts,
        "SELECT site, sum(net_sales_amount) = sum(net_sales_by_order_date_amount), count(*)"
        " FROM marts.daily_kpis GROUP BY site ORDER BY site",
    )
    assert views == [("(all)", True, 374), ("uk", True, 374)]


def test_every_buyer_has_inputs_and_guests_have_none(online_retail_marts: Shop) -> None:
    inputs = ask(
        online_retail_marts,
        "SELECT count(*), count(*) FILTER (NOT is_in_fit), count(*) FILTER (has_consent)"
        " FROM intermediate.int_customer_inputs",
    )
    assert inputs == [(4_338, 1_273, 4_338)]


SOLD = f"""
select CustomerID as person, InvoiceDate as at, Quantity * UnitPrice as spend
from '{DATA}/online_retail/source/online_retail.parquet'
where CustomerID is not null and InvoiceNo similar to '[0-9]+' and Quantity > 0 and UnitPrice > 0
"""


def frame_of(shop: Shop, query: str) -> pl.DataFrame:
    with open_warehouse(shop, read_only=True) as connection:
        frame: pl.DataFrame = connection.sql(query).pl()
    return frame


def test_inputs_equal_lifetimes_summary(online_retail_marts: Shop) -> None:
    day = date(2011, 12, 9)
    inputs = frame_of(
        online_retail_marts, "select *, customer_id as person from intermediate.int_customer_inputs"
    )
    lines = duckdb.sql(SOLD).pl().with_columns(pl.col("person").cast(pl.Int64).cast(pl.String))
    assert assert_equal_histories(inputs, summed_by_lifetimes(lines, day)).height == 4_338
    orders = frame_of(
        online_retail_marts,
        "select customer_id as person, cast(order_date as timestamp) as at, net_sales_amount as spend"
        " from marts.orders where is_counted and customer_id is not null",
    )
    both = assert_equal_histories(inputs, summed_by_lifetimes(orders, day))
    found = money_differences(both, day)
    assert found == {"a day that may still lose": 1332, "a day without net spend": 99}
