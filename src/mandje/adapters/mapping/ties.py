"""What a mapping makes and is refused whole: orders that do not tie, returns whose signs disagree."""

from __future__ import annotations

import polars as pl

from mandje.adapters.refusals import one_each, refused_as, shown
from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import DECIMAL, TOTAL

DOCUMENT = ("delivery_date", "order_id")
_CENT = pl.lit("0.01").cast(TOTAL)


def worth_of_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """DOCUMENT, `worth` (before tax, after the discounts of lines), their `tax` and how `many` they are."""
    rule = FEEDS["order_lines"].money
    worth = rule.polars() if rule is not None else pl.lit(0).cast(DECIMAL)
    return lines.group_by(DOCUMENT).agg(
        worth.cast(TOTAL).sum().alias("worth"),
        pl.col("tax").cast(TOTAL).sum().alias("lines_tax"),
        pl.len().cast(pl.Int64).alias("many"),
    )


def refused_orders(orders: pl.DataFrame | None, lines: pl.DataFrame | None) -> pl.DataFrame:
    """REFUSED_SCHEMA, one reason for each document; orders with their sums, both in the shape of feeds."""
    found = [
        _below_least(feed, rows)
        for feed, rows in (("orders", orders), ("order_lines", lines))
        if rows is not None
    ]
    if orders is not None and lines is not None:
        found += [_without_header(lines, orders), _not_tying(orders, worth_of_lines(lines))]
    return one_each(found)


def refused_returns(rows: pl.DataFrame) -> pl.DataFrame:
    """REFUSED_SCHEMA of returns, by their `document_id`, with units back for money that is taken back."""
    units, money = pl.col("quantity"), pl.col("refund_amount")
    wrong = rows.filter(((units < 0) & (money > 0)) | ((units > 0) & (money < 0)))
    words = pl.format(
        "its quantity is {} and its refund_amount {}: where goods come back both are above 0; times = -1 in "
        "the mapping turns a sign",
        shown("quantity"),
        shown("refund_amount"),
    )
    return refused_as(wrong, "document_id", "range", words)


def _below_least(feed: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Amounts that were made out of others and are below what their column may hold."""
    told = [
        pl.when(pl.col(column.name) < column.minimum).then(
            pl.format(
                f"its {column.name} would be {{}}, expected at least {column.minimum}", shown(column.name)
            )
        )
        for column in FEEDS[feed].columns
        if column.type == "decimal" and column.minimum is not None and column.name in rows.columns
    ]
    wrong = rows.with_columns(pl.coalesce(told).alias("words")).filter(pl.col("words").is_not_null())
    return refused_as(wrong, "order_id", "range", pl.col("words"))


def _without_header(lines: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    orphans = lines.join(orders, on=DOCUMENT, how="anti", maintain_order="left")
    words = "the row of its order is not there, or was rejected itself: mend that first"
    return refused_as(orphans, "order_id", "no_header", pl.lit(words))


def _not_tying(orders: pl.DataFrame, worth: pl.DataFrame) -> pl.DataFrame:
    sums = orders.join(worth, on=DOCUMENT, how="left", maintain_order="left").with_columns(
        pl.col("worth").fill_null(0), pl.col("many").fill_null(0)
    )
    parts = (
        pl.col("worth") - pl.col("discount_amount") + pl.col("shipping_amount")
        + pl.col("other_charges_amount") + pl.col("tax_amount")
    )  # fmt: skip
    total = pl.col("total_amount").cast(TOTAL)
    most = pl.max_horizontal(pl.col("many"), pl.lit(1)).cast(TOTAL) * _CENT
    wrong = sums.with_columns(parts.cast(TOTAL).alias("parts")).filter((pl.col("parts") - total).abs() > most)
    words = pl.format(
        "its {} lines {} − discount {} + shipping {} + other charges {} + tax {} are {}, its total is {}",
        "many",
        *(
            shown(name)
            for name in (
                "worth",
                "discount_amount",
                "shipping_amount",
                "other_charges_amount",
                "tax_amount",
                "parts",
                "total_amount",
            )
        ),
    )
    return refused_as(wrong, "order_id", "does_not_tie", words)
