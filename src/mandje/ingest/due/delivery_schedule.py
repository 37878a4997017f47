"""How often a source delivers, by its settings: what is missing tonight, and which days nobody told of."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice, pairwise

from mandje.adapters import adapter_for
from mandje.ingest.store.partitions import Current, current_of
from mandje.shop.settings import Shop
from mandje.shop.sources import Source

WEEK = timedelta(days=7)
# So much a weekly delivery may shift.
LATE = timedelta(days=2)
# With fewer gaps between deliveries nobody knows how often a source delivers.
LEAST_GAPS = 4
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class MissingDelivery:
    """A day whose expected delivery is not loaded, for one feed of its source."""

    source: str
    feed: str
    delivery_date: date


def is_missing(source: Source, delivered: Collection[date], day: date) -> bool:
    """Whether the delivery of a night's own day is expected and not there."""
    first = owed_from(source, day)
    return first is not None and not any(first <= one <= day for one in delivered)


def owed_from(source: Source, day: date) -> date | None:
    """The first of the days up to `day` of which one must be delivered; None where nothing is owed.

    A daily source owes the day itself, a weekly one a delivery in the seven open days that end with it.
    """
    if source.expected == "any" or source.is_closed(day):
        return None
    open_days = (one for one in (day - DAY * n for n in range(366)) if not source.is_closed(one))
    return list(islice(open_days, 1 if source.expected == "daily" else WEEK.days))[-1]


def lacking_days(source: Source, loaded: Collection[date], last: date) -> list[date]:
    """Days from the source's first loaded delivery to `last` that an expected delivery should tell of.

    A weekly delivery tells of the seven days that end with its own, and of two more where it comes late; days
    that it may still tell of lack nothing. A source that never delivered has no days.
    """
    if source.expected == "any" or not loaded:
        return []
    first, present = min(loaded), set(loaded)
    spread = DAY if source.expected == "daily" else WEEK + LATE
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


def feeds_of_sources(shop: Shop) -> dict[str, tuple[str, ...]]:
    """Feeds that each source may make."""
    return {name: tuple(adapter_for(name, shop.settings).feeds) for name in shop.settings.sources}


def sources_of_feeds(shop: Shop) -> dict[str, list[str]]:
    """Names of the sources that may make each feed."""
    sources: dict[str, list[str]] = {}
    for name, feeds in feeds_of_sources(shop).items():
        for feed in feeds:
            sources.setdefault(feed, []).append(name)
    return sources


def accounted_for(shop: Shop, first: date, last: date) -> set[tuple[str, date]]:
    """Feeds and days on which no or few rows surprise nobody, from `first` to `last`.

    All sources of the feed are closed, or one of them has no delivery of the day that could be loaded and
    the night was told to go on without, or has still time to tell of it.
    """
    days = [first + DAY * number for number in range((last - first).days + 1)]
    known = {name: _known_lacks(shop, name, last) for name in shop.settings.sources}
    return {
        (feed, day)
        for feed, names in sources_of_feeds(shop).items()
        for day in days
        if any(day in known[name] for name in names) or not is_open(shop, names, day)
    }


def last_open_days(shop: Shop, as_of_date: date) -> dict[str, date]:
    """The last day up to `as_of_date` on which each feed may have come: the day before it closed.

    Looks a year back; a feed that was closed for longer has the as-of date.
    """
    days = [as_of_date - DAY * number for number in range(366)]
    return {
        feed: next((day for day in days if is_open(shop, names, day)), as_of_date)
        for feed, names in sources_of_feeds(shop).items()
    }


def is_open(shop: Shop, sources: Sequence[str], day: date) -> bool:
    """Whether one of these sources may have something to tell of a day."""
    return not all(shop.settings.sources[name].is_closed(day) for name in sources)


def _loaded(shop: Shop, source: str) -> list[date]:
    return _accepted(current_of(shop, source))


def _accepted(deliveries: Mapping[date, Current]) -> list[date]:
    return [day for day, current in deliveries.items() if current.status == "accepted"]


def _known_lacks(shop: Shop, name: str, last: date) -> set[date]:
    source, deliveries = shop.settings.sources[name], current_of(shop, name)
    loaded = [day for day in _accepted(deliveries) if day <= last]
    refused = {day for day, current in deliveries.items() if current.status == "refused"}
    return {*refused, *lacking_days(source, loaded, last), *_still_to_tell(source, loaded, last)}


def _still_to_tell(source: Source, loaded: Sequence[date], last: date) -> Iterator[date]:
    """Days since the newest delivery that the next one will tell of, where that is not overdue."""
    if not loaded or source.expected == "daily":
        return
    wait = WEEK.days if source.expected == "weekly" else usual_wait(loaded)
    if (last - loaded[-1]).days < wait:
        yield from (loaded[-1] + DAY * number for number in range(1, wait))


def usual_wait(days: Sequence[date]) -> int:
    """Days from a delivery to the next that nine of ten gaps keep to; 1 where few gaps are known."""
    gaps = sorted((after - before).days for before, after in pairwise(sorted(days)))
    return gaps[len(gaps) * 9 // 10] if len(gaps) >= LEAST_GAPS else 1
