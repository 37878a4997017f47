"""Sessions, whose they are and what brought them: computed once more, slowly, event by event."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from channel_oracle import channel, host_name, traffic
from event_place import in_time

Row = dict[str, Any]

GAP = timedelta(minutes=30)
MINUTE, ZERO = timedelta(minutes=1), timedelta(0)
ROBOTS = {"bot", "too_long", "superhuman"}
REACH = timedelta(days=30)
TOLERANCE = timedelta(minutes=5)
SHOPPING = {
    *("add_to_cart", "remove_from_cart", "begin_checkout", "add_shipping"),
    *("add_payment", "checkout_error", "purchase"),
}


@dataclass(frozen=True)
class World:
    """What is known beside the rows."""

    clocks: Mapping[str, ZoneInfo]
    as_of: date
    internal_hosts: frozenset[str] = frozenset()
    internal_customers: frozenset[str] = frozenset()

    def local_day(self, row: Row, at: str) -> date:
        moment: datetime = row[at]
        return moment.astimezone(self.clocks[row["site"]]).date()


def compute(
    events: Iterable[Row], orders: Iterable[Row], world: World
) -> tuple[list[Row], list[Row], list[Row]]:
    """Sessions (excluded ones too, with the reason), events with their owner, orders with their session."""
    standing = _winners(events, world)
    placed = [row for row in orders if world.local_day(row, "ordered_at") <= world.as_of]
    _give_persons(placed)
    _give_owners(standing, placed)
    sessions = _cut(standing)
    first_purchases = _first_purchases(standing)
    for session in sessions:
        _describe(session, world)
        ordered = _holds_an_order(session, placed, first_purchases)
        session["reason"] = _reason(session, world, ROBOTS if ordered else set())
    shown = [session for session in sessions if session["reason"] is None]
    own_hosts: dict[str, set[str]] = defaultdict(set)
    for event in standing:
        if event["host"]:
            own_hosts[event["site"]].add(host_name(event["host"]))
    for session in shown:
        session.update(traffic(session["events"], own_hosts[session["site"]]))
        session["channel"] = channel(session["source"], session["medium"], session["campaign"])
    _look_back(shown)
    return sessions, standing, _orders_attributed(placed, shown)


def _winners(events: Iterable[Row], world: World) -> list[Row]:
    best: dict[str, Row] = {}
    for line, event in enumerate(events):
        rank = (event["delivery_date"], line)
        if event["event_id"] not in best or best[event["event_id"]]["rank"] < rank:
            best[event["event_id"]] = event | {"rank": rank}
    due = [event for event in best.values() if world.local_day(event, "event_at") <= world.as_of]
    return sorted(due, key=in_time)


def _give_persons(orders: Sequence[Row]) -> None:
    known: dict[str, set[str]] = defaultdict(set)
    for order in orders:
        if order["email_hash"] and order["customer_id"]:
            known[order["email_hash"]].add(order["customer_id"])
    for order in orders:
        order["person"] = order["customer_id"] or min(known[order["email_hash"]], default=None)


def _give_owners(events: Sequence[Row], orders: Iterable[Row]) -> None:
    told: dict[str, list[tuple[datetime, int, int, str, str]]] = defaultdict(list)
    for event in events:
        if event["customer_id"]:
            at, step, name = in_time(event)
            told[event["visitor_id"]].append((at, 0, step, name, event["customer_id"]))
    for order in orders:
        if order["visitor_id"] and order["customer_id"] and order["sales_channel"] == "online":
            told[order["visitor_id"]].append(
                (order["ordered_at"], 1, 0, order["order_id"], order["customer_id"])
            )
    for event in events:
        at, step, name = in_time(event)
        here = (at, 0, step, name)
        all_told = sorted(told[event["visitor_id"]])
        earlier = [one[-1] for one in all_told if one[:4] < here]
        later = [one[-1] for one in all_told if one[:4] > here]
        event["owner"] = event["customer_id"] or (earlier[-1] if earlier else later[0] if later else None)


def _cut(events: Iterable[Row]) -> list[Row]:
    open_sessions: dict[tuple[str, str], Row] = {}
    sessions = []
    for event in events:
        key = (event["site"], event["visitor_id"])
        session = open_sessions.get(key)
        if session is None or event["event_at"] - session["events"][-1]["event_at"] > GAP:
            session = {"events": [], "site": key[0], "visitor_id": key[1]}
            open_sessions[key] = session
            sessions.append(session)
        session["events"].append(event)
        event["session"] = session
    return sessions


def _describe(session: Row, world: World) -> None:
    events: list[Row] = session["events"]
    first, last = events[0], events[-1]
    kinds = [event["event_type"] for event in events]
    natives = {event["native_session_id"] for event in events} - {None}
    seconds = last["event_at"] - first["event_at"]
    customers = [event["owner"] for event in events if event["owner"]]
    session |= {
        "session_id": hashlib.sha256(first["event_id"].encode()).hexdigest(),
        "native_session_id": min(natives, default=None),
        "native_session_count": len(natives),
        "started_at": first["event_at"],
        "ended_at": last["event_at"],
        "session_date": world.local_day(first, "event_at"),
        "landing_page_path": first["page_path"],
        "landing_page_type": first["page_type"],
        "exit_page_path": last["page_path"],
        "exit_page_type": last["page_type"],
        "event_count": len(events),
        "page_view_count": _page_views(events),
        "time_on_site_seconds": Decimal(seconds // timedelta(microseconds=1)) / 1_000_000,
        "customer_id": customers[0] if customers else None,
        "has_many_customers": len(set(customers)) > 1,
    }
    for name in ("device_category", "country_code"):
        told = {event[name] for event in events} - {None}
        session[name] = first[name] or min(told, default=None)
    for name in ("product_view", "search", "add_to_cart", "purchase"):
        session[f"{name}_count"] = kinds.count(name)
    for name in ("begin_checkout", "add_shipping", "add_payment", "checkout_error"):
        session[f"has_{name}"] = name in kinds
    session["is_engaged"] = (
        seconds > timedelta(seconds=10) or session["page_view_count"] >= 2 or bool(SHOPPING & set(kinds))
    )
    session["is_bounce"] = not session["is_engaged"]
    customer = session["customer_id"]
    session["shopper_id"] = f"customer:{customer}" if customer else f"visitor:{session['visitor_id']}"


def _page_views(events: Sequence[Row]) -> int:
    views = 0
    before: Row | None = None
    for event in events:
        repeats = (
            before is not None
            and before["event_type"] == "page_view"
            and before["page_path"] == event["page_path"]
        )
        views += event["event_type"] == "page_view" or (event["event_type"] == "product_view" and not repeats)
        before = event
    return views


def _reason(session: Row, world: World, pardoned: set[str]) -> str | None:
    events, lasted = session["events"], session["ended_at"] - session["started_at"]
    views = session["page_view_count"]
    holds = {
        "bot": any(event["is_bot"] for event in events),
        "too_long": lasted > timedelta(hours=24),
        "superhuman": views >= 10
        and timedelta(0)
        < lasted
        < timedelta(seconds=views - 1) - (MINUTE if _shows_minutes(events) else ZERO),
        "internal_host": any((event["host"] or "").lower() in world.internal_hosts for event in events),
        "internal_customer": any(event["owner"] in world.internal_customers for event in events),
    }
    return next((reason for reason, is_so in holds.items() if is_so and reason not in pardoned), None)


def _first_purchases(events: Iterable[Row]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for event in events:
        if event["event_type"] == "purchase" and event["order_id"]:
            found.setdefault(event["order_id"], event)
    return found


def _shows_minutes(events: Iterable[Row]) -> bool:
    return all(not (event["event_at"].second or event["event_at"].microsecond) for event in events)


def _holds_an_order(session: Row, orders: Iterable[Row], first_purchases: Mapping[str, Row]) -> bool:
    """By the first purchase event of an online order, or one of its visitor meanwhile or right before."""
    for order in orders:
        if order["sales_channel"] != "online" or order.get("status") in {"failed", "test"}:
            continue
        event = first_purchases.get(order["order_id"])
        if event is not None and event["session"] is session:
            return True
        is_own = order["visitor_id"] == session["visitor_id"] and order["site"] == session["site"]
        if is_own and session["started_at"] - TOLERANCE <= order["ordered_at"] <= session["ended_at"] + GAP:
            return True
    return False


def _look_back(sessions: list[Row]) -> None:
    shoppers: dict[str, list[Row]] = defaultdict(list)
    visitors: dict[str, list[Row]] = defaultdict(list)
    for session in sorted(sessions, key=lambda session: (session["started_at"], session["session_id"])):
        own, visits = shoppers[session["shopper_id"]], visitors[session["visitor_id"]]
        own.append(session)
        visits.append(session)
        near = [one for one in own if session["started_at"] - one["started_at"] <= REACH]
        named = [one["channel"] for one in near if one["channel"] != "Direct"]
        session["last_non_direct_channel"] = named[-1] if named else "Direct"
        session["first_touch_channel"] = own[0]["channel"]
        session["visitor_session_number"] = len(visits)
        session["is_new_visitor"] = len(visits) == 1
        session["is_new_to_site"] = sum(one["site"] == session["site"] for one in visits) == 1


def _attributed(order: Row, sessions: Iterable[Row], purchases: Mapping[str, Row]) -> Row:
    """Of the sessions of its visitor and person, or the one of its first purchase event."""
    session, by = _session_of(order, sessions, purchases)
    names = ("channel", "last_non_direct_channel", "first_touch_channel")
    none = "(offline)" if by == "offline" else "(unknown)"
    return {
        "order_id": order["order_id"],
        "session_id": session["session_id"] if session else None,
        "attributed_by": by,
    } | {name: session[name] if session else none for name in names}


def _session_of(order: Row, sessions: Iterable[Row], purchases: Mapping[str, Row]) -> tuple[Row | None, str]:
    if order["sales_channel"] == "store":
        return None, "offline"
    if order["order_id"] in purchases:
        return purchases[order["order_id"]]["session"], "purchase_event"
    for by, who, key in (
        ("visitor", order["visitor_id"], "visitor_id"),
        ("person", order["person"], "customer_id"),
    ):
        found = _nearest(order["ordered_at"], [one for one in sessions if who and one[key] == who])
        if found:
            return found, by
    return None, "unknown"


def _nearest(at: datetime, sessions: Iterable[Row]) -> Row | None:
    """The last one before, unless it is over while another begins right after."""
    in_turn = sorted(sessions, key=lambda session: (session["started_at"], session["session_id"]))
    before = [one for one in in_turn if one["started_at"] <= at]
    after = [one for one in in_turn if at < one["started_at"] <= at + TOLERANCE]
    if after and not (before and at <= before[-1]["ended_at"] + GAP):
        return after[-1]
    return before[-1] if before and at - before[-1]["started_at"] <= REACH else None


def _orders_attributed(orders: Iterable[Row], sessions: Iterable[Row]) -> list[Row]:
    by_visitor: dict[str, list[Row]] = defaultdict(list)
    by_customer: dict[str, list[Row]] = defaultdict(list)
    purchases: dict[str, Row] = {}
    for session in sessions:
        by_visitor[session["visitor_id"]].append(session)
        by_customer[session["customer_id"]].append(session)
        for event in session["events"]:
            name = event["order_id"] if event["event_type"] == "purchase" else None
            first = min(in_time(one) for one in (event, purchases.get(name, event)))
            if name and first == in_time(event):
                purchases[name] = event
    return [
        _attributed(order, by_visitor[order["visitor_id"]] + by_customer[order["person"]], purchases)
        for order in orders
    ]
