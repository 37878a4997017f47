"""Orders given back with their tax, by hand: 3 books of 19.95 with 21 % are 49.46 and 10.39 of tax."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from mandje.shop.settings import Shop
from mandje.warehouse.build import dbt_variables
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.dbt import run_dbt

pytestmark = pytest.mark.xdist_group("tax_given_back")

AS_OF = date(2025, 1, 31)
BOOKS = {"product_id": "book", "quantity": Decimal(3)}
CHARGED = {"shipping_amount": Decimal(5), "tax_amount": Decimal("11.44"), "total_amount": Decimal("65.90")}


def at(day: int) -> datetime:
    return datetime(2025, 1, day, 12, tzinfo=UTC)


def story() -> dict[str, list[dict[str, Any]]]:
    """All of `whole` comes back, the shipping later; of `part` one book, without a word of its tax."""
    orders = [{"order_id": name, "ordered_at": at(10), **CHARGED} for name in ("whole", "part", "lost")]
    lines = [
        {"order_id": name, "line_number": 1, "gross_amount": Decimal("49.46"), "unit_price_amount": None}
        | BOOKS
        for name in ("whole", "part", "lost")
    ]
    back = {"line_number": 1, "product_id": "book"}
    returns = [
        back
        | {"return_id": "r1", "order_id": "whole", "returned_at": at(20), "quantity": Decimal(3)}
        | {"refund_amount": Decimal("49.46"), "tax_amount": Decimal("10.39")},
        back
        | {"return_id": "r2", "order_id": "part", "returned_at": at(21), "quantity": Decimal(1)}
        | {"refund_amount": Decimal("16.49")},
    ]
    adjustments = [
        {"adjustment_id": "a1", "order_id": "whole", "adjusted_at": at(22), "kind": "shipping_refund"}
        | {"amount": Decimal(5), "tax_amount": Decimal("1.05")},
        {"adjustment_id": "a2", "order_id": "lost", "adjusted_at": at(23), "kind": "bad_debt"}
        | {"amount": Decimal("54.46"), "tax_amount": Decimal("11.44")},
    ]
    return {"orders": orders, "order_lines": lines, "returns": returns, "adjustments": adjustments}


@pytest.fixture(scope="module")
def shop(build_warehouse: Callable[..., Shop]) -> Shop:
    return build_warehouse(story(), AS_OF)


def ask(shop: Shop, query: str) -> list[tuple[Any, ...]]:
    with open_warehouse(shop, read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_an_order_ties_by_the_prices_of_its_whole_lines(shop: Shop) -> None:
    shown = ask(
        shop,
        "SELECT gross_sales_amount, total_amount, delivered_total_amount, is_incomplete FROM marts.orders",
    )
    assert shown == [(Decimal("49.46"), Decimal("65.90"), Decimal("65.90"), False)] * 3
    units = ask(shop, "SELECT DISTINCT delivered_unit_price_amount FROM marts.order_lines")
    assert units == [(Decimal("16.4867"),)]


def test_tax_comes_off_the_order_that_it_was_of(shop: Shop) -> None:
    shown = ask(shop, "SELECT order_id, tax_amount, tax_refund_amount FROM marts.orders ORDER BY order_id")
    tax = Decimal("11.44")
    assert shown == [("lost", tax, 0), ("part", tax, 0), ("whole", tax, tax)]


def test_tax_is_taken_off_total_sales_on_the_day_it_is_given_back(shop: Shop) -> None:
    """What a shop cannot tell of stays in; the tax of a debt is no sale, as the debt is none."""
    shown = ask(
        shop,
        "SELECT day(kpi_date), tax_amount, tax_refund_amount, total_sales_amount FROM marts.daily_kpis"
        " WHERE site = '(all)' AND kpi_date IN ('2025-01-10', '2025-01-20', '2025-01-21', '2025-01-22',"
        " '2025-01-23') ORDER BY kpi_date",
    )
    assert [tuple(str(cell) for cell in row) for row in shown] == [
        ("10", "34.3200", "0.0000", "197.7000"),
        ("20", "0.0000", "10.3900", "-59.8500"),
        ("21", "0.0000", "0.0000", "-16.4900"),
        ("22", "0.0000", "1.0500", "-6.0500"),
        ("23", "0.0000", "0.0000", "0.0000"),
    ]


def test_an_order_given_back_in_full_leaves_no_total_sales(build_warehouse: Callable[..., Shop]) -> None:
    whole = {feed: [row for row in rows if row["order_id"] == "whole"] for feed, rows in story().items()}
    alone = build_warehouse(whole, AS_OF, ("--select", "+daily_kpis"))
    sums = ask(alone, "SELECT sum(total_sales_amount), sum(tax_refund_amount) FROM marts.daily_kpis")
    assert sums == [(0, 2 * Decimal("11.44"))]


def test_all_grains_agree(shop: Shop) -> None:
    chosen = ("--exclude-resource-type", "unit_test", "--select", "daily_kpis_equal_facts")
    also = ("days_add_up_to_weeks_and_months", "orders_equal_what_came_off_them", "all_sites_equal_each_site")
    found = run_dbt(shop, "test", (*chosen, *also), dbt_variables(shop, AS_OF))
    assert {one.status for one in found} == {"pass"}
