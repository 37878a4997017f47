"""Orders as they are delivered: a version when placed, one when fulfilled or cancelled, one when corrected.

Headers and lines come in feeds of their own, so each is ranked on its own: the row with the greatest
updated_at wins, then the one delivered last. What loses is `superseded`, or `duplicate` where a better row
says the same.
"""

from __future__ import annotations

import polars as pl

from mandje.simulate.sales.corrections import at_first
from mandje.simulate.sales.feed_rows import DUPLICATE, KEPT, SUPERSEDED
from mandje.simulate.sales.make import Sales
from mandje.simulate.sales.planned import BEFORE_ORDER, CANCELLED, STALE
from mandje.simulate.world.chance import Integers
from mandje.simulate.world.world import Block, World

_FIRST, _CHANGED, _CORRECTED = 1, 2, 3


def header_versions(world: World, block: Block, sales: Sales) -> pl.DataFrame:
    """Every delivered header: order columns with updated_at, delivery_day, outcome and defect.

    Sorted by order, updated_at and delivery day. A version that is known on the day on which the one before
    it is delivered takes its place.
    """
    orders = _marked(sales, sales.orders)
    wrong = _marked(sales, at_first(world, block, sales)[0])
    before = pl.concat([orders.join(wrong, on="order", how="anti"), wrong]).sort("order")
    is_sent = pl.col("channel") != "store"
    was_paid = is_sent & pl.col("status").is_in(["paid", "fulfilled", "cancelled"])
    first = before.with_columns(
        pl.col("ordered_at").alias("updated_at"),
        pl.when(was_paid).then(pl.lit("paid")).otherwise("status").alias("status"),
        pl.lit(_FIRST).alias("version"),
    )
    changed = before.filter(pl.col("changed_at").is_not_null()).with_columns(
        pl.col("changed_at").alias("updated_at"), pl.lit(_CHANGED).alias("version")
    )
    corrected = _corrected(sales, orders)
    versions = _delivered(
        world, pl.concat([first, changed.select(first.columns), corrected.select(first.columns)])
    )
    versions = _ranked(versions.filter(_is_last_of_day()))
    return _with_stale(versions, sales.plan.stale)


def line_versions(world: World, block: Block, sales: Sales) -> pl.DataFrame:
    """Every delivered line: line columns with site, updated_at, delivery_day, outcome and defect.

    Sorted by order, updated_at, delivery day and line number.
    """
    orders = _marked(sales, sales.orders).select("order", "site", "ordered_at", "defect", "late_day")
    lines = sales.lines
    wrong = at_first(world, block, sales)[1]
    before = pl.concat([lines.join(wrong, on="order", how="anti"), wrong]).sort("order", "line_number")
    first = before.join(orders, on="order", how="left", maintain_order="left").with_columns(
        pl.col("ordered_at").alias("updated_at"), pl.lit(_FIRST).alias("version")
    )
    corrected = _corrected(sales, lines.join(orders, on="order", how="left", maintain_order="left"))
    versions = _ranked(_delivered(world, pl.concat([first, corrected.select(first.columns)])))
    stale = sales.plan.stale.filter("has_lines")
    return _with_copies(versions, stale, copy=KEPT, original=DUPLICATE)


def _marked(sales: Sales, orders: pl.DataFrame) -> pl.DataFrame:
    """Orders with their class of defect and the day before which they are not delivered."""
    plan = sales.plan
    late = plan.late_orders.select("order", pl.col("delivery_day").alias("late_day"))
    classes = pl.concat(
        [
            plan.corrections.select("order", "defect"),
            late.select("order", pl.lit(BEFORE_ORDER).alias("defect")),
            sales.orders.filter(pl.col("status") == "cancelled").select(
                "order", pl.lit(CANCELLED).alias("defect")
            ),
        ]
    )
    return orders.join(classes, on="order", how="left", maintain_order="left").join(
        late, on="order", how="left", maintain_order="left"
    )


def _corrected(sales: Sales, rows: pl.DataFrame) -> pl.DataFrame:
    times = sales.plan.corrections.select("order", pl.col("corrected_at").alias("updated_at"))
    return rows.join(times, on="order", maintain_order="left").with_columns(
        pl.lit(_CORRECTED).alias("version")
    )


def _delivered(world: World, versions: pl.DataFrame) -> pl.DataFrame:
    known: Integers = world.clock.delivery_day(versions["updated_at"].to_numpy())
    day = pl.max_horizontal(pl.Series(known), "late_day")
    keys = ["order", "version"] + (["line_number"] if "line_number" in versions.columns else [])
    return versions.with_columns(day.alias("delivery_day")).sort(keys)


def _is_last_of_day() -> pl.Expr:
    later = pl.col("delivery_day").shift(-1).over("order")
    return later.is_null() | (later > pl.col("delivery_day"))


def _ranked(versions: pl.DataFrame) -> pl.DataFrame:
    """The newest version is kept, older ones are superseded."""
    is_newest = pl.col("version") == pl.col("version").max().over("order")
    return versions.with_columns(
        pl.when(is_newest).then(pl.lit(KEPT)).otherwise(pl.lit(SUPERSEDED)).alias("outcome")
    )


def _with_stale(versions: pl.DataFrame, stale: pl.DataFrame) -> pl.DataFrame:
    """The first header comes again: of the two the copy is delivered later, so it is the better one."""
    first = versions.filter(pl.col("version") == _FIRST)
    rest = versions.filter(pl.col("version") != _FIRST)
    both = pl.concat([_with_copies(first, stale, copy=SUPERSEDED, original=DUPLICATE), rest])
    return both.sort("order", "updated_at", "delivery_day")


def _with_copies(rows: pl.DataFrame, stale: pl.DataFrame, copy: str, original: str) -> pl.DataFrame:
    again = stale.select("order", pl.col("delivery_day").alias("again_on"))
    joined = rows.join(again, on="order", how="left", maintain_order="left")
    is_again = pl.col("again_on").is_not_null()
    originals = joined.with_columns(
        pl.when(is_again).then(pl.lit(original)).otherwise("outcome").alias("outcome"),
        pl.when(is_again).then(pl.lit(STALE)).otherwise("defect").alias("defect"),
    )
    copies = originals.filter(is_again).with_columns(
        pl.col("again_on").alias("delivery_day"), pl.lit(copy).alias("outcome")
    )
    return pl.concat([originals, copies]).drop("again_on")
