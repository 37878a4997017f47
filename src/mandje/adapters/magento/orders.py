"""Orders and their items as feeds, with accounts of every row.

A line is an item without a parent; what parts of it tell is its own. Discounts that no line has (those on
shipping, above all) are the order's. Vouchers, credit and points that the shop had sold or granted before pay
for an order: its total is what it costs, with them.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from mandje.adapters.base import account
from mandje.adapters.feed_frames import feed_frame, with_money
from mandje.adapters.magento.families import (
    first_that,
    is_nothing,
    total,
    with_amounts,
    with_readings,
)
from mandje.adapters.magento.tables import ITEMS, ORDERS, TENDERS, WRAPPINGS
from mandje.adapters.magento.words import PART_OF_PARENT, REPEATED, order_status
from mandje.contracts.types import DECIMAL

Frames = Mapping[str, pl.DataFrame]
DOCUMENT = ("delivery_date", "order_id")
_LINE = (*DOCUMENT, "line_number")
_DELETED = "(deleted)"


def newest(rows: pl.DataFrame, key: str) -> pl.DataFrame:
    """Rows with `is_newest`: of what a delivery tells twice the last change, then the last place, counts."""
    order = [name for name in ("updated_at", "delivery_file", "delivery_line") if name in rows.columns]
    is_last = pl.struct("delivery_date", key).is_last_distinct()
    return rows.sort(order, nulls_last=False).with_columns(is_last.alias("is_newest"))


def product() -> pl.Expr:
    """The product, else the shop's code of it."""
    return pl.coalesce("product_id", "sku", pl.lit(_DELETED))


def items_of(given: Frames) -> pl.DataFrame:
    """Items that count, with the amounts of their line (`with_readings`), `line_number` and `is_head`."""
    items = newest(given[ITEMS.name], "item_id").filter("is_newest")
    line = pl.coalesce("parent_item_id", "item_id").alias("line_number")
    head = pl.col("parent_item_id").is_null().alias("is_head")
    return with_readings(with_amounts(items).with_columns(line, head), _LINE)


def orders_of(given: Frames) -> pl.DataFrame:
    """Orders that count, with the sums of their lines and how they tie.

    `cost` is what the order is worth with tax, `charges` are wrapping and fixed product taxes, `discount` is
    all that is taken off without tax, `sum` what all of it makes; `off_by` which reading of the lines'
    discounts counts (`all`, `one`), `rest` what of the discount no line has.
    """
    orders = newest(given[ORDERS.name], "order_id").filter("is_newest")
    heads = items_of(given).filter("is_head")
    sums = heads.group_by(DOCUMENT).agg(
        pl.col("line_gross", "line_weee", "off_all", "off_one").sum(), pl.len().alias("lines")
    )
    none = pl.col("line_gross", "line_weee", "off_all", "off_one", "lines").fill_null(0)
    known = orders.join(sums, on=DOCUMENT, how="left", maintain_order="left").with_columns(none)
    return with_rest(tied(known.with_columns(total("base_grand_total", *TENDERS).alias("cost"))))


def tied(documents: pl.DataFrame, *others: pl.Expr) -> pl.DataFrame:
    """Documents with `discount`, `charges` and `sum`, so that `sum` is `cost` where there is a way to.

    Fixed product taxes are in the total or only shown, tax in the discount on shipping is told apart or with
    the other. `others` are further parts of the sum.
    """
    with_tax = -total("base_discount_amount") - total("base_discount_tax_compensation_amount")
    wrapping = total(*WRAPPINGS)
    fixed = sum(others, total("line_gross", "base_shipping_amount", "base_tax_amount"))
    readings = [
        (off, charges)
        for charges in (wrapping + pl.col("line_weee"), wrapping)
        for off in (with_tax - total("base_shipping_discount_tax_compensation_amnt"), with_tax)
    ]
    holds = [is_nothing(fixed + charges - off - pl.col("cost")) for off, charges in readings]
    off, charges = (
        first_that(
            *((hold, one[at]) for hold, one in zip(holds, readings, strict=True)), otherwise=readings[0][at]
        )
        for at in (0, 1)
    )
    return documents.with_columns(
        off.cast(DECIMAL).alias("discount"), charges.cast(DECIMAL).alias("charges")
    ).with_columns((fixed + pl.col("charges") - pl.col("discount")).cast(DECIMAL).alias("sum"))


