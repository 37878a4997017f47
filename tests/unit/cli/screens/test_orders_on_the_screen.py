"""What the closing screen says of orders where there are none, none were told of, or none of their lines."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from mandje.cli.screen import closing_screen
from mandje.publish.contents import DATABASE
from mandje.shop.settings import Shop
from tiny_shop import make_shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "shop")


def screen(shop: Shop, orders: str, sold: str, returned: str = "0") -> list[str]:
    """The screen over a snapshot of two days with these figures each, and visits without orders."""
    place = shop.published / "2025-03-16-0"
    place.mkdir(parents=True)
    (shop.published / "current").symlink_to(place.name)
    with duckdb.connect(place / DATABASE) as con:
        con.execute(f"""
            create schema marts;
            create table marts.daily_kpis as
            select '(all)' as site, date '2025-03-16' - day::integer as kpi_date,
                date '2025-03-16' as as_of_date,
                ({orders})::bigint as order_count, ({sold})::decimal(18, 4) as net_sales_amount,
                ({sold})::decimal(18, 4) as gross_sales_amount,
                ({returned})::decimal(18, 4) as returned_amount,
                10::bigint as session_count, null::bigint as order_session_count,
                false as has_missing_delivery
            from range(7) as days(day);
            create table marts.daily_cart_abandonment as
            select site, kpi_date as cart_date, 1::bigint as abandoned_cart_count,
                0::bigint as ordered_cart_count,
                0::bigint as recovered_cart_count,
                9::decimal(18, 4) as abandoned_amount
            from marts.daily_kpis;
            create table marts.customers as select 'customer' as person_kind, 1 as order_count where false;
            create table marts.sessions as select 1::bigint as event_count where false;
            create table marts.excluded_traffic as
            select 'bot' as exclusion_reason, 1::bigint as event_count where false;
            create table marts.restatements as select date '2025-03-16' as kpi_date where false;
        """)
    return closing_screen(shop, []).splitlines()


def told(lines: list[str], title: str) -> str:
    return next((line[18:] for line in lines if line.startswith(f"{title} ")), "")


def test_without_orders_the_screen_says_so_and_counts_none(shop: Shop) -> None:
    lines = screen(shop, "null", "null")
    assert told(lines, "orders") == "unknown: no order was ever delivered"
    assert told(lines, "net sales") == told(lines, "customers") == ""
    assert told(lines, "last 7 days") == "70 sessions"


def test_orders_without_lines_have_no_sales(shop: Shop) -> None:
    lines = screen(shop, "3", "null", "null")
    assert told(lines, "orders") == "21 that count, 2025-03-10 to 2025-03-16"
    assert told(lines, "net sales") == "unknown: no line of an order was ever delivered"
    assert told(lines, "returns") == "unknown: no return was ever delivered"


def test_a_quiet_week_is_0(shop: Shop) -> None:
    lines = screen(shop, "0", "0")
    assert told(lines, "orders") == "0 that count, 2025-03-10 to 2025-03-16"
    assert told(lines, "net sales") == "0.00 EUR of 0.00 gross"
    assert told(lines, "returns") == "0.00 EUR, on the day they came back"
