"""The marts of a small shop whose every figure is worked out by hand."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mandje.shop.settings import Shop, load_shop
from mandje.warehouse.build import dbt_variables, register_partitions
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.dbt import run_dbt
from mandje.warehouse.missing_rates import missing_rates
from no_predictions import create_tables
from raw_shop import make_raw_shop

pytestmark = pytest.mark.xdist_group("small_shop_marts")

AS_OF = date(2025, 1, 31)
Feeds = dict[str, list[dict[str, Any]]]


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2025, 1, day, hour, tzinfo=UTC)


def order(name: str, day: int, **more: Any) -> dict[str, Any]:
    return {"order_id": name, "ordered_at": at(day), "delivery_date": date(2025, 1, day)} | more


def line(name: str, day: int, product: str, units: int, price: str, **more: Any) -> dict[str, Any]:
    sold = {"order_id": name, "line_number": 1, "product_id": product, "delivery_date": date(2025, 1, day)}
    return sold | {"quantity": Decimal(units), "unit_price_amount": Decimal(price)} | more


def refund(name: str, day: int, product: str, money: str, **more: Any) -> dict[str, Any]:
    back = {"return_id": name, "line_number": 1, "product_id": product, "returned_at": at(day)}
    return back | {"quantity": Decimal(1), "refund_amount": Decimal(money)} | more


def story() -> Feeds:
    """Two sites, a known customer with a guest order, a guest, a cancellation, and all kinds of returns."""
    uk = {"site": "uk", "currency_code": "GBP"}
    charged = {"shipping_amount": Decimal(5), "tax_amount": Decimal(20), "total_amount": Decimal(115)}
    return {
        "orders": [
            order("o1", 10, customer_id="c1", **charged),
            order("o2", 12, customer_id="c1", total_amount=Decimal(10), **uk),
            order("o3", 20, email_hash="e1", total_amount=Decimal(30)),
            order("o4", 20, total_amount=Decimal(7)),
            order("o5", 20, customer_id="c2", total_amount=Decimal(99)),
            order("o5", 20, customer_id="c2", status="cancelled", updated_at=at(22), total_amount=Decimal(99))
            | {"delivery_date": date(2025, 1, 22)},
            order("o6", 31, customer_id="c2", ordered_at=at(31, 23)),
        ],
        "order_lines": [
            line("o1", 10, "p1", 2, "50", discount_amount=Decimal(10), unit_cost_amount=Decimal(20)),
            line("o2", 12, "p1", 1, "10", currency_code="GBP"),
            line("o3", 20, "p2", 1, "30"),
            line("o4", 20, "p2", 1, "7"),
            line("o5", 20, "p1", 1, "99"),
            line("o5", 22, "p1", 1, "99"),
        ],
        "returns": [
            refund("r1", 25, "p1", "40", order_id="o1"),
            refund("r2", 26, "p1", "9", customer_id="c1", **uk),
            refund("r3", 26, "p1", "99", order_id="o5"),
            refund("r4", 26, "p1", "1"),
        ],
        "adjustments": [
            {"adjustment_id": "a1", "adjusted_at": at(27), "kind": "discount", "amount": Decimal(3)}
            | {"order_id": "o1"},
            {"adjustment_id": "a2", "adjusted_at": at(27), "kind": "shop_cost", "amount": Decimal(7)},
        ],
        "customers": [
            {"customer_id": "c1", "email_hash": "e1", "first_seen_at": at(10)},
            {"customer_id": "c3", "first_seen_at": at(15), "consent_profiling": True},
        ],
        "exchange_rates": [
            {"rate_date": date(2025, 1, 10), "from_currency": "GBP", "to_currency": "EUR"}
            | {"rate": Decimal("1.2")}
        ],
    }


@pytest.fixture(scope="module")
def small_shop(build_warehouse: Callable[..., Shop]) -> Shop:
    return build_warehouse(story(), AS_OF)


def ask(shop: Shop, query: str) -> list[tuple[Any, ...]]:
    with open_warehouse(shop, read_only=True) as connection:
        return connection.execute(query).fetchall()


def figures(shop: Shop, query: str) -> list[tuple[Any, ...]]:
    """Decimals as short text, to compare with what a person writes."""
    return [
        tuple(f"{cell.normalize():f}" if isinstance(cell, Decimal) else cell for cell in row)
        for row in ask(shop, query)
    ]


def test_orders_show_all_that_are_due_and_count_what_was_paid(small_shop: Shop) -> None:
    shown = figures(
        small_shop,
        "SELECT order_id, is_counted, gross_sales_amount, returned_amount, net_sales_amount, total_amount,"
        " delivered_total_amount FROM marts.orders ORDER BY order_id",
    )
    assert shown == [
        ("o1", True, "100", "40", "47", "115", "115"),
        ("o2", True, "12", "10.8", "1.2", "12", "10"),
        ("o3", True, "30", "0", "30", "30", "30"),
        ("o4", True, "7", "0", "7", "7", "7"),
        ("o5", False, "0", "0", "0", "0", "99"),
    ]


def test_contribution_takes_costs_from_the_line_else_the_margin(small_shop: Shop) -> None:
    """o1: 47 + 5 shipping − 2 × 20 + 20 back; o2: 1.2 − 7.2 + 7.2 (60 % of 12, sold and back)."""
    shown = figures(
        small_shop,
        "SELECT order_id, contribution_amount, is_cost_estimated FROM marts.orders"
        " WHERE order_id IN ('o1', 'o2') ORDER BY order_id",
    )
    assert shown == [("o1", "32", False), ("o2", "1.2", True)]


def test_returns_are_linked_matched_or_neither(small_shop: Shop) -> None:
    shown = figures(
        small_shop,
        "SELECT return_id, match_kind, order_id, person_id, is_counted, exchange_rate, returned_amount"
        " FROM marts.returns ORDER BY return_id",
    )
    assert shown == [
        ("r1", "linked", "o1", "customer:c1", True, "1", "40"),
        ("r2", "matched", "o2", "customer:c1", True, "1.2", "10.8"),
        ("r3", "linked", "o5", "customer:c2", False, "1", "0"),
        ("r4", "unmatched", None, None, True, "1", "1"),
    ]


def test_days_book_returns_on_their_date_and_on_that_of_the_order(small_shop: Shop) -> None:
    shown = figures(
        small_shop,
        "SELECT day(kpi_date), order_count, new_customer_count, returning_customer_count, net_sales_amount,"
        " net_sales_by_order_date_amount, total_sales_amount, shop_cost_amount FROM marts.daily_kpis"
        " WHERE site = '(all)' AND (order_count > 0 OR net_sales_amount <> 0 OR shop_cost_amount <> 0)"
        " ORDER BY kpi_date",
    )
    assert shown == [
        (10, 1, 1, 0, "90", "47", "115", "0"),
        (12, 1, 0, 1, "12", "1.2", "12", "0"),
        (20, 2, 1, 1, "37", "37", "37", "0"),
        (25, 0, 0, 0, "-40", "0", "-40", "0"),
        (26, 0, 0, 0, "-11.8", "-1", "-11.8", "0"),
        (27, 0, 0, 0, "-3", "0", "-3", "7"),
    ]


def test_every_day_stands_for_every_site(small_shop: Shop) -> None:
    shown = ask(
        small_shop,
        "SELECT site, count(*), min(kpi_date), max(kpi_date), count(previous_order_count),"
        " count(year_before_order_count) FROM marts.daily_kpis GROUP BY site ORDER BY site",
    )
    whole = (22, date(2025, 1, 10), AS_OF, 21, 0)
    assert shown == [("(all)", *whole), ("nl", *whole), ("uk", *whole)]


def test_customers_are_persons(small_shop: Shop) -> None:
    shown = figures(
        small_shop,
        "SELECT person_id, person_kind, order_count, net_sales_amount, has_profiling_consent"
        " FROM marts.customers ORDER BY person_id",
    )
    assert shown == [
        ("customer:c1", "customer", 3, "78.2", False),
        ("customer:c2", "customer", 0, "0", False),
        ("customer:c3", "customer", 0, "0", True),
        ("order:o4", "order", 1, "7", False),
    ]


def test_value_has_every_person_once_with_a_reason(small_shop: Shop) -> None:
    shown = ask(small_shop, "SELECT person_id, reason FROM marts.customer_value ORDER BY person_id")
    assert shown == [
        ("customer:c1", None),
        ("customer:c2", "no_order"),
        ("customer:c3", "no_order"),
        ("order:o4", "guest"),
    ]


def test_rates_serve_for_seven_days(small_shop: Shop) -> None:
    shown = ask(
        small_shop,
        "SELECT min(rate_date), max(rate_date), max(rate_age_days), count(*) FROM marts.exchange_rates",
    )
    assert shown == [(date(2025, 1, 10), date(2025, 1, 17), 7, 8)]


def test_a_missing_rate_stops_the_build_and_names_day_and_pair(tmp_path: Path) -> None:
    feeds = story()
    feeds["orders"] += [
        order("o7", 18, site="uk", currency_code="GBP"),
        order("o8", 19, site="uk", currency_code="GBP"),
        order("o9", 28, site="uk", currency_code="GBP"),
        order("o10", 19, site="uk", currency_code="CHF"),
    ]
    shop, partitions = make_raw_shop(tmp_path, feeds)
    register_partitions(shop, AS_OF, partitions, [])
    results = run_dbt(shop, "run", ("--select", "+int_rates_found"), dbt_variables(shop, AS_OF))
    messages = [one.message for one in results if one.status == "error"]
    assert len(messages) == 1
    assert "no exchange rate from GBP to EUR for 2025-01-18" in messages[0]
    told = str(missing_rates(shop, AS_OF, messages[0]))
    assert (
        "no exchange rate for money of CHF on 2025-01-19; GBP on 3 days from 2025-01-18 to 2025-01-28" in told
    )
    assert "no rate of CHF at all; the newest rate of GBP is of 2025-01-10" in told
    # A rate serves seven more days.
    assert "| 2025-01-19,CHF,EUR,<rate> | 2025-01-18,GBP,EUR,<rate> | 2025-01-28,GBP,EUR,<rate>; then" in told
    assert 'add [sources.exchange_rates] with adapter = "canonical" to shop.toml' in told


@pytest.mark.parametrize(
    "table", ["event_facts", "events", "experiments", "messages", "daily_messages", "service_contacts"]
)
def test_feeds_that_never_came_give_empty_tables(small_shop: Shop, table: str) -> None:
    assert ask(small_shop, f"SELECT count(*) FROM marts.{table}") == [(0,)]


# A row of each mart that is not what its facts say, and the test that finds it.
DEFECTS = {
    "orders_equal_their_lines": "UPDATE marts.order_line_facts SET gross_sales_amount = 1"
    " WHERE order_id = 'o3'",
    "orders_equal_what_came_off_them": "UPDATE marts.returns SET returned_tax_amount = 1"
    " WHERE order_id = 'o1'",
    "marts_show_all_that_is_due": "INSERT INTO marts.returns SELECT * FROM marts.returns"
    " WHERE return_id = 'r4'",
    "daily_kpis_equal_facts": "UPDATE marts.daily_kpis SET total_sales_amount = 0",
    "daily_kpis_equal_orders_by_day": "UPDATE marts.daily_kpis SET net_sales_by_order_date_amount = 1"
    " WHERE site = 'uk'",
    "all_sites_equal_each_site": "UPDATE marts.daily_kpis SET order_count = 5 WHERE site = 'nl'",
    "customers_equal_orders": "DELETE FROM marts.customers WHERE person_id = 'order:o4'",
    "customer_value_equals_customers": "DELETE FROM marts.customer_value WHERE person_id = 'customer:c2'",
    "return_parts_equal_their_line": "UPDATE marts.returns SET quantity = 9 WHERE return_id = 'r2'",
    "order_totals_add_up": "UPDATE intermediate.int_order_totals_compared SET is_tied = false",
    "customer_inputs_are_histories": "UPDATE intermediate.int_customer_inputs SET recency_days = age_days",
    "newer_versions_keep_their_lines": "DELETE FROM staging.stg_order_lines WHERE order_id = 'o3'",
    "newer_versions_keep_their_refunds": "DELETE FROM staging.stg_returns WHERE return_id = 'r1'",
    "lines_have_an_order": "DELETE FROM staging.stg_orders WHERE order_id = 'o5'",
    "sites_are_known": "UPDATE staging.stg_adjustments SET site = 'de'",
    "unique_key_returns_return_id__line_number__part_number": "SELECT 1",
}


def test_reconciliation_finds_planted_defects(small_shop: Shop, tmp_path: Path) -> None:
    shop = load_shop(shutil.copytree(small_shop.folder, tmp_path / "shop"))
    with open_warehouse(shop) as connection:
        for defect in DEFECTS.values():
            connection.execute(defect)
    chosen = ("--exclude-resource-type", "unit_test", "--select", *DEFECTS)
    found = {one.name: one.status for one in run_dbt(shop, "test", chosen, dbt_variables(shop, AS_OF))}
    told = ("order_totals_add_up", "lines_have_an_order")
    of_versions = ("newer_versions_keep_their_lines", "newer_versions_keep_their_refunds")
    warned = dict.fromkeys((*told, *of_versions), "warn")
    assert found == dict.fromkeys(DEFECTS, "fail") | warned


def test_a_later_cancellation_restates_the_day_of_the_order(tmp_path: Path) -> None:
    feeds = story()
    later = feeds["orders"].pop(5)
    shop, partitions = make_raw_shop(tmp_path, feeds)
    types = ("--resource-type", "model", "--resource-type", "seed")
    chosen = ("--select", "+daily_kpis", "+restatements", *types)
    register_partitions(shop, date(2025, 1, 21), partitions, [])
    with open_warehouse(shop) as connection:
        create_tables(connection)
    run_dbt(shop, "build", chosen, dbt_variables(shop, date(2025, 1, 21)))
    assert ask(shop, "SELECT count(*) FROM marts.restatements") == [(0,)]
    _publish_days(shop, "2025-01-21")
    shop, partitions = make_raw_shop(tmp_path, feeds | {"orders": [*feeds["orders"], later]})
    register_partitions(shop, date(2025, 1, 22), partitions, [])
    run_dbt(shop, "build", chosen, dbt_variables(shop, date(2025, 1, 22)))
    changed = figures(
        shop,
        "SELECT day(kpi_date), kpi_name, published_value, current_value, change_value, published_as_of_date"
        " FROM marts.restatements WHERE site = 'nl' AND kpi_name IN ('order_count', 'net_sales_amount')"
        " ORDER BY kpi_name",
    )
    assert changed == [
        (20, "net_sales_amount", "136", "37", "-99", date(2025, 1, 21)),
        (20, "order_count", "3", "2", "-1", date(2025, 1, 21)),
    ]
    assert ask(shop, "SELECT DISTINCT kpi_date FROM marts.restatements") == [(date(2025, 1, 20),)]


def _publish_days(shop: Shop, as_of_date: str) -> None:
    """What publishing leaves for the next night to compare with."""
    place = shop.published / f"{as_of_date}-{'0' * 12}" / "parquet" / "daily_kpis"
    place.mkdir(parents=True)
    with open_warehouse(shop) as connection:
        connection.execute(f"COPY marts.daily_kpis TO '{place}/part.parquet'")
