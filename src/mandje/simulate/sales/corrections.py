"""What corrected orders looked like at first: another quantity, price or shipping, or a line more."""

from __future__ import annotations

import polars as pl

from mandje.simulate.sales.make import Sales
from mandje.simulate.sales.orders import with_tax
from mandje.simulate.sales.planned import CORRECTED
from mandje.simulate.world.chance import Integers
from mandje.simulate.world.shelves import stock_shelves
from mandje.simulate.world.site_money import at_site
from mandje.simulate.world.world import Block, World

_PRICE_STEP, _SHIPPING_STEP = 250, 295
_MISTAKES = ("quantity", "price", "shipping")


def at_first(world: World, block: Block, sales: Sales) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Orders and lines of the corrected orders as they were delivered first; their totals fit their lines."""
    plan = sales.plan.corrections.with_columns(
        mistake=pl.when(pl.col("defect") == CORRECTED)
        .then(pl.int_range(pl.len()) % len(_MISTAKES))
        .otherwise(-1)
    ).drop("corrected_at", "defect")
    orders = sales.orders.join(plan, on="order", maintain_order="left")
    lines = sales.lines.join(orders.select("order", "site", "mistake"), on="order", maintain_order="left")
    wrong = _with_mistakes(lines)
    wrong = pl.concat([wrong, _line_more(world, block, lines)]).sort("order", "line_number")
    return _header(orders, wrong), wrong.select(sales.lines.columns)


def _with_mistakes(lines: pl.DataFrame) -> pl.DataFrame:
    """The first line with a unit more or at a higher price."""
    is_first = pl.col("line_number") == 1
    step = pl.Series(at_site(_PRICE_STEP, lines["site"].to_numpy()))
    return lines.with_columns(
        pl.col("quantity") + (is_first & (pl.col("mistake") == _MISTAKES.index("quantity"))).cast(pl.Int64),
        pl.col("unit_price") + step * (is_first & (pl.col("mistake") == _MISTAKES.index("price"))),
    )


def _line_more(world: World, block: Block, lines: pl.DataFrame) -> pl.DataFrame:
    """A line at the end of the orders that have a line less later."""
    last = lines.filter(pl.col("mistake") < 0).unique("order", keep="last", maintain_order=True)
    shelves = stock_shelves(world.catalogue)
    drawn = world.chance("line more", block.number).integers(0, len(shelves.category), last.height)
    site = last["site"].to_numpy()
    # Positions of a site's products are one stretch of the shelves.
    at = _first_of_site(site, len(shelves.category)) + drawn
    return last.with_columns(
        pl.col("line_number") + 1,
        pl.Series("product", shelves.product[at]),
        pl.lit(1, pl.Int64).alias("quantity"),
        pl.Series("unit_price", shelves.price[at]),
        pl.lit(0, pl.Int64).alias("line_discount"),
        pl.Series("unit_cost", shelves.cost[at]),
    )


def _first_of_site(site: Integers, products: int) -> Integers:
    return site * products


def _header(orders: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    sums = lines.group_by("order", maintain_order=True).agg(
        (pl.col("quantity") * pl.col("unit_price")).sum().alias("gross"), pl.col("line_discount").sum()
    )
    more = pl.Series(at_site(_SHIPPING_STEP, orders["site"].to_numpy()))
    wrong = (
        orders.drop("gross", "line_discount")
        .join(sums, on="order", how="left", maintain_order="left")
        .with_columns(
            pl.col("shipping") + more * (pl.col("mistake") == _MISTAKES.index("shipping")),
            (pl.col("gross") - pl.col("line_discount") - pl.col("order_discount")).alias("goods_net"),
        )
    )
    return with_tax(wrong).select(orders.drop("mistake").columns)
