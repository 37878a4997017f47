"""Visits whose products, cart, checkout and purchase are all of one moment, with ids in any order.

As a clock of whole minutes shows them, or a system that tells a bought cart when it is paid.
"""

from __future__ import annotations

import polars as pl

from mandje.simulate.sales.planned import share_of_block
from mandje.simulate.visits.behaviour.steps import (
    ADD,
    BEGIN_CHECKOUT,
    CHECKOUT_ERROR,
    PRODUCT_VIEW,
    PURCHASE,
    REMOVE,
)
from mandje.simulate.world.world import Block, World

ONE_MOMENT = "steps_at_one_moment"


def at_one_moment(world: World, block: Block, steps: pl.DataFrame) -> pl.DataFrame:
    """Steps with `number`, their place among the ids of the visit, and `defect`.

    Of as many visits as the settings ask for, what leads to an order happens when it is placed. `steps` stand
    as they happen: visit, nth, event_type, at. So do those that are returned; at one moment, in the order of
    the funnel.
    """
    plain = steps.with_columns(number="nth", defect=pl.lit(None, pl.String))
    size = share_of_block(world, block, world.settings.visits.defects.steps_at_one_moment)
    if not size:
        return plain
    generator = world.chance("one moment", block.number)
    fit = _fit(steps).to_numpy()
    chosen = generator.choice(fit, min(size, len(fit)), replace=False)
    moved = plain.with_columns(is_moved=pl.col("visit").is_in(chosen) & _leads_to_order())
    lots = pl.Series("lot", generator.permutation(moved.height))
    ordered = moved.with_columns(
        lots, at=pl.when("is_moved").then(pl.col("at").last().over("visit")).otherwise("at")
    ).sort("visit", "at", pl.when("is_moved").then("event_type"), "nth")
    return _numbered(ordered)


def _leads_to_order() -> pl.Expr:
    """Views of products, and all from the cart on; never what a visit begins with."""
    kind = pl.col("event_type")
    is_first = pl.col("nth") == pl.col("nth").first().over("visit")
    return ~is_first & ((kind == PRODUCT_VIEW) | kind.is_between(ADD, PURCHASE))


def _fit(steps: pl.DataFrame) -> pl.Series:
    """Visits that end with an order, with a cart filled and nothing else done to it, after a first page."""
    kind = pl.col("event_type")
    of_visit = steps.group_by("visit", maintain_order=True).agg(
        is_fit=(kind.last() == PURCHASE)
        & (kind == ADD).any()
        & (kind == BEGIN_CHECKOUT).any()
        & ~kind.is_in([REMOVE, CHECKOUT_ERROR]).any()
        & (kind.first() < ADD)
    )
    return of_visit.filter("is_fit")["visit"]


def _numbered(steps: pl.DataFrame) -> pl.DataFrame:
    """`nth` as steps now happen; those of one moment share their numbers out among each other by lot."""
    nth = pl.col("nth").sort().over("visit")
    own = steps.with_columns(nth)
    shared = own.filter("is_moved").with_columns(number=pl.col("nth").sort_by("lot").over("visit"))
    numbers = shared.select("visit", "nth", "number")
    plain = own.drop("number").join(numbers, on=["visit", "nth"], how="left", maintain_order="left")
    return plain.with_columns(
        pl.col("number").fill_null(pl.col("nth")),
        defect=pl.when("is_moved").then(pl.lit(ONE_MOMENT)),
    ).select(*[name for name in steps.columns if name not in {"is_moved", "lot"}])
