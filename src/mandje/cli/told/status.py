"""What `mandje status` tells programs."""

from __future__ import annotations

from datetime import date
from typing import Any

from mandje.cli.told.facts import Facts
from mandje.errors import MandjeError
from mandje.night.pipeline import due_nights
from mandje.night.told_reasons import told_reasons
from mandje.observe.records.machine_clock import check_clock
from mandje.observe.records.nights import newest_night, stopped_night, unfinished_night, unmaking
from mandje.observe.records.warnings import night_warnings, warned_night
from mandje.shop.settings import Shop

Json = dict[str, Any]
_KINDS = ("missing", "refused", "gone", "changed", "new", "empty")


def _stopped(shop: Shop) -> Json | None:
    stop = stopped_night(shop)
    if stop is None:
        return None
    reasons = told_reasons(shop, date.fromisoformat(stop["run_date"]), stop["stage"], stop["line"])
    line = "; ".join(reasons)
    return {"night": stop["run_date"], "stage": stop["stage"], "line": line, "exit_code": stop["exit_code"]}


def _snapshot(shop: Shop) -> Json | None:
    from mandje.publish.published_folder import current_snapshot, read_pin

    snapshot, pin = current_snapshot(shop), read_pin(shop)
    if snapshot is None:
        return None
    return {"name": snapshot.name, "as_of_date": snapshot.name[:10], "is_pinned": pin is not None}


def _clock_fault(shop: Shop) -> str | None:
    try:
        check_clock(shop)
    except MandjeError as fault:
        return str(fault)
    return None


def _being_unmade(shop: Shop) -> str | None:
    plan = unmaking(shop)
    return plan["night"] if plan else None


def _warnings(shop: Shop) -> list[Json]:
    """Of the night that told last how the warehouse stands: names and counts, no keys."""
    night = warned_night(shop)
    found = night_warnings(shop, night) if night else []
    names = ("check", "origin", "severity", "is_new", "count")
    return [{name: getattr(one, name) for name in names} for one in found]


def _sources(shop: Shop) -> list[Json]:
    from mandje.cli.screens.due_until import told_until
    from mandje.ingest.discover import discover
    from mandje.ingest.exports.deliveries import delivery_dates

    dates = delivery_dates(shop)
    if not dates:
        return []
    return [
        {
            "source": one.source,
            "expected": one.expected,
            "delivered": one.delivered.count,
            "newest": (one.delivered.last or one.delivered.first or (None,))[-1],
            **{kind: getattr(one, kind).count for kind in _KINDS},
        }
        for one in discover(shop, told_until(shop, dates[-1])).sources
    ]


def _refused(shop: Shop) -> list[Json]:
    from mandje.ingest.rules.refusals import newest_first
    from mandje.ingest.store.quarantine import refused_deliveries

    names = ("source", "delivery_date", "reason")
    return [{name: getattr(one, name) for name in names} for one in newest_first(refused_deliveries(shop))]


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


STATUS_FACTS: Facts = {
    "newest_night": lambda shop: _day(newest_night(shop)),
    "unfinished_night": lambda shop: _day(unfinished_night(shop)),
    "stopped": _stopped,
    "nights_due": lambda shop: [day.isoformat() for day in due_nights(shop)],
    "snapshot": _snapshot,
    "clock_fault": _clock_fault,
    "being_unmade": _being_unmade,
    "warnings": _warnings,
    "sources": _sources,
    "refused": _refused,
}
