"""The products feed: the whole catalogue, now and then again."""

from __future__ import annotations

from datetime import date

import polars as pl

from mandje.simulate.world.site_money import money
from mandje.simulate.world.sites import SITES
from mandje.simulate.world.world import World


def delivered_products(world: World) -> pl.DataFrame:
    """Rows of the products feed: the whole catalogue on day 0 and on the first day of each quarter.

    Only the last delivery's rows are kept; earlier ones say the same.
    """
    days = [day for day in range(world.clock.days) if day == 0 or _begins_quarter(world.clock.date_of(day))]
    deliveries = pl.DataFrame({"delivery_day": days}, schema={"delivery_day": pl.Int32}).with_columns(
        outcome=pl.when(pl.col("delivery_day") == days[-1])
        .then(pl.lit("kept"))
        .otherwise(pl.lit("duplicate")),
        defect=pl.lit(None, pl.String),
    )
    rows = world.catalogue.select(
        product_id="product",
        name="name",
        category="category",
        brand="brand",
        currency_code=pl.lit(SITES[0].currency),
        unit_cost_amount=money(pl.col("unit_cost_cents")),
        list_price_amount=money(pl.col("list_price_cents")),
    )
    return rows.join(deliveries, how="cross", maintain_order="right_left")


def _begins_quarter(day: date) -> bool:
    return day.day == 1 and day.month in {1, 4, 7, 10}
