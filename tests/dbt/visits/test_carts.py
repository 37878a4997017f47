"""Carts and funnels, against a computation event by event: random shoppers, many at odds with the clock."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from abandonment_oracle import browsed, dropped, left_products, orders_without_cart
from cart_oracle import World, carts
from funnel_oracle import funnels
from mandje.shop.settings import Shop
from mandje.warehouse.connection import open_warehouse
from planted import assert_each_finds_its_defect

pytestmark = pytest.mark.xdist_group("carts")

AS_OF = date(2025, 4, 30)
HOUSEHOLDS = 2500
TILL_EVENTS, TILL_ORDERS = 4000, 200
MARTS = (
    "sessions",
    "carts",
    "daily_cart_abandonment",
    "abandoned_products",
    "browse_abandonment",
    "daily_funnel",
    "checkout_dropoff",
)
MICROSECOND = timedelta(microseconds=1)
MINUTES = (0, 0, 0, 1, 2, 7, 29, 30, 31, 59, 60, 61, 600, 1440, 14400, 41760, 43200, 44640)
KINDS = (
    *("page_view", "product_view", "product_view", "begin_checkout", "add_shipping", "add_payment"),
    *("add_to_cart",) * 6,
    *("remove_from_cart",) * 6,
    *("purchase", "purchase", "purchase", "checkout_error"),
)
Feeds = dict[str, list[dict[str, Any]]]
Rows = list[dict[str, Any]]


def household(chance: random.Random, number: int) -> Feeds:
    """Two visitors and two customers of one site whose events and orders get in each other's way."""
    rows: Feeds = {"session_events": [], "orders": [], "order_lines": []}
    hour = chance.choice([chance.randint(0, 24 * 119), chance.randint(0, 24 * 119), 24 * 119 + 21])
    moment = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
    own = {"site": chance.choice(["nl", "nl", "uk"])}
    knows = chance.random()
    pace = chance.choice([MINUTES[:11], MINUTES])
    for place in chance.sample(range(20), chance.randint(1, 20)):
        moment += timedelta(minutes=chance.choice(pace)) + MICROSECOND * chance.choice([0, 0, 0, 1])
        who = own | {
            "visitor_id": f"v{number}{chance.choice('aaab')}",
            "customer_id": f"c{number}{chance.choice('xxxy')}" if chance.random() < knows / 2 else None,
        }
        if chance.random() < 0.15:
            name = f"o{number}-{chance.randint(0, 3)}"
            rows["orders"].append(_order(chance, name, moment, who))
            rows["order_lines"].append(
                {"order_id": name, "line_number": 1, "product_id": chance.choice("xyz")}
            )
        else:
            rows["session_events"].append(_event(chance, f"e{number}-{place:02}", moment, who))
    return rows


def _event(chance: random.Random, name: str, at: datetime, who: dict[str, Any]) -> dict[str, Any]:
    kind = chance.choice(KINDS)
    number = name.removeprefix("e").split("-")[0]
    bought = chance.choice([None, f"o{number}-{chance.randint(0, 3)}"]) if kind == "purchase" else None
    event = who | {"event_id": name, "event_at": at, "event_type": kind, "order_id": bought}
    event["device_category"] = chance.choice(["desktop", "mobile", None])
    event["is_bot"] = chance.random() < 0.01
    event["page_path"] = chance.choice(["/a", "/b"])
    event["error_code"] = "card" if kind == "checkout_error" else None
    if kind in {"add_to_cart", "remove_from_cart", "product_view"} or chance.random() < 0.1:
        event["product_id"] = chance.choice(["x", "x", "x", "y", "z", None])
        event["quantity"] = chance.choice([None, None, Decimal(1), Decimal(3), Decimal("0.5"), Decimal(0)])
        event["value_amount"] = chance.choice([None, None, Decimal(10), Decimal("0.01"), Decimal(-1)])
        event["currency_code"] = chance.choice([None, "EUR", "GBP", "XXX"])
    return event


def _order(chance: random.Random, name: str, at: datetime, who: dict[str, Any]) -> dict[str, Any]:
    return who | {
        "order_id": name,
        "ordered_at": at,
        "visitor_id": who["visitor_id"] if chance.random() < 0.7 else None,
        "status": chance.choice(["paid", "paid", "pending", "cancelled", "failed", "test"]),
        "sales_channel": chance.choice(["online", "online", "online", "store"]),
    }


