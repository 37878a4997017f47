from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from mandje.cli.screens.last_week import last_week
from mandje.publish.contents import DATABASE
from mandje.shop.settings import Shop
from tiny_shop import make_shop

LAST = date(2025, 3, 16)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "shop")


def _publish(
    shop: Shop, days: int, sessions: str = "10 + day", carts: int = 4, lacking: str = "false"
) -> None:
    """So many days of history, day 0 the newest; the site's own rows must not count."""
    place = shop.published / f"{LAST}-0"
    place.mkdir(parents=True)
    (shop.published / "current").symlink_to(place.name)
    with duckdb.connect(place / DATABASE) as con:
        con.execute("create schema marts")
        con.execute(f"""
            create table marts.daily_kpis as
            select site, date '{LAST}' - day::integer as kpi_date,
                ({sessions})::bigint as session_count, (day // 7)::bigint as order_session_count,
                site = 'nl' or ({lacking}) as has_missing_delivery
            from range({days}) as days(day) cross join (values ('nl'), ('(all)')) as sites(site)
        """)
        con.execute(f"""
            create table marts.daily_cart_abandonment as
            select site, kpi_date as cart_date, {carts // 4}::bigint as abandoned_cart_count,
                {carts // 2}::bigint as ordered_cart_count, {carts // 4}::bigint as recovered_cart_count,
                (250.25 * {carts // 4})::decimal(18, 4) as abandoned_amount
            from marts.daily_kpis
        """)


def test_the_last_7_days_stand_beside_the_7_days_before(shop: Shop) -> None:
    _publish(shop, days=30)
    assert list(last_week(shop)) == [
        ("last 7 days", "91 sessions, 0.0 % with an order; 7 days before: 140, 5.0 %"),
        (
            "carts left so far",
            "7 of 28 (25.0 %), 1,751.75 EUR in them; 7 days before: 7 of 28 (25.0 %), 1,751.75",
        ),
    ]


def test_a_week_that_the_history_holds_in_part_is_not_told(shop: Shop) -> None:
    _publish(shop, days=13, carts=0)
    assert list(last_week(shop)) == [
        ("last 7 days", "91 sessions, 0.0 % with an order"),
        ("carts left so far", "0 of 0 (none), 0.00 EUR in them"),
    ]


@pytest.mark.parametrize(("days", "sessions"), [(6, "10"), (20, "0")])
def test_without_a_whole_week_or_visits_nothing_is_said(shop: Shop, days: int, sessions: str) -> None:
    _publish(shop, days, sessions)
    assert list(last_week(shop)) == []


@pytest.mark.parametrize(("lacking", "count"), [("day in (0, 6, 9)", 2), ("day = 6", 1)])
def test_a_week_that_lacks_a_delivery_is_not_told_as_whole(shop: Shop, lacking: str, count: int) -> None:
    _publish(shop, days=30, lacking=lacking)
    assert list(last_week(shop)) == [("last 7 days", f"not whole: {count} of them lack an expected delivery")]


def test_nor_is_it_what_the_last_week_stands_beside(shop: Shop) -> None:
    _publish(shop, days=30, carts=0, lacking="day = 7")
    assert list(last_week(shop)) == [
        ("last 7 days", "91 sessions, 0.0 % with an order"),
        ("carts left so far", "0 of 0 (none), 0.00 EUR in them"),
    ]


def test_a_snapshot_that_cannot_say_which_days_are_whole_tells_no_week(shop: Shop) -> None:
    _publish(shop, days=30)
    with duckdb.connect(shop.published / "current" / DATABASE) as con:
        con.execute("alter table marts.daily_kpis drop column has_missing_delivery")
    assert list(last_week(shop)) == []


def test_a_snapshot_of_before_there_were_carts_tells_no_week(shop: Shop) -> None:
    _publish(shop, days=30)
    with duckdb.connect(shop.published / "current" / DATABASE) as con:
        con.execute("drop table marts.daily_cart_abandonment")
    assert list(last_week(shop)) == []
