"""What an order is made of: its lines, shipping and fees in one frame, and its newest state in a delivery."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from mandje.adapters.woocommerce.tables import FEE_LINES, LINE_ITEMS, SHIPPING_LINES
from mandje.adapters.woocommerce.words import product
from mandje.contracts.types import DECIMAL, TOTAL

Frames = Mapping[str, pl.DataFrame]
# An order as one line of a file tells it: pages of an export may overlap and tell it twice.
INSTANCE = ("delivery_date", "delivery_file", "delivery_line", "order_id")
REFUND_INSTANCE = ("delivery_date", "delivery_file", "delivery_line", "refund_id")
DOCUMENT = ("delivery_date", "order_id")
ZERO = pl.lit(0).cast(DECIMAL)


def order_parts(given: Frames) -> pl.DataFrame:
    """Rows of orders that are worth money: INSTANCE, `part` (table), `id`, `product`, `quantity`, amounts.

    `total` is without tax, after discounts; `tax` is its own.
    """
    tables = (LINE_ITEMS.name, SHIPPING_LINES.name, FEE_LINES.name)
    return pl.concat(
        given[name].select(
            *INSTANCE,
            pl.lit(name).alias("part"),
            "id",
            (product() if name == LINE_ITEMS.name else pl.lit(None, pl.String)).alias("product"),
            (pl.col("quantity") if name == LINE_ITEMS.name else ZERO).alias("quantity"),
            "total",
            pl.col("total_tax").fill_null(0).alias("tax"),
        )
        for name in tables
    )


def newest_orders(given: Frames) -> pl.DataFrame:
    """One row per order and delivery: its last change, and then its last place, counts. Order's columns."""
    return (
        given["orders"]
        .rename({"id": "order_id"})
        .sort("date_modified_gmt", "delivery_file", "delivery_line", nulls_last=False)
        .unique(DOCUMENT, keep="last", maintain_order=True)
    )


def newest_refunds(given: Frames) -> pl.DataFrame:
    """One row per refund and delivery, however often it is told."""
    return (
        given["refunds"]
        .rename({"id": "refund_id", "parent_id": "order_id"})
        .sort("delivery_file", "delivery_line")
        .unique(("delivery_date", "order_id", "refund_id"), keep="last", maintain_order=True)
    )


def summed(name: str, *where: pl.Expr) -> pl.Expr:
    """Sum of an amount, of the rows that meet all conditions; 0 where none does."""
    amount = pl.col(name).filter(*where) if where else pl.col(name)
    return amount.sum().cast(TOTAL)
