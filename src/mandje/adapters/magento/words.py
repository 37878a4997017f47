"""Magento's own words for the state of an order or a credit memo, in ours."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from mandje.adapters.feed_frames import noted_values

PART_OF_PARENT = "skipped:part_of_parent"
NOTHING_RETURNED = "skipped:nothing_returned"
NOT_REFUNDED = "skipped:not_refunded"
CONTAINER = "skipped:container"
REPEATED = "skipped:repeated"
SKIPPED_REASONS: dict[str, str] = {
    PART_OF_PARENT: "A part of a configurable product or a bundle: what it is worth is told by the whole.",
    NOTHING_RETURNED: "A line of a credit memo of which nothing came back.",
    NOT_REFUNDED: "A credit memo that was cancelled, or whose money has not been given back yet.",
    CONTAINER: "A refund as such: its lines and what is left beyond them say what was given back.",
    REPEATED: "The delivery tells the same thing again, in a later state: that one counts.",
}
STATES = {
    "new": "pending",
    "pending_payment": "pending",
    "payment_review": "pending",
    "holded": "pending",
    "processing": "paid",
    "complete": "fulfilled",
    "closed": "fulfilled",
    "canceled": "cancelled",
}
# States of a credit memo in which no money was given back: open, cancelled. A refunded one is 2.
_NO_MONEY_BACK = ("1", "3")
_GENDERS = {"1": "male", "2": "female"}
_UNTOLD = "(none)"


def order_status(statuses: Mapping[str, str]) -> pl.Expr:
    """Our status: by what `statuses` says of its own status, then of its state, then by the usual states.

    A state that nobody explained is `pending`: nobody knows that it was paid.
    """
    own = [pl.col(name).replace_strict(dict(statuses), default=None) for name in ("status", "state")]
    usual = pl.col("state").replace_strict(STATES, default="pending", return_dtype=pl.String)
    return pl.coalesce(*(one.cast(pl.String) for one in own), usual)


def unknown_states(orders: pl.DataFrame, statuses: Mapping[str, str]) -> pl.DataFrame:
    """States that nobody explained, counted: NOTED_SCHEMA."""
    known = [*STATES, *statuses]
    strange = orders.filter(
        ~pl.col("state").is_in(known).fill_null(value=False)
        & ~pl.col("status").is_in(list(statuses)).fill_null(value=False)
    )
    return noted_values(strange, pl.col("state").fill_null(_UNTOLD), "sales_order", "unknown_status")


def is_refunded() -> pl.Expr:
    """Whether the money of a credit memo was given back; one that tells no state is."""
    state = pl.col("memo_state").str.replace(r"\.0+$", "")
    return ~state.is_in(_NO_MONEY_BACK).fill_null(value=False)


def gender() -> pl.Expr:
    """Gender as the customer gave it; the shop's own further answers are not told."""
    return (
        pl.col("gender")
        .str.replace(r"\.0+$", "")
        .replace_strict(_GENDERS, default=None, return_dtype=pl.String)
    )
