"""How often a source delivers, by its settings: what is missing tonight, and which days nobody told of."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from mandje.adapters import adapter_for
from mandje.ingest.partitions import current_of
from mandje.settings import Shop, Source

WEEK = timedelta(days=7)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class MissingDelivery:
    """A day whose expected delivery is not loaded, for one feed of its source."""

    source: str
    feed: str
    delivery_date: date


def is_missing(source: Source, delivered: Collection[date], day: date) -> bool:
    """Whether the delivery of a night's own day is expected and not there.

    A weekly source owes one in the seven days that end with `day`.
    """
    if source.expected == "any" or source.is_closed(day):
        return False
    last_days = [day] if source.expected == "daily" else [day - DAY * n for n in range(WEEK.days)]
    return not any(one in delivered for one in last_days)


def lacking_days(source: Source, loaded: Collection[date], last: date) -> list[date]:
    """Days from the source's first loaded delivery to `last` that an expected delivery should tell of.

    A weekly delivery tells of the seven days that end with its own; days that it may still tell of lack
    nothing. A source that never delivered has no days.
    """
    if source.expected == "any" or not loaded:
        return []
    first, present = min(loaded), set(loaded)
    spread = DAY if source.expected == "daily" else WEEK
    days = (first + DAY * number for number in range((last - first - spread).days + 2))
    return [
        day
        for day in days
        if not source.is_closed(day) and not any(day + DAY * n in present for n in range(spread.days))
    ]


def missing_deliveries(shop: Shop, as_of_date: date) -> list[MissingDelivery]:
    """All days up to `as_of_date` whose expected delivery is missing or refused, by source, feed and day."""
    return sorted(
        MissingDelivery(name, feed, day)
        for name, source in shop.settings.sources.items()
        for day in lacking_days(source, _loaded(shop, name), as_of_date)
        for feed in adapter_for(name, shop.settings).feeds
    )


def _loaded(shop: Shop, source: str) -> list[date]:
    return [day for day, current in current_of(shop, source).items() if current.status == "accepted"]
