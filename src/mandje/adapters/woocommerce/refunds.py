"""Refunds as returns and adjustments, with accounts of every row.

A line given back is a return under the number of the order's line, shipping and fees are adjustments (a fee
below 0 is a discount), and what `amount` gives back beyond them is in `rests`. A refund names no currency and
no customer: its order does.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from mandje.adapters.base import account
from mandje.adapters.feed_frames import feed_frame, with_money
from mandje.adapters.woocommerce.parts import REFUND_INSTANCE, Frames
from mandje.adapters.woocommerce.rests import given_back, refund_currency, rest_rows, with_order
from mandje.adapters.woocommerce.tables import REFUND_LISTS, REFUND_RESTS, REFUNDS
from mandje.adapters.woocommerce.words import CONTAINER, DRAFT, product
from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import DECIMAL

_RETURNS = "returns"


def map_refunds(
    given: Frames, site: pl.Expr, statuses: Mapping[str, str], currency: str | None
) -> tuple[dict[str, pl.DataFrame], list[pl.DataFrame]]:
    """Feeds `returns` and `adjustments`, and the accounts of refunds, their lists and their rests.

    `site` gives the site from `currency`; `currency` is that of a refund whose order is not delivered.
    """
    if given[REFUNDS.name].is_empty():  # as in most chunks of a big delivery
        return {
            name: pl.DataFrame(schema=FEEDS[name].polars_schema()) for name in ("returns", "adjustments")
        }, []
    lists = {table.name: _told_rows(given, table.name, statuses) for table in REFUND_LISTS}
    lists[REFUND_RESTS.name] = rest_rows(given, statuses)
    rows = {name: frame.with_columns(refund_currency(currency)) for name, frame in lists.items()}
    money = {
        name: with_money(frame, REFUND_RESTS if name == REFUND_RESTS.name else _BY_NAME[name])
        for name, frame in rows.items()
    }
    back = pl.concat([frame.select(_BACK) for frame in rows.values()])
    feeds = {"returns": _returns(back, site), "adjustments": _adjustments(back, site)}
    accounts = [account(frame, name) for name, frame in money.items()]
    return feeds, [account(_headers(given, statuses), REFUNDS.name), *accounts]


_BY_NAME = {table.name: table for table in REFUND_LISTS}
# What rows of lists and rests have in common.
_BACK = (
    "delivery_source",
    "delivery_date",
    "delivery_sha256",
    "delivery_file",
    "delivery_line",
    "delivery_part",
    "refund_id",
    "order_id",
    "customer_id",
    "date_created_gmt",
    "order_updated_at",
    "currency",
    "destination",
    "part_id",
    "product",
    "quantity",
    "rest_amount",
    "rest_tax",
)


def _headers(given: Frames, statuses: Mapping[str, str]) -> pl.DataFrame:
    refunds = with_order(given["refunds"].rename({"parent_id": "order_id"}), given, statuses)
    return with_money(refunds.with_columns(_unless_draft(pl.lit(CONTAINER))), REFUNDS)


def _unless_draft(destination: pl.Expr) -> pl.Expr:
    return pl.when("is_draft").then(pl.lit(DRAFT)).otherwise(destination).alias("destination")


def _told_rows(given: Frames, name: str, statuses: Mapping[str, str]) -> pl.DataFrame:
    """Rows of a list of refunds, signed as a rest is: positive when given back."""
    rows = with_order(given[name].rename({"parent_id": "order_id"}), given, statuses)
    is_line = name == "refund_line_items"
    return rows.with_columns(
        _unless_draft(given_back(pl.lit(name.removeprefix("refund_")), -pl.col("total"))),
        (_line_number() if is_line else pl.col("id")).alias("part_id"),
        (product() if is_line else pl.lit(None, pl.String)).alias("product"),
        (-pl.col("quantity") if is_line else pl.lit(0)).cast(DECIMAL).alias("quantity"),
        (-pl.col("total")).alias("rest_amount"),
        (-pl.col("total_tax").fill_null(0)).alias("rest_tax"),
    )


def _line_number() -> pl.Expr:
    """The order's line that is given back; the refund's own, where it names none or one twice."""
    line = pl.col("refunded_item_id")
    is_clear = line.is_not_null() & (pl.len().over(*REFUND_INSTANCE, "refunded_item_id") == 1)
    return pl.when(is_clear).then(line).otherwise(pl.col("id"))


def _returns(back: pl.DataFrame, site: pl.Expr) -> pl.DataFrame:
    return feed_frame(
        "returns",
        back.filter(pl.col("destination") == _RETURNS),
        {
            "return_id": pl.col("refund_id"),
            "line_number": pl.col("part_id"),
            "updated_at": pl.coalesce("order_updated_at", "date_created_gmt"),
            "order_id": pl.col("order_id"),
            "customer_id": pl.col("customer_id"),
            "site": site,
            "product_id": pl.col("product"),
            "returned_at": pl.col("date_created_gmt"),
            "quantity": pl.col("quantity"),
            "currency_code": pl.col("currency"),
            "refund_amount": pl.col("rest_amount"),
            "tax_amount": pl.col("rest_tax"),
        },
    )


def _adjustments(back: pl.DataFrame, site: pl.Expr) -> pl.DataFrame:
    part = pl.col("part_id").cast(pl.String).fill_null("rest")
    return feed_frame(
        "adjustments",
        back.filter(pl.col("destination").str.starts_with("adjustments:")),
        {
            "adjustment_id": pl.format("{}-{}", pl.col("refund_id"), part),
            "adjusted_at": pl.col("date_created_gmt"),
            "order_id": pl.col("order_id"),
            "customer_id": pl.col("customer_id"),
            "site": site,
            "kind": pl.col("destination").str.strip_prefix("adjustments:"),
            "currency_code": pl.col("currency"),
            "amount": pl.col("rest_amount"),
            "tax_amount": pl.col("rest_tax"),
        },
    )