def till() -> Feeds:
    """A visitor that many share, such as the till of a store: many events, many orders of nobody."""
    start = datetime(2025, 2, 1, tzinfo=UTC)
    own = {"site": "nl", "visitor_id": "till"}
    kinds = {"session_events": TILL_EVENTS, "orders": TILL_ORDERS}
    moments = {
        feed: [start + timedelta(days=60) / count * one for one in range(count)]
        for feed, count in kinds.items()
    }
    return {
        "session_events": [
            own | {"event_id": f"till-{number}", "event_at": at, "event_type": "page_view"}
            for number, at in enumerate(moments["session_events"])
        ],
        "orders": [
            own | {"order_id": f"till-{number}", "ordered_at": at, "sales_channel": "store"}
            for number, at in enumerate(moments["orders"])
        ],
    }


def world_of(shop: Shop) -> World:
    """The built events, sessions and staged orders, and the settings of the test's shop."""
    rates = _rows(shop, "staging.stg_exchange_rates")
    return World(
        events=_rows(shop, "intermediate.int_events_identified"),
        orders=_rows(shop, "intermediate.int_orders_dated"),
        products={
            row["product_id"]: (row["list_price_amount"], row["currency_code"])
            for row in _rows(shop, "staging.stg_products")
        },
        rates={(row["rate_date"], row["from_currency"]): row["rate"] for row in rates},
        clocks={"nl": (ZoneInfo("Europe/Amsterdam"), "EUR"), "uk": (ZoneInfo("Europe/London"), "GBP")},
        channels={row["session_id"]: row["channel"] for row in _rows(shop, "marts.sessions")},
        as_of=AS_OF,
        shop_clock=ZoneInfo("Europe/Amsterdam"),
    )


def _rows(shop: Shop, table: str) -> Rows:
    with open_warehouse(shop, read_only=True) as connection:
        found = connection.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.fixture(scope="module")
def shoppers(build_warehouse: Callable[..., Shop]) -> Shop:
    chance = random.Random(11)
    feeds: Feeds = defaultdict(list)
    for number in range(HOUSEHOLDS):
        for feed, rows in household(chance, number).items():
            feeds[feed] += rows
    for feed, rows in till().items():
        feeds[feed] += rows
    latest = {order["order_id"]: order for order in feeds["orders"]}
    feeds["orders"] = list(latest.values())
    feeds["order_lines"] = list({line["order_id"]: line for line in feeds["order_lines"]}.values())
    feeds["products"] = [
        {"product_id": "x", "list_price_amount": Decimal("3.3333"), "currency_code": "GBP"},
        {"product_id": "y", "list_price_amount": Decimal(5)},
    ]
    feeds["exchange_rates"] = [
        {"rate_date": date(2025, 1, 1) + timedelta(days=day), "from_currency": "GBP", "to_currency": "EUR"}
        | {"rate": Decimal("1.1") + Decimal(day) / 1000}
        for day in (0, 6, 13, 20, 40, 41, 60, 67, 74, 81, 88, 95, 102, 109, 116)
    ]
    return build_warehouse(feeds, AS_OF, selection=("--select", *(f"+{mart}" for mart in MARTS)))


def test_carts_are_as_event_by_event(shoppers: Shop) -> None:
    expected = {cart["cart_id"]: cart for cart, _ in carts(world_of(shoppers))}
    built = {cart["cart_id"]: cart for cart in _rows(shoppers, "marts.carts")}
    wrong = [
        (built.get(one), expected.get(one)) for one in built | expected if built.get(one) != expected.get(one)
    ]
    assert wrong[:3] == []
    states = Counter(cart["state"] for cart in built.values())
    assert len(states) == 5
    assert min(states.values()) > 100


def test_orders_and_events_of_a_shared_visitor_are_not_paired(shoppers: Shop) -> None:
    compiled = next(shoppers.folder.rglob("compiled/**/int_order_shoppers_found.sql")).read_text(
        encoding="utf-8"
    )
    with open_warehouse(shoppers, read_only=True) as connection:
        connection.execute("SET enable_profiling = 'no_output'")
        connection.execute(compiled).fetchall()
        profile = json.loads(connection.get_profiling_information())
    assert TILL_EVENTS < max(_rows_of_steps(profile["operator"][0])) < TILL_EVENTS * TILL_ORDERS / 4


