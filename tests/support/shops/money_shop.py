"""Made-up shops of three sites and currencies, in which all happens that is hard about money and months."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from returns_oracle import Row

SETTINGS = """
[sites.us]
time_zone = "America/Los_Angeles"
currency = "USD"
"""
SITES = {"nl": "EUR", "uk": "GBP", "us": "USD"}
FIRST = datetime(2024, 10, 20, 12, tzinfo=UTC)
# Orders come around these days: ends of months on three clocks, days long apart, none at all in February.
ANCHORS = [
    *[datetime(2024, 11, 30, 23, tzinfo=UTC), datetime(2024, 12, 15, 12, tzinfo=UTC)],
    *[datetime(2025, 1, 1, 0, 30, tzinfo=UTC), datetime(2025, 1, 20, 9, tzinfo=UTC)],
    *[datetime(2025, 3, 10, 9, tzinfo=UTC), datetime(2025, 4, 1, 3, tzinfo=UTC)],
    *[datetime(2025, 4, 30, 21, 30, tzinfo=UTC), datetime(2025, 5, 10, 9, tzinfo=UTC)],
]
TRAFFIC: list[Row] = [
    {},
    {},
    {"source": "newsletter", "medium": "email"},
    {"source": "google", "medium": "cpc", "campaign": "brand"},
    {"source": "facebook", "medium": "paid_social"},
    {"source": "criteo", "medium": "display"},
]
SPEND: list[Row] = [
    {"source": "google", "medium": "cpc", "campaign": "brand"},
    {"source": " Google", "medium": "CPC", "campaign": "Winter Shopping"},
    {"source": "facebook", "medium": "paid_social", "campaign": "(not set)"},
    {"source": "criteo", "medium": "display", "campaign": "x"},
    {"source": "taboola", "medium": "native", "campaign": "x"},
    {"source": "(direct)", "medium": "(none)", "campaign": ""},
]
# The last product is nobody's list's.
PRODUCTS = ["p0", "p1", "p2", "p3", "p4"]


def _money(chance: random.Random, most: int) -> Decimal:
    return Decimal(chance.randint(0, most)) / 100


def _person(chance: random.Random, number: int) -> Iterator[tuple[str, Row]]:
    """A customer, a guest with an address, or somebody unknown, with orders, lines, visits and returns."""
    who = chance.choice([{"customer_id": f"c{number}"}] * 4 + [{"email_hash": f"e{number}"}, {}])
    site = chance.choice(list(SITES))
    for order in range(chance.choice([1, 1, 1, 2, 3, 5])):
        at = chance.choice(ANCHORS) + chance.choice([timedelta(0), timedelta(minutes=45), timedelta(hours=8)])
        placed = {
            "order_id": f"o{number}-{order}",
            "ordered_at": at,
            "site": site,
            "visitor_id": f"v{number}",
        }
        placed["currency_code"] = SITES[site]
        yield from _visit(chance, placed)
        lines = list(_lines(chance, placed))
        yield from (("order_lines", line) for line in lines)
        yield (
            "orders",
            who
            | placed
            | {
                "status": chance.choice(["paid"] * 6 + ["fulfilled", "cancelled"]),
                "sales_channel": chance.choice(["online", "online", "online", "phone", "store"]),
                "discount_amount": _money(chance, 200),
                "shipping_amount": _money(chance, 500),
                "shipping_cost_amount": chance.choice([None, _money(chance, 600)]),
            },
        )
        yield from (("returns", one) for line in lines for one in _returns(chance, placed | who, line))
        if chance.random() < 0.1:
            yield "adjustments", _adjustment(chance, placed)
        site = chance.choice([site, site, *SITES])


def _visit(chance: random.Random, placed: Row) -> Iterator[tuple[str, Row]]:
    for number in range(chance.choice([0, 1, 1, 2])):
        at = placed["ordered_at"] - timedelta(days=chance.choice([0, 0, 3, 40]), minutes=5 + 90 * number)
        event = {"event_id": f"{placed['order_id']}-{number}", "event_at": at, "site": placed["site"]}
        visitor = {"visitor_id": placed["visitor_id"], "event_type": "page_view", "delivery_date": at.date()}
        yield "session_events", event | visitor | chance.choice(TRAFFIC)


def _lines(chance: random.Random, placed: Row) -> Iterator[Row]:
    for number in range(chance.choice([0, 1, 1, 2, 3])):
        yield {
            "order_id": placed["order_id"],
            "line_number": number + 1,
            "product_id": chance.choice(PRODUCTS),
            "currency_code": placed["currency_code"],
            "quantity": Decimal(chance.randint(1, 3)),
            "unit_price_amount": chance.choice([Decimal(0), Decimal(10), _money(chance, 3000)]),
            "discount_amount": chance.choice([Decimal(0), Decimal(0), Decimal("0.5")]),
            "unit_cost_amount": chance.choice([None, _money(chance, 1000)]),
        }


def _returns(chance: random.Random, placed: Row, line: Row) -> Iterator[Row]:
    """Often none; parts, all or more of the line, soon or months later, with or without the order's name."""
    for number in range(chance.choice([0, 0, 0, 1, 2])):
        linked = chance.choice([placed["order_id"], placed["order_id"], None, "elsewhere"])
        days = chance.choice([0, 1, 20, 35, 70])
        yield {
            "return_id": f"r{line['order_id']}-{chance.choice([line['line_number'], 1])}",
            "line_number": line["line_number"] * 10 + number,
            "order_id": linked,
            "customer_id": placed.get("customer_id"),
            "site": chance.choice([placed["site"]] * 5 + ["nl"]),
            "product_id": chance.choice([line["product_id"]] * 5 + ["p0"]),
            "currency_code": placed["currency_code"],
            "returned_at": placed["ordered_at"] + timedelta(days=days, hours=1),
            "quantity": chance.choice([Decimal(1), line["quantity"], Decimal(-1), Decimal(0)]),
            "refund_amount": chance.choice([_money(chance, 1000), Decimal(-1), Decimal(60)]),
            "reason": chance.choice([None, "damaged", "too_large"]),
            "handling_cost_amount": chance.choice([None, _money(chance, 300)]),
        }


