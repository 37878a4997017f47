"""What WooCommerce's own words mean: states of an order, what made it, products that are gone."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from mandje.adapters.feed_frames import noted_values

DRAFT = "skipped:draft"
TOLD_BY_LINES = "skipped:told_by_lines"
CONTAINER = "skipped:container"
REPEATED = "skipped:repeated"
SKIPPED_REASONS: dict[str, str] = {
    DRAFT: "A cart that never became an order (a draft), or an order in the bin.",
    TOLD_BY_LINES: "A coupon: its code is told with the order, and what it took off by the order's lines.",
    REPEATED: "The delivery tells the same thing again, in a later state: that one counts.",
    CONTAINER: "A refund as such: its lines and what is left beyond them say what was given back.",
}
STATUSES = {
    "pending": "pending",
    "on-hold": "pending",
    "processing": "paid",
    "completed": "fulfilled",
    "refunded": "fulfilled",
    "cancelled": "cancelled",
    "failed": "failed",
}
DRAFTS = ("checkout-draft", "auto-draft", "draft", "trash")
DELETED = "(deleted)"
# How WordPress stores a state; exports write it with or without.
_PREFIX = "wc-"


def is_draft(statuses: Mapping[str, str]) -> pl.Expr:
    """Whether an order, or a row of one, is no order; what `statuses` names always is one."""
    drafts = [name for name in DRAFTS if name not in _bare(statuses)]
    return _status().is_in(drafts)


def order_status(statuses: Mapping[str, str]) -> pl.Expr:
    """Our status: by `statuses`, else by WooCommerce's own; of any other, by whether the order was paid."""
    unknown = pl.when(pl.col("date_paid_gmt").is_not_null()).then(pl.lit("paid")).otherwise(pl.lit("pending"))
    return pl.coalesce(_status().replace_strict(STATUSES | _bare(statuses), default=None), unknown)


def unknown_statuses(orders: pl.DataFrame, statuses: Mapping[str, str]) -> pl.DataFrame:
    """States that nobody explained, counted: NOTED_SCHEMA."""
    known = [*STATUSES, *DRAFTS, *_bare(statuses)]
    strange = orders.filter(~_status().is_in(known))
    return noted_values(strange, _status(), "orders", "unknown_status")


def sales_channel() -> pl.Expr:
    """`store` for a till (`pos-rest-api`), else `online`."""
    is_till = pl.col("created_via").str.to_lowercase().str.starts_with("pos").fill_null(value=False)
    return pl.when(is_till).then(pl.lit("store")).otherwise(pl.lit("online"))


def customer() -> pl.Expr:
    """The customer; a guest is customer 0."""
    return pl.col("customer_id").replace("0", None)


def product() -> pl.Expr:
    """The product, else the shop's code of it; a deleted product is product 0."""
    return pl.coalesce(pl.col("product_id").replace("0", None), "sku", pl.lit(DELETED))


def _status() -> pl.Expr:
    return pl.col("status").str.strip_prefix(_PREFIX)


def _bare(statuses: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix(_PREFIX): status for name, status in statuses.items()}
