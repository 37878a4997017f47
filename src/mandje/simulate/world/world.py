"""What all blocks of customers share: settings, sites, clocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from mandje.simulate.settings import SimulationSettings
from mandje.simulate.world.catalogue import make_catalogue
from mandje.simulate.world.chance import chance
from mandje.simulate.world.clock import Clock
from mandje.simulate.world.rates import Rates, make_rates
from mandje.simulate.world.sites import SITES

# Customers are made in blocks of this size, so that memory does not grow with their number. What is drawn
# depends on it: it is part of what a seed means.
BLOCK = 10_000


@dataclass(frozen=True, slots=True)
class Block:
    """Customers `first_person` to `first_person + size` (exclusive)."""

    number: int
    first_person: int
    size: int


@dataclass(frozen=True, slots=True)
class World:
    """A shop to be simulated; `stream` is before the names of all decisions, so that they are drawn apart."""

    settings: SimulationSettings
    clock: Clock
    catalogue: pl.DataFrame
    rates: Rates
    stream: tuple[str, ...] = ()

    def chance(self, *names: str | int) -> np.random.Generator:
        """The generator of the decision with these names."""
        return chance(self.settings.seed, *self.stream, *names)

    def apart(self, name: str) -> World:
        """The same shop, where all is drawn from other generators."""
        return replace(self, stream=(*self.stream, name))

    def blocks(self) -> Iterator[Block]:
        """All customers in blocks."""
        for number, first in enumerate(range(0, self.settings.customers, BLOCK)):
            yield Block(number, first, min(BLOCK, self.settings.customers - first))


def make_world(settings: SimulationSettings) -> World:
    """The world of these settings."""
    zones = tuple(site.time_zone for site in SITES)
    clock = Clock(settings.first_day, settings.days, zones, zones[0])
    return World(settings, clock, make_catalogue(settings), make_rates(settings, clock))
