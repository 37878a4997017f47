"""Whose each order is and what it is worth, as it is known in the end."""

from __future__ import annotations

import polars as pl

from mandje.simulate.sales.feed_rows import moment
from mandje.simulate.sales.make import Sales
from mandje.simulate.world.site_money import currency, money, site_name


def with_person(people: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """Orders with is_guest (nobody with an account placed it) and is_guest_merged.

    A person with an account at the end is one customer, whatever an order shows: `is_guest_merged` are the
    orders that do not show the customer.
    """
    accounts = people.select("person", pl.col("account_at").is_not_null().alias("has_account"))
    has_account = pl.col("has_account").fill_null(value=False)
    return (
        orders.join(accounts, on="person", how="left", maintain_order="left")
        .with_columns(
            (~has_account).alias("is_guest"),
            (has_account & ~pl.col("shows_customer")).alias("is_guest_merged"),
        )
        .drop("has_account")
    )


def order_truth(people: pl.DataFrame, sales: Sales) -> pl.DataFrame:
    """One row per order, by order_id; `person` and `number` (of the purchase) are null where there is none.

    Amounts in `currency_code`: net_sales_amount (goods after all discounts, before returns), returned_amount
    (what was refunded of them by the end), total_amount (with charges and tax).
    """
    refunds = sales.returns.group_by("order").agg(pl.col("refund").sum().alias("returned_cents"))
    orders = with_person(people, sales.orders).join(refunds, on="order", how="left", maintain_order="left")
    return orders.select(
        pl.col("order").alias("order_id"),
        pl.when(pl.col("person") >= 0).then("person").alias("person"),
        pl.when(pl.col("number") >= 0).then("number").alias("number"),
        site_name(pl.col("site")).alias("site"),
        moment("ordered_at"),
        "channel",
        "status",
        "is_counted",
        "is_guest",
        "is_guest_merged",
        currency(pl.col("site")).alias("currency_code"),
        money(pl.col("goods_net")).alias("net_sales_amount"),
        money(pl.col("returned_cents").fill_null(0)).alias("returned_amount"),
        money(pl.col("total")).alias("total_amount"),
    )
