"""Sessions, identity and channels of thousands of made-up visitors, against a computation event by event."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from behaviour_oracle import GAP, REACH, World, compute
from mandje.shop.settings import Shop
from mandje.warehouse.connection import open_warehouse
from raw_shop import Row

pytestmark = pytest.mark.xdist_group("behaviour_oracle")

STREAMS = 2500
AS_OF = date(2025, 11, 6)
SETTINGS = """
[internal]
hosts = ["staging.shop.nl"]
customers = ["staff"]
"""
WORLD = World(
    {"nl": ZoneInfo("Europe/Amsterdam"), "uk": ZoneInfo("Europe/London")},
    AS_OF,
    frozenset({"staging.shop.nl"}),
    frozenset({"staff"}),
)
SECOND = timedelta(seconds=1)
# Around midnight, both changes of the clock, the end of the as-of day, and a month before one another.
ANCHORS = [
    datetime(2025, 3, 29, 22, 50, tzinfo=UTC),
    datetime(2025, 3, 30, 0, 40, tzinfo=UTC),
    datetime(2025, 10, 5, 22, 40, tzinfo=UTC),
    datetime(2025, 10, 25, 21, 50, tzinfo=UTC),
    datetime(2025, 10, 26, 0, 40, tzinfo=UTC),
    datetime(2025, 11, 4, 22, 40, tzinfo=UTC),
    datetime(2025, 11, 6, 22, 50, tzinfo=UTC),
    datetime(2025, 11, 6, 23, 50, tzinfo=UTC),
]
STEPS = [
    *[timedelta(0)] * 3,
    *[timedelta(microseconds=1), SECOND / 2, SECOND * 10, SECOND * 10 + timedelta(microseconds=1)],
    *[timedelta(minutes=1), timedelta(minutes=7), GAP - timedelta(microseconds=1)],
    *[GAP, GAP + timedelta(microseconds=1), timedelta(hours=3), timedelta(days=9)],
    *[REACH, REACH + timedelta(microseconds=1)],
]
TYPES = [
    *["page_view"] * 6,
    *["product_view"] * 4,
    *["search", "add_to_cart", "remove_from_cart", "begin_checkout", "add_shipping"],
    *["add_payment", "checkout_error", "purchase", "purchase"],
]
NO_TRAFFIC = dict.fromkeys(("source", "medium", "campaign", "keyword", "click_id_type", "referrer_host"))
TRAFFIC: list[Row] = [
    *[{}] * 30,
    {"source": "(direct)", "medium": "(none)"},
    {"source": "google", "medium": "organic"},
    {"source": " Google ", "medium": "CPC", "campaign": "Brand", "keyword": "red shoes"},
    {"source": "google", "medium": "cpc", "campaign": "Winter Shopping"},
    {"source": "google", "medium": "cpc", "campaign": "x cross-network y"},
    {"source": "bing", "medium": "ppc", "campaign": "eshop"},
    {"source": "bing", "medium": "ppc", "campaign": "bookshop"},
    {"source": "newsletter", "medium": "email"},
    {"source": "e-mail"},
    {"source": "partner", "medium": "affiliate"},
    {"source": "criteo", "medium": "retargeting"},
    {"source": "facebook", "medium": "paid_social"},
    {"source": "facebook", "medium": "cpm"},
    {"source": "adnet", "medium": "cpm"},
    {"source": "adnet", "medium": "banner"},
    {"source": "youtube", "medium": "cpv"},
    {"source": "youtube", "medium": "cpc"},
    {"source": "podcast", "medium": "audio"},
    {"source": "sms", "medium": "(not set)"},
    {"source": "firebase"},
    {"source": "app", "medium": "webpush"},
    {"source": "blog", "medium": "sm"},
    {"source": "amazon.co.uk", "medium": "referral"},
    {"source": "blog", "medium": "odd"},
    {"medium": "organic"},
    {"medium": "cpc", "click_id_type": "gclid"},
    {"medium": "email", "click_id_type": "fbclid"},
    {"source": "google", "click_id_type": "gclid"},
    {"source": "facebook", "click_id_type": "fbclid"},
    {"campaign": "spring"},
    {"click_id_type": "GCLID"},
    {"click_id_type": "msclkid", "referrer_host": "www.bing.com"},
    {"click_id_type": "fbclid"},
    {"click_id_type": "dclid"},
    {"click_id_type": "newclid"},
    {"click_id_type": "newclid", "referrer_host": "blog.example.org"},
    {"referrer_host": "www.google.co.uk"},
    {"referrer_host": "mail.google.com"},
    {"referrer_host": "L.facebook.com"},
    {"referrer_host": "t.co"},
    {"referrer_host": "m.youtube.com"},
    {"referrer_host": "www.amazon.de"},
    {"referrer_host": "some-blog.nl"},
    {"referrer_host": "google.evil.example.org"},
    {"referrer_host": "checkout.paypal.com"},
    {"source": "PayPal.com", "medium": "referral"},
    {"source": "www.shop.nl", "medium": "Referral", "campaign": "(referral)"},
    {"source": "kassa.shop.nl", "medium": "referral", "referrer_host": "some-blog.nl"},
    {"referrer_host": "kassa.m.shop.nl"},
    {"source": "google", "medium": "organic", "click_id_type": "gbraid"},
    {"source": "(not set)", "medium": "(not set)"},
    {"click_id_type": "srsltid", "referrer_host": "www.google.nl"},
    {"referrer_host": "gemini.google.com"},
    {"referrer_host": "sites.google.com"},
    {"referrer_host": "analytics.google.com"},
    {"referrer_host": "WWW.shop.nl"},
    {"referrer_host": "shop.co.uk"},
    {"source": "newsletter", "referrer_host": "www.google.com"},
]


def _events(chance: random.Random, stream: int) -> Iterator[dict[str, Any]]:
    """A few visitors, most of whom are one or two customers; some hurry, some stay for days."""
    customers = [f"c{stream}-{number}" for number in range(chance.choice([0, 1, 1, 2]))]
    customers += ["staff"] if chance.random() < 0.01 else []
    for visitor in range(chance.randint(1, 3)):
        at = chance.choice(ANCHORS)
        pace = chance.choices([None, SECOND / 2, SECOND, timedelta(minutes=29)], [30, 1, 1, 1])[0]
        shown = chance.choice([0, 0.1, 0.3, 1]) if customers else 0
        for number in range(chance.randint(1, 12) if pace is None else chance.choice([9, 10, 11, 51])):
            at += (chance.choice(STEPS) if pace is None else pace) if number else timedelta(0)
            yield NO_TRAFFIC | {
                "event_id": f"{chance.randrange(16**6):06x}-{stream}-{visitor}-{number}",
                "event_at": at,
                "visitor_id": f"v{stream}-{visitor}",
                "customer_id": chance.choice(customers) if chance.random() < shown else None,
                "site": chance.choice(["nl", "nl", "nl", "nl", "uk"]) if pace is None else "nl",
                "event_type": chance.choice(TYPES) if pace is None else "page_view",
                "order_id": f"o{stream}-{chance.randint(0, 2)}" if chance.random() < 0.5 else None,
                "page_path": chance.choice(["/", "/p/1", "/p/2"]),
                "page_type": chance.choice([None, "home", "product"]),
                "device_category": chance.choice([None, "mobile", "desktop"]),
                "country_code": chance.choice([None, "NL", "BE"]),
                "native_session_id": chance.choice([None, "n1", "n2"]),
                "is_bot": chance.choices([None, False, True], [150, 150, 1])[0],
                "host": _host(chance),
                "delivery_date": at.date() + timedelta(days=chance.choice([0, 0, 0, 1, 40])),
                **chance.choice(TRAFFIC),
            }


def _host(chance: random.Random) -> str | None:
    return chance.choices([None, "www.shop.nl", "m.shop.nl", "Staging.shop.nl"], [100, 100, 100, 1])[0]


def _orders(chance: random.Random, stream: int) -> Iterator[dict[str, Any]]:
    for number in range(chance.randint(0, 3)):
        at = chance.choice(ANCHORS) + chance.choice(STEPS)
        yield {
            "order_id": f"o{stream}-{number}",
            "ordered_at": at,
            "visitor_id": chance.choice([None, f"v{stream}-0", f"v{stream}-1"]),
            "customer_id": chance.choice([None, f"c{stream}-0", f"c{stream}-1"]),
            "email_hash": chance.choice([None, f"e{stream}"]),
            "site": chance.choice(["nl", "uk"]),
            "sales_channel": chance.choice(["online", "online", "online", "phone", "store"]),
            "delivery_date": at.date(),
        }


def _again(chance: random.Random, event: dict[str, Any]) -> dict[str, Any]:
    """The event delivered once more, the same or corrected, before or after the first."""
    moved = {"event_at": event["event_at"] + chance.choice(STEPS), "customer_id": None, "page_path": "/moved"}
    day = event["delivery_date"] + timedelta(days=chance.choice([-1, 0, 1, 40]))
    return event | (moved if chance.random() < 0.5 else {}) | {"delivery_date": day}


Worlds = tuple[Shop, list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def worlds(build_warehouse: Callable[..., Shop]) -> Worlds:
    """The built shop, and what the slow computation says: sessions, events, orders."""
    chance = random.Random(11)
    events = [event for stream in range(STREAMS) for event in _events(chance, stream)]
    events += [_again(chance, event) for event in chance.sample(events, len(events) // 10)]
    events.append(events[0] | {"event_id": "uk", "visitor_id": "uk", "site": "uk", "host": "shop.co.uk"})
    chance.shuffle(events)
    orders = [order for stream in range(STREAMS) for order in _orders(chance, stream)]
    feeds = {"session_events": events, "orders": orders}
    shop = build_warehouse(
        feeds,
        AS_OF,
        selection=(
            "--select",
            "+sessions",
            "+excluded_traffic",
            "+ambiguous_identities",
            "+int_orders_attributed",
        ),
        settings=SETTINGS,
    )
    return shop, *compute(events, orders, WORLD)


def _built(shop: Shop, query: str) -> list[dict[str, Any]]:
    with open_warehouse(shop, read_only=True) as connection:
        found = connection.execute(query)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _keyed(rows: list[dict[str, Any]], key: str) -> dict[str, dict[str, Any]]:
    by_key = {row[key]: row for row in rows}
    assert len(by_key) == len(rows)
    return by_key


def test_sessions_are_those_of_the_slow_computation(worlds: Worlds) -> None:
    shop, sessions, _, _ = worlds
    built = _keyed(_built(shop, "SELECT * FROM marts.sessions"), "session_id")
    for one in built.values():  # what was ordered is another matter
        del one["order_count"], one["order_amount"]
    columns = next(iter(built.values())).keys()
    expected = {
        one["session_id"]: {name: one[name] for name in columns} for one in sessions if one["reason"] is None
    }
    assert len(expected) > STREAMS
    assert built.keys() == expected.keys()
    different = {name: (built[name], expected[name]) for name in built if built[name] != expected[name]}
    assert list(different.items())[:1] == []


def test_events_belong_to_whom_the_slow_computation_says(worlds: Worlds) -> None:
    shop, _, events, _ = worlds
    built = _built(
        shop, "SELECT event_id, session_id, customer_id, is_excluded FROM intermediate.int_events_identified"
    )
    assert _keyed(built, "event_id") == {
        event["event_id"]: {
            "event_id": event["event_id"],
            "session_id": event["session"]["session_id"],
            "customer_id": event["owner"],
            "is_excluded": event["session"]["reason"] is not None,
        }
        for event in events
    }


def test_orders_are_attributed_as_the_slow_computation_does(worlds: Worlds) -> None:
    shop, _, _, orders = worlds
    built = _keyed(_built(shop, "SELECT * FROM intermediate.int_orders_attributed"), "order_id")
    assert built == _keyed(orders, "order_id")
    ways = Counter(order["attributed_by"] for order in orders)
    assert set(ways) == {"purchase_event", "visitor", "person", "unknown", "offline"}
    assert min(ways.values()) > 100


def test_excluded_traffic_is_counted_by_reason(worlds: Worlds) -> None:
    shop, sessions, _, _ = worlds
    counted: Counter[tuple[str, date, str, str]] = Counter()
    for one in sessions:
        if one["reason"] is not None:
            key = (one["site"], one["session_date"], one["reason"])
            counted[*key, "sessions"] += 1
            counted[*key, "events"] += one["event_count"]
    built = _built(shop, "SELECT * FROM marts.excluded_traffic")
    assert {
        (row["site"], row["session_date"], row["exclusion_reason"], unit): row[f"{unit[:-1]}_count"]
        for row in built
        for unit in ("sessions", "events")
    } == counted
    assert len({row["exclusion_reason"] for row in built}) == 5


def test_visitors_of_many_customers_are_counted(worlds: Worlds) -> None:
    shop, sessions, _, _ = worlds
    shared = [one for one in sessions if one["reason"] is None and one["has_many_customers"]]
    expected = {}
    for site in {one["site"] for one in shared} | {"(all)"}:
        here = [one["visitor_id"] for one in shared if site in (one["site"], "(all)")]
        expected[site] = (len(set(here)), len(here))
    built = _built(
        shop, "SELECT * FROM marts.ambiguous_identities WHERE ambiguity = 'visitor_of_many_customers'"
    )
    assert {row["site"]: (row["identity_count"], row["session_count"]) for row in built} == expected


def test_the_streams_hold_what_is_hard(worlds: Worlds) -> None:
    _, sessions, _, _ = worlds
    shown = [one for one in sessions if one["reason"] is None]
    assert {one["channel"] for one in shown} >= {"Direct", "Paid Search", "Organic Social", "Unassigned"}
    assert len({one["channel"] for one in shown}) == 20
    for flag in ("has_many_customers", "is_bounce", "is_new_visitor", "is_new_to_site"):
        assert 30 < sum(one[flag] for one in shown) < len(shown) - 30, flag
    assert sum(one["channel"] == "Direct" != one["last_non_direct_channel"] for one in shown) > 100
    assert sum(one["started_at"].date() != one["session_date"] for one in shown) > 100
