"""Carts a second time: each shopper's events and orders one after the other, in plain Python."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from event_place import in_time

SILENCE = timedelta(minutes=60)
END = timedelta(days=30)
TOLERANCE = timedelta(minutes=5)
STAGES = ("cart", "begin_checkout", "add_shipping", "add_payment", "purchase")
CART_TYPES = {"add_to_cart", "remove_from_cart", *STAGES[1:], "checkout_error"}

Row = Mapping[str, Any]
Key = tuple[str, str]


@dataclass(frozen=True)
class World:
    """What the carts are worked out from; rows as mappings by column name."""

    events: list[dict[str, Any]]
    orders: list[dict[str, Any]]
    products: dict[str, tuple[Decimal | None, str | None]]
    rates: dict[tuple[date, str], Decimal]
    clocks: dict[str, tuple[ZoneInfo, str]]
    channels: dict[str, str]
    as_of: date
    shop_clock: ZoneInfo


@dataclass
class Content:
    """Units of a product, and the price of its latest add: amount for so many units, currency."""

    units: Decimal = Decimal(0)
    price: tuple[Decimal | None, Decimal, str] = (None, Decimal(1), "")


@dataclass
class Cart:
    """A cart as it goes along."""

    first: Row
    touches: list[Row] = field(default_factory=list)
    contents: dict[str | None, Content] = field(default_factory=lambda: defaultdict(Content))
    products: set[str] = field(default_factory=set)
    units: list[Decimal] = field(default_factory=list)
    values: list[Decimal] = field(default_factory=list)
    is_complete: bool = True
    left_at: datetime | None = None
    order: Row | None = None

    def holds(self) -> Decimal:
        """Units of all products."""
        return sum((one.units for one in self.contents.values()), Decimal(0))


def shoppers_of(order: Row, events: Iterable[Row]) -> set[str]:
    """The customer and visitor of an order; without a customer the owner of the visitor at that moment."""
    visitor, customer = order["visitor_id"], order["customer_id"]
    if customer is not None:
        return {f"customer:{customer}"} | ({f"visitor:{visitor}"} if visitor else set())
    if visitor is None:
        return set()
    own = sorted((*in_time(event), event["shopper_id"]) for event in events)
    before = [shopper for at, *_, shopper in own if at <= order["ordered_at"]]
    return {before[-1] if before else own[0][-1] if own else f"visitor:{visitor}"}


def entries(world: World) -> dict[Key, list[dict[str, Any]]]:
    """What happens to carts, in order, per site and shopper."""
    placed = {row["order_id"]: row for row in world.orders}
    failed = {name for name, row in placed.items() if row["status"] in {"failed", "test"}}
    streams: dict[Key, list[dict[str, Any]]] = defaultdict(list)
    by_visitor: dict[str, list[Row]] = defaultdict(list)
    for event in world.events:
        by_visitor[event["visitor_id"]].append(event)
        if event["event_type"] in CART_TYPES and not event["is_excluded"]:
            streams[event["site"], event["shopper_id"]].append(
                event
                | {"at": event["event_at"], "rank": 0, "step": in_time(event)[1], "id": event["event_id"]}
            )
    seen = {
        (*key, event["order_id"])
        for key, stream in streams.items()
        for event in stream
        if event["event_type"] == "purchase"
    }
    for name, row in placed.items():
        if row["sales_channel"] != "online" or name in failed:
            continue
        for shopper in shoppers_of(row, by_visitor[row["visitor_id"]]):
            if (row["site"], shopper, name) not in seen:
                bought = {"event_type": "purchase", "order_id": name, "rank": 1, "step": 0, "id": name}
                streams[row["site"], shopper].append(bought | {"at": row["ordered_at"]})
    return {key: _placed(list(_first_purchases(stream, failed))) for key, stream in streams.items()}


def _first_purchases(stream: list[dict[str, Any]], failed: set[str]) -> Iterator[dict[str, Any]]:
    bought: set[str] = set()
    for entry in sorted(stream, key=lambda one: (one["at"], one["rank"], one["step"], one["id"])):
        name = entry["order_id"]
        if entry["event_type"] == "purchase" and name is not None:
            if name in failed or name in bought:
                continue
            bought.add(name)
        yield entry


def _placed(stream: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Orders stamped right before their cart was filled come after what was done to it."""
    moments = []
    for number, entry in enumerate(stream):
        until = entry["at"] + TOLERANCE
        soon = [
            one
            for one in stream
            if entry["at"] <= one["at"] <= until and one["rank"] == 0 and one["event_type"] != "purchase"
        ]
        nameless = [
            one
            for one in stream
            if abs(one["at"] - entry["at"]) <= TOLERANCE
            and one["event_type"] == "purchase"
            and one["order_id"] is None
        ]
        is_early = (
            entry["rank"] == 1
            and not nameless
            and any(one["event_type"] == "add_to_cart" for one in soon)
            and not _is_open(stream[:number], entry["at"])
        )
        moments.append(max(one["at"] for one in soon) if is_early else entry["at"])
    order = [
        (moment, entry["rank"], entry["step"], entry["at"], entry["id"], number)
        for number, (moment, entry) in enumerate(zip(moments, stream, strict=True))
    ]
    return [stream[place[-1]] for place in sorted(order)]


def _is_open(stream: list[dict[str, Any]], now: datetime) -> bool:
    units: dict[str | None, Decimal] = defaultdict(Decimal)
    last = now
    for entry in stream:
        if entry["at"] - last > END:
            units.clear()
        last = entry["at"]
        if entry["event_type"] == "purchase":
            units.clear()
        elif entry["event_type"] == "add_to_cart":
            units[entry["product_id"]] += _units(entry)
        elif entry["event_type"] == "remove_from_cart":
            units[entry["product_id"]] = max(Decimal(0), units[entry["product_id"]] - _units(entry))
    return now - last <= END and sum(units.values()) > 0


