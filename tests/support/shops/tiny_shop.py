"""A small made-up shop in the canonical shape, as random as wanted: what it says is known to the test."""

from __future__ import annotations

import csv
import random
import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

from command_line import told
from mandje.night.pipeline import run_stage
from mandje.shop.settings import Shop, load_shop

Row = dict[str, Any]
FIRST_DAY = date(2025, 1, 6)

SHOP_TOML = """
name = "tiny"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
consent_when_unknown = true

[sites.nl]
time_zone = "Europe/Amsterdam"
currency = "EUR"

[sources.orders]
adapter = "canonical"
[sources.order_lines]
adapter = "canonical"
[sources.returns]
adapter = "canonical"
[sources.customers]
adapter = "canonical"
[sources.session_events]
adapter = "canonical"

[customers]
left_truncation_days = 0
"""


@dataclass
class Exports:
    """Rows per feed and delivery date, to be dropped as csv."""

    rows: dict[tuple[str, date], list[Row]] = field(default_factory=lambda: defaultdict(list))

    def add(self, feed: str, delivery: date, row: Row) -> None:
        self.rows[feed, delivery].append(row)

    def deliveries(self) -> list[tuple[str, date]]:
        return sorted(self.rows)


@dataclass(frozen=True)
class SmallShop:
    """A shop that a test fills and takes through nights; each step gives it back.

    `shop = small_shop(tmp_path).deliver("orders", day, rows).night(day).shop`
    """

    shop: Shop

    def deliver(self, source: str, day: date, content: list[Row] | str | bytes) -> Self:
        """One file: rows as csv, or a text or bytes as they are."""
        path = self.shop.exports / source / day.isoformat() / f"{source}.csv"
        if isinstance(content, list):
            write_csv(path, content)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self

    def deliver_all(self, exports: Exports, until: date = date.max) -> Self:
        """All that is dated up to a day."""
        drop(self.shop, exports, [one for one in exports.deliveries() if one[1] <= until])
        return self

    def stages(self, day: date, *names: str) -> Self:
        """Some stages of a night; their faults are raised."""
        for name in names:
            run_stage(self.shop.folder, day, name)
        return self

    def night(self, day: date) -> Self:
        """A whole night through the command line, which has to end well."""
        told("night", self.shop.folder, "--date", day)
        return self


def small_shop(folder: Path, settings: str = SHOP_TOML) -> SmallShop:
    """One without deliveries."""
    return SmallShop(make_shop(folder, settings))


