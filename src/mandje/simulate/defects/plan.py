"""Which defect meets which feed on which day: decided before any row is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mandje.simulate.defects.classes import (
    DELIVERY_FEEDS,
    JOINED,
    MOST_DAYS_LATE,
    QUARTERLY,
    ROW_FEEDS,
    WEEKLY,
)
from mandje.simulate.defects.room import Room
from mandje.simulate.world.clock import Clock
from mandje.simulate.world.world import World

# The last deliveries are whole: what is refused has come again by then.
WHOLE_DAYS = 7
# A refused delivery, and one delivered twice, comes again within so many days.
MOST_DAYS_REFUSED = 5
# So many broken rows a delivery may hold; 20 could refuse it.
MOST_ROWS = 12
_QUARTERS = (1, 4, 7, 10)


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row to be broken on `day` or, if no row of it will do, on the next day with one that does.

    `number` counts the planned rows of all feeds, `choice` decides on the row, and a late row comes up to
    `days_late` days later.
    """

    defect: str
    day: int
    number: int
    choice: int
    days_late: int


@dataclass(frozen=True, slots=True)
class PlannedDelivery:
    """A delivery to be broken on `day`, or on the next day that will do; its rows come `delay` days later."""

    defect: str
    day: int
    delay: int


@dataclass(frozen=True, slots=True)
class DefectPlan:
    """All that is to be planted, by feed, in the order of days."""

    clock: Clock
    rows: dict[str, tuple[PlannedRow, ...]]
    deliveries: dict[str, tuple[PlannedDelivery, ...]]


def plan_defects(world: World) -> DefectPlan:
    """Spread the defects of the settings over feeds and days.

    In a feed, days from a broken delivery to the one that brings its rows again never overlap, and neither
    of the two holds planned rows.

    Raises:
        MandjeError: more than the days hold.
    """
    deliveries = _plan_deliveries(world)
    return DefectPlan(world.clock, _plan_rows(world, deliveries), deliveries)


def _plan_deliveries(world: World) -> dict[str, tuple[PlannedDelivery, ...]]:
    """Never the first day of a feed: a missing day lies between two that are there.

    Days are left at the end for deliveries that must wait for a day that will do: a tenth of them, so that
    in the demo every delivery of its last 60 days is there and whole, and nothing near the last night is
    explained by what was planted long before.
    """
    days = world.clock.days
    open_days = range(1, days - WHOLE_DAYS - days // 10)
    room = Room(world.clock.days, dict.fromkeys(_feeds(DELIVERY_FEEDS), open_days), per_day=1)
    planned: dict[str, list[PlannedDelivery]] = {feed: [] for feed in _feeds(DELIVERY_FEEDS)}
    for defect, feeds in DELIVERY_FEEDS.items():
        generator = world.chance("defects", defect)
        for turn in _turns(feeds, getattr(world.settings.defects, defect), generator):
            delay = 1 if defect in JOINED else int(generator.integers(1, MOST_DAYS_REFUSED + 1))
            feed, day = room.take(defect, turn, delay + 1, generator)
            planned[feed].append(PlannedDelivery(defect, day, delay))
    return {feed: tuple(sorted(each, key=lambda one: one.day)) for feed, each in planned.items()}


def _plan_rows(
    world: World, deliveries: dict[str, tuple[PlannedDelivery, ...]]
) -> dict[str, tuple[PlannedRow, ...]]:
    days = {feed: _delivery_days(world.clock, feed) for feed in _feeds(ROW_FEEDS)}
    room = Room(world.clock.days, days, per_day=MOST_ROWS)
    for feed, broken in deliveries.items():
        for one in broken:
            room.close(feed, (one.day, one.day + one.delay))
    planned: dict[str, list[PlannedRow]] = {feed: [] for feed in days}
    number = 0
    for defect, feeds in ROW_FEEDS.items():
        generator = world.chance("defects", defect)
        for turn in _turns(feeds, getattr(world.settings.defects, defect), generator):
            feed, day = room.take(defect, turn, 1, generator)
            choice, days_late = int(generator.integers(2**31)), int(generator.integers(1, MOST_DAYS_LATE + 1))
            planned[feed].append(PlannedRow(defect, day, number, choice, days_late))
            number += 1
    return {
        feed: tuple(sorted(each, key=lambda one: (one.day, one.number))) for feed, each in planned.items()
    }


def _turns(feeds: tuple[str, ...], count: int, generator: np.random.Generator) -> Iterable[list[str]]:
    """For each of `count` defects its feeds, the one whose turn it is first."""
    first = int(generator.integers(len(feeds)))
    for nth in range(first, first + count):
        turn = nth % len(feeds)
        yield [*feeds[turn:], *feeds[:turn]]


def _delivery_days(clock: Clock, feed: str) -> Iterable[int]:
    """Days on which rows of a feed may be broken: some deliveries are left for rows that must wait."""
    if feed in QUARTERLY:
        return (day for day in range(clock.days) if day == 0 or _begins_quarter(clock, day))
    days = range(clock.days - WHOLE_DAYS)
    return (day for day in days if day % 7 == 6) if feed in WEEKLY else days  # noqa: PLR2004 - days of a week


def _begins_quarter(clock: Clock, day: int) -> bool:
    date = clock.date_of(day)
    return date.day == 1 and date.month in _QUARTERS


def _feeds(classes: dict[str, tuple[str, ...]]) -> list[str]:
    return list(dict.fromkeys(feed for feeds in classes.values() for feed in feeds))
