"""Customers with an account as the feed `customers`."""

from __future__ import annotations

import polars as pl

from mandje.adapters.base import account
from mandje.adapters.feed_frames import feed_frame, with_money
from mandje.adapters.magento.orders import newest
from mandje.adapters.magento.tables import CUSTOMERS
from mandje.adapters.magento.words import REPEATED, gender

_OLDEST, _LATEST = 1900, 2100


def map_customers(rows: pl.DataFrame) -> tuple[dict[str, pl.DataFrame], list[pl.DataFrame]]:
    """The feed, and the account of its rows."""
    told = newest(rows, "customer_id")
    to = pl.when("is_newest").then(pl.lit("customers")).otherwise(pl.lit(REPEATED))
    accounts = account(with_money(told.with_columns(to.alias("destination")), CUSTOMERS), CUSTOMERS.name)
    year = pl.col("dob").str.extract(r"^(\d{4})-").cast(pl.Int64)
    customers = feed_frame(
        "customers",
        told.filter("is_newest"),
        {
            "customer_id": pl.col("customer_id"),
            "email_hash": pl.col("email"),
            "first_seen_at": pl.col("created_at"),
            "birth_year": pl.when(year.is_between(_OLDEST, _LATEST)).then(year),
            "gender": gender(),
        },
    )
    return {"customers": customers}, [accounts]
