"""What was left where, a second time: products in carts, sessions that only looked, checkouts broken off."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from cart_oracle import CART_TYPES, END, SILENCE, World, carts, shoppers_of, value_of
from event_place import in_time

Row = Mapping[str, Any]
Key = tuple[Any, ...]
STEPS = ("add_to_cart", "begin_checkout", "add_shipping", "add_payment")


def orders_without_cart(world: World) -> Counter[Key]:
    """Online orders that ended no cart, by site and local day."""
    ended = {described["order_id"] for described, _ in carts(world)}
    lost = [
        row
        for row in world.orders
        if row["sales_channel"] == "online"
        and row["status"] not in {"failed", "test"}
        and row["order_id"] not in ended
    ]
    return Counter((row["site"], row["order_date"]) for row in lost)


def left_products(world: World, lines: Iterable[Row]) -> dict[Key, dict[str, Any]]:
    """By site and product: what became of the carts that held it, and units and value of those abandoned."""
    bought = _purchases(world, lines)
    clock = world.shop_clock
    known_until = datetime.combine(world.as_of + timedelta(days=1), time(0)).replace(tzinfo=clock)
    found: dict[Key, dict[str, Any]] = defaultdict(lambda: defaultdict(int))
    for described, cart in carts(world):
        state, shopper = described["state"], described["shopper_id"]
        left_at = cart.left_at if state == "recovered" else described["last_touched_at"]
        for product in cart.products:
            content, figures = cart.contents[product], found[described["site"], product]
            figures["cart"] += 1
            if content.units == 0:
                continue
            figures[state] += 1
            if state == "abandoned":
                figures["units"] += content.units
                figures["amount"] += value_of(content, cart, world) or 0
            if state in {"abandoned", "recovered"} and left_at + END <= known_until:
                figures["judged"] += 1
                days = bought[shopper, product]
                figures["bought_later"] += any(left_at <= at <= left_at + END for at in days)
    return found


def _purchases(world: World, lines: Iterable[Row]) -> dict[Key, list[datetime]]:
    products: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        products[line["order_id"]].add(line["product_id"])
    own: dict[str, list[Row]] = defaultdict(list)
    for event in world.events:
        own[event["visitor_id"]].append(event)
    found: dict[Key, list[datetime]] = defaultdict(list)
    for row in world.orders:
        if row["is_counted"]:
            for shopper in shoppers_of(row, own[row["visitor_id"]]):
                for product in products[row["order_id"]]:
                    found[shopper, product].append(row["ordered_at"])
    return found


def browsed(sessions: Iterable[Row], events: Iterable[Row]) -> dict[Key, list[int]]:
    """Sessions that saw a product, put it into a cart, did nothing else: by day, site, product or (all)."""
    own = _by_session(events)
    found: dict[Key, list[int]] = defaultdict(lambda: [0, 0, 0])
    for session in sessions:
        rows = own[session["session_id"]]
        shopped = any(row["event_type"] in CART_TYPES for row in rows)
        seen = {row["product_id"] for row in rows if row["event_type"] == "product_view"}
        added = {row["product_id"] for row in rows if row["event_type"] == "add_to_cart"}
        for product in (seen - {None}) | ({"(all)"} if seen else set()):
            is_added = bool(added) if product == "(all)" else product in added
            figures = found[session["session_date"], session["site"], product]
            for place, number in enumerate((1, is_added, not shopped)):
                figures[place] += number
    return found


def dropped(world: World, sessions: Iterable[Row], events: Iterable[Row]) -> Counter[Key]:
    """Sessions that reached a step before the order and did not order, in the columns of the mart."""
    ordered = {
        cart.touches[-1]["session_id"]
        for _, cart in carts(world)
        if cart.order and cart.order["at"] - cart.touches[-1]["at"] <= SILENCE
    }
    own = _by_session(events)
    found: Counter[Key] = Counter()
    for session in sessions:
        rows = own[session["session_id"]]
        touches = [row for row in rows if row["event_type"] in CART_TYPES]
        kinds = {row["event_type"] for row in touches}
        if session["session_id"] in ordered or "purchase" in kinds or not kinds & set(STEPS):
            continue
        step = [step for step in STEPS if step in kinds][-1]
        device = session["device_category"] or "(unknown)"
        group = (session["session_date"], session["site"], session["channel"], device, step)
        found[*group, touches[-1]["page_path"], touches[-1]["page_type"], *_cause(step, touches, rows)] += 1
    return found


def _cause(step: str, touches: list[Row], rows: list[Row]) -> tuple[str, str | None]:
    reached = min(row["event_at"] for row in touches if row["event_type"] == step)
    errors = [
        row["error_code"]
        for row in touches
        if row["event_type"] == "checkout_error" and row["event_at"] >= reached
    ]
    if errors:
        return "error", errors[-1]
    return ("exit" if touches[-1] is rows[-1] else "browsed_on"), None


def _by_session(events: Iterable[Row]) -> dict[str, list[Row]]:
    own: dict[str, list[Row]] = defaultdict(list)
    for event in sorted(events, key=in_time):
        own[event["session_id"]].append(event)
    return own
