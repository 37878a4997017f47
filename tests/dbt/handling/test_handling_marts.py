"""Payments and fulfilments of a small shop whose every figure is worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mandje.shop.settings import Shop
from mandje.warehouse.build import dbt_variables
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.dbt import run_dbt
from tiny_shop import copy_shop

AS_OF = date(2025, 1, 31)
MARTS = ("--select", "+orders", "+payments", "+fulfilments")
Rows = list[dict[str, Any]]


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2025, 1, day, hour, tzinfo=UTC)


def order(name: str, day: int, **more: Any) -> dict[str, Any]:
    return {"order_id": name, "customer_id": "c1", "ordered_at": at(day)} | more


def paid(name: str, order_id: str, day: int, money: str, method: str, **more: Any) -> dict[str, Any]:
    row = {"payment_id": name, "order_id": order_id, "paid_at": at(day), "amount": Decimal(money)}
    return row | {"method": method} | more


def sent(name: str, order_id: str, day: int, arrived: int | None, **more: Any) -> dict[str, Any]:
    there = None if arrived is None else at(arrived)
    return {"fulfilment_id": name, "order_id": order_id, "shipped_at": at(day), "delivered_at": there} | more


def story() -> dict[str, Rows]:
    """An order paid in two ways and partly given back, one in pounds, one cancelled, one of nothing told."""
    return {
        "orders": [
            order("o1", 10),
            order("o2", 12, site="uk", currency_code="GBP", ordered_at=at(12, 23)),
            order("o3", 20, status="cancelled"),
            order("o4", 30),
        ],
        "payments": [
            paid("p1", "o1", 10, "20", "gift_card"),
            paid("p2", "o1", 10, "80", "card"),
            paid("p2", "o1", 10, "79", "card", updated_at=at(9)),
            paid("p3", "o1", 25, "-40", "card"),
            paid("p4", "o2", 15, "10", "wallet", currency_code="GBP"),
            paid("p5", "o3", 20, "50", "card"),
            paid("p6", "o3", 21, "-50", "card"),
            paid("p7", "o9", 21, "5", "card"),
            paid("p8", "o4", 30, "7", "card", paid_at=at(31, 23)),
        ],
        "fulfilments": [
            sent("f1", "o1", 11, 13, carrier="post"),
            sent("f2", "o1", 12, 16),
            sent("f3", "o2", 14, 16, shipped_at=at(14, 23), delivered_at=at(16, 23)),
            sent("f4", "o4", 31, None),
            sent("f5", "o9", 14, 12),
        ],
        "exchange_rates": [
            {"rate_date": date(2025, 1, day), "from_currency": "GBP", "to_currency": "EUR"}
            | {"rate": Decimal(rate)}
            for day, rate in ((10, "1.2"), (14, "1.5"))
        ],
    }


@pytest.fixture(scope="module")
def built(build_warehouse: Callable[..., Shop]) -> Shop:
    """With the version of p2 that says when it was changed, which is the better one."""
    return build_warehouse(story(), AS_OF, MARTS)


def ask(shop: Shop, query: str) -> list[tuple[Any, ...]]:
    with open_warehouse(shop, read_only=True) as connection:
        rows = connection.execute(query).fetchall()
    return [
        tuple(f"{cell.normalize():f}" if isinstance(cell, Decimal) else cell for cell in row) for row in rows
    ]


def test_payments_are_money_at_the_rate_of_their_order(built: Shop) -> None:
    shown = ask(
        built,
        "SELECT payment_id, order_id, person_id, site, delivered_amount, paid_amount, day(payment_date),"
        " is_counted FROM marts.payments ORDER BY payment_id",
    )
    assert shown == [
        ("p1", "o1", "customer:c1", "nl", "20", "20", 10, True),
        ("p2", "o1", "customer:c1", "nl", "79", "79", 10, True),
        ("p3", "o1", "customer:c1", "nl", "-40", "-40", 25, True),
        ("p4", "o2", "customer:c1", "uk", "10", "12", 15, True),
        ("p5", "o3", "customer:c1", "nl", "50", "50", 20, False),
        ("p6", "o3", "customer:c1", "nl", "-50", "-50", 21, False),
        ("p7", None, None, None, "5", "5", 21, False),
    ]  # p8 comes in after midnight in Amsterdam


def test_days_of_parcels_are_days_of_their_site(built: Shop) -> None:
    shown = ask(
        built,
        "SELECT fulfilment_id, order_id, site, carrier, day(shipped_date), day(delivered_date), days_to_ship,"
        " days_to_deliver FROM marts.fulfilments ORDER BY fulfilment_id",
    )
    assert shown == [
        ("f1", "o1", "nl", "post", 11, 13, 1, 3),
        ("f2", "o1", "nl", None, 12, 16, 2, 6),
        ("f3", "o2", "uk", None, 14, 16, 2, 4),
        ("f4", "o4", "nl", None, 31, None, 1, None),
        ("f5", None, None, None, 14, 12, None, None),
    ]


def test_orders_tell_how_they_were_paid_and_when_they_arrived(built: Shop) -> None:
    shown = ask(
        built,
        "SELECT order_id, payment_method, paid_at, paid_amount, shipped_at, delivered_at, days_to_deliver"
        " FROM marts.orders ORDER BY order_id",
    )
    assert shown == [
        ("o1", "card", at(10), "59", at(11), at(16), 6),
        ("o2", "wallet", at(15), "12", at(14, 23), at(16, 23), 4),
        ("o3", "card", at(20), "0", None, None, None),
        ("o4", None, None, None, at(31), None, None),
    ]


def test_a_shop_without_these_feeds_knows_nothing_of_them(build_warehouse: Callable[..., Shop]) -> None:
    shop = build_warehouse({"orders": [order("o1", 10)]}, AS_OF, MARTS)
    assert ask(shop, "SELECT count(*) FROM marts.payments") == [(0,)]
    assert ask(shop, "SELECT count(*) FROM marts.fulfilments") == [(0,)]
    nothing = "payment_method, paid_at, paid_amount, shipped_at, delivered_at, days_to_deliver"
    assert ask(shop, f"SELECT {nothing} FROM marts.orders") == [(None,) * 6]


def _failed(shop: Shop) -> dict[str, int]:
    chosen = ("--select", "payment_facts", "fulfilment_facts", "payments_equal_orders", "goods_move_forward")
    results = run_dbt(
        shop, "test", (*chosen, "--exclude-resource-type", "unit_test"), dbt_variables(shop, AS_OF)
    )
    assert len(results) > 4
    return {one.name.split(".")[-1]: one.failing_rows for one in results if one.failing_rows}


def test_what_does_not_fit_is_told_and_what_does_not_add_up_fails(built: Shop, tmp_path: Path) -> None:
    shop = copy_shop(built, tmp_path / "shop")
    told = _failed(shop)
    assert sorted(told.values()) == [1, 1, 1]
    assert {name.split("_")[0] for name in told} == {"relationships", "goods"}
    with open_warehouse(shop) as connection:
        connection.execute("UPDATE marts.order_facts SET paid_amount = 58 WHERE order_id = 'o1'")
    assert _failed(shop)["payments_equal_orders"] == 1