def with_rest(documents: pl.DataFrame) -> pl.DataFrame:
    """Documents with `off_by` and `rest`: below 0, lines are told to take off more than the document does."""
    shipping = pl.lit(0)
    if "base_shipping_discount_amount" in documents.columns:
        shipping = total("base_shipping_discount_amount") - total(
            "base_shipping_discount_tax_compensation_amnt"
        )
    left = {name: pl.col("discount") - pl.col(f"off_{name}") for name in ("all", "one")}
    readings = [
        *((is_nothing(rest - shipping), pl.lit(name)) for name, rest in left.items()),
        *((is_nothing(rest) | (rest > 0), pl.lit(name)) for name, rest in left.items()),
    ]
    return documents.with_columns(
        first_that(*readings, otherwise=pl.lit("all")).alias("off_by")
    ).with_columns(pl.when(pl.col("off_by") == "one").then(left["one"]).otherwise(left["all"]).alias("rest"))


def map_orders(
    given: Frames, site: pl.Expr, statuses: Mapping[str, str]
) -> tuple[dict[str, pl.DataFrame], list[pl.DataFrame]]:
    """Feeds `orders` and `order_lines`, and the accounts of both tables.

    `site` gives the site from `store_id`; `statuses` as in `order_status`.
    """
    orders = orders_of(given)
    of_order = orders.select(
        *DOCUMENT, "off_by", "base_currency_code", pl.col("updated_at").alias("order_updated_at")
    )
    items = items_of(given).join(of_order, on=DOCUMENT, how="left", maintain_order="left")
    lines = items.filter("is_head").with_columns(_less().alias("less"))
    feeds = {"orders": _orders(orders, site, statuses), "order_lines": _order_lines(lines)}
    return feeds, [_of_orders(given), _of_items(given, lines)]


def _less() -> pl.Expr:
    return pl.when(pl.col("off_by") == "one").then("off_one").otherwise("off_all")


def _of_orders(given: Frames) -> pl.DataFrame:
    rows = with_money(newest(given[ORDERS.name], "order_id"), ORDERS)
    to = pl.when("is_newest").then(pl.lit("orders")).otherwise(pl.lit(REPEATED))
    return account(rows.with_columns(to.alias("destination")), ORDERS.name)


def _of_items(given: Frames, lines: pl.DataFrame) -> pl.DataFrame:
    """Items: a line is worth what it and its parts are, a part nothing of its own."""
    worth = lines.select(
        "delivery_date",
        "item_id",
        (pl.col("line_gross") - pl.col("less")).alias("worth"),
        pl.col("base_currency_code").alias("currency_code"),
    )
    rows = newest(given[ITEMS.name], "item_id").join(
        worth, on=("delivery_date", "item_id"), how="left", maintain_order="left"
    )
    to = (
        pl.when(~pl.col("is_newest"))
        .then(pl.lit(REPEATED))
        .when(pl.col("parent_item_id").is_not_null())
        .then(pl.lit(PART_OF_PARENT))
        .otherwise(pl.lit("order_lines"))
    )
    is_line = pl.col("destination") == "order_lines"
    valued = rows.with_columns(to.alias("destination")).with_columns(
        pl.when(is_line).then("worth").otherwise(0).alias("money_amount"),
        pl.when(is_line).then("currency_code").alias("currency_code"),
    )
    return account(valued, ITEMS.name)


def _orders(orders: pl.DataFrame, site: pl.Expr, statuses: Mapping[str, str]) -> pl.DataFrame:
    return feed_frame(
        "orders",
        orders,
        {
            "order_id": pl.col("order_id"),
            "ordered_at": pl.col("created_at"),
            "updated_at": pl.col("updated_at"),
            "customer_id": pl.col("customer_id"),
            "email_hash": pl.col("customer_email"),
            "site": site,
            "sales_channel": pl.lit("online"),
            "status": order_status(statuses),
            "currency_code": pl.col("base_currency_code"),
            "discount_amount": pl.max_horizontal("rest", pl.lit(0).cast(DECIMAL)),
            "shipping_amount": pl.col("base_shipping_amount").fill_null(0),
            "other_charges_amount": pl.col("charges"),
            "tax_amount": pl.col("base_tax_amount").fill_null(0),
            "total_amount": pl.col("cost"),
            "coupon_code": pl.col("coupon_code"),
        },
    )


def _order_lines(lines: pl.DataFrame) -> pl.DataFrame:
    cost = pl.col("base_cost")
    return feed_frame(
        "order_lines",
        lines,
        {
            "order_id": pl.col("order_id"),
            "line_number": pl.col("item_id"),
            "updated_at": pl.col("order_updated_at"),
            "product_id": product(),
            "quantity": pl.col("qty_ordered"),
            "currency_code": pl.col("base_currency_code"),
            "gross_amount": pl.col("line_gross"),
            "discount_amount": pl.col("less"),
            "unit_cost_amount": pl.when(cost > 0).then(cost),
        },
    )
