"""What a refund gives back beyond its lines.

`amount` says what was given back, with tax, whatever the lines say. A refund without a line that gives back
all of its order is the return of every line, with shipping and fees (WooCommerce makes it when a person sets
the state `refunded`). Any other rest is a price correction: without tax by the order's share of tax, in
cents; below 0 where the lines tell more than was given back.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from mandje.adapters.woocommerce.parts import (
    DOCUMENT,
    INSTANCE,
    REFUND_INSTANCE,
    Frames,
    newest_orders,
    newest_refunds,
    order_parts,
)
from mandje.adapters.woocommerce.shares import share
from mandje.adapters.woocommerce.tables import REFUND_LISTS
from mandje.adapters.woocommerce.words import customer, is_draft
from mandje.contracts.types import DECIMAL, TOTAL

CORRECTION = "adjustments:price_correction"
# Where parts of an order go that are given back.
_GIVEN_BACK = {
    "line_items": "returns",
    "shipping_lines": "adjustments:shipping_refund",
    "fee_lines": "adjustments:charge_refund",
}
_CENT = 2


def given_back(part: pl.Expr, amount: pl.Expr) -> pl.Expr:
    """Where a part of an order goes of which an amount is given back.

    A fee below 0 was a discount, so what is taken back of it is one too: net sales of an order that comes
    back whole are then 0.
    """
    is_discount = (part == "fee_lines") & (amount < 0)
    usual = part.replace_strict(_GIVEN_BACK, return_dtype=pl.String)
    return pl.when(is_discount).then(pl.lit("adjustments:discount")).otherwise(usual)


def with_order(rows: pl.DataFrame, given: Frames, statuses: Mapping[str, str]) -> pl.DataFrame:
    """Rows with `order_id`, and what their order says in its newest state; null where it is not delivered."""
    orders = newest_orders(given).select(
        *DOCUMENT,
        pl.col("delivery_file").alias("order_file"),
        pl.col("delivery_line").alias("order_line"),
        pl.col("currency").alias("order_currency"),
        pl.col("date_modified_gmt").alias("order_updated_at"),
        customer().alias("customer_id"),
        pl.col("total").alias("order_total"),
        pl.col("total_tax").alias("order_tax"),
        is_draft(statuses).alias("is_draft"),
    )
    return rows.join(orders, on=DOCUMENT, how="left", maintain_order="left").with_columns(
        pl.col("order_line").is_not_null().alias("has_order"), pl.col("is_draft").fill_null(value=False)
    )


def refund_currency(usual: str | None) -> pl.Expr:
    """`currency` of refunds `with_order`: its own where it is told, else the order's, else `usual`."""
    return pl.coalesce("currency", "order_currency", pl.lit(usual, pl.String)).alias("currency")


def with_rests(given: Frames, statuses: Mapping[str, str]) -> pl.DataFrame:
    """Refunds of orders, each as often as it is told, with `rest` (in cents, with tax) and `is_whole`."""
    refunds = given["refunds"].rename({"id": "refund_id", "parent_id": "order_id"})
    rests = (
        with_order(refunds, given, statuses)
        .filter(~pl.col("is_draft"))
        .join(_told(given), on=REFUND_INSTANCE, how="left", maintain_order="left")
        .join(_refunded(given), on=DOCUMENT, how="left", maintain_order="left")
        .join(_sizes(given), left_on=_ORDER_PLACE, right_on=INSTANCE, how="left", maintain_order="left")
    )
    is_alone = pl.col("told_rows").is_null() & (pl.col("refunded") == pl.col("amount"))
    is_all = (pl.col("amount") == pl.col("order_total")) & (pl.col("amount") > 0)
    rest = pl.col("amount").cast(TOTAL) - pl.col("told").fill_null(0)
    return rests.with_columns(
        rest.round(_CENT, mode="half_away_from_zero").cast(DECIMAL).alias("rest"),
        (is_alone & is_all & (pl.col("parts") > 0)).fill_null(value=False).alias("is_whole"),
    )


# The newest state of a refund's order, as INSTANCE of its parts.
_ORDER_PLACE = ("delivery_date", "order_file", "order_line", "order_id")


def _told(given: Frames) -> pl.DataFrame:
    """What the lines of each refund give back, with their tax: REFUND_INSTANCE, `told`, `told_rows`."""
    lines = pl.concat(
        given[table.name].select(*REFUND_INSTANCE, "total", pl.col("total_tax").fill_null(0))
        for table in REFUND_LISTS
    )
    told = -(pl.col("total").sum() + pl.col("total_tax").sum())
    return lines.group_by(REFUND_INSTANCE).agg(told.cast(TOTAL).alias("told"), pl.len().alias("told_rows"))


def _refunded(given: Frames) -> pl.DataFrame:
    """What all refunds of an order give back: DOCUMENT, `refunded`."""
    return newest_refunds(given).group_by(DOCUMENT).agg(pl.col("amount").sum().alias("refunded"))


def _sizes(given: Frames) -> pl.DataFrame:
    return order_parts(given).group_by(INSTANCE).agg(pl.len().alias("parts"))


def rest_rows(given: Frames, statuses: Mapping[str, str]) -> pl.DataFrame:
    """A row for each thing that a rest gives back, with the refund's columns.

    Beside them `destination`, `rest_amount` (without tax), `rest_tax`, and of a whole order's parts
    `part_id`, `product` and `quantity`.
    """
    rests = with_rests(given, statuses)
    rows = pl.concat([_whole(rests, given), _corrections(rests)], how="diagonal")
    number = pl.col("part_id").rank("ordinal").over(REFUND_INSTANCE).fill_null(1) - 1
    return rows.with_columns(pl.format("refund_rests[{}]", number).alias("delivery_part"))


def _whole(rests: pl.DataFrame, given: Frames) -> pl.DataFrame:
    """Every part of an order that is given back whole."""
    parts = order_parts(given).select(
        *INSTANCE, "part", pl.col("id").alias("part_id"), "product", "quantity", "total", "tax"
    )
    rows = rests.filter("is_whole").join(parts, left_on=_ORDER_PLACE, right_on=INSTANCE, how="inner")
    # Rounding may part the sum of all parts from what was given back: it is tax, and the first part has it.
    is_first = pl.col("part_id") == pl.col("part_id").min().over(REFUND_INSTANCE)
    missing = pl.col("amount") - (pl.col("total") + pl.col("tax")).sum().over(REFUND_INSTANCE)
    return rows.with_columns(
        given_back(pl.col("part"), pl.col("total")).alias("destination"),
        pl.col("total").alias("rest_amount"),
        (pl.col("tax") + pl.when(is_first).then(missing).otherwise(0)).cast(DECIMAL).alias("rest_tax"),
    )


def _corrections(rests: pl.DataFrame) -> pl.DataFrame:
    tax = share(pl.col("rest"), pl.col("order_tax"), pl.col("order_total"))
    return rests.filter(~pl.col("is_whole") & (pl.col("rest") != 0)).with_columns(
        pl.lit(CORRECTION).alias("destination"),
        (pl.col("rest") - tax).cast(DECIMAL).alias("rest_amount"),
        tax.alias("rest_tax"),
    )
