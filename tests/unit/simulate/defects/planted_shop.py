"""A small shop in delivered frames, with versions, corrections and copies, for what is planted in it.

Made the obvious way: its own orders and outcomes, and everything that it says is delivered once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import POLARS_TYPES
from mandje.shop.settings import Shop, load_shop
from mandje.simulate.defects.breaker import FeedBreaker
from mandje.simulate.defects.plan import plan_defects
from mandje.simulate.deliver.broken_file import BrokenFile
from mandje.simulate.deliver.write import write_file
from mandje.simulate.outcomes import OutcomeCounter
from mandje.simulate.settings import SimulationSettings
from mandje.simulate.settings.defects import Defects
from mandje.simulate.world.chance import chance
from mandje.simulate.world.world import World, make_world

DAYS = 110
FIRST_DAY = date(2024, 2, 1)
_IDS = {
    "customer_id",
    "product_id",
    "order_id",
    "return_id",
    "visitor_id",
    "event_id",
    "cart_id",
    "contact_id",
    "message_id",
}
_WHOLE = {"quantity", "clicks", "impressions", "line_number", "birth_year"}
_TEXTS = {"site": "nl", "currency_code": "EUR", "page_path": "/p", "email": None}
Row = dict[str, Any]


def world(seed: int = 1, days: int = DAYS, **counts: int) -> World:
    """A world with these counts of defects, and the default of the others."""
    settings = SimulationSettings(
        seed=seed, customers=10, days=days, first_day=FIRST_DAY, defects=Defects(**counts)
    )
    return make_world(settings)


def frame(feed: str, rows: list[Row]) -> pl.DataFrame:
    """Rows with the columns that matter as a delivered frame; other columns are empty or the same for all."""
    filled = [{**dict.fromkeys(schema(feed)), **_TEXTS, "outcome": "kept", **row} for row in rows]
    return pl.DataFrame(
        [{name: row[name] for name in schema(feed)} for row in filled], schema=schema(feed), orient="row"
    )


def schema(feed: str) -> dict[str, pl.DataType]:
    kinds: dict[str, pl.DataType] = {}
    for column in FEEDS[feed].columns:
        name = "email" if column.is_email else column.name
        is_number = name in _IDS or name in _WHOLE
        kinds[name] = pl.Int64() if is_number else POLARS_TYPES[column.type]
    return kinds | {"delivery_day": pl.Int32(), "outcome": pl.String(), "defect": pl.String()}


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, hour, minute, tzinfo=UTC) + timedelta(day)


def shop_feeds(days: int = DAYS) -> dict[str, pl.DataFrame]:
    """All rows of the shop by feed."""
    return {
        "orders": frame("orders", list(_orders(days))),
        "order_lines": frame("order_lines", list(_lines(days))),
        "returns": frame("returns", list(_returns(days))),
        "session_events": frame("session_events", list(_events(days))),
        "customers": frame("customers", list(_customers(days))),
        "products": frame("products", list(_products(days))),
        "ad_spend": frame("ad_spend", list(_ad_spend(days))),
        "service_contacts": frame("service_contacts", list(_contacts(days))),
        "messages": frame("messages", list(_messages(days))),
    }


def versions(days: int) -> Iterator[tuple[int, int, int, bool]]:
    """Order, day, day of its second version, and whether that has a line less and the first comes again."""
    draw = chance(9, "test shop")
    for day in range(days):
        for nth in range(int(draw.integers(6, 14))):
            order = day * 100 + nth
            yield order, day, day + int(draw.integers(1, 9)), order % 40 == 0


def _orders(days: int) -> Iterator[Row]:
    for order, day, later, is_special in versions(days):
        first = _order(order, day, day, "paid")
        second = _order(order, day, later, "fulfilled")
        has_copy = is_special and later + 3 < days
        if later >= days:
            yield first
            continue
        yield first | {"outcome": "duplicate" if has_copy else "superseded"}
        yield second
        if has_copy:
            yield first | {"delivery_day": later + 3, "outcome": "superseded", "defect": "stale_reexports"}


def _order(order: int, day: int, updated: int, status: str) -> Row:
    return {
        "order_id": order,
        "ordered_at": at(day, 9, order % 60),
        "updated_at": at(updated, 13, order % 60),
        "customer_id": order % 7 or None,
        "sales_channel": "online",
        "status": status,
        "discount_amount": Decimal(0),
        "shipping_amount": Decimal("4.95"),
        "other_charges_amount": Decimal(0),
        "tax_amount": Decimal("2.10"),
        "total_amount": Decimal(order % 90 + 10) + Decimal("0.25"),
        "delivery_day": updated,
    }


def _lines(days: int) -> Iterator[Row]:
    for order, day, later, is_special in versions(days):
        is_corrected = (is_special or order % 9 == 0) and later < days
        has_copy = is_special and later + 3 < days
        for number in (1, 2, 3):
            line = _line(order, number, day)
            if has_copy:
                yield line | {"outcome": "duplicate"}
                yield line | {"delivery_day": later + 3, "outcome": "superseded", "defect": "stale_reexports"}
            else:
                yield line | {"outcome": "superseded" if is_corrected else "kept"}
            if is_corrected and number < (3 if is_special else 4):
                yield _line(order, number, later)


def _line(order: int, number: int, day: int) -> Row:
    return {
        "order_id": order,
        "line_number": number,
        "updated_at": at(day, 13, order % 60),
        "product_id": order % 30,
        "quantity": 1 + order % 3,
        "unit_price_amount": Decimal("9.99"),
        "discount_amount": Decimal(0),
        "delivery_day": day,
    }


def _returns(days: int) -> Iterator[Row]:
    for order, _, later, _ in versions(days):
        if order % 5 == 0 and later < days:
            for number in (1, 2)[: 1 + order % 2]:
                yield {
                    "return_id": order * 64,
                    "line_number": number,
                    "updated_at": at(later, 15),
                    "order_id": order if order % 3 else None,
                    "product_id": order % 30,
                    "returned_at": at(later, 14),
                    "quantity": 1,
                    "refund_amount": Decimal("9.99"),
                    "reason": 'too "small", sorry' if order % 2 else None,
                    "delivery_day": later,
                }


def _events(days: int) -> Iterator[Row]:
    for day in range(days):
        for nth in range(60):
            yield {
                "event_id": day * 4096 + nth,
                "event_at": at(day, 8, nth),
                "visitor_id": nth // 4,
                "event_type": "add_to_cart" if nth % 6 == 0 else "page_view",
                "quantity": 1 if nth % 6 == 0 else None,
                "is_bot": False,
                "delivery_day": day,
            }


def _customers(days: int) -> Iterator[Row]:
    """Every sixth says something else three days later: such rows tell of no change, the later counts."""
    for day in range(days):
        for customer in (3 * day, 3 * day + 1, 3 * day + 2)[: day % 4]:
            row = {
                "customer_id": customer,
                "email": f"Someone{customer}@example.org",
                "first_seen_at": at(day),
                "birth_year": 1980 + customer % 20,
                "consent_marketing": False,
                "delivery_day": day,
            }
            if customer % 6 or day + 3 >= days:
                yield row
                continue
            yield row | {"outcome": "superseded"}
            yield row | {"consent_marketing": True, "delivery_day": day + 3}


def _products(days: int) -> Iterator[Row]:
    quarters = [day for day in range(days) if at(day).day == 1 and at(day).month in {1, 4, 7, 10}]
    for day in [0, *quarters]:
        for product in range(30):
            yield {
                "product_id": product,
                "name": f"Thing, {product}",
                "category": "things",
                "list_price_amount": Decimal("19.99"),
                "delivery_day": day,
                "outcome": "kept" if day == max([0, *quarters]) else "duplicate",
            }


def _ad_spend(days: int) -> Iterator[Row]:
    for day in range(days):
        for campaign in ("brand", "shoes"):
            yield {
                "spend_date": at(day).date(),
                "source": "google",
                "medium": "cpc",
                "campaign": campaign,
                "cost_amount": Decimal(12 + day % 5),
                "clicks": 40,
                "delivery_day": day,
            }


def _contacts(days: int) -> Iterator[Row]:
    for day in range(6, days, 7):
        for nth in range(5):
            yield {
                "contact_id": day * 10 + nth,
                "customer_id": nth,
                "contacted_at": at(day - nth),
                "channel": "telephone",
                "topic": "delivery",
                "cost_amount": Decimal("3.5"),
                "delivery_day": day,
            }


def _messages(days: int) -> Iterator[Row]:
    for day in range(6, days, 7):
        for nth in range(20):
            yield {
                "message_id": day * 100 + nth,
                "customer_id": nth,
                "sent_at": at(day - nth % 7),
                "channel": "e-mail",
                "campaign": "news",
                "delivery_day": day,
            }


def deliver(
    made: World, feeds: dict[str, pl.DataFrame], exports: Path | None = None
) -> tuple[dict[str, pl.DataFrame], dict[tuple[str, int], list[BrokenFile]]]:
    """Break all rows as planned and write them; the three truth frames, and every day's files."""
    plan = plan_defects(made)
    counter = OutcomeCounter(made.clock)
    delivered: dict[tuple[str, int], list[BrokenFile]] = {}
    for feed, rows in feeds.items():
        breaker = FeedBreaker(plan, feed)
        parts = rows.partition_by("delivery_day", as_dict=True, maintain_order=True)
        for day in range(made.clock.days):
            files = breaker.files(day, parts.get((day,), rows.clear()))
            counter.add(feed, day, files)
            delivered[feed, day] = files
            for file in files if exports else []:
                folder = exports / feed / made.clock.date_of(day).isoformat() if exports else Path()
                folder.mkdir(parents=True, exist_ok=True)
                write_file(folder, feed, file)
    return counter.frames(), delivered


def make_shop(folder: Path, feeds: dict[str, pl.DataFrame]) -> Shop:
    """A shop that goes on whatever is refused."""
    sources = "".join(f'[sources.{feed}]\nadapter = "canonical"\non_refused = "go_on"\n' for feed in feeds)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shop.toml").write_text(
        'name = "planted"\nreporting_currency = "EUR"\ntime_zone = "Europe/Amsterdam"\n'
        f'[sites.nl]\ntime_zone = "Europe/Amsterdam"\ncurrency = "EUR"\n{sources}'
    )
    return load_shop(folder)
