"""The feeds of sales: orders, order_lines, returns and adjustments."""

from __future__ import annotations

import polars as pl

from mandje.contracts.sales import ORDER_STATUSES
from mandje.simulate.people.emails import email
from mandje.simulate.sales.feed_rows import KEPT, as_feed, moment, natural
from mandje.simulate.sales.make import Sales
from mandje.simulate.sales.order_versions import header_versions, line_versions
from mandje.simulate.sales.planned import BEFORE_ORDER, LATE_RETURN
from mandje.simulate.world.site_money import currency, money, site_name
from mandje.simulate.world.world import Block, World

# Lines of some products tell what all their units cost, some of them that alone.
_PRODUCT_KINDS = 8
_WITH_GROSS, _GROSS_ALONE = (0, 1), 1


def delivered_sales(
    world: World, block: Block, sales: Sales, order_visitors: pl.DataFrame
) -> dict[str, pl.DataFrame]:
    """Delivered rows of a block by feed; `order_visitors` tells the `visitor` of an `order`, where known.

    `defect` names the class (a field of `SalesDefects`) of every row of an order or return that is delivered
    in a difficult way; an order has one class at most. Of the returns before their order it is on the late
    rows of the order and on the return.
    """
    return {
        "orders": _orders(world, header_versions(world, block, sales), order_visitors),
        "order_lines": _lines(world, line_versions(world, block, sales)),
        "returns": _returns(world, sales),
        "adjustments": _adjustments(world, sales.adjustments),
    }


def _orders(world: World, versions: pl.DataFrame, order_visitors: pl.DataFrame) -> pl.DataFrame:
    visitors = order_visitors.select("order", "visitor")
    rows = versions.join(visitors, on="order", how="left", maintain_order="left").select(
        pl.col("order").alias("order_id"),
        moment("ordered_at"),
        moment("updated_at"),
        pl.when("shows_customer").then("person").alias("customer_id"),
        pl.when("shows_email").then(email(pl.col("person"), pl.col("email_style"))).alias("email"),
        pl.col("visitor").alias("visitor_id"),
        site_name(pl.col("site")).alias("site"),
        pl.col("channel").alias("sales_channel"),
        pl.col("status").cast(pl.Enum(ORDER_STATUSES)),
        currency(pl.col("site")).alias("currency_code"),
        money(pl.col("order_discount")).alias("discount_amount"),
        money(pl.col("shipping")).alias("shipping_amount"),
        money(pl.col("shipping_cost")).alias("shipping_cost_amount"),
        money(pl.col("other_charges")).alias("other_charges_amount"),
        money(pl.col("tax")).alias("tax_amount"),
        money(pl.col("total")).alias("total_amount"),
        "coupon_code",
        "delivery_day",
        "outcome",
        "defect",
    )
    return as_feed("orders", world, rows)


def _lines(world: World, versions: pl.DataFrame) -> pl.DataFrame:
    kind = pl.col("product") % _PRODUCT_KINDS
    rows = versions.select(
        pl.col("order").alias("order_id"),
        "line_number",
        moment("updated_at"),
        pl.col("product").alias("product_id"),
        "quantity",
        currency(pl.col("site")).alias("currency_code"),
        pl.when(kind != _GROSS_ALONE).then(money(pl.col("unit_price"))).alias("unit_price_amount"),
        pl.when(kind.is_in(_WITH_GROSS))
        .then(money(pl.col("quantity") * pl.col("unit_price")))
        .alias("gross_amount"),
        money(pl.col("line_discount")).alias("discount_amount"),
        money(pl.col("unit_cost")).alias("unit_cost_amount"),
        "delivery_day",
        "outcome",
        "defect",
    )
    return as_feed("order_lines", world, rows)


def _returns(world: World, sales: Sales) -> pl.DataFrame:
    late = sales.plan.late_returns.select("return_id", pl.col("delivery_day").alias("late_day"))
    early = sales.plan.late_orders.select("return_id", pl.lit(BEFORE_ORDER).alias("is_early"))
    known = world.clock.delivery_day(sales.returns["returned_at"].to_numpy())
    rows = (
        sales.returns.join(late, on="return_id", how="left", maintain_order="left")
        .join(early, on="return_id", how="left", maintain_order="left")
        .select(
            "return_id",
            "line_number",
            moment("returned_at").alias("updated_at"),
            pl.when("shows_order").then("order").alias("order_id"),
            pl.when("shows_customer").then("person").alias("customer_id"),
            site_name(pl.col("site")).alias("site"),
            pl.col("product").alias("product_id"),
            moment("returned_at"),
            "quantity",
            currency(pl.col("site")).alias("currency_code"),
            money(pl.col("refund")).alias("refund_amount"),
            money(pl.col("tax_back")).alias("tax_amount"),
            "reason",
            money(pl.col("handling_cost")).alias("handling_cost_amount"),
            pl.coalesce("late_day", pl.Series(known, dtype=pl.Int64)).alias("delivery_day"),
            pl.lit(KEPT).alias("outcome"),
            pl.when(pl.col("late_day").is_not_null())
            .then(pl.lit(LATE_RETURN))
            .otherwise("is_early")
            .alias("defect"),
        )
    )
    return as_feed("returns", world, rows)


def _adjustments(world: World, adjustments: pl.DataFrame) -> pl.DataFrame:
    known = world.clock.delivery_day(adjustments["adjusted_at"].to_numpy())
    rows = adjustments.select(
        "adjustment_id",
        moment("adjusted_at"),
        pl.col("order").alias("order_id"),
        pl.col("person").alias("customer_id"),
        site_name(pl.col("site")).alias("site"),
        "kind",
        currency(pl.col("site")).alias("currency_code"),
        money(pl.col("amount")).alias("amount"),
        money(pl.col("tax_back")).alias("tax_amount"),
        pl.Series("delivery_day", known, dtype=pl.Int64),
    )
    return natural("adjustments", world, rows)
