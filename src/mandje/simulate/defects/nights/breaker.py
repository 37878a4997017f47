"""A feed's files, with all that is planted of whole nights taken from them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import polars as pl

from mandje.simulate.defects.breaker import FeedBreaker
from mandje.simulate.defects.nights.added import PartialOrders, SoldOrders, TwoSites
from mandje.simulate.defects.nights.classes import ABSENT_FEEDS, VANISHED_FEEDS, PlantedNight
from mandje.simulate.defects.nights.smaller import LinesOfQuarter, Quarter, Untracked
from mandje.simulate.defects.nights.withheld import Absent, Late, NightPlant, Vanished
from mandje.simulate.deliver.broken_file import BrokenFile
from mandje.simulate.deliver.write import ENDINGS
from mandje.simulate.world.world import World


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


def night_plants(world: World, late_days: Collection[int]) -> dict[str, list[NightPlant]]:
    """What the settings plant of nights, by feed; feeds are asked in the order of their files.

    What has vanished cannot come late, and late days only move what is then made less.
    """
    nights, days = world.settings.nights, world.clock.days
    plants: dict[str, list[NightPlant]] = {feed: [] for feed in ENDINGS}
    for feed in VANISHED_FEEDS[: nights.vanished_sources]:
        plants[feed].append(Vanished(feed, days))
    for feed in ENDINGS if late_days else ():
        plants[feed].append(Late(feed, late_days))
    if nights.quarter_days:
        orders = Quarter(world, "orders")
        plants["orders"].append(orders)
        plants["order_lines"].append(LinesOfQuarter(world, orders))
        plants["session_events"].append(Quarter(world, "session_events"))
    if nights.untracked_event_types:
        plants["session_events"].append(Untracked(world))
    if nights.orders_of_two_sites:
        plants["orders"].append(TwoSites(world))
    if nights.partial_orders:
        sold = SoldOrders()
        plants["orders"].append(sold)
        plants["order_lines"].append(PartialOrders(world, sold))
    for feed in ABSENT_FEEDS[: nights.absent_newest_deliveries]:
        plants[feed].append(Absent(feed, days))
    return plants
