"""What bol's own words mean: what came of a return, and whether its money went back."""

from __future__ import annotations

import polars as pl

CANCELLED = "skipped:cancelled"
NO_COMMISSION = "skipped:no_commission"
NOT_HANDLED = "skipped:not_handled"
NOT_REFUNDED = "skipped:not_refunded"
CONTAINER = "skipped:container"
REPEATED = "skipped:repeated"
SKIPPED_REASONS: dict[str, str] = {
    CANCELLED: "All units of the item were cancelled: nothing was sold, and no commission is charged.",
    NO_COMMISSION: "bol charges no commission on the item.",
    NOT_HANDLED: "Nobody has said yet what comes of what was sent back.",
    NOT_REFUNDED: "Nothing was given back for it: refused, exchanged, repaired, kept and paid, or expired.",
    CONTAINER: "What was sent back as such: its results say what came of it.",
    REPEATED: "The delivery tells the same thing again, in a later state: that one counts.",
}

LOST = "RETURN_ITEM_LOST"
STILL_RECEIVED = "STILL_RECEIVED"
GIVES_BACK = (
    "RETURN_RECEIVED",
    "STILL_APPROVED",
    "CUSTOMER_KEEPS_PRODUCT_FREE_OF_CHARGE",
    LOST,
    STILL_RECEIVED,
)
GIVES_NOTHING_BACK = (
    "EXCHANGE_PRODUCT",
    "REPAIR_PRODUCT",
    "RETURN_DOES_NOT_MEET_CONDITIONS",
    "CUSTOMER_KEEPS_PRODUCT_PAID",
    "EXCESSIVE_RETURN",
    "EXPIRED",
    "CANCELLED",
    "CANCELLED_BY_CUSTOMER",
    "FAILED_TO_COLLECT_BY_TRANSPORTER",
    "FAILED_TO_CREATE_SHIPMENT",
    "FAILED_TO_CREATE_SHIPPING_LABEL",
)
PENDING, ACCEPTED = "PENDING", "ACCEPTED"
PROCESSING_RESULTS = (PENDING, ACCEPTED, "REJECTED", "CANCELLED")


def result_destination() -> pl.Expr:
    """Where a result of a return goes, by `handling`, `processing` (may be null) and `is_found_again`."""
    processing = pl.col("processing").fill_null(ACCEPTED)
    gives_back = pl.col("handling").is_in(GIVES_BACK) & (processing == ACCEPTED) & ~pl.col("is_found_again")
    return (
        pl.when(processing == PENDING)
        .then(pl.lit(NOT_HANDLED))
        .when(gives_back)
        .then(pl.lit("returns"))
        .otherwise(pl.lit(NOT_REFUNDED))
    )
