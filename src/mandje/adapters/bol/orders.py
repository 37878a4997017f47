"""Orders with their items as feeds, and what bol charges on them, with accounts of every row.

Units sold are those ordered less those cancelled; an item without any is no line. An order all of whose
units are cancelled is a cancelled one, and keeps its lines as they were ordered. Prices are with VAT: what a
line is worth without it is rounded to four places, and the order's tax is what is left, so that an order
always ties.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import polars as pl

from mandje.adapters.base import account
from mandje.adapters.bol.tables import ITEMS, ORDERS
from mandje.adapters.bol.words import CANCELLED, NO_COMMISSION, REPEATED
from mandje.adapters.exact import without_tax
from mandje.adapters.feed_frames import feed_frame, with_money
from mandje.contracts.types import DECIMAL, Table

Frames = Mapping[str, pl.DataFrame]
# Items on which nothing is charged any more: their commission is told as 0, since an earlier version may have
# told one.
RELEASED = "released_commissions"
# An order as one place of a file tells it: pages of an export may overlap and tell it twice.
INSTANCE = ("delivery_date", "delivery_file", "delivery_line", "order_id")
DOCUMENT = ("delivery_date", "order_id")
SHOP_COST = "adjustments:shop_cost"
_ZERO = pl.lit(0).cast(DECIMAL)


def map_orders(
    given: Frames, commission: Table, site: str, currency: str, tax_ratio: Decimal
) -> tuple[dict[str, pl.DataFrame], list[pl.DataFrame]]:
    """Feeds `orders`, `order_lines` and `adjustments`, and the accounts of three tables and of RELEASED."""
    summed = _orders_summed(given)
    lines = _told(given[ITEMS.name], summed, pl.lit("order_lines"))
    net = without_tax(pl.col("units") * pl.col("unit_price"), tax_ratio)
    lines = lines.with_columns(money_amount=net, currency_code=pl.lit(currency))
    is_charged = pl.col("commission").fill_null(0) != 0
    usual = pl.when(is_charged).then(pl.lit(SHOP_COST)).otherwise(pl.lit(NO_COMMISSION))
    # Of a cancelled order nothing is charged, whatever its items say.
    charged = _told(
        given[commission.name], summed, pl.when("is_cancelled").then(pl.lit(CANCELLED)).otherwise(usual)
    )
    charged = with_money(charged, commission)
    headers = _headers(given, summed)
    sold = lines.filter(pl.col("destination") == "order_lines")
    released = _released(charged)
    costs = pl.concat([charged.filter(pl.col("destination") == SHOP_COST), released])
    feeds = {
        "orders": _orders(headers.filter("is_newest"), sold, site, currency),
        "order_lines": _order_lines(sold),
        "adjustments": _adjustments(costs, site),
    }
    rows = {ORDERS.name: headers, ITEMS.name: lines, commission.name: charged, RELEASED: released}
    return feeds, [account(frame, name) for name, frame in rows.items()]


def _released(charged: pl.DataFrame) -> pl.DataFrame:
    is_free = (pl.col("destination") == CANCELLED) & ~pl.col("is_cancelled")
    return charged.filter(is_free).with_columns(
        _ZERO.alias("commission"), _ZERO.alias("money_amount"), pl.lit(SHOP_COST).alias("destination")
    )


def _orders_summed(given: Frames) -> pl.DataFrame:
    """Each order as told: INSTANCE, `is_cancelled`, `is_sent`, `changed_at`, `is_newest` of its delivery."""
    left = pl.col("quantity") - pl.col("cancelled").fill_null(0)
    sums = (
        given[ITEMS.name]
        .group_by(INSTANCE)
        .agg(
            (left.sum() <= 0).alias("is_cancelled"),
            (pl.col("shipped").fill_null(0).sum() >= left.sum()).alias("is_sent"),
            pl.col("changed_at").max(),
        )
    )
    orders = given[ORDERS.name].select(INSTANCE).join(sums, on=INSTANCE, how="left", maintain_order="left")
    ordered = orders.sort("changed_at", "delivery_file", "delivery_line", nulls_last=False)
    return ordered.with_columns(pl.struct(DOCUMENT).is_last_distinct().alias("is_newest"))


def _headers(given: Frames, summed: pl.DataFrame) -> pl.DataFrame:
    rows = given[ORDERS.name].join(summed, on=INSTANCE, how="left", maintain_order="left")
    header = pl.when("is_newest").then(pl.lit("orders")).otherwise(pl.lit(REPEATED))
    return with_money(rows.with_columns(header.alias("destination")), ORDERS)


def _told(items: pl.DataFrame, summed: pl.DataFrame, usual: pl.Expr) -> pl.DataFrame:
    """Items with what is told of their order, `units`, `line_number` and `destination`."""
    left = pl.col("quantity") - pl.col("cancelled").fill_null(0)
    rows = items.drop("changed_at").join(summed, on=INSTANCE, how="left", maintain_order="left")
    destination = (
        pl.when(~pl.col("is_newest"))
        .then(pl.lit(REPEATED))
        .when((left <= 0) & ~pl.col("is_cancelled"))
        .then(pl.lit(CANCELLED))
        .otherwise(usual)
    )
    return rows.with_columns(
        # What was cancelled is told as it was ordered.
        pl.when(left > 0).then(left).otherwise("quantity").alias("units"),
        pl.col("item_id").rank("dense").over(INSTANCE).cast(pl.Int64).alias("line_number"),
        destination.alias("destination"),
    )


def _orders(headers: pl.DataFrame, sold: pl.DataFrame, site: str, currency: str) -> pl.DataFrame:
    sums = sold.group_by(DOCUMENT).agg(
        pl.col("money_amount").sum().alias("net"),
        (pl.col("units") * pl.col("unit_price")).sum().cast(DECIMAL).alias("total"),
    )
    status = (
        pl.when("is_cancelled")
        .then(pl.lit("cancelled"))
        .when("is_sent")
        .then(pl.lit("fulfilled"))
        .otherwise(pl.lit("paid"))
    )
    return feed_frame(
        "orders",
        headers.join(sums, on=DOCUMENT, how="left", maintain_order="left"),
        {
            "order_id": pl.col("order_id"),
            "ordered_at": pl.col("placed_at"),
            "updated_at": pl.col("changed_at"),
            "site": pl.lit(site),
            "sales_channel": pl.lit("marketplace"),
            "status": status,
            "currency_code": pl.lit(currency),
            "discount_amount": _ZERO,
            "shipping_amount": _ZERO,
            "other_charges_amount": _ZERO,
            "tax_amount": pl.col("total") - pl.col("net"),
            "total_amount": pl.col("total"),
        },
    )


def _order_lines(sold: pl.DataFrame) -> pl.DataFrame:
    return feed_frame(
        "order_lines",
        sold,
        {
            "order_id": pl.col("order_id"),
            "line_number": pl.col("line_number"),
            "updated_at": pl.col("changed_at"),
            # A return names its product by this alone.
            "product_id": pl.coalesce("ean", "reference"),
            "quantity": pl.col("units"),
            "currency_code": pl.col("currency_code"),
            "gross_amount": pl.col("money_amount"),
            "discount_amount": _ZERO,
        },
    )


def _adjustments(charged: pl.DataFrame, site: str) -> pl.DataFrame:
    return feed_frame(
        "adjustments",
        charged,
        {
            "adjustment_id": pl.col("item_id"),
            "adjusted_at": pl.col("placed_at"),
            "order_id": pl.col("order_id"),
            "site": pl.lit(site),
            "kind": pl.lit("shop_cost"),
            "currency_code": pl.col("currency_code"),
            "amount": pl.col("commission"),
        },
    )
