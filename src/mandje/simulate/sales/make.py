"""All sales of a block of customers."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from mandje.simulate.acting.act import Acts, act
from mandje.simulate.sales.adjustments import make_adjustments, of_orders
from mandje.simulate.sales.experiment import assign
from mandje.simulate.sales.orders import complete_orders, make_orders
from mandje.simulate.sales.planned import Plan, make_plan
from mandje.simulate.sales.returns import as_returned, make_returns
from mandje.simulate.world.world import Block, World


@dataclass(frozen=True, slots=True)
class Sales:
    """What was sold and what came back by the end, as it is known in the end.

    Attributes:
        orders, lines: see `make_orders`; orders that messages and experiments cause have `number` −1.
        returns: see `make_returns`.
        adjustments: see `make_adjustments`.
        assigned: who is in the experiment on returns, see `assign`.
        plan: which of them are delivered in a difficult way.
        acts: what messages and experiments did.
    """

    orders: pl.DataFrame
    lines: pl.DataFrame
    returns: pl.DataFrame
    adjustments: pl.DataFrame
    assigned: pl.DataFrame
    plan: Plan
    acts: Acts


def make_sales(world: World, block: Block, people: pl.DataFrame, purchases: pl.DataFrame) -> Sales:
    """Sales of a block's people and of those whom nobody knows.

    What messages and experiments cause is drawn apart: orders that take place without them too are the same,
    and so are their lines and adjustments, and their returns but for variants of customers assigned earlier.
    """
    own, own_lines = make_orders(world, block, people, purchases)
    acts, apart = act((world, block), people, purchases, own), world.apart("caused")
    more, more_lines = own.clear(), own_lines.clear()
    if acts.placed.height:
        more, more_lines = complete_orders(apart, block, people, acts.placed)
    take_place = own.join(acts.prevented, on=["person", "number"], how="anti", maintain_order="left")
    orders = pl.concat([take_place, more]).sort("order")
    lines = _of(orders, pl.concat([own_lines, more_lines])).sort("order", "line_number")
    assigned = assign(world, block, orders)
    bought = lines.join(orders.filter("is_counted").select("order", "person"), on="order")
    returns = [make_returns(world, block, as_returned(people, own, assigned), own_lines, bought)]
    adjustments = [make_adjustments(world, block, own)]
    if more.height:
        of_more = as_returned(people, more, assigned)
        returns.append(make_returns(apart, block, of_more, more_lines, bought))
        adjustments.append(make_adjustments(apart, block, more))
    sent_back = _of(orders, pl.concat(returns)).sort("return_id", "line_number")
    plan, sent_back = make_plan(world, block, orders, sent_back)
    told = of_orders(pl.concat(adjustments).sort("adjustment_id"), orders)
    return Sales(orders, lines, sent_back, told, assigned, plan, acts)


def _of(orders: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    return rows.join(orders.select("order"), on="order", how="semi", maintain_order="left")
