"""Sessions, whose events are whose, and carts: computed row by row, by the words of their definitions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

Event = dict[str, Any]
GAP = timedelta(minutes=30)
SILENCE, CART_END = timedelta(hours=1), timedelta(days=30)
TOUCHES = (
    "add_to_cart", "remove_from_cart", "begin_checkout", "add_shipping", "add_payment", "checkout_error",
)  # fmt: skip
FUNNEL = (
    "product_view", "add_to_cart", "begin_checkout", "add_shipping", "add_payment", "purchase", "",
)  # fmt: skip
STAGES = ("cart", "begin_checkout", "add_shipping", "add_payment", "ordered")


def sessions(events: list[Event]) -> list[list[Event]]:
    """Per (site, visitor), by (event_at, event_id), with no gap over 30 minutes."""
    found: list[list[Event]] = []
    for event in sorted(events, key=lambda e: (e["site"], e["visitor_id"], e["event_at"], e["event_id"])):
        last = found[-1][-1] if found else None
        same = last and (last["site"], last["visitor_id"]) == (event["site"], event["visitor_id"])
        if last and same and event["event_at"] - last["event_at"] <= GAP:
            found[-1].append(event)
        else:
            found.append([event])
    return found


def is_engaged(session: list[Event]) -> bool:
    lasts = session[-1]["event_at"] - session[0]["event_at"] > timedelta(seconds=10)
    views = sum(event["event_type"] == "page_view" for event in session)
    does_more = any(event["event_type"] in (*TOUCHES, "purchase") for event in session)
    return lasts or views >= 2 or does_more


def closed_step_count(session: list[Event]) -> int:
    """Of session, product_view, add_to_cart, …, purchase: how many one after the other."""
    count = 1
    for event in session:
        if event["event_type"] == FUNNEL[count - 1]:
            count += 1
    return count


def identities(events: list[Event]) -> dict[int, int | None]:
    """Customer of each event: its own, else the visitor's latest earlier one, else the earliest later one."""
    by_visitor = defaultdict(list)
    for event in sorted(events, key=lambda e: (e["event_at"], e["event_id"])):
        by_visitor[event["visitor_id"]].append(event)
    found = {}
    for own in by_visitor.values():
        latest = next((event["customer_id"] for event in own if event["customer_id"] is not None), None)
        for event in own:
            latest = event["customer_id"] if event["customer_id"] is not None else latest
            found[event["event_id"]] = latest
    return found


def shopper_of(session: list[Event], customer_of: dict[int, int | None]) -> tuple[str, int]:
    """Whose a session is: the customer that one of its events shows, else whom its first one belongs to."""
    own = {event["customer_id"] for event in session} - {None}
    customer = own.pop() if own else customer_of[session[0]["event_id"]]
    return ("visitor", session[0]["visitor_id"]) if customer is None else ("customer", customer)


def channels_before(number: int, sessions: list[tuple[tuple[str, int], datetime, str]]) -> tuple[str, str]:
    """First-touch and last non-direct channel of a session out of (shopper, started_at, channel)."""
    shopper, at, _ = sessions[number]
    own = sorted((start, channel) for who, start, channel in sessions if who == shopper and start <= at)
    recent = [channel for start, channel in own if at - start <= CART_END and channel != "Direct"]
    return own[0][1], recent[-1] if recent else "Direct"


@dataclass
class Cart:
    shopper: tuple[str, int]
    site: str
    opened_at: datetime
    last_touched_at: datetime
    state: str = ""
    order_id: int | None = None
    stage: str = "cart"
    contents: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    worth: Decimal = Decimal(0)
    worth_by_product: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    most_items: int = 0
    most_worth: Decimal = Decimal(0)
    touched_at: list[datetime] = field(default_factory=list)
    sessions: set[int] = field(default_factory=set)
    visitors: set[int] = field(default_factory=set)
    devices: set[str] = field(default_factory=set)

    def touch(self, event: Event) -> None:
        self.last_touched_at = event["event_at"]
        self.touched_at.append(event["event_at"])
        self.sessions.add(event["event_id"] // 4096)
        self.visitors.add(event["visitor_id"])
        self.devices.add(event["device_category"])
        kind, product = event["event_type"], event["product_id"]
        if kind in STAGES:
            self.stage = max(self.stage, kind, key=STAGES.index)
        sign = {"add_to_cart": 1, "remove_from_cart": -1}.get(kind, 0)
        if sign:
            count = int(event["quantity"])
            assert sign > 0 or self.contents[product] >= count, "nothing is taken out that is not in"
            self.contents[product] = max(0, self.contents[product] + sign * count)
            self.worth += sign * event["value_amount"]
            self.worth_by_product[product] += sign * event["value_amount"]
        self.most_items = max(self.most_items, self.items)
        self.most_worth = max(self.most_worth, self.worth)

    @property
    def items(self) -> int:
        return sum(self.contents.values())

    def converted(self, rate: Decimal) -> Decimal:
        """What it holds at the end, each product rounded on its own."""
        parts = (worth * rate for worth in self.worth_by_product.values())
        return sum((part.quantize(Decimal("0.0001"), ROUND_HALF_UP) for part in parts), Decimal(0))

    def silences(self, end: datetime) -> list[datetime]:
        """Touches after which nothing came for over an hour."""
        times = [*self.touched_at, end]
        return [a for a, b in pairwise(times) if b - a > SILENCE]


def carts(
    events: list[Event], row_orders: list[tuple[int, str, datetime, int]], end: datetime
) -> tuple[list[Cart], set[int]]:
    """All carts, and the orders that end none.

    `row_orders`: customer, site, ordered_at and order of each online order whose row tells the customer.
    """
    customer_of = identities(events)
    steps = defaultdict(dict)
    for event in events:
        customer = customer_of[event["event_id"]]
        shopper = ("visitor", event["visitor_id"]) if customer is None else ("customer", customer)
        if event["event_type"] in TOUCHES:
            steps[shopper, event["site"]][event["event_at"], 0, event["event_id"]] = event
        if event["event_type"] == "purchase":
            steps[shopper, event["site"]][event["event_at"], 1, event["order_id"]] = None
    for customer, site, at, order in row_orders:
        steps[("customer", customer), site][at, 1, order] = None
    found = [cart for (shopper, site), own in steps.items() for cart in _carts_of(shopper, site, own, end)]
    ended = {cart.order_id for cart in found}
    placed = {key[2] for own in steps.values() for key in own if key[1]}
    return found, placed - ended


def _carts_of(
    shopper: tuple[str, int], site: str, steps: dict[Any, Event | None], end: datetime
) -> list[Cart]:
    found: list[Cart] = []
    cart: Cart | None = None
    for at, is_order, number in sorted(steps):
        event = steps[at, is_order, number]
        if cart and at - cart.last_touched_at > CART_END:
            cart.state, cart = "abandoned", None
        if event is None:
            if cart:
                cart.state = "recovered" if cart.silences(at) else "ordered"
                cart.order_id, cart.stage, cart = number, "ordered", None
            continue
        if cart is None:
            assert event["event_type"] == "add_to_cart", "a cart is opened by putting something in"
            cart = Cart(shopper, site, at, at)
            found.append(cart)
        cart.touch(event)
        if event["event_type"] == "remove_from_cart" and cart.items == 0:
            cart.state, cart = "emptied", None
    if cart:
        cart.state = "abandoned" if end - cart.last_touched_at > SILENCE else "open"
    return found
