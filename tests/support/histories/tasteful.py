"""Purchases of a simulated shop, with or without the taste that `[taste]` plants, and its planted pairs."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from mandje.simulate.people.customers import make_people
from mandje.simulate.people.purchases import make_purchases
from mandje.simulate.sales.make import make_sales
from mandje.simulate.settings import SimulationSettings
from mandje.simulate.taste.truth import affinity_truth
from mandje.simulate.world.world import World, make_world

CUSTOMERS, DAYS = 5000, 730
# The day after the last one.
END = date(2025, 7, 1)


def tasteful_lines(world: World) -> pl.DataFrame:
    """person_id, order_id, product_id, order_date and site (code) of lines of counted orders of customers."""
    block = next(world.blocks())
    people, purchases = make_purchases(world, block, make_people(world, block))
    sales = make_sales(world, block, people, purchases)
    counted = sales.orders.filter("is_counted", pl.col("person") >= 0)
    lines = sales.lines.join(counted.select("order", "person", "day", "site"), on="order")
    begin = END - timedelta(days=DAYS)
    return lines.select(
        *(_ids(kind, kind).alias(f"{kind}_id") for kind in ("person", "order", "product")),
        order_date=pl.lit(begin) + pl.duration(days="day"),
        site="site",
    )


def tasteful_world(seed: int, affinity: float) -> World:
    """One block of customers, two years."""
    settings = {"customers": CUSTOMERS, "days": DAYS, "seed": seed, "taste": {"affinity": affinity}}
    return make_world(SimulationSettings.model_validate(settings))


def planted_pairs(world: World) -> set[tuple[str, str]]:
    """Products that are planted together in one order, the smaller id first."""
    pairs = affinity_truth(world).filter(kind="in_one_order")
    ids = pairs.select(_ids("product", "product_id"), _ids("product", "other_product_id"))
    return {(min(pair), max(pair)) for pair in ids.iter_rows()}


def _ids(kind: str, column: str) -> pl.Expr:
    return pl.format(f"{kind[0]}{{}}", pl.col(column).cast(pl.String).str.zfill(7)).alias(column)
