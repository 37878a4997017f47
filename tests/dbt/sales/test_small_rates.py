"""Money of currencies of which one is worth less than a ten-thousandth of the shop's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from mandje.shop.settings import Shop
from mandje.warehouse.connection import open_warehouse

pytestmark = pytest.mark.xdist_group("small_rates")

DAY, AS_OF = date(2026, 3, 3), date(2026, 3, 10)
RATES = {"IDR": Decimal("0.0000547930"), "JPY": Decimal("0.006051437216")}
IN_RUPIAH = {"currency_code": "IDR"}


def story() -> dict[str, list[dict[str, Any]]]:
    """An order of 1,825,050 rupiah and a line in yen; the line in rupiah comes back with all tax."""
    at = datetime(2026, 3, 3, 12, tzinfo=UTC)
    order = {"order_id": "o1", "ordered_at": at, "tax_amount": Decimal(200_000)}
    order |= {"total_amount": Decimal("2025160.4418")}
    sold = {"order_id": "o1", "product_id": "p", "quantity": Decimal(1)}
    lines = [
        sold | {"line_number": 1, "unit_price_amount": Decimal(1_825_050)} | IN_RUPIAH,
        sold | {"line_number": 2, "unit_price_amount": Decimal(1), "currency_code": "JPY"},
    ]
    back = {"return_id": "r1", "line_number": 1, "order_id": "o1", "product_id": "p", "returned_at": at}
    money = {"refund_amount": Decimal(1_825_050), "tax_amount": Decimal(200_000)}
    rates = [
        {"rate_date": DAY, "from_currency": code, "to_currency": "EUR", "rate": rate}
        for code, rate in RATES.items()
    ]
    spent = {"spend_date": DAY, "cost_amount": Decimal(1_825_050), "campaign": "c"}
    return {
        "orders": [order | IN_RUPIAH],
        "order_lines": lines,
        "returns": [back | money | {"quantity": Decimal(1)} | IN_RUPIAH],
        "ad_spend": [spent | IN_RUPIAH],
        "exchange_rates": rates,
    }


@pytest.fixture(scope="module")
def shop(build_warehouse: Callable[..., Shop]) -> Shop:
    return build_warehouse(story(), AS_OF, ("--select", "+daily_kpis", "+exchange_rates", "+returns"))


def ask(shop: Shop, query: str) -> list[tuple[Any, ...]]:
    with open_warehouse(shop, read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_rates_keep_their_places(shop: Shop) -> None:
    shown = ask(
        shop,
        f"SELECT from_currency_code, exchange_rate FROM marts.exchange_rates"
        f" WHERE rate_date = DATE '{DAY}' ORDER BY 1",
    )
    assert shown == list(RATES.items())


def test_money_at_a_small_rate_is_exact_to_the_fourth_place(shop: Shop) -> None:
    """0.0001 would make 182.51 of the order, and 0.0061 a yen too much of the line."""
    shown = ask(
        shop, "SELECT gross_sales_amount, returned_amount, tax_amount, is_incomplete FROM marts.orders"
    )
    tax = (200_000 * RATES["IDR"]).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    assert shown == [(Decimal("100.0061"), Decimal("100.0000"), tax, False)]
    assert tax == Decimal("10.9586")
    back = ask(shop, "SELECT exchange_rate, returned_amount, returned_tax_amount FROM marts.returns")
    assert back == [(RATES["IDR"], Decimal(100), tax)]
    days = ask(
        shop,
        "SELECT total_sales_amount, tax_refund_amount, spend_amount FROM marts.daily_kpis"
        f" WHERE site = '(all)' AND kpi_date = DATE '{DAY}'",
    )
    assert days == [(Decimal("0.0061"), tax, Decimal(100))]
