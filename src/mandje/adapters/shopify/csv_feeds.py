"""Orders of Shopify's orders export as feeds, with accounts of every line and of the rows made out of it.

The file does not say when money was given back, nor what for: it is one return of no units on the order's
own day, which a later export does not move.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from mandje.adapters.base import Mapped, account
from mandje.adapters.feed_frames import count_derived, feed_frame
from mandje.adapters.shopify.csv_documents import DOCUMENT, documents, money, priced
from mandje.adapters.shopify.csv_tables import LINES
from mandje.adapters.shopify.sales import CHARGE, GOODS, REPEATED, RETURN, SHIPPING
from mandje.adapters.shopify.words import order_status, sales_channel
from mandje.contracts.types import DECIMAL

NO_UNITS = "skipped:no_units"
SKIPPED_REASONS: dict[str, str] = {NO_UNITS: "A line of no units: it was taken out of its order."}
REFUND = "(refund)"


def map_csv(lines: pl.DataFrame, told: pl.DataFrame, site: str, statuses: Mapping[str, str]) -> Mapped:
    """Feeds and accounts of the lines of one or many exports; `statuses` as in `order_status`.

    `told` are orders (`delivery_date`, `Id`) that a bulk operation in the same delivery tells better.
    """
    marks = told.unique().with_columns(is_told_better=pl.lit(value=True))
    marked = documents(lines).join(marks, on=("delivery_date", "Id"), how="left", maintain_order="left")
    is_latest = pl.col("is_latest") & pl.col("is_told_better").is_null()
    rows = priced(marked.with_columns(is_latest)).drop("is_told_better")
    rows = rows.with_columns(_destination().alias("destination"))
    known = rows.filter("is_latest")
    orders = known.filter("is_first").with_columns(
        (pl.col("tips") + pl.col("cards") + pl.col("duties")).alias("charged")
    )
    feeds = {
        "orders": _orders(orders, site, statuses),
        "order_lines": _order_lines(known),
        "returns": _returns(orders.filter(pl.col("refunded") != 0), site),
    }
    return Mapped(feeds, _accounts(rows), count_derived({}, ()), _made_of(orders))


def _destination() -> pl.Expr:
    return (
        pl.when(~pl.col("is_latest"))
        .then(pl.lit(REPEATED))
        .when(pl.col("Lineitem quantity") == 0)
        .then(pl.lit(NO_UNITS))
        .when(pl.col("role") == "goods")
        .then(pl.lit(GOODS))
        .otherwise(pl.lit(CHARGE))
    )


def _accounts(rows: pl.DataFrame) -> pl.DataFrame:
    """Lines, worth what their order makes of them: without tax, and of its discount their share off."""
    worth = (
        pl.when(pl.col("destination") == GOODS)
        .then("net")
        .when(pl.col("destination") == CHARGE)
        .then(pl.col("gross") - pl.col("less"))
        .otherwise(0)
    )
    valued = rows.with_columns(worth.alias("worth"))
    return _account(LINES.name, valued, money("worth"), pl.col("destination"))


def _made_of(orders: pl.DataFrame) -> pl.DataFrame:
    """Accounts of what an export tells of an order as a whole."""
    parts = ("sent", "duties", "tax", "refunded", "tax_back")
    sent, duties, tax, refunded, taxed_back = (orders.filter(pl.col(part) != 0) for part in parts)
    return pl.concat(
        [
            _account("orders", orders, money("total"), pl.lit("orders")),
            _account("shipping", sent, money("sent"), pl.lit(SHIPPING)),
            _account("duties", duties, money("duties"), pl.lit(CHARGE)),
            _account("taxes", tax, money("tax"), pl.lit("orders:tax_amount")),
            _account("refunds", refunded, -money("given_back"), pl.lit(RETURN)),
            _account("refund_taxes", taxed_back, -money("tax_back"), pl.lit(f"{RETURN}:tax_amount")),
        ]
    )


def _account(table: str, rows: pl.DataFrame, amount: pl.Expr, destination: pl.Expr) -> pl.DataFrame:
    valued = rows.with_columns(
        amount.alias("money_amount"),
        pl.col("Currency").alias("currency_code"),
        destination.alias("destination"),
    )
    return account(valued, table)


def _orders(orders: pl.DataFrame, site: str, statuses: Mapping[str, str]) -> pl.DataFrame:
    named = orders.with_columns(
        is_test=pl.col("Payment Method").str.to_lowercase().eq_missing(pl.lit("bogus")),
        cancelled_at=pl.col("Cancelled at"),
        financial_status=pl.col("Financial Status"),
        fulfillment_status=pl.col("Fulfillment Status"),
    )
    return feed_frame(
        "orders",
        named,
        {
            "order_id": pl.col("Id"),
            "ordered_at": pl.col("Created at"),
            "email_hash": pl.col("Email"),
            "site": pl.lit(site),
            "sales_channel": sales_channel(pl.col("Source")),
            "status": order_status(statuses),
            "currency_code": pl.col("Currency"),
            "discount_amount": pl.lit(0).cast(DECIMAL),
            "shipping_amount": money("sent"),
            "other_charges_amount": money("charged"),
            "tax_amount": money("tax"),
            "total_amount": money("total"),
            "coupon_code": pl.col("Discount Code"),
        },
    )


def _order_lines(known: pl.DataFrame) -> pl.DataFrame:
    goods = known.filter(pl.col("destination") == GOODS).with_columns(
        (pl.col("net") + pl.col("off")).alias("worth"),
        pl.int_range(1, pl.len() + 1).over(DOCUMENT).alias("line_number"),
    )
    return feed_frame(
        "order_lines",
        goods,
        {
            "order_id": pl.col("Id"),
            "line_number": pl.col("line_number"),
            "product_id": pl.coalesce("Lineitem sku", "Lineitem name"),
            "quantity": pl.col("Lineitem quantity"),
            "currency_code": pl.col("Currency"),
            "gross_amount": money("worth"),
            "discount_amount": money("off"),
        },
    )


def _returns(refunded: pl.DataFrame, site: str) -> pl.DataFrame:
    return feed_frame(
        "returns",
        refunded,
        {
            # Agreements of bulk operations are numbered apart from orders.
            "return_id": "R" + pl.col("Id"),
            "line_number": pl.lit(1),
            "order_id": pl.col("Id"),
            "site": pl.lit(site),
            "product_id": pl.lit(REFUND),
            "returned_at": pl.col("Created at"),
            "quantity": pl.lit(0),
            "currency_code": pl.col("Currency"),
            "refund_amount": money("given_back"),
            "tax_amount": money("tax_back"),
        },
    )