def carts(world: World) -> list[tuple[dict[str, Any], Cart]]:
    """Every cart, described in the columns of the mart and as it ended."""
    return [
        (_described(cart, site, shopper, world), cart)
        for (site, shopper), stream in entries(world).items()
        for cart in _of_stream(stream, world)
    ]


def _of_stream(stream: list[dict[str, Any]], world: World) -> Iterator[Cart]:
    cart: Cart | None = None
    for entry in stream:
        if cart and entry["at"] - cart.touches[-1]["at"] > END:
            yield cart
            cart = None
        adds = entry["event_type"] == "add_to_cart" and _units(entry) > 0
        if cart is None and not adds:
            continue
        cart = cart or Cart(entry)
        if cart.touches and entry["at"] - cart.touches[-1]["at"] > SILENCE:
            cart.left_at = cart.left_at or cart.touches[-1]["at"]
        if entry["event_type"] == "purchase":
            cart.order = entry
        else:
            _touch(cart, entry, world)
        if cart.order or cart.holds() == 0:
            yield cart
            cart = None
    if cart:
        yield cart


def _units(entry: Row) -> Decimal:
    return Decimal(1) if entry["quantity"] is None else entry["quantity"]


def _touch(cart: Cart, entry: Row, world: World) -> None:
    cart.touches.append(entry)
    product = entry["product_id"]
    if entry["event_type"] == "add_to_cart" and _units(entry) > 0:
        content = cart.contents[product]
        content.units += _units(entry)
        content.price = _price(entry, world)
        cart.products |= {product} - {None}
    elif entry["event_type"] == "remove_from_cart" and product in cart.contents:
        content = cart.contents[product]
        content.units = max(Decimal(0), content.units - _units(entry))
    values = [value_of(one, cart, world) for one in cart.contents.values() if one.units > 0]
    cart.is_complete &= None not in values
    cart.units.append(cart.holds())
    cart.values.append(sum((value for value in values if value is not None), Decimal(0)))


def _price(entry: Row, world: World) -> tuple[Decimal | None, Decimal, str]:
    if entry["value_amount"] is not None and entry["value_amount"] >= 0:
        return entry["value_amount"], _units(entry), entry["currency_code"] or world.clocks[entry["site"]][1]
    amount, currency = world.products.get(entry["product_id"], (None, None))
    return amount, Decimal(1), currency or "EUR"


def value_of(content: Content, cart: Cart, world: World) -> Decimal | None:
    amount, units, currency = content.price
    opened = _local_day(cart.first["at"], world.clocks[cart.first["site"]][0])
    days = (opened - timedelta(days=age) for age in range(8))
    found = (world.rates[day, currency] for day in days if (day, currency) in world.rates)
    rate = Decimal(1) if currency == "EUR" else next(found, None)
    if amount is None or rate is None:
        return None
    return _rounded(_rounded(content.units * amount / units) * rate)


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.0001"), ROUND_HALF_UP)


def _local_day(at: datetime, clock: ZoneInfo) -> date:
    return at.astimezone(clock).date()


def _state(cart: Cart, site: str, world: World) -> str:
    if cart.order:
        return "recovered" if cart.left_at else "ordered"
    if cart.units[-1] == 0:
        return "emptied"
    midnight = datetime.combine(world.as_of + timedelta(days=1), time(0))
    ends = [midnight.replace(tzinfo=clock) for clock in (world.clocks[site][0], world.shop_clock)]
    return "abandoned" if min(ends) - cart.touches[-1]["at"] > SILENCE else "open"


def _described(cart: Cart, site: str, shopper: str, world: World) -> dict[str, Any]:
    first, last = cart.first, cart.touches[-1]
    lived = [*cart.touches, *([cart.order] if cart.order else [])]
    order_at = cart.order["at"] if cart.order else None
    wait = order_at - cart.left_at if order_at and cart.left_at else None
    return {
        "cart_id": hashlib.sha256(first["id"].encode()).hexdigest(),
        "shopper_id": shopper,
        "customer_id": shopper.removeprefix("customer:") if shopper.startswith("customer:") else None,
        "visitor_id": first["visitor_id"],
        "site": site,
        "opened_at": first["at"],
        "opened_date": _local_day(first["at"], world.clocks[site][0]),
        "opened_hour": first["at"].astimezone(world.clocks[site][0]).hour,
        "last_touched_at": last["at"],
        "state": _state(cart, site, world),
        "stage": "purchase" if cart.order else _stage(cart),
        "order_id": cart.order["order_id"] if cart.order else None,
        "ordered_at": order_at,
        "hours_to_recovery": wait // timedelta(microseconds=1) / 3_600_000_000 if wait is not None else None,
        "fullest_quantity": max(cart.units),
        "fullest_amount": max(cart.values),
        "end_quantity": cart.units[-1],
        "end_amount": cart.values[-1],
        "is_value_complete": cart.is_complete,
        "product_count": len(cart.products),
        "first_device_category": first["device_category"],
        "last_device_category": last["device_category"],
        **{f"{name}_count": _different(lived, column) for name, column in COUNTED.items()},
        "channel": world.channels[first["session_id"]],
    }


COUNTED = {"device_category": "device_category", "visitor": "visitor_id", "session": "session_id"}


def _different(lived: list[Row], column: str) -> int:
    return len({entry.get(column) for entry in lived} - {None})


def _stage(cart: Cart) -> str:
    reached = {one["event_type"] for one in cart.touches}
    return [stage for stage in STAGES if stage == "cart" or stage in reached][-1]
