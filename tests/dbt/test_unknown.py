"""What was never told is empty, never 0: three sites that tell of different things, worked out by hand."""

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

DAY, AS_OF = date(2025, 1, 20), date(2025, 1, 31)
ORDERS_ONLY, VISITS_ONLY, BOTH = "nl", "uk", "us"
SETTINGS = """
[sites.us]
time_zone = "America/New_York"
currency = "EUR"
"""
Row = dict[str, Any]
VISITS = (
    "session_count",
    "visitor_count",
    "new_visitor_count",
    "page_view_count",
    "bounce_count",
    "cart_count",
)
SALES = ("order_count", "customer_count", "gross_sales_amount", "net_sales_amount", "total_sales_amount")
TOGETHER = ("order_session_count", "conversion_ratio", "revenue_per_session_amount")
RETURNS = ("return_count", "returned_quantity", "returned_amount", "cohort_returned_amount", "return_ratio")


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2025, 1, 20, hour, minute, tzinfo=UTC)


def event(name: str, site: str, moment: datetime, kind: str = "page_view", **more: Any) -> Row:
    told = {"event_id": name, "event_at": moment, "event_type": kind, "page_path": "/", "site": site}
    return {"visitor_id": f"{site}-{name[0]}", "currency_code": "EUR", **told, **more}


def feeds() -> dict[str, list[Row]]:
    """On `us` a sees and buys, b only looks, c buys and the purchase event is lost, d buys later."""
    sold = {"o1": ORDERS_ONLY, "a1": BOTH, "c1": BOTH, "d1": BOTH}
    moments = {"o1": at(15), "a1": at(15, 2), "c1": at(16), "d1": at(18, 1)}
    blank = {"source": " ", "medium": "(not set)", "campaign": None, "referrer_host": ""}
    return {
        "orders": [
            {"order_id": name, "site": site, "ordered_at": moments[name], "visitor_id": f"{site}-{name[0]}"}
            for name, site in sold.items()
        ],
        "order_lines": [
            {"order_id": name, "line_number": 1, "product_id": "p", "quantity": Decimal(1)}
            | {"unit_price_amount": Decimal(10)}
            for name in sold
        ],
        "session_events": [
            event("a1", BOTH, at(15), source="news", medium="email"),
            event("a2", BOTH, at(15, 2), "purchase", order_id="a1"),
            event("b1", BOTH, at(15)),
            event("d1", BOTH, at(18)),
            event("d2", BOTH, at(18, 1), "purchase", order_id="d1"),
            event("e1", VISITS_ONLY, at(15), **blank),
            event("e2", VISITS_ONLY, at(15, 1), "add_to_cart", product_id="p", **blank),
            event("e3", VISITS_ONLY, at(15, 2), "purchase", order_id="nobody-told", **blank),
        ],
    }


@pytest.fixture(scope="module")
def shop(build_warehouse: Callable[..., Shop]) -> Shop:
    tables = (
        "weekly_kpis",
        "daily_kpis",
        "sessions",
        "channel_performance",
        "daily_channels",
        "campaigns",
        "landing_pages",
        "page_performance",
        "products",
    )
    selection = ("--select", *(f"+{name}" for name in tables))
    return build_warehouse(feeds(), AS_OF, selection, SETTINGS)


def rows(shop: Shop, query: str, *keys: str) -> dict[Any, Row]:
    with open_warehouse(shop, read_only=True) as con:
        found = con.sql(query)
        told = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    return {tuple(row[key] for key in keys) if len(keys) > 1 else row[keys[0]]: row for row in told}


def empty(row: Row, *names: str) -> bool:
    return all(row[name] is None for name in names)


def test_a_day_tells_what_its_site_was_told_of(shop: Shop) -> None:
    days = rows(shop, f"from marts.daily_kpis where kpi_date = date '{DAY}'", "site")
    assert empty(days[ORDERS_ONLY], *VISITS, *TOGETHER, *RETURNS)
    assert [days[ORDERS_ONLY][name] for name in SALES] == [1, 1, 10, 10, 10]
    assert empty(days[VISITS_ONLY], *SALES, *TOGETHER, *RETURNS, "average_order_value_amount", "cpa_amount")
    assert [days[VISITS_ONLY][name] for name in VISITS] == [1, 1, 1, 1, 0, 1]
    assert days[VISITS_ONLY]["ordered_cart_count"] == 1  # its own purchase event ended it
    assert [days[BOTH][name] for name in VISITS] == [3, 3, 3, 3, 1, 0]
    assert [days[BOTH][name] for name in SALES] == [3, 3, 30, 30, 30]
    assert [days[BOTH][name] for name in TOGETHER] == [2, 2 / 3, 10]


