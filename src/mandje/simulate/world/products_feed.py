"""The products feed: the whole catalogue, now and then again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from mandje.simulate.world.chance import happens
from mandje.simulate.world.site_money import money
from mandje.simulate.world.sites import SITES
from mandje.simulate.world.world import World

_CLOTHES, _SHOES = ["XS", "S", "M", "L", "XL", "XXL"], [str(size) for size in range(36, 47)]
_SIZES = {"womenswear": _CLOTHES, "menswear": _CLOTHES, "childrenswear": _CLOTHES, "shoes": _SHOES}
_SOLD_OUT, _MOST_UNITS = 0.08, 120


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
        size=_sizes(world),
        currency_code=pl.lit(SITES[0].currency),
        unit_cost_amount=money(pl.col("unit_cost_cents")),
        list_price_amount=money(pl.col("list_price_cents")),
        stock_quantity=_stock(world),
    )
    return rows.join(deliveries, how="cross", maintain_order="right_left")


def _sizes(world: World) -> pl.Series:
    """The size of each product to wear."""
    generator = world.chance("sizes")
    drawn = generator.integers(0, 1 << 20, world.catalogue.height).tolist()
    shelves: list[Sequence[str | None]] = [
        _SIZES.get(category, [None]) for category in world.catalogue["category"]
    ]
    return pl.Series(
        [sizes[n % len(sizes)] for sizes, n in zip(shelves, drawn, strict=True)], dtype=pl.String
    )


def _stock(world: World) -> pl.Series:
    """Units in stock of each product: the same in every delivery, some of them none."""
    generator = world.chance("stock")
    size = world.catalogue.height
    units = generator.integers(1, _MOST_UNITS + 1, size)
    return pl.Series(units * ~happens(generator, _SOLD_OUT, size))


def _begins_quarter(day: date) -> bool:
    return day.day == 1 and day.month in {1, 4, 7, 10}
