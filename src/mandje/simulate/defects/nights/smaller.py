"""The last day's deliveries with less in them than on any day before."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import polars as pl

from mandje.simulate.defects.broken_file import BrokenFile
from mandje.simulate.defects.nights.classes import (
    QUARTER,
    QUARTER_OUTCOMES,
    UNTRACKED,
    PlantedNight,
    untracked_outcome,
)
from mandje.simulate.defects.nights.visible import LEAST_EVENTS, check_less, too_small, usual_count
from mandje.simulate.world import World


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is counted and left out as a whole: the column of its id, and which rows count on their day."""

    name: str
    column: str
    counted: pl.Expr | None


_PEOPLE = ~pl.col("is_bot").fill_null(value=False)
# Lines follow their orders: what counts is looked at there.
_KINDS = {
    "orders": _Kind("orders", "order_id", pl.col("status").cast(pl.String).is_in(["paid", "fulfilled"])),
    "order_lines": _Kind("orders", "order_id", None),
    "session_events": _Kind("visitors", "visitor_id", _PEOPLE),
}


class Quarter:
    """Of the last day's orders, or visitors, three in four are not delivered, and never come."""

    def __init__(self, world: World, feed: str) -> None:
        self.planted: list[PlantedNight] = []
        self._world = world
        self._feed = feed
        self._kind = _KINDS[feed]
        self._counts: list[int] = []

    def files(self, day: int, files: list[BrokenFile]) -> list[BrokenFile]:
        """The day's files, of the last day a quarter.

        Raises:
            MandjeError: nobody could see what is lacking.
        """
        if day < self._world.clock.days - 1:
            self._counts.append(self._count(day, files))
            return files
        ids = {number for file in files for number in file.rows[self._kind.column].drop_nulls()}
        kept = pl.Series(sorted(sorted(ids, key=self._lot)[: len(ids) // 4]), dtype=pl.Int64)
        is_kept = pl.col(self._kind.column).is_in(kept.implode()).fill_null(value=False)
        left = [replace(file, rows=file.rows.filter(is_kept)) for file in files]
        self._check(day, left)
        outcome, gone = QUARTER_OUTCOMES[self._feed], _rows(files) - _rows(left)
        self.planted.append(PlantedNight(QUARTER, self._feed, day, outcome, gone, has_file=True))
        return left

    def _lot(self, number: int) -> bytes:
        """By which an id is drawn: the same in every feed that has it."""
        return hashlib.sha256(f"{self._world.settings.seed}/quarter/{number}".encode()).digest()

    def _check(self, day: int, left: list[BrokenFile]) -> None:
        if self._kind.counted is not None:
            check_less(QUARTER, self._kind.name, self._count(day, left), usual_count(self._counts, day))

    def _count(self, day: int, files: list[BrokenFile]) -> int:
        """How many count on their own day: of orders those placed on it."""
        if self._kind.counted is None:
            return 0
        is_today = pl.lit(value=True)
        if self._feed == "orders":
            local = pl.col("ordered_at").dt.convert_time_zone(self._world.clock.shop_zone).dt.date()
            is_today = local == self._world.clock.date_of(day)
        rows = (file.rows.filter(self._kind.counted & is_today) for file in files)
        return sum(each[self._kind.column].n_unique() for each in rows)


class Untracked:
    """The last day has no event of one type; which, is drawn from those that are usual on its weekday."""

    def __init__(self, world: World, feed: str) -> None:
        self.planted: list[PlantedNight] = []
        self._world = world
        self._feed = feed
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
            PlantedNight(UNTRACKED, self._feed, day, outcome, gone, key=chosen, has_file=True)
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
