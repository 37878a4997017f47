"""Funnels a second time: every unit's events one after the other, in plain Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import pairwise, product
from statistics import median
from typing import Any

CHECKOUT = ("begin_checkout", "add_shipping", "add_payment")
STEPS = ("session", "product_view", "add_to_cart", *CHECKOUT, "purchase")
MICROSECOND = timedelta(microseconds=1)

Row = Mapping[str, Any]
Moments = list[datetime | None]
# The day, then site, channel, device and whether the visitor is new.
Group = tuple[Any, str, str, str, str]
Figures = dict[str, int | float | None]


def funnels(sessions: Iterable[Row], events: Iterable[Row]) -> dict[Group, Figures]:
    """All columns beside the keys by group; `events` are those that are not excluded."""
    steps_of: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    emitted = {"session"}
    for event in events:
        if event["event_type"] in STEPS:
            steps_of[event["session_id"]].append((event["event_at"], event["event_type"]))
            emitted.add(event["event_type"])
    steps = [step for step in STEPS if step in emitted]
    units: dict[tuple[Group, str], dict[str, list[tuple[datetime, str]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for session in sessions:
        own = [(session["started_at"], "session"), *steps_of[session["session_id"]]]
        for group in _groups(session):
            units[group, "session"][session["session_id"]] += own
            units[group, "visitor"][session["visitor_id"]] += own
    found: dict[Group, Figures] = defaultdict(_empty)
    for (group, unit), members in units.items():
        for prefix, moments in (("", _open), ("closed_", _closed)):
            found[group] |= _figures(prefix, unit, steps, [moments(steps, own) for own in members.values()])
    return found


def _groups(session: Row) -> Iterator[Group]:
    own = (
        session["channel"],
        session["device_category"] or "(unknown)",
        "new" if session["is_new_visitor"] else "returning",
    )
    for site, apart in product((session["site"], "(all)"), (None, 0, 1, 2)):
        channel, device, kind = (own[place] if place == apart else "(all)" for place in range(3))
        yield session["session_date"], site, channel, device, kind


def _open(steps: list[str], own: list[tuple[datetime, str]]) -> Moments:
    return [min((at for at, kind in own if kind == step), default=None) for step in steps]


def _closed(steps: list[str], own: list[tuple[datetime, str]]) -> Moments:
    moments: Moments = []
    since = min(at for at, _ in own)
    for step in steps:
        reached = min((at for at, kind in own if kind == step and at >= since), default=None)
        if reached is None:
            break
        moments.append(reached)
        since = reached
    return moments + [None] * (len(steps) - len(moments))


def _names(prefix: str, step: str, unit: str) -> tuple[str, str]:
    count = f"{unit}_count" if step == "session" else f"{prefix}{step}_{unit}_count"
    return count, f"{prefix}{step}_to_next_{unit}_median_seconds"


def _empty() -> Figures:
    """Of steps that are not emitted nothing is known; after the purchase there is no next step."""
    columns = [
        name
        for prefix, step, unit in product(("", "closed_"), STEPS, ("session", "visitor"))
        for name in _names(prefix, step, unit)
    ]
    return {name: None for name in columns if "purchase_to_next" not in name}


def _figures(prefix: str, unit: str, steps: list[str], units: list[Moments]) -> Figures:
    figures: Figures = {}
    for place, step in enumerate(steps):
        count, seconds = _names(prefix, step, unit)
        figures[count] = sum(moments[place] is not None for moments in units)
        waits = [
            (later - now) // MICROSECOND
            for moments in units
            for now, later in list(pairwise(moments))[place : place + 1]
            if now is not None and later is not None and later >= now
        ]
        if waits:
            figures[seconds] = median(waits) / 1_000_000
    return figures
