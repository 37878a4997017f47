"""A small simulated shop's sales."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from mandje.simulate.care.feeds import delivered_care
from mandje.simulate.handling.feeds import delivered_handling
from mandje.simulate.people.customers import make_people
from mandje.simulate.people.purchases import make_purchases
from mandje.simulate.sales.delivered import delivered_sales
from mandje.simulate.sales.make import Sales, make_sales
from mandje.simulate.settings import SimulationSettings
from mandje.simulate.world.world import Block, World, make_world

NO_VISITORS = pl.DataFrame(schema={"order": pl.Int64, "visitor": pl.Int64})


@dataclass(frozen=True)
class Made:
    """A block of a small shop."""

    world: World
    block: Block
    people: pl.DataFrame
    purchases: pl.DataFrame
    sales: Sales
    feeds: dict[str, pl.DataFrame]


def make(world: World, block: Block) -> Made:
    people, purchases = make_purchases(world, block, make_people(world, block))
    sales = make_sales(world, block, people, purchases)
    feeds = delivered_sales(world, block, sales, NO_VISITORS) | delivered_care(
        world, block, sales, sales.acts.sent
    )
    feeds |= delivered_handling(world, block, sales)
    return Made(world, block, people, purchases, sales, feeds)


def shop(seed: int, customers: int = 1200, days: int = 420) -> World:
    return make_world(SimulationSettings(seed=seed, customers=customers, days=days))


def delivered_gross(line: dict[str, Any]) -> Decimal:
    """What a delivered line is worth before discounts: as it tells, else by its unit price."""
    if line["gross_amount"] is not None:
        return Decimal(line["gross_amount"])
    return Decimal(line["quantity"] * line["unit_price_amount"])
