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
WHOLE = ("(all)", "(all)", "(all)")

Row = Mapping[str, Any]
Moments = list[datetime | None]
# The day, then site, channel, device and whether the visitor is new.
Group = tuple[Any, str, str, str, str]
Figures = tuple[int, float | None, float | None, float | None]


def funnels(sessions: Iterable[Row], events: Iterable[Row]) -> dict[tuple[Any, ...], Figures]:
    """Count and three figures by group, mode, unit and step; `events` are those that are not excluded."""
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
            units[group, "sessions"][session["session_id"]] += own
            units[group, "visitors"][session["visitor_id"]] += own
    return {
        (*group, mode, unit, step): figures
        for (group, unit), members in units.items()
        for mode, moments in (("open", _open), ("closed", _closed))
        for step, figures in _figures(steps, [moments(steps, own) for own in members.values()])
        if figures[0] or group[2:] == WHOLE
    }


def _groups(session: Row) -> Iterator[Group]:
    own = (
        session["channel"],
        session["device_category"] or "(unknown)",
        "new" if session["is_new_visitor"] else "returning",
    )
    singles = [tuple(own[i] if i == place else "(all)" for i in range(3)) for place in range(3)]
    for site, others in product((session["site"], "(all)"), (WHOLE, *singles, own)):
        yield session["session_date"], site, others[0], others[1], others[2]


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


def _figures(steps: list[str], units: list[Moments]) -> Iterator[tuple[str, Figures]]:
    counts = [sum(unit[place] is not None for unit in units) for place in range(len(steps))]
    for place, step in enumerate(steps):
        before = counts[place - 1] if place else 0
        waits = [
            (later - now) // MICROSECOND
            for unit in units
            for now, later in list(pairwise(unit))[place : place + 1]
            if now is not None and later is not None and later >= now
        ]
        yield (
            step,
            (
                counts[place],
                counts[place] / counts[0],
                counts[place] / before if before else None,
                median(waits) / 1_000_000 if waits else None,
            ),
        )
