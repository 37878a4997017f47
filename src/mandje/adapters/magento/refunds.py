"""Credit memos as returns and adjustments, with accounts of every row.

A line that came back is a return under the number of the order's line. Shipping, charges, and discounts that
no line has are adjustments, as is what the shop gave or kept beside the lines, and what was cancelled of an
order that was paid in part: that is booked on the order's own moment, since nobody tells another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from mandje.adapters.base import account
from mandje.adapters.feed_frames import feed_frame
from mandje.adapters.magento.memos import MEMO, memo_items_of, memos_of, memos_told
from mandje.adapters.magento.orders import Frames, orders_of, product
from mandje.adapters.magento.tables import MEMO_ITEMS, MEMOS
from mandje.adapters.magento.words import (
    CONTAINER,
    NOT_REFUNDED,
    NOTHING_RETURNED,
    PART_OF_PARENT,
    REPEATED,
    order_status,
)
from mandje.contracts.types import DECIMAL

_RETURNS = "returns"
_PLACE = ("delivery_source", "delivery_date", "delivery_sha256", "delivery_file", "delivery_line")
_MADE = (*_PLACE, "order_id", "customer_id", "store_id", "created_at", "base_currency_code", "id")


def map_refunds(
    given: Frames, site: pl.Expr, statuses: Mapping[str, str]
) -> tuple[dict[str, pl.DataFrame], list[pl.DataFrame]]:
    """Feeds `returns` and `adjustments`, and the accounts of credit memos, their items and what they make.

    `site` gives the site from `store_id`; `statuses` as in `order_status`.
    """
    items = memo_items_of(given)
    memos = memos_of(given, items)
    rows = _with_memo(items, given, memos)
    made = pl.concat([_beside_lines(memos), _cancelled(given, statuses)])
    feeds = {
        "returns": _returns(rows.filter(pl.col("destination") == _RETURNS), site),
        "adjustments": _adjustments(made, site),
    }
    of_made = [account(part, str(name)) for (name,), part in made.group_by("table", maintain_order=True)]
    return feeds, [_of_memos(given), account(rows, MEMO_ITEMS.name), *of_made]


def _of_memos(given: Frames) -> pl.DataFrame:
    to = (
        pl.when(~pl.col("is_newest"))
        .then(pl.lit(REPEATED))
        .when(~pl.col("is_refunded"))
        .then(pl.lit(NOT_REFUNDED))
        .otherwise(pl.lit(CONTAINER))
    )
    rows = memos_told(given).with_columns(
        to.alias("destination"),
        pl.lit(None, pl.String).alias("currency_code"),
        pl.lit(0).cast(DECIMAL).alias("money_amount"),
    )
    return account(rows, MEMOS.name)


def _with_memo(items: pl.DataFrame, given: Frames, memos: pl.DataFrame) -> pl.DataFrame:
    """Items with what their credit memo says, their destination and their money."""
    told = memos_told(given).filter("is_newest").select(*MEMO, "is_refunded")
    said = memos.select(
        *MEMO, "order_id", "store_id", "created_at", "updated_at", "base_currency_code", "off_by", "tax_by"
    )
    rows = items.join(told, on=MEMO, how="left", maintain_order="left").join(
        said, on=MEMO, how="left", maintain_order="left"
    )
    to = (
        pl.when(~pl.col("is_newest"))
        .then(pl.lit(REPEATED))
        .when(~pl.col("is_refunded"))
        .then(pl.lit(NOT_REFUNDED))
        .when(~pl.col("gives_back"))
        .then(pl.lit(NOTHING_RETURNED))
        .when("is_first")
        .then(pl.lit(_RETURNS))
        .otherwise(pl.lit(PART_OF_PARENT))
    )
    less, tax = (
        pl.when(pl.col(reading) == "one").then(f"{name}_one").otherwise(f"{name}_all")
        for reading, name in (("off_by", "off"), ("tax_by", "tax"))
    )
    is_return = pl.col("destination") == _RETURNS
    return rows.with_columns(
        to.alias("destination"), (pl.col("line_gross") - less).alias("back"), tax.alias("back_tax")
    ).with_columns(
        pl.when(is_return).then(-pl.col("back")).otherwise(0).cast(DECIMAL).alias("money_amount"),
        pl.when(is_return).then("base_currency_code").alias("currency_code"),
    )


def _beside_lines(memos: pl.DataFrame) -> pl.DataFrame:
    """What credit memos give back, or keep, beside their lines: `_MADE`, `table`, `destination`, amounts."""
    shipping, charges = pl.col("base_shipping_amount").fill_null(0), pl.col("charges")
    rest = pl.col("tax_rest")
    own = rest - pl.col("base_shipping_tax_amount").fill_null(rest)
    of_charges = pl.when(charges == 0).then(0).when(shipping == 0).then(rest).otherwise(own)
    parts = (
        _Part("shipping", "shipping_refund", shipping, rest - of_charges),
        _Part("charges", "charge_refund", charges, of_charges),
        _Part("discount", "discount", -pl.col("rest")),
        _Part("adjustment_positive", "price_correction", pl.col("base_adjustment_positive")),
        _Part("adjustment_negative", "price_correction", -pl.col("base_adjustment_negative")),
    )
    named = memos.with_columns(pl.col("creditmemo_id").alias("id"), _NOBODY)
    return pl.concat(_made(named, "creditmemo", part) for part in parts)


_NOBODY = pl.lit(None, pl.String).alias("customer_id")


def _cancelled(given: Frames, statuses: Mapping[str, str]) -> pl.DataFrame:
    """What was cancelled of orders that count: their total stays what it was."""
    orders = orders_of(given).filter(
        (pl.col("base_total_canceled") > 0) & (order_status(statuses) != "cancelled")
    )
    shipping = pl.col("base_shipping_canceled").fill_null(0)
    tax = pl.col("base_tax_canceled").fill_null(0)
    parts = (
        _Part("canceled", "price_correction", pl.col("base_total_canceled") - shipping - tax, tax),
        _Part("canceled_shipping", "shipping_refund", shipping),
    )
    named = orders.with_columns(pl.format("order-{}", "order_id").alias("id"))
    return pl.concat(_made(named, "order", part) for part in parts)


@dataclass(frozen=True, slots=True)
class _Part:
    """What a document tells beside its lines: its name, the adjustment that it is, and what it is worth."""

    name: str
    kind: str
    amount: pl.Expr
    tax: pl.Expr = field(default_factory=lambda: pl.lit(0))


def _made(rows: pl.DataFrame, of: str, part: _Part) -> pl.DataFrame:
    valued = rows.select(
        *_MADE,
        pl.lit(part.name).alias("name"),
        pl.lit(part.kind).alias("kind"),
        part.amount.fill_null(0).cast(DECIMAL).alias("amount"),
        part.tax.fill_null(0).cast(DECIMAL).alias("tax"),
    ).filter((pl.col("amount") != 0) | (pl.col("tax") != 0))
    return valued.with_columns(
        pl.lit(f"{of}_{part.name}").alias("table"),
        pl.lit(f"adjustments:{part.kind}").alias("destination"),
        (-pl.col("amount")).alias("money_amount"),
        pl.col("base_currency_code").alias("currency_code"),
    )


def _returns(rows: pl.DataFrame, site: pl.Expr) -> pl.DataFrame:
    return feed_frame(
        "returns",
        rows,
        {
            "return_id": pl.col("creditmemo_id"),
            "line_number": pl.col("line_number"),
            "updated_at": pl.coalesce("updated_at", "created_at"),
            "order_id": pl.col("order_id"),
            "site": site,
            "product_id": pl.coalesce("whole", product()),
            "returned_at": pl.col("created_at"),
            "quantity": pl.col("qty").fill_null(0),
            "currency_code": pl.col("base_currency_code"),
            "refund_amount": pl.col("back"),
            "tax_amount": pl.col("back_tax"),
        },
    )


def _adjustments(made: pl.DataFrame, site: pl.Expr) -> pl.DataFrame:
    return feed_frame(
        "adjustments",
        made,
        {
            "adjustment_id": pl.format("{}-{}", "id", "name"),
            "adjusted_at": pl.col("created_at"),
            "order_id": pl.col("order_id"),
            "customer_id": pl.col("customer_id"),
            "site": site,
            "kind": pl.col("kind"),
            "currency_code": pl.col("base_currency_code"),
            "amount": pl.col("amount"),
            "tax_amount": pl.col("tax"),
        },
    )
