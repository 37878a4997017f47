"""Shopify's words for the state of an order and where it was placed, in ours."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

# By financial status, in capitals; an order in any other is fulfilled or paid.
_NOT_PAID = {
    "PENDING": "pending",
    "AUTHORIZED": "pending",
    "PARTIALLY_PAID": "pending",
    "EXPIRED": "failed",
    "VOIDED": "failed",
}
# By the name of the source of an order, in small letters; drafts that the shop's staff made are online.
_CHANNELS = {"pos": "store"} | dict.fromkeys(
    ("amazon", "bol", "ebay", "etsy", "facebook", "google", "instagram", "pinterest", "tiktok", "walmart"),
    "marketplace",
)


def order_status(statuses: Mapping[str, str]) -> pl.Expr:
    """State of orders, from columns is_test, cancelled_at, financial_status and fulfillment_status.

    A test stays one, and so does a cancelled order; then `statuses` of shop.toml decides (Shopify's word for
    how far it is paid, then for how far it is sent), then the usual meaning.
    """
    paid = pl.col("financial_status").str.to_uppercase()
    sent = pl.col("fulfillment_status").str.to_uppercase()
    own = {word.upper(): status for word, status in statuses.items()}
    return (
        pl.when("is_test")
        .then(pl.lit("test"))
        .when(pl.col("cancelled_at").is_not_null())
        .then(pl.lit("cancelled"))
        .otherwise(
            pl.coalesce(
                *(word.replace_strict(own, default=None, return_dtype=pl.String) for word in (paid, sent)),
                paid.replace_strict(_NOT_PAID, default=None, return_dtype=pl.String),
                pl.when(sent == "FULFILLED").then(pl.lit("fulfilled")),
                pl.lit("paid"),
            )
        )
    )


def sales_channel(source: pl.Expr) -> pl.Expr:
    """Where orders were placed, by the name of their source."""
    return source.str.to_lowercase().replace_strict(_CHANNELS, default="online", return_dtype=pl.String)