def make_shop(folder: Path, settings: str = SHOP_TOML) -> Shop:
    """Every tiny shop has the same key: state depends on it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shop.toml").write_text(settings, encoding="utf-8")
    shop = load_shop(folder)
    shop.key_file.write_text("5eed" * 16)
    shop.key_file.chmod(0o600)
    return shop


def drop(shop: Shop, exports: Exports, deliveries: Iterable[tuple[str, date]]) -> None:
    for feed, day in deliveries:
        write_csv(shop.exports / feed / day.isoformat() / f"{feed}.csv", exports.rows[feed, day])


def write_csv(path: Path, rows: list[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def order(order_id: str, at: datetime, lines: list[Row], **changes: Any) -> Row:
    total = sum(line["quantity"] * Decimal(line["unit_price_amount"]) for line in lines)
    return {
        "order_id": order_id,
        "ordered_at": _text(at),
        "updated_at": "",
        "customer_id": "",
        "email": "",
        "site": "nl",
        "sales_channel": "online",
        "status": "fulfilled",
        "currency_code": "EUR",
        "discount_amount": "0",
        "shipping_amount": "4.95",
        "other_charges_amount": "0",
        "tax_amount": "0",
        "total_amount": str(total + Decimal("4.95")),
    } | changes


def line(order_id: str, number: int, product: str, quantity: int, price: str, **changes: Any) -> Row:
    return {
        "order_id": order_id,
        "line_number": number,
        "updated_at": "",
        "product_id": product,
        "quantity": quantity,
        "currency_code": "EUR",
        "unit_price_amount": price,
        "discount_amount": "0",
    } | changes


def refund(return_id: str, at: datetime, sold: Row, quantity: int, **changes: Any) -> Row:
    return {
        "return_id": return_id,
        "line_number": 1,
        "order_id": "",
        "customer_id": "",
        "site": "nl",
        "product_id": sold["product_id"],
        "returned_at": _text(at),
        "quantity": quantity,
        "currency_code": "EUR",
        "refund_amount": str(quantity * Decimal(sold["unit_price_amount"])),
    } | changes


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def random_exports(seed: int, *, orders: int = 120, days: int = 40) -> Exports:
    """Orders with corrections, re-deliveries, late and unlinked returns, guests with e-mail and without.

    And visits around midnight whose events come in several deliveries, late, repeated or corrected.
    """
    chance = random.Random(seed)
    exports = Exports()
    for number in range(orders):
        _random_order(chance, exports, f"o{number}", FIRST_DAY + timedelta(days=chance.randrange(days)))
    exports.add("customers", FIRST_DAY, _customer("c0", "ann@example.org"))
    exports.add("customers", FIRST_DAY, _customer("c1", "Bob@Example.org "))
    visits = random.Random(f"visits {seed}")
    for number in range(orders // 3):
        _random_visit(visits, exports, number, FIRST_DAY + timedelta(days=visits.randrange(days)))
    return exports


def _customer(customer_id: str, email: str) -> Row:
    return {"customer_id": customer_id, "email": email, "first_seen_at": "2025-01-05T10:00:00Z"}


def _random_order(chance: random.Random, exports: Exports, order_id: str, day: date) -> None:
    at = datetime(day.year, day.month, day.day, chance.randrange(24), chance.randrange(60), tzinfo=UTC)
    who = chance.choice(
        [
            {"customer_id": f"c{chance.randrange(12)}"},
            {"email": chance.choice(["ann@example.org", "bob@example.org", "guest@example.org"])},
            {},
        ]
    )
    lines = [
        line(
            order_id,
            n + 1,
            f"p{chance.randrange(6)}",
            chance.randrange(1, 5),
            f"{chance.randrange(1, 40)}.95",
        )
        for n in range(chance.randrange(1, 4))
    ]
    _deliver(exports, day, order(order_id, at, lines, **who), lines)
    if chance.random() < 0.2:  # re-delivered as it was
        _deliver(exports, day + timedelta(days=1), order(order_id, at, lines, **who), lines)
    if chance.random() < 0.2:  # corrected, sometimes with a line less, sometimes by a stale export
        later = day + timedelta(days=chance.randrange(1, 6))
        stamp = {"updated_at": _text(at + timedelta(hours=chance.choice([-1, 5])))}
        status = {"status": chance.choice(["fulfilled", "cancelled"])}
        kept = [row | stamp for row in lines[: chance.randrange(1, len(lines) + 1)]]
        _deliver(exports, later, order(order_id, at, kept, **who, **stamp, **status), kept)
    if chance.random() < 0.3:
        back = day + timedelta(days=chance.randrange(1, 20))
        sold = chance.choice(lines)
        linked = chance.choice([{"order_id": order_id}, {k: v for k, v in who.items() if k == "customer_id"}])
        moment = at + (back - day)
        exports.add("returns", back, refund(f"r{order_id}", moment, sold, 1, **linked))


def _random_visit(chance: random.Random, exports: Exports, number: int, day: date) -> None:
    at = datetime(day.year, day.month, day.day, 22, chance.randrange(60), tzinfo=UTC)
    visitor, customer = f"v{chance.randrange(15)}", chance.choice(["", "", f"c{chance.randrange(12)}"])
    for event in range(chance.randrange(1, 7)):
        at += timedelta(minutes=chance.choice([0, 1, 5, 29, 31]))
        row = {
            "event_id": f"e{number}-{event}",
            "event_at": _text(at),
            "visitor_id": visitor,
            "customer_id": customer,
            "event_type": chance.choice(
                ["page_view", "product_view", "add_to_cart", "begin_checkout", "purchase"]
            ),
            "site": "nl",
            "page_path": chance.choice(["/", "/p"]),
            "product_id": f"p{chance.randrange(6)}",
            "order_id": "",
        }
        delivered = (at + timedelta(hours=2)).date()
        exports.add("session_events", delivered + timedelta(days=chance.choice([0, 0, 0, 1, 9])), row)
        if chance.random() < 0.2:  # once more, as it was or corrected
            again = row | chance.choice([{}, {"page_path": "/corrected"}, {"visitor_id": "v0"}])
            exports.add("session_events", delivered + timedelta(days=chance.choice([0, 2, 12])), again)


def _deliver(exports: Exports, day: date, header: Mapping[str, Any], lines: list[Row]) -> None:
    exports.add("orders", day, dict(header))
    for row in lines:
        exports.add("order_lines", day, dict(row))


def copy_shop(shop: Shop, folder: Path) -> Shop:
    shutil.copytree(shop.folder, folder, symlinks=True)
    return load_shop(folder)
