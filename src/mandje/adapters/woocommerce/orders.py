"""Orders with their lines, shipping, fees and coupons as feeds, with accounts of every row.

A line's number is the id that WooCommerce gives it: refunds name their lines by it. Its gross amount is
`subtotal`, its discount `subtotal` − `total`; where a plug-in raised a price above it, `total` is gross.
Shipping and fees are charges of the order; a fee below 0 is a discount on it.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from mandje.adapters.base import account
from mandje.adapters.feed_frames import feed_frame, with_money
from mandje.adapters.woocommerce.parts import INSTANCE, Frames, newest_orders, order_parts, summed
from mandje.adapters.woocommerce.tables import COUPON_LINES, FEE_LINES, LINE_ITEMS, ORDERS, SHIPPING_LINES
from mandje.adapters.woocommerce.words import (
    DRAFT,
    REPEATED,
    TOLD_BY_LINES,
    customer,
    is_draft,
    order_status,
    product,
    sales_channel,
)
from mandje.contracts.types import Table

CHARGES = "orders:other_charges_amount"
DISCOUNT = "orders:discount_amount"
SHIPPING = "orders:shipping_amount"


def map_orders(
    given: Frames, site: pl.Expr, statuses: Mapping[str, str]
) -> tuple[dict[str, pl.DataFrame], list[pl.DataFrame]]:
    """Feeds `orders` and `order_lines`, and the accounts of five tables.

    `site` gives the site from `currency`; `statuses` our status by WooCommerce's, before the usual ones.
    """
    fee = pl.when(pl.col("total") < 0).then(pl.lit(DISCOUNT)).otherwise(pl.lit(CHARGES))
    usual = {
        ORDERS: pl.lit("orders"),
        LINE_ITEMS: pl.lit("order_lines"),
        SHIPPING_LINES: pl.lit(SHIPPING),
        FEE_LINES: fee,
        COUPON_LINES: pl.lit(TOLD_BY_LINES),
    }
    newest = newest_orders(given)
    rows = {
        table.name: _with_destination(_told(given[table.name], newest), table, to, statuses)
        for table, to in usual.items()
    }
    feeds = {
        "orders": _orders(_kept(rows["orders"]), given, site, statuses),
        "order_lines": _order_lines(_kept(rows["line_items"])),
    }
    return feeds, [account(frame, name) for name, frame in rows.items()]


def _with_destination(
    rows: pl.DataFrame, table: Table, usual: pl.Expr, statuses: Mapping[str, str]
) -> pl.DataFrame:
    destination = (
        pl.when(~pl.col("is_newest"))
        .then(pl.lit(REPEATED))
        .when(is_draft(statuses))
        .then(pl.lit(DRAFT))
        .otherwise(usual)
    )
    return with_money(rows.with_columns(destination.alias("destination")), table)


def _told(rows: pl.DataFrame, newest: pl.DataFrame) -> pl.DataFrame:
    """Rows with `is_newest`: of an order that a delivery tells twice only its newest state counts."""
    order = "order_id" if "order_id" in rows.columns else "id"
    marks = newest.select(*INSTANCE, is_newest=pl.lit(value=True))
    place = (*INSTANCE[:-1], order)
    marked = rows.join(marks, left_on=place, right_on=INSTANCE, how="left", maintain_order="left")
    return marked.with_columns(pl.col("is_newest").fill_null(value=False))


def _kept(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(~pl.col("destination").is_in([DRAFT, REPEATED]))


def _charged(given: Frames) -> pl.DataFrame:
    """Sums of what lines do not tell: INSTANCE, `shipping`, `charges`, `discount`."""
    is_fee, total = pl.col("part") == FEE_LINES.name, pl.col("total")
    return (
        order_parts(given)
        .group_by(INSTANCE)
        .agg(
            summed("total", pl.col("part") == SHIPPING_LINES.name).alias("shipping"),
            summed("total", is_fee, total >= 0).alias("charges"),
            (-summed("total", is_fee, total < 0)).alias("discount"),
        )
    )


def _coupons(given: Frames) -> pl.DataFrame:
    """The first coupon of each order: INSTANCE, `coupon`."""
    return given["coupon_lines"].group_by(INSTANCE).agg(pl.col("code").sort_by("id").first().alias("coupon"))


def _orders(rows: pl.DataFrame, given: Frames, site: pl.Expr, statuses: Mapping[str, str]) -> pl.DataFrame:
    orders = rows.rename({"id": "order_id"})
    for others in (_charged(given), _coupons(given)):
        orders = orders.join(others, on=INSTANCE, how="left", maintain_order="left")
    return feed_frame(
        "orders",
        orders,
        {
            "order_id": pl.col("order_id"),
            "ordered_at": pl.col("date_created_gmt"),
            "updated_at": pl.col("date_modified_gmt"),
            "customer_id": customer(),
            "email_hash": pl.col("email"),
            "site": site,
            "sales_channel": sales_channel(),
            "status": order_status(statuses),
            "currency_code": pl.col("currency"),
            "discount_amount": pl.col("discount").fill_null(0),
            "shipping_amount": pl.col("shipping").fill_null(0),
            "other_charges_amount": pl.col("charges").fill_null(0),
            "tax_amount": pl.col("total_tax"),
            "total_amount": pl.col("total"),
            "coupon_code": pl.col("coupon"),
        },
    )


def _order_lines(rows: pl.DataFrame) -> pl.DataFrame:
    gross = pl.max_horizontal("subtotal", "total")
    return feed_frame(
        "order_lines",
        rows,
        {
            "order_id": pl.col("order_id"),
            "line_number": pl.col("id"),
            "updated_at": pl.col("date_modified_gmt"),
            "product_id": product(),
            "quantity": pl.col("quantity"),
            "currency_code": pl.col("currency"),
            "gross_amount": gross,
            "discount_amount": gross - pl.col("total"),
        },
    )
