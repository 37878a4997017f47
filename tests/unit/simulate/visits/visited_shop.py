from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from mandje.simulate.people.customers import make_people
from mandje.simulate.people.purchases import make_purchases
from mandje.simulate.sales.make import Sales, make_sales
from mandje.simulate.settings import SimulationSettings
from mandje.simulate.visits.make import Visits, make_visits
from mandje.simulate.world.world import Block, World, make_world


@dataclass(frozen=True)
class Visited:
    world: World
    block: Block
    people: pl.DataFrame
    sales: Sales
    visits: Visits


def make(world: World, block: Block) -> Visited:
    people, purchases = make_purchases(world, block, make_people(world, block))
    sales = make_sales(world, block, people, purchases)
    return Visited(world, block, people, sales, make_visits(world, block, people, sales))


def shop(customers: int, **settings: object) -> World:
    settings = {"customers": customers, "days": 430, "seed": 5} | settings
    return make_world(SimulationSettings.model_validate(settings))


def kept(made: Visited) -> pl.DataFrame:
    """Events that the shop keeps."""
    return made.visits.events.filter(pl.col("outcome") == "kept")
