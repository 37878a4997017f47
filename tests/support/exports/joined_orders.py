"""The orders of the joined shop, one by one: what was bought, by whom, and what of it came back."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

import polars as pl

from joined_visits import ALL_ALONG, NOBODY, NOT_AT_ALL, Visits
from joined_world import DAYS, LAST_DAY, SITES, Site, Size

CENT = Decimal("0.01")
PRICES = tuple(Decimal(text) for text in ("4.95", "9.99", "12.10", "19.95", "24.20", "49.00", "119.99"))
FIRST_ORDER, FIRST_CUSTOMER = 5_000_001, 7_000_001


@dataclass
class Sale:
    """A change of an order, with the tax in it: what it is of, as Shopify calls it, and how much."""

    what: str
    total: Decimal
    tax: Decimal
    quantity: int | None = None
    product: int | None = None
    discount: Decimal = Decimal(0)


@dataclass
class Order:
    site: Site
    at: datetime
    customer: int | None
    email: str
    status: str
    visit: int | None
    number: int = 0
    is_in_store: bool = False
    # What was sold, and then, by its moment, what came back.
    sold: list[Sale] = field(default_factory=list)
    back: list[tuple[datetime, list[Sale]]] = field(default_factory=list)


def customer_email(customer: int) -> str:
    return f"klant{customer}@klanten.example"


def draw_orders(size: Size, visits: Visits) -> list[Order]:
    """Nine in ten with a visit whose events tell of them; of the others GA4 saw nothing."""
    chance = random.Random(size.seed)
    placed = [_of_visit(row, visits.customers, chance) for row in _purchases(visits)]
    others = [_without_visit(visits.customers, chance) for _ in range(size.orders - len(placed))]
    logged_in = visits.visits.filter((pl.col("login") == ALL_ALONG) & ~pl.col("is_denied")).to_dicts()
    for order, visit in zip(others[::10], chance.sample(logged_in, len(others[::10])), strict=True):
        _place_before(order, visit, chance)
    orders = sorted([*placed, *others], key=lambda order: (order.at, order.visit or 0))
    for number, order in enumerate(orders):
        order.number = FIRST_ORDER + number
        _sell(order, chance)
        _give_back(order, chance)
    return orders


def _purchases(visits: Visits) -> list[dict[str, int]]:
    first = visits.events.filter(pl.col("name") == "purchase").group_by("visit").agg(pl.col("at_us").min())
    return first.join(visits.visits, on="visit").sort("visit").to_dicts()


def _of_visit(row: dict[str, int], customers: int, chance: random.Random) -> Order:
    """By who is logged in; else as a guest, under an address of a customer's or of their own."""
    at = datetime.fromtimestamp(row["at_us"] // 1_000_000 - chance.randrange(3), UTC)
    customer, email = None, f"gast{row['visitor']}@gasten.example"
    if row["owner"] != NOBODY:
        if row["login"] != NOT_AT_ALL:
            customer = row["owner"]
        elif chance.random() < 0.5:
            email = f" {customer_email(row['owner']).upper()}"
    elif chance.random() < 0.2:
        customer = chance.randrange(customers)
    return _order(SITES[row["site"]], at, (customer, email), chance, row["visit"])


def _without_visit(customers: int, chance: random.Random) -> Order:
    day = chance.choice(DAYS)
    at = datetime.combine(day, time(7), UTC) + timedelta(seconds=chance.randrange(13 * 3600))
    customer = chance.randrange(customers) if chance.random() < 0.7 else None
    order = _order(
        chance.choice(SITES), at, (customer, f"los{chance.randrange(customers)}@gasten.example"), chance
    )
    order.is_in_store = chance.random() < 0.3
    return order


def _place_before(order: Order, visit: dict[str, int], chance: random.Random) -> None:
    """A little before a visit of its customer begins: the clock of orders may be behind that of events."""
    order.at = datetime.fromtimestamp(visit["start_us"] // 1_000_000 - chance.randrange(1, 400), UTC)
    order.customer, order.email = visit["owner"], customer_email(visit["owner"])
    order.site, order.is_in_store = SITES[visit["site"]], False


def _order(
    site: Site, at: datetime, who: tuple[int | None, str], chance: random.Random, visit: int | None = None
) -> Order:
    customer, email = who
    status = chance.choices(("paid", "cancelled", "pending", "test"), (94, 3, 2, 1))[0]
    address = email if customer is None else customer_email(customer)
    return Order(site, at, customer, address, status, visit)


def _taxed(amount: Decimal, site: Site) -> Decimal:
    """The tax in an amount."""
    return (amount * site.tax_percent / (100 + site.tax_percent)).quantize(CENT, ROUND_HALF_UP)


def _sell(order: Order, chance: random.Random) -> None:
    percent = 10 if chance.random() < 0.15 else 0
    for product in chance.sample(range(1, 200), chance.choice((1, 1, 2, 3))):
        quantity = chance.choice((1, 1, 1, 2, 3))
        full = chance.choice(PRICES) * quantity
        off = (full * percent / 100).quantize(CENT, ROUND_HALF_UP)
        total, less = full - off, (off - _taxed(off, order.site))
        order.sold.append(
            Sale("ORDER PRODUCT", total, _taxed(total, order.site), quantity, product, discount=less)
        )
    if chance.random() < 0.6:
        shipping = Decimal("6.05")
        order.sold.append(Sale("ORDER SHIPPING", shipping, _taxed(shipping, order.site)))
    if chance.random() < 0.03:
        order.sold.append(Sale("ORDER TIP", Decimal("1.50"), Decimal("0.00")))


def _give_back(order: Order, chance: random.Random) -> None:
    """One in eight orders: a unit of its first line, its shipping, or some money for the trouble."""
    at = order.at + timedelta(days=chance.randrange(1, 12), seconds=chance.randrange(40_000))
    is_back = chance.random() < 0.12 or order.status == "cancelled"
    if not is_back or order.status in {"pending", "test"} or at.date() >= LAST_DAY:
        return
    line = order.sold[0]
    assert line.quantity is not None
    unit = (line.total / line.quantity).quantize(CENT, ROUND_HALF_UP)
    sales = [Sale("RETURN PRODUCT", -unit, -_taxed(unit, order.site), -1, line.product)]
    kind = chance.random()
    if kind < 0.2 and (shipping := [one for one in order.sold if one.what == "ORDER SHIPPING"]):
        sales.append(Sale("RETURN SHIPPING", -shipping[0].total, -shipping[0].tax))
    elif kind < 0.4:
        sales.append(Sale("RETURN ADJUSTMENT", Decimal("-0.50"), Decimal("0.00")))
    order.back.append((at, sales))