def _rows_of_steps(operator: dict[str, Any]) -> Iterator[int]:
    yield operator["intermediate_rows"]
    for one in operator.get("children", []):
        yield from _rows_of_steps(one)


def test_funnels_are_as_event_by_event(shoppers: Shop) -> None:
    keys = ("session_date", "site", "channel", "device_category", "visitor_kind")
    built = {tuple(row.pop(key) for key in keys): row for row in _rows(shoppers, "marts.daily_funnel")}
    events = _rows(shoppers, "intermediate.int_events_identified WHERE NOT is_excluded")
    expected = funnels(_rows(shoppers, "marts.sessions"), events)
    wrong = [
        (key, built.get(key), expected.get(key))
        for key in built | expected
        if built.get(key) != expected.get(key)
    ]
    assert wrong[:1] == []
    assert sum(value is not None for row in built.values() for value in row.values()) > 10_000


def _plain(shop: Shop, table: str, keys: int) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Rows of one site each, by their first columns."""
    rows = (tuple(row.values()) for row in _rows(shop, table))
    return {row[:keys]: row[keys:] for row in rows if "(all)" not in row[:2]}


def test_orders_without_a_cart_are_counted(shoppers: Shop) -> None:
    days = _rows(shoppers, "marts.daily_cart_abandonment")
    built = {
        (day["site"], day["cart_date"]): day["order_without_cart_count"]
        for day in days
        if day["order_without_cart_count"] and day["site"] != "(all)"
    }
    assert built == orders_without_cart(world_of(shoppers))
    assert sum(built.values()) > 100


def test_products_left_are_as_cart_by_cart(shoppers: Shop) -> None:
    names = ("cart", "ordered", "recovered", "abandoned", "units", "amount", "judged", "bought_later")
    expected = left_products(world_of(shoppers), _rows(shoppers, "staging.stg_order_lines"))
    built = {key: row[2:10] for key, row in _plain(shoppers, "marts.abandoned_products", 2).items()}
    assert built == {key: tuple(figures[name] for name in names) for key, figures in expected.items()}
    assert sum(row[-1] for row in built.values()) > 10


def test_browsing_is_as_session_by_session(shoppers: Shop) -> None:
    events = _rows(shoppers, "intermediate.int_events_identified WHERE NOT is_excluded")
    expected = browsed(_rows(shoppers, "marts.sessions"), events)
    built = {key: list(row[2:5]) for key, row in _plain(shoppers, "marts.browse_abandonment", 3).items()}
    assert built == expected


def test_dropoff_is_as_session_by_session(shoppers: Shop) -> None:
    events = _rows(shoppers, "intermediate.int_events_identified WHERE NOT is_excluded")
    built = {key: row[0] for key, row in _plain(shoppers, "marts.checkout_dropoff", 9).items()}
    assert built == dropped(world_of(shoppers), _rows(shoppers, "marts.sessions"), events)
    assert {key[7] for key in built} == {"error", "exit", "browsed_on"}


RECONCILIATIONS = {
    "carts_equal_their_days": "UPDATE marts.cart_facts SET state = 'open' WHERE state = 'emptied'",
    "cart_days_add_up_over_sites": "DELETE FROM marts.daily_cart_abandonment WHERE site = 'uk'",
    "closed_funnels_only_narrow": "UPDATE marts.daily_funnel SET closed_purchase_visitor_count = 99",
    "funnel_equals_sessions": "UPDATE marts.daily_funnel SET session_count = 98 WHERE site = 'nl'",
    "online_orders_end_a_cart_or_are_counted": "UPDATE marts.cart_facts SET order_id = NULL"
    " WHERE site = 'nl'",
    "shoppers_have_one_open_cart_at_a_time": "INSERT INTO marts.cart_customers"
    " SELECT cart_id, opened_date, 'one', 'one' FROM marts.cart_facts",
}


def test_tables_reconcile_and_planted_defects_are_found(shoppers: Shop, tmp_path: Path) -> None:
    assert_each_finds_its_defect(shoppers, tmp_path / "shop", AS_OF, RECONCILIATIONS)
