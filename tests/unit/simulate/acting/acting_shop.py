"""A small shop whose customers act: messages, carts left and experiments, each switched on at will."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from mandje.simulate.people.customers import make_people
from mandje.simulate.people.purchases import make_purchases
from mandje.simulate.sales.make import Sales, make_sales
from mandje.simulate.settings import SimulationSettings
from mandje.simulate.world.world import Block, World, make_world

MESSAGING = {
    "newsletter_factor": 1.8,
    "win_back_factor": 2.5,
    "unsubscribed_ratio": 0.01,
    "tired_unsubscribed_ratio": 0.01,
    "withdrawn_per_year": 0.1,
}
LEFT_CARTS = {"per_customer_year": 2.0}
EXPERIMENTS = [
    {"name": "free_shipping", "order_factor": 2.0, "begins_before_end_days": 200},
    {"name": "same_twice", "begins_before_end_days": 200},
    {"name": "hard_sell", "order_factor": 0.5, "begins_before_end_days": 200},
    {"name": "broken_export", "lost_ratio": 0.3, "begins_before_end_days": 200},
    {"name": "new_look", "order_factor": 3.0, "kept_ratio": 0.3, "begins_before_end_days": 200},
]


@dataclass(frozen=True)
class Acting:
    world: World
    block: Block
    people: pl.DataFrame
    purchases: pl.DataFrame
    sales: Sales


def make_acting(seed: int = 3, customers: int = 3000, days: int = 600, **settings: Any) -> Acting:
    world = make_world(
        SimulationSettings.model_validate({"seed": seed, "customers": customers, "days": days} | settings)
    )
    return make_acting_block(world, next(world.blocks()))


def small_blocks() -> list[tuple[World, Block]]:
    settings = {"messaging": MESSAGING, "left_carts": LEFT_CARTS, "experiments": EXPERIMENTS}
    world = make_world(
        SimulationSettings.model_validate({"seed": 6, "customers": 700, "days": 300} | settings)
    )
    return [(world, block) for block in world.blocks()]


def make_acting_block(world: World, block: Block) -> Acting:
    people, purchases = make_purchases(world, block, make_people(world, block))
    return Acting(world, block, people, purchases, make_sales(world, block, people, purchases))
