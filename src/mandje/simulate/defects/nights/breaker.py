"""A feed's files, with all that is planted of whole nights taken from them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import polars as pl

from mandje.simulate.defects.breaker import FeedBreaker
from mandje.simulate.defects.broken_file import BrokenFile
from mandje.simulate.defects.nights.classes import (
    ABSENT_FEEDS,
    QUARTER_OUTCOMES,
    VANISHED_FEEDS,
    PlantedNight,
)
from mandje.simulate.defects.nights.smaller import Quarter, Untracked
from mandje.simulate.defects.nights.withheld import Absent, Late, NightPlant, Vanished
from mandje.simulate.world import World


class NightBreaker:
    """Breaks a feed's deliveries row by row and file by file, then whole nights; the rest is as it was."""

    def __init__(self, breaker: FeedBreaker, plants: Sequence[NightPlant]) -> None:
        self._breaker = breaker
        self._plants = plants

    @property
    def planted(self) -> list[PlantedNight]:
        """What was planted of nights so far."""
        return [one for plant in self._plants for one in plant.planted]

    def files(self, day: int, rows: pl.DataFrame) -> list[BrokenFile]:
        """The files of a day; to be called for every day, in order (see `FeedBreaker`).

        Raises:
            MandjeError: the shop is too small to show a plant.
        """
        files = self._breaker.files(day, rows)
        for plant in self._plants:
            files = plant.files(day, files)
        return files


def night_plants(world: World, feed: str, late_days: Collection[int]) -> list[NightPlant]:
    """What the settings plant of nights in a feed. Late days come first: they only move rows."""
    nights, days = world.settings.nights, world.clock.days
    plants: list[NightPlant] = []
    if late_days:
        plants.append(Late(feed, late_days))
    if feed in VANISHED_FEEDS[: nights.vanished_sources]:
        plants.append(Vanished(feed, days))
    if feed in QUARTER_OUTCOMES and nights.quarter_days:
        plants.append(Quarter(world, feed))
    if feed == "session_events" and nights.untracked_event_types:
        plants.append(Untracked(world, feed))
    if feed in ABSENT_FEEDS[: nights.absent_newest_deliveries]:
        plants.append(Absent(feed, days))
    return plants
