"""Feeds that fell silent: no row for longer than ever before, though many were due."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise

from mandje.findings.holds import Hold

# Without these there are no sales and no visits; other feeds may well end, and are told.
HELD_FEEDS = frozenset({"orders", "order_lines", "returns", "session_events"})
_LEAST_DELIVERIES = 10
LOOK_BACK = timedelta(days=180)
# So many rows would have come in the silent days by what came before them.
_LEAST_ROWS = 20

RowsByDay = Mapping[date, int]
IsOpen = Callable[[str, date], bool]


def compare_feeds(
    feeds: Mapping[str, RowsByDay], is_open: IsOpen, since: date | None, as_of_date: date
) -> tuple[list[Hold], list[str]]:
    """Feeds that are silent at `as_of_date` and were not at `since`: held, and only told.

    Without a snapshot before (`since` None) nobody was told anything else yet: all are only told. `feeds`
    holds the rows that each feed delivered, by delivery date; `is_open` tells whether a day of a feed may
    have any.
    """
    found = [
        hold
        for feed, rows in sorted(feeds.items())
        if (hold := _silence(feed, rows, is_open, as_of_date))
        and not (since and _silence(feed, rows, is_open, since))
    ]
    held = [hold for hold in found if since and hold.figure.split(":")[1] in HELD_FEEDS]
    return held, [hold.told for hold in found if hold not in held]


def _silence(feed: str, rows: RowsByDay, is_open: IsOpen, as_of_date: date) -> Hold | None:
    days = sorted(day for day, count in rows.items() if count and day <= as_of_date)
    if len(days) < _LEAST_DELIVERIES:
        return None
    recent = [day for day in days if day > days[-1] - LOOK_BACK]
    silent = _open_days(feed, is_open, days[-1], as_of_date)
    longest = max((_open_days(feed, is_open, *pair) for pair in _pairs(recent)), default=0)
    usual = sum(rows[day] for day in recent) / ((recent[-1] - recent[0]).days + 1)
    if silent <= _tolerated(longest) or silent * usual < _LEAST_ROWS:
        return None
    sentence = f"{feed} has no row for {silent} day(s) since {days[-1]}, before never for more than {longest}"
    return Hold(f"silence:{feed}", str(longest), str(silent), sentence)


def _tolerated(longest: int) -> int:
    """A weekly delivery may shift by some days."""
    return longest if longest < 5 else longest * 7 // 4  # noqa: PLR2004 - most of a week


def _pairs(days: list[date]) -> Iterator[tuple[date, date]]:
    return ((before, after - timedelta(days=1)) for before, after in pairwise(days))


def _open_days(feed: str, is_open: IsOpen, last: date, until: date) -> int:
    days = (last + timedelta(days=number + 1) for number in range((until - last).days))
    return sum(is_open(feed, day) for day in days)
