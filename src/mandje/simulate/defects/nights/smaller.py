"""The last day's deliveries with less in them than on any day before."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import polars as pl

from mandje.simulate.defects.nights.classes import (
    QUARTER,
    QUARTER_OUTCOMES,
    UNTRACKED,
    PlantedNight,
    untracked_outcome,
)
from mandje.simulate.defects.nights.visible import LEAST_EVENTS, check_less, too_small, usual_count
from mandje.simulate.deliver.broken_file import BrokenFile
from mandje.simulate.world.world import World

_PEOPLE = ~pl.col("is_bot").fill_null(value=False)
_SOLD = pl.col("status").cast(pl.String).is_in(["paid", "fulfilled"])
# What is left out as a whole.
_IDS = {"orders": "order_id", "order_lines": "order_id", "session_events": "visitor_id"}
_WHAT = {"orders": "orders", "session_events": "visitors"}


class Quarter:
    """Of the last day's orders, or visitors, three in four are not delivered, and never come.

    Attributes:
        kept: ids of those that are, once the last day was asked for.
    """

    def __init__(self, world: World, feed: Literal["orders", "session_events"]) -> None:
        self.planted: list[PlantedNight] = []
        self.kept: frozenset[int] = frozenset()
        self._world = world
        self._feed = feed
        self._counts: list[int] = []

    def files(self, day: int, files: list[BrokenFile]) -> list[BrokenFile]:
        """The day's files, of the last day a quarter.

        Raises:
            MandjeError: nobody could see what is lacking.
        """
        new, known = self._ids(day, files)
        if day < self._world.clock.days - 1:
            self._counts.append(len(new))
            return files
        left = self._quarter(new)
        check_less(QUARTER, _WHAT[self._feed], len(left), usual_count(self._counts, day))
        self.kept = left | self._quarter(known)
        cut, planted = _cut(self._feed, day, files, self.kept)
        self.planted.append(planted)
        return cut

    def _ids(self, day: int, files: list[BrokenFile]) -> tuple[set[int], set[int]]:
        """Those that count on this day, as orders that are placed on it, and others."""
        is_new, column = _PEOPLE, _IDS[self._feed]
        if self._feed == "orders":
            local = pl.col("ordered_at").dt.convert_time_zone(self._world.clock.shop_zone).dt.date()
            is_new = _SOLD & (local == self._world.clock.date_of(day))
        new = {number for file in files for number in file.rows.filter(is_new)[column].drop_nulls()}
        every = {number for file in files for number in file.rows[column].drop_nulls()}
        return new, every - new

    def _quarter(self, ids: set[int]) -> frozenset[int]:
        return frozenset(sorted(sorted(ids), key=self._lot)[: len(ids) // 4])

    def _lot(self, number: int) -> bytes:
        """By which an id is drawn, whatever others there are."""
        return hashlib.sha256(f"{self._world.settings.seed}/quarter/{number}".encode()).digest()


class LinesOfQuarter:
    """Of the last day's lines those of orders that are delivered are left; orders are asked for before."""

    def __init__(self, world: World, orders: Quarter) -> None:
        self.planted: list[PlantedNight] = []
        self._last = world.clock.days - 1
        self._orders = orders

    def files(self, day: int, files: list[BrokenFile]) -> list[BrokenFile]:
        """The day's files, of the last day those lines."""
        if day < self._last:
            return files
        cut, planted = _cut("order_lines", day, files, self._orders.kept)
        self.planted.append(planted)
        return cut


def _cut(
    feed: str, day: int, files: list[BrokenFile], kept: frozenset[int]
) -> tuple[list[BrokenFile], PlantedNight]:
    ids = pl.Series(sorted(kept), dtype=pl.Int64).implode()
    is_kept = pl.col(_IDS[feed]).is_in(ids).fill_null(value=False)
    left = [replace(file, rows=file.rows.filter(is_kept)) for file in files]
    gone = _rows(files) - _rows(left)
    return left, PlantedNight(QUARTER, feed, day, QUARTER_OUTCOMES[feed], gone, has_file=True)


class Untracked:
    """The last day has no event of one type; which, is drawn from those that are usual on its weekday."""

    def __init__(self, world: World) -> None:
        self.planted: list[PlantedNight] = []
        self._world = world
        self._counts: list[Counter[str]] = []
        self._ahead: set[str] = set()
        last = world.clock.date_of(world.clock.days - 1)
        # On the clock of the site that is farthest ahead.
        self._last_begins = datetime(last.year, last.month, last.day, tzinfo=UTC) - timedelta(hours=2)

    def files(self, day: int, files: list[BrokenFile]) -> list[BrokenFile]:
        """The day's files, the last day's without the type.

        Raises:
            MandjeError: no type is so usual that one could miss it.
        """
        if day < self._world.clock.days - 1:
            self._look_at(files)
            return files
        chosen = self._chosen(day)
        is_other = pl.col("event_type").cast(pl.String).ne_missing(chosen)
        left = [replace(file, rows=file.rows.filter(is_other)) for file in files]
        gone, outcome = _rows(files) - _rows(left), untracked_outcome(chosen)
        self.planted.append(
            PlantedNight(UNTRACKED, "session_events", day, outcome, gone, key=chosen, has_file=True)
        )
        return left

    def _look_at(self, files: list[BrokenFile]) -> None:
        """Count people's events by type; a clock that is fast shows some of the last day's before."""
        counts: Counter[str] = Counter()
        for file in files:
            rows = file.rows.filter(_PEOPLE).select(pl.col("event_type").cast(pl.String), "event_at")
            counts.update(rows["event_type"].drop_nulls())
            self._ahead |= set(rows.filter(pl.col("event_at") >= self._last_begins)["event_type"])
        self._counts.append(counts)

    def _chosen(self, day: int) -> str:
        names = sorted({name for counts in self._counts for name in counts} - self._ahead)
        usual = {name: usual_count([one[name] for one in self._counts], day) for name in names}
        # Without page views nothing is left of most visits: that is another plant.
        fit = [name for name in names if name != "page_view" and usual[name] >= LEAST_EVENTS]
        if not fit:
            raise too_small(UNTRACKED, f"usual events of each type on that weekday: {usual}")
        return fit[int(self._world.chance("nights", UNTRACKED).integers(len(fit)))]


def _rows(files: list[BrokenFile]) -> int:
    return sum(file.rows.height for file in files)
