"""Orders of the plug-in's CSV as tables of the REST API, so that both are mapped by the same rules.

A line's number is its place among the packed rows of its order. Lines tell what was paid only; what coupons
took off is told apart, so a line's price before discounts is what was paid and its share of the coupons, by
amount and to the cent. Refunds tell an amount only: all of it is a rest.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from mandje.adapters.base import REFUSED_SCHEMA
from mandje.adapters.refusals import refused_as
from mandje.adapters.woocommerce.csv_cells import amount, moment, unpacked, value
from mandje.adapters.woocommerce.csv_tables import PACKED
from mandje.adapters.woocommerce.parts import Frames
from mandje.adapters.woocommerce.shares import share
from mandje.adapters.woocommerce.tables import (
    COUPON_LINES,
    FEE_LINES,
    LINE_ITEMS,
    ORDERS,
    REFUNDS,
    SHIPPING_LINES,
    TABLES,
)
from mandje.contracts.types import Table

_ORDER = ("delivery_date", "delivery_file", "delivery_line", "id")
_NOTHING = pl.lit(None)
# More than a cell can hold: what numbers the cells apart.
_MOST_THINGS = 1_000_000

Values = Mapping[str, pl.Expr]


def as_api_tables(rows: pl.DataFrame, time_zone: str) -> Frames:
    """Typed frames of all tables of the REST API, of rows of CSV_ORDERS; lists of refunds are empty.

    What cannot be read in a cell is null: see `unreadable`. `time_zone` is the site's clock.
    """
    things = _with_shares(_things(rows))
    made = {
        name: _frame(table, things.filter(pl.col("cell") == name), _of_thing(name, time_zone))
        for name, table in ((table.name, table) for table in PACKED)
    }
    made[ORDERS.name] = _frame(ORDERS, rows, _OF_ORDER)
    return {table.name: made.get(table.name, pl.DataFrame(schema=table.polars_schema())) for table in TABLES}


def unreadable(rows: pl.DataFrame, time_zone: str) -> pl.DataFrame:
    """Orders with a thing in a cell that cannot be read, in REFUSED_SCHEMA."""
    things = _things(rows)
    needed = {
        LINE_ITEMS.name: {"total": amount("total") >= 0, "quantity": amount("quantity") > 0},
        SHIPPING_LINES.name: {"total": amount("total") >= 0},
        FEE_LINES.name: {"total": amount("total").is_not_null()},
        COUPON_LINES.name: {"amount": amount("amount") >= 0},
        REFUNDS.name: {
            "amount": amount("amount") >= 0,
            "id": value("id").is_not_null(),
            "date": moment("date", time_zone).is_not_null(),
        },
    }
    found = [
        refused_as(
            things.filter((pl.col("cell") == cell) & ~is_read.fill_null(value=False)),
            "id",
            "packed_cell",
            pl.format(
                "{}, number {}: {} is missing, told twice or cannot be read",
                pl.lit(cell),
                pl.col("place") + 1,
                pl.lit(key),
            ),
        )
        for cell, keys in needed.items()
        for key, is_read in keys.items()
    ]
    return pl.concat([pl.DataFrame(schema=REFUSED_SCHEMA), *found])


def _things(rows: pl.DataFrame) -> pl.DataFrame:
    """Whatever is packed into cells: `cell`, `thing`, `place` in its cell, `number` in its order."""
    things = [
        unpacked(rows, table.name).with_columns(
            pl.lit(table.name).alias("cell"), (pl.col("place") + at * _MOST_THINGS).alias("number")
        )
        for at, table in enumerate(PACKED)
    ]
    return pl.concat(things).with_columns(pl.col("number").rank("ordinal").over(_ORDER).cast(pl.Int64))


def _with_shares(things: pl.DataFrame) -> pl.DataFrame:
    """Things with `share`: what the order's coupons took off a line, 0 of all else."""
    of_cell = pl.col("cell")
    taken = (
        things.filter(of_cell == COUPON_LINES.name).group_by(_ORDER).agg(amount("amount").sum().alias("off"))
    )
    weight = (
        pl.when(pl.col("total").sum().over(_ORDER) > 0).then(pl.col("total")).otherwise(pl.col("quantity"))
    )
    lines = (
        things.filter(of_cell == LINE_ITEMS.name)
        .join(taken, on=_ORDER, how="inner")
        .select(*_ORDER, "number", "off", amount("total").fill_null(0), amount("quantity").fill_null(0))
        .sort("number")
        .with_columns(weight.alias("weight"))
        .with_columns(pl.col("weight").cum_sum().over(_ORDER).alias("until"))
    )
    whole = pl.col("weight").sum().over(_ORDER)
    until, before = (
        share(pl.col("off"), weighed, whole)
        for weighed in (pl.col("until"), pl.col("until") - pl.col("weight"))
    )
    shares = lines.select(*_ORDER, "number", (until - before).alias("share"))
    return things.join(shares, on=(*_ORDER, "number"), how="left", maintain_order="left").with_columns(
        pl.col("share").fill_null(0)
    )


_OF_ORDER: Values = {
    "date_created_gmt": pl.col("created_at"),
    "date_modified_gmt": _NOTHING,
    "date_paid_gmt": _NOTHING,
    "created_via": _NOTHING,
    "refund_ids": _NOTHING,
    "total_tax": pl.col("cart_tax") + pl.col("shipping_tax").fill_null(0),
}


def _of_thing(cell: str, time_zone: str) -> Values:
    part = pl.format("{}[{}]", pl.lit(cell), pl.col("place"))
    if cell == REFUNDS.name:
        return {
            "delivery_part": part,
            "id": value("id"),
            "parent_id": pl.col("id"),
            "date_created_gmt": moment("date", time_zone),
            "amount": amount("amount"),
        }
    return {
        "delivery_part": part,
        "order_id": pl.col("id"),
        "date_modified_gmt": _NOTHING,
        "id": pl.col("number"),
        "product_id": value("product_id"),
        "sku": value("sku"),
        "quantity": amount("quantity"),
        "subtotal": amount("total") + pl.col("share"),
        "total": amount("total"),
        "total_tax": amount("total_tax"),
        "code": value("code"),
    }


def _frame(table: Table, rows: pl.DataFrame, values: Values) -> pl.DataFrame:
    """Rows as a table's: what `values` does not give has the column's own name."""
    schema = table.polars_schema()
    return rows.select(values.get(name, pl.col(name)).cast(kind).alias(name) for name, kind in schema.items())
