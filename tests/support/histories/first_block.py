"""The first block of a simulated shop: its people and what they buy."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from mandje.simulate.people.customers import make_people
from mandje.simulate.people.purchases import make_purchases
from mandje.simulate.settings import SimulationSettings
from mandje.simulate.world.world import World, make_world


@dataclass(frozen=True)
class FirstBlock:
    world: World
    people: pl.DataFrame
    purchases: pl.DataFrame

    @property
    def delivered(self) -> pl.DataFrame:
        return self.purchases.filter("is_delivered")


def make_first_block(**settings: object) -> FirstBlock:
    world = make_world(SimulationSettings.model_validate({"customers": 10_000, "days": 400} | settings))
    block = next(world.blocks())
    return FirstBlock(world, *make_purchases(world, block, make_people(world, block)))
