"""Orders, sales and customers of Shopify's bulk operations as feeds, with accounts of every row."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from mandje.adapters.base import Mapped, account
from mandje.adapters.feed_frames import count_derived, feed_frame, with_money
from mandje.adapters.shopify.bulk_tables import AGREEMENTS, CUSTOMERS, ORDERS, SALES, SALES_TAX
from mandje.adapters.shopify.sales import (
    CHARGE,
    CONTAINER,
    GOODS,
    REPEATED,
    RETURN,
    SHIPPING,
    digits,
    latest,
    tax_destination,
    with_destinations,
)
from mandje.adapters.shopify.ties import DOCUMENT
from mandje.adapters.shopify.words import order_status, sales_channel
from mandje.contracts.types import DECIMAL

Frames = Mapping[str, pl.DataFrame]
ZERO = pl.lit(0).cast(DECIMAL)
# First characters of a postal code that are kept: an area, not a street.
AREA = 4


def map_bulk(given: Frames, site: str, statuses: Mapping[str, str]) -> Mapped:
    """Feeds and accounts of all tables of the bulk operations, a frame of each given.

    `statuses` gives our status by Shopify's financial or fulfillment status, before the usual ones.
    """
    sales = with_money(with_destinations(given["sales"]), SALES)
    orders = latest(given["orders"], "order_id", first_by=("updated_at",))
    feeds = {
        "orders": _orders(orders.filter("is_latest"), sales, site, statuses),
        "order_lines": _order_lines(sales),
        "returns": _returns(sales, site),
        "adjustments": _adjustments(sales, site),
        "customers": _customers(given["customers"]),
    }
    return Mapped(feeds, _accounts(given, orders, sales), count_derived({}, ()), _tax_accounts(sales))


def _accounts(given: Frames, orders: pl.DataFrame, sales: pl.DataFrame) -> pl.DataFrame:
    header = pl.when("is_latest").then(pl.lit("orders")).otherwise(pl.lit(REPEATED))
    return pl.concat(
        [
            account(with_money(orders, ORDERS).with_columns(destination=header), "orders"),
            account(
                with_money(given["agreements"], AGREEMENTS).with_columns(destination=pl.lit(CONTAINER)),
                "agreements",
            ),
            account(sales, "sales"),
            account(
                with_money(given["customers"], CUSTOMERS).with_columns(destination=pl.lit("customers")),
                "customers",
            ),
        ]
    )


def _tax_accounts(sales: pl.DataFrame) -> pl.DataFrame:
    """Accounts of the tax in sales: a row per sale with tax."""
    taxed = sales.filter(pl.col("is_latest") & (pl.col("tax_amount") != 0))
    return account(with_money(taxed, SALES_TAX).with_columns(destination=tax_destination()), SALES_TAX.name)


def _to(destination: str) -> pl.Expr:
    """Whether a sale goes to a destination, or to any of a feed's."""
    return pl.col("destination").str.starts_with(destination)


def _orders(
    orders: pl.DataFrame, sales: pl.DataFrame, site: str, statuses: Mapping[str, str]
) -> pl.DataFrame:
    """One order each, with the sums of what its sales charge."""
    charged = sales.filter(_to(GOODS) | _to("orders:"))
    money = pl.col("money_amount")
    sums = charged.group_by(DOCUMENT).agg(
        money.filter(_to(SHIPPING)).sum().alias("shipping"),
        money.filter(_to(CHARGE)).sum().alias("charges"),
        pl.col("tax_amount").sum().alias("tax"),
        pl.col("total_amount").sum().alias("total"),
    )
    return feed_frame(
        "orders",
        orders.join(sums, on=DOCUMENT, how="left", maintain_order="left"),
        {
            "order_id": digits("order_id"),
            "ordered_at": pl.col("created_at"),
            "updated_at": pl.col("updated_at"),
            "customer_id": digits("customer_id"),
            "email_hash": pl.col("email_hash"),
            "site": pl.lit(site),
            "sales_channel": sales_channel(pl.col("source_name")),
            "status": order_status(statuses),
            "currency_code": pl.col("currency_code"),
            "discount_amount": ZERO,
            "shipping_amount": pl.col("shipping").fill_null(0),
            "other_charges_amount": pl.col("charges").fill_null(0),
            "tax_amount": pl.col("tax").fill_null(0),
            "total_amount": pl.col("total").fill_null(0),
            "coupon_code": pl.col("coupon_code"),
        },
    )


def _numbered(*document: str) -> pl.Expr:
    """Numbers of lines in a document, in the order in which Shopify made them."""
    return digits("sale_id").cast(pl.Int64).rank("dense").over("delivery_date", *document)


def _product_id() -> pl.Expr:
    return pl.coalesce(digits("product_id"), pl.col("sku"), pl.lit("(custom)"))


def _order_lines(sales: pl.DataFrame) -> pl.DataFrame:
    return feed_frame(
        "order_lines",
        sales.filter(_to(GOODS)),
        {
            "order_id": digits("order_id"),
            "line_number": _numbered("order_id"),
            "updated_at": pl.col("updated_at"),
            "product_id": _product_id(),
            "quantity": pl.col("quantity"),
            "currency_code": pl.col("currency_code"),
            "gross_amount": pl.col("money_amount") + pl.col("discount_amount"),
            "discount_amount": pl.col("discount_amount"),
        },
    )


def _returns(sales: pl.DataFrame, site: str) -> pl.DataFrame:
    return feed_frame(
        "returns",
        sales.filter(_to(RETURN)),
        {
            "return_id": digits("agreement_id"),
            "line_number": _numbered("agreement_id"),
            "updated_at": pl.col("updated_at"),
            "order_id": digits("order_id"),
            "customer_id": digits("customer_id"),
            "site": pl.lit(site),
            "product_id": _product_id(),
            "returned_at": pl.col("happened_at"),
            "quantity": -pl.col("quantity"),
            "currency_code": pl.col("currency_code"),
            "refund_amount": -pl.col("money_amount"),
            "tax_amount": -pl.col("tax_amount"),
            "reason": pl.col("reason").str.to_lowercase(),
        },
    )


def _adjustments(sales: pl.DataFrame, site: str) -> pl.DataFrame:
    return feed_frame(
        "adjustments",
        sales.filter(_to("adjustments:")),
        {
            "adjustment_id": digits("sale_id"),
            "adjusted_at": pl.col("happened_at"),
            "order_id": digits("order_id"),
            "customer_id": digits("customer_id"),
            "site": pl.lit(site),
            "kind": pl.col("destination").str.split(":").list.last(),
            "currency_code": pl.col("currency_code"),
            "amount": -pl.col("money_amount"),
            "tax_amount": -pl.col("tax_amount"),
        },
    )


def _customers(customers: pl.DataFrame) -> pl.DataFrame:
    return feed_frame(
        "customers",
        customers,
        {
            "customer_id": digits("customer_id"),
            "email_hash": pl.col("email_hash"),
            "first_seen_at": pl.col("created_at"),
            "country_code": pl.col("country_code"),
            "postal_area": pl.col("postal_code").str.slice(0, AREA),
            "consent_marketing": pl.col("marketing_state").eq_missing(pl.lit("SUBSCRIBED")),
        },
    )