def test_all_sites_add_up_what_is_known_and_divide_by_sites_that_tell_of_both(shop: Shop) -> None:
    for table, day in (("daily_kpis", "kpi_date"), ("weekly_kpis", "week_start_date")):
        found = rows(shop, f"from marts.{table} where site = '(all)' and order_count > 0", day)
        assert list(found) == [DAY]
        assert [found[DAY][name] for name in VISITS] == [4, 4, 4, 4, 1, 1]
        assert [found[DAY][name] for name in SALES] == [4, 4, 40, 40, 40]
        assert [found[DAY][name] for name in TOGETHER] == [2, 2 / 3, 10]
        assert empty(found[DAY], *RETURNS)


def test_a_quiet_day_of_a_site_that_tells_is_0(shop: Shop) -> None:
    days = rows(shop, "from marts.daily_kpis where kpi_date = date '2025-01-22'", "site")
    assert [days[BOTH][name] for name in ("session_count", "order_count", "net_sales_amount")] == [0, 0, 0]
    assert empty(days[ORDERS_ONLY], *VISITS)
    assert empty(days[VISITS_ONLY], *SALES)


def test_without_any_word_on_traffic_a_session_has_no_known_channel(shop: Shop) -> None:
    found = rows(shop, "from marts.sessions", "visitor_id")
    names = ("source", "medium", "channel", "last_non_direct_channel", "first_touch_channel")
    assert [found["uk-e"][name] for name in names] == ["(unknown)"] * 5
    assert [found["us-b"][name] for name in names] == ["(direct)", "(none)", "Direct", "Direct", "Direct"]
    assert found["us-a"]["channel"] == "Email"


def test_other_tables_are_as_empty(shop: Shop) -> None:
    channels = rows(shop, "from marts.channel_performance where channel = '(all)'", "site")
    assert empty(channels[VISITS_ONLY], "order_count", "new_customer_count", "net_sales_amount")
    assert empty(channels[ORDERS_ONLY], "session_count", "visitor_count")
    days = rows(
        shop, f"from marts.daily_channels where channel = '(all)' and channel_date = date '{DAY}'", "site"
    )
    campaigns = rows(shop, "from marts.campaigns", "site", "campaign", "source")
    for of_visits, of_orders in (
        (days[VISITS_ONLY], days[ORDERS_ONLY]),
        (campaigns[VISITS_ONLY, "(none)", "(unknown)"], campaigns[ORDERS_ONLY, "(none)", "(unknown)"]),
    ):
        assert empty(of_visits, "order_count", "new_customer_count", "net_sales_amount", "spend_amount")
        assert empty(of_orders, "session_count", "spend_amount")
        assert [of_visits["session_count"], of_orders["order_count"]] == [1, 1]
    pages = rows(
        shop, "from marts.landing_pages where landing_page_path = '(all)'", "site", "landing_page_type"
    )
    told = (
        "order_session_count",
        "order_count",
        "revenue_amount",
        "conversion_ratio",
        "revenue_per_session_amount",
    )
    assert empty(pages[VISITS_ONLY, "(all)"], *told)
    assert [pages["(all)", "(all)"][name] for name in told] == [2, 2, 20, 2 / 3, Decimal("6.6667")]
    paths = rows(shop, "from marts.page_performance where page_path = '(all)'", "site")
    assert empty(paths[VISITS_ONLY], "ordered_later_session_count", "ordered_later_ratio")
    assert paths["(all)"]["ordered_later_ratio"] == 2 / 3
    carts = rows(shop, f"from marts.daily_cart_abandonment where cart_date = date '{DAY}'", "site")
    assert empty(carts[ORDERS_ONLY], "cart_count", "order_without_cart_count", "abandoned_amount")
    assert empty(rows(shop, "from marts.products", "product_id")["p"], "returned_quantity", "returned_amount")


def test_online_orders_whose_purchase_was_lost_are_told(shop: Shop) -> None:
    chosen = ("--select", "online_orders_have_a_purchase")
    (found,) = run_dbt(shop, "test", chosen, dbt_variables(shop, AS_OF))
    assert (found.status, found.failing_rows) == ("warn", 1)
    assert found.told.startswith("{count} online order(s) have no purchase event")
