"""Landing pages, pages, searches, keywords and routes, against a computation session by session."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import content_oracle as oracle
from mandje.shop.settings import Shop
from mandje.warehouse.connection import open_warehouse
from missing_oracle import is_month_lacking, lacking_days, missing
from planted import assert_each_finds_its_defect

pytestmark = pytest.mark.xdist_group("content")

AS_OF = date(2025, 4, 30)
KNOWN_UNTIL = datetime(2025, 5, 1, tzinfo=ZoneInfo("Europe/Amsterdam"))
CLOCKS = {"nl": ZoneInfo("Europe/Amsterdam"), "uk": ZoneInfo("Europe/London")}
# On the first of a month, which in London is the last of the one before too.
MISSING = missing(("session_events", "2025-03-01"))
VISITORS = 2000
TAIL = oracle.SHOWN + 100
MARTS: dict[str, tuple[int, Callable[[list[oracle.Visit]], oracle.Marts]]] = {
    "landing_pages": (4, oracle.landing_pages),
    "page_performance": (4, oracle.page_performance),
    "search_terms": (3, oracle.search_terms),
    "keyword_performance": (5, oracle.keyword_performance),
    "path_transitions": (4, oracle.path_transitions),
}
Rows = list[dict[str, Any]]
# Around the ends of months on both clocks, the changes of the clock and the end of the as-of day.
ANCHORS = [
    datetime(2025, 1, 31, 22, 40, tzinfo=UTC),
    datetime(2025, 2, 28, 23, 40, tzinfo=UTC),
    datetime(2025, 3, 30, 0, 40, tzinfo=UTC),
    datetime(2025, 3, 31, 21, 40, tzinfo=UTC),
    datetime(2025, 4, 30, 21, 20, tzinfo=UTC),
    datetime(2025, 4, 30, 22, 40, tzinfo=UTC),
]
SECONDS = (0, 0, 0, 1, 11, 60, 600, 1799, 1800, 1801, 7200)
KINDS = (
    *("page_view",) * 5,
    *("product_view",) * 4,
    *("search",) * 4,
    *("add_to_cart", "remove_from_cart", "begin_checkout", "purchase", "purchase", "purchase"),
)
PAGES = ("/", "/", "/p/1", "/p/2", "/help", "(all)", "all", "/u/jan@example.org/x", "/u/a%40b.nl", "/@shop")
TYPES = ("home", "product", "product", "", None, "(all)", "(start)", "(exit)", "exit")
TERMS = ("Red  Shoes", " red shoes", "red shoes", "", None, "(all)", "mail JAN@example.org", "É", "@home")
TRAFFIC: Rows = [
    *[{}] * 4,
    {"source": "google", "medium": "cpc", "campaign": "Brand", "keyword": "Red  shoes"},
    {"source": "google", "medium": "cpc", "campaign": None, "keyword": "red shoes "},
    {"source": "google", "medium": "cpc", "campaign": "(all)", "keyword": "(all)"},
    {"source": "bing", "medium": "organic", "keyword": "red shoes"},
    {"source": "bing", "medium": "organic", "keyword": " (Not Set)"},
    {"source": "bing", "medium": "organic", "keyword": "a@b.nl"},
]
NO_TRAFFIC = dict.fromkeys(("source", "medium", "campaign", "keyword"))


def _events(chance: random.Random, visitor: int) -> Iterator[dict[str, Any]]:
    at = chance.choice([*ANCHORS, ANCHORS[0] + timedelta(minutes=chance.randrange(60 * 24 * 85))])
    shares = chance.choice([2, 5, len(PAGES)])
    for place in chance.sample(range(20), chance.randint(1, 14)):
        at += timedelta(seconds=chance.choice(SECONDS))
        kind = chance.choice(KINDS)
        yield NO_TRAFFIC | {
            "event_id": f"e{visitor}-{place:02}",
            "event_at": at,
            "visitor_id": f"v{visitor}",
            "site": "uk" if visitor % 3 == 0 else "nl",
            "event_type": kind,
            "page_path": chance.choice(PAGES[:shares]),
            "page_type": chance.choice(TYPES[:shares]),
            "search_term": chance.choice(TERMS) if kind == "search" else None,
            "order_id": f"o{visitor}-{chance.randrange(3)}" if chance.random() < 0.8 else None,
            "is_bot": chance.random() < 0.005,
            "delivery_date": at.date() + timedelta(days=chance.choice([0, 0, 1, 40])),
            **chance.choice(TRAFFIC),
        }


def _tail(number: int) -> dict[str, Any]:
    """One more page, term and keyword that hardly anybody asks for."""
    return {
        "event_id": f"tail-{number}",
        "event_at": datetime(2025, 2, 10, 12, tzinfo=UTC),
        "visitor_id": f"tail-{number}",
        "event_type": "search",
        "page_path": f"/tail/{number}",
        "search_term": f"term {number}",
        "source": "google",
        "medium": "cpc",
        "keyword": f"word {number}",
    }


def _orders(chance: random.Random, events: Rows) -> Iterator[dict[str, Any]]:
    """Up to three orders of a visitor, at moments of its events or some time after them."""
    for number in range(chance.choice([0, 1, 1, 2, 3])):
        near = chance.choice(events)
        wait = timedelta(seconds=chance.choice([0, 0, 1, 1800, 1801, 86400]))
        yield {
            "order_id": f"o{near['visitor_id'][1:]}-{number}",
            "ordered_at": near["event_at"] + wait,
            "visitor_id": chance.choice([near["visitor_id"], None]),
            "site": near["site"],
            "status": chance.choice(["paid", "paid", "paid", "cancelled"]),
            "sales_channel": chance.choice(["online", "online", "online", "online", "phone"]),
            "discount_amount": chance.choice([Decimal(0), Decimal("1.0001")]),
            "delivery_date": near["event_at"].date(),
        }


@pytest.fixture(scope="module")
def shop(build_warehouse: Callable[..., Shop]) -> Shop:
    chance = random.Random(5)
    own = [list(_events(chance, visitor)) for visitor in range(VISITORS)]
    orders = [order for events in own for order in _orders(chance, events)]
    events = [event for several in own for event in several]
    events += [event | {"page_path": "/moved"} for event in chance.sample(events, len(events) // 20)]
    events += [_tail(number) for number in range(TAIL)]
    feeds = {
        "session_events": events,
        "orders": orders,
        "order_lines": [
            {"order_id": order["order_id"], "line_number": 1, "delivery_date": order["delivery_date"]}
            | {"quantity": Decimal(1), "unit_price_amount": Decimal(chance.randrange(20, 9999)) / 100}
            for order in orders
        ],
    }
    chosen = ("--select", "+sessions", *(f"+{mart}" for mart in MARTS))
    return build_warehouse(feeds, AS_OF, selection=chosen, missing=MISSING)


def _rows(shop: Shop, table: str) -> Rows:
    with open_warehouse(shop, read_only=True) as connection:
        found = connection.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.fixture(scope="module")
def visits(shop: Shop) -> list[oracle.Visit]:
    events = _rows(shop, "intermediate.int_events_identified WHERE NOT is_excluded")
    return oracle.visits(_rows(shop, "marts.sessions"), events, _rows(shop, "marts.orders"))


@pytest.mark.parametrize("mart", MARTS)
def test_figures_are_as_session_by_session(mart: str, shop: Shop, visits: list[oracle.Visit]) -> None:
    width, compute = MARTS[mart]
    built = {tuple(list(row.values())[:width]): row for row in _rows(shop, f"marts.{mart}")}
    expected = compute(visits)
    shown = {key: {name: row[name] for name in expected.get(key, ())} for key, row in built.items()}
    wrong = [
        (key, shown.get(key), expected.get(key))
        for key in sorted(shown | expected)
        if shown.get(key) != expected.get(key)
    ]
    assert wrong[:3] == []
    named = set(next(iter(built.values()))) - set(next(iter(expected.values()))) - {"is_complete"}
    assert len(named) == width


def test_months_are_complete_when_every_clock_says_so_and_all_was_delivered(shop: Shop) -> None:
    ends = {site: oracle.last_complete_date(KNOWN_UNTIL, clock) for site, clock in CLOCKS.items()}
    assert ends == {"nl": AS_OF, "uk": AS_OF - timedelta(days=1)}
    (history,) = _rows(shop, "intermediate.int_history_bounded")
    lacking = lacking_days(MISSING, {site: str(clock) for site, clock in CLOCKS.items()}, str(CLOCKS["nl"]))
    for mart in MARTS:
        rows = _rows(shop, f"marts.{mart}")
        last = {row["site"]: row["is_complete"] for row in rows if row["month_start_date"].month == 4}
        assert last == {"nl": True, "uk": False, "(all)": False}
        before = [row for row in rows if row["month_start_date"].month < 4]
        for row in before:
            whole = row["month_start_date"] >= history["first_date"]
            whole &= not is_month_lacking(lacking[row["site"]], row["month_start_date"])
            assert row["is_complete"] == whole
        february = {row["site"]: row["is_complete"] for row in before if row["month_start_date"].month == 2}
        assert february == {"nl": True, "uk": False, "(all)": False}


def test_the_long_tail_is_in_the_totals_only(shop: Shop) -> None:
    for mart, label in (
        ("landing_pages", "landing_page_path"),
        ("page_performance", "page_path"),
        ("search_terms", "search_term"),
        ("keyword_performance", "keyword"),
    ):
        rows = [
            row
            for row in _rows(shop, f"marts.{mart}")
            if row["site"] == "nl" and row["month_start_date"] == date(2025, 2, 1)
        ]
        total = [row for row in rows if {row.get("channel", "(all)"), row[label]} == {"(all)"}]
        assert max(row["session_count"] for row in total) > TAIL
        own = [row for row in rows if row[label] != "(all)" and row.get("channel") != "(all)"]
        assert len(own) == oracle.SHOWN


def test_the_streams_hold_what_is_hard(visits: list[oracle.Visit]) -> None:
    assert sum(len(visit.orders) > 1 for visit in visits) > 50
    first = [visit for visit in visits if visit.orders and not visit.orders_after(0)]
    assert len(first) > 20
    across = [
        visit
        for visit in visits
        if visit.events[-1]["event_date"].month != visit.events[0]["event_date"].month
    ]
    assert len(across) > 50


RECONCILIATIONS = {
    "content_equals_sessions": "UPDATE marts.search_terms SET search_count = 1 WHERE search_term = '(all)'",
    "routes_lead_in_and_out": "DELETE FROM marts.path_transitions WHERE to_page_type = 'home'",
}


def test_tables_reconcile_and_planted_defects_are_found(shop: Shop, tmp_path: Path) -> None:
    assert_each_finds_its_defect(shop, tmp_path / "shop", AS_OF, RECONCILIATIONS)
