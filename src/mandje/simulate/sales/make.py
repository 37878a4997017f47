"""All sales of a block of customers."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from mandje.simulate.sales.adjustments import make_adjustments
from mandje.simulate.sales.experiment import assign
from mandje.simulate.sales.orders import make_orders
from mandje.simulate.sales.planned import Plan, make_plan
from mandje.simulate.sales.returns import make_returns
from mandje.simulate.world.world import Block, World


@dataclass(frozen=True, slots=True)
class Sales:
    """What was sold and what came back by the end, as it is known in the end.

    Attributes:
        orders, lines: see `make_orders`.
        returns: see `make_returns`.
        adjustments: see `make_adjustments`.
        assigned: who is in the experiment, see `assign`.
        plan: which of them are delivered in a difficult way.
    """

    orders: pl.DataFrame
    lines: pl.DataFrame
    returns: pl.DataFrame
    adjustments: pl.DataFrame
    assigned: pl.DataFrame
    plan: Plan


def make_sales(world: World, block: Block, people: pl.DataFrame, purchases: pl.DataFrame) -> Sales:
    """Sales of a block's people and of those whom nobody knows."""
    orders, lines = make_orders(world, block, people, purchases)
    assigned = assign(world, block, orders)
    returns = make_returns(world, block, orders, lines, assigned)
    plan, returns = make_plan(world, block, orders, returns)
    return Sales(orders, lines, returns, make_adjustments(world, block, orders), assigned, plan)
