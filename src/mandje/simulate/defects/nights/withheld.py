"""Deliveries of a feed that are not there: the newest, all from some day on, or those of a late day."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

import polars as pl

from mandje.errors import MandjeError
from mandje.simulate.defects.nights.classes import (
    ABSENT,
    LATE,
    SILENCE_OUTCOMES,
    SILENT_DAYS,
    VANISHED,
    WAITS,
    PlantedNight,
)
from mandje.simulate.defects.nights.visible import check_silence
from mandje.simulate.defects.row_breaker import delivered_on
from mandje.simulate.deliver.broken_file import BrokenFile


class NightPlant(Protocol):
    """Takes something of a night from a feed's deliveries; asked for every day in order."""

    planted: list[PlantedNight]

    def files(self, day: int, files: list[BrokenFile]) -> list[BrokenFile]:
        """What is left of the day's files; none: there is no delivery."""


class Absent:
    """The last delivery is not there."""

    def __init__(self, feed: str, days: int) -> None:
        self.planted: list[PlantedNight] = []
        self._feed = feed
        self._last = days - 1

    def files(self, day: int, files: list[BrokenFile]) -> list[BrokenFile]:
        """All but the last day's."""
        if day < self._last:
            return files
        self.planted.append(PlantedNight(ABSENT, self._feed, day, WAITS, _rows(files)))
        return []


class Vanished:
    """Nothing is delivered from some day on."""

    def __init__(self, feed: str, days: int) -> None:
        self.planted: list[PlantedNight] = []
        self._feed = feed
        self._first_silent, self._last = days - SILENT_DAYS, days - 1
        self._counts: list[int] = []

    def files(self, day: int, files: list[BrokenFile]) -> list[BrokenFile]:
        """Files of the days before the silence.

        Raises:
            MandjeError: nobody could see the silence.
        """
        self._counts.append(_rows(files))
        if day < self._first_silent:
            return files
        if day == self._last:
            self._tell()
        return []

    def _tell(self) -> None:
        before, silent = self._counts[: self._first_silent], self._counts[self._first_silent :]
        check_silence(self._feed, before, len(silent))
        outcome = SILENCE_OUTCOMES[self._feed]
        self.planted.append(PlantedNight(VANISHED, self._feed, self._first_silent, outcome, sum(silent)))


class Late:
    """Rows of some days lie in the next day's file, before its own.

    No delivery of those days is broken, and no row of theirs changes its outcome: see `late_days`.
    """

    def __init__(self, feed: str, late_days: Collection[int]) -> None:
        self.planted: list[PlantedNight] = []
        self._feed = feed
        self._days = late_days
        self._held: list[BrokenFile] = []
        self._has_delivered = False

    def files(self, day: int, files: list[BrokenFile]) -> list[BrokenFile]:
        """The day's files with those of a late day before, or none.

        Raises:
            MandjeError: what was refused weeks ago could not come again before one of the two.
        """
        is_met = bool(self._held) or day in self._days
        if is_met and any(file.planted or file.name_suffix for file in files):
            raise MandjeError(
                f"rows of {self._feed} that were held back come again on a late day",
                next_step=f"simulate with another seed, or set {LATE} lower under [nights]",
            )
        if day in self._days:
            self._hold(day, files)
            return []
        joined = self._joined(day, files)
        self._has_delivered |= bool(joined)
        return joined

    def _hold(self, day: int, files: list[BrokenFile]) -> None:
        """A feed misses nothing before its first delivery, nor where nothing would have come."""
        self._held = files
        if files and self._has_delivered:
            planted = PlantedNight(LATE, self._feed, day, "missing", _rows(files), again_day=day + 1)
            self.planted.append(planted)

    def _joined(self, day: int, files: list[BrokenFile]) -> list[BrokenFile]:
        held, self._held = self._held, []
        parts = [delivered_on(day, file.rows) for file in held] + [file.rows for file in files]
        return [BrokenFile("", pl.concat(parts))] if held else files


def _rows(files: list[BrokenFile]) -> int:
    return sum(file.rows.height for file in files)
