"""Which orders are refused whole: their sales do not add up to what Shopify says the order is worth.

Two sums hold for every order, to the cent, with tax. What its sales ORDER is its total price. Once it is
paid, all its sales together, what came back taken off, are what was paid and not given back.
"""

from __future__ import annotations

import polars as pl

from mandje.adapters.refusals import one_each, refused_as, shown
from mandje.adapters.shopify.sales import latest, with_destinations

DOCUMENT = ("delivery_date", "order_id")
# The customer has paid: nothing is to come.
_PAID = ("PAID", "PARTIALLY_REFUNDED", "REFUNDED")


def refused_orders(orders: pl.DataFrame, agreements: pl.DataFrame, sales: pl.DataFrame) -> pl.DataFrame:
    """Orders of which a sale is not known or a sum does not tie, in REFUSED_SCHEMA; one reason each."""
    current = latest(orders, "order_id", first_by=("updated_at",)).filter("is_latest")
    sold = with_destinations(sales).filter("is_latest")
    found = (_without_order(current, agreements, sold), _with_unknown_sales(sold), _not_tied(current, sold))
    return one_each(found)


def _without_order(orders: pl.DataFrame, agreements: pl.DataFrame, sales: pl.DataFrame) -> pl.DataFrame:
    parts = pl.concat([agreements.select(DOCUMENT), sales.select(DOCUMENT)]).unique(maintain_order=True)
    reason = pl.lit("its order is not among the rows that were read: it is missing, or was rejected itself")
    return refused_as(
        parts.join(orders, on=DOCUMENT, how="anti", maintain_order="left"), "order_id", "no_order", reason
    )


def _with_unknown_sales(sales: pl.DataFrame) -> pl.DataFrame:
    unknown = sales.filter(pl.col("destination").is_null())
    words = pl.format(
        "{}: actionType {}, lineType {}, quantity {}",
        "sale_id",
        "action_type",
        "line_type",
        pl.col("quantity").cast(pl.String).fill_null("null"),
    )
    first = unknown.group_by(DOCUMENT, maintain_order=True).agg(words.first().alias("words"))
    return refused_as(
        first, "order_id", "unknown_sale", pl.lit("nobody knows what this sale is: ") + pl.col("words")
    )


def _not_tied(orders: pl.DataFrame, sales: pl.DataFrame) -> pl.DataFrame:
    """Orders with the sums of their sales, and in words what is wrong with them."""
    amount = pl.col("total_amount")
    sums = sales.group_by(DOCUMENT).agg(
        amount.filter(pl.col("action_type") == "ORDER").sum().alias("ordered"),
        amount.sum().alias("all_sales"),
        pl.col("currency_code").unique().sort().str.join(", ").alias("currencies"),
    )
    joined = orders.join(sums, on=DOCUMENT, how="left", maintain_order="left").with_columns(
        pl.col("ordered", "all_sales").fill_null(0), pl.coalesce("currencies", "currency_code")
    )
    wrong = joined.with_columns(_what_is_wrong().alias("words")).filter(pl.col("words").is_not_null())
    return refused_as(wrong, "order_id", "does_not_tie", pl.col("words"))


def _what_is_wrong() -> pl.Expr:
    is_paid = pl.col("financial_status").is_in(_PAID)
    return (
        pl.when(pl.col("currencies") != pl.col("currency_code"))
        .then(pl.format("its sales are in {}, the order in {}", "currencies", "currency_code"))
        .when(pl.col("ordered") != pl.col("total_amount"))
        .then(_differ("its sales ORDER {}, totalPriceSet says {}", "ordered", "total_amount"))
        .when(is_paid & (pl.col("all_sales") != pl.col("paid_amount")))
        .then(_differ("all its sales are {}, netPaymentSet says {}", "all_sales", "paid_amount"))
    )


def _differ(words: str, found: str, said: str) -> pl.Expr:
    """Two amounts in words."""
    return pl.format(words, shown(found), shown(said))