def _adjustment(chance: random.Random, placed: Row) -> Row:
    kind = chance.choice(["discount", "price_correction", "shipping_refund", "shop_cost"])
    at = placed["ordered_at"] + timedelta(days=5)
    own = {name: placed[name] for name in ("order_id", "site", "currency_code")}
    return own | {
        "adjustment_id": f"a{placed['order_id']}",
        "kind": kind,
        "amount": _money(chance, 500),
        "adjusted_at": at,
    }


def _spend(chance: random.Random) -> Iterator[Row]:
    """Before all orders, in months without any, after the as-of day, of an unknown site; some of nothing."""
    for number in range(260):
        site = chance.choice(["nl", "nl", "uk", "de"])
        told: Row = {"clicks": chance.choice([None, 0, 7]), "impressions": chance.choice([None, 100])}
        yield (
            chance.choice(SPEND)
            | told
            | {
                "spend_date": date(2024, 11, 25) + timedelta(days=number),
                "site": site,
                "currency_code": SITES.get(site, "EUR"),
                "cost_amount": chance.choice([Decimal(0), _money(chance, 1500), _money(chance, 15000)]),
            }
        )


def money_shop(seed: int, persons: int) -> dict[str, list[Row]]:
    """Feeds of a shop."""
    chance = random.Random(seed)
    feeds: dict[str, list[Row]] = {"ad_spend": list(_spend(chance))}
    for number in range(persons):
        for feed, row in _person(chance, number):
            feeds.setdefault(feed, []).append(row)
    feeds["products"] = [
        {"product_id": name, "name": f"name of {name}", "category": chance.choice(["hats", "shoes", "socks"])}
        for name in PRODUCTS[:-1]
    ]
    feeds["exchange_rates"] = [
        {
            "rate_date": (FIRST + timedelta(days=7 * week)).date(),
            "from_currency": currency,
            "to_currency": "EUR",
        }
        | {"rate": (Decimal(chance.randint(8000, 13000)) / 9999).quantize(Decimal("0.000000000001"))}
        for week in range(45)
        for currency in ("GBP", "USD")
    ]
    return feeds
