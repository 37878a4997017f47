"""The feeds of what follows an order: payments and fulfilments."""

from __future__ import annotations

import polars as pl

from mandje.simulate.handling.fulfilments import fulfilments
from mandje.simulate.handling.payments import payments
from mandje.simulate.sales.make import Sales
from mandje.simulate.world.world import Block, World


def delivered_handling(world: World, block: Block, sales: Sales) -> dict[str, pl.DataFrame]:
    """Delivered rows of a block by feed: payments, fulfilments."""
    return {
        "payments": payments(world, block, sales),
        "fulfilments": fulfilments(world, block, sales),
    }
