"""Orders that must not be mapped: without items or header, told twice in themselves, or with odd units."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from mandje.adapters.base import REFUSED_SCHEMA
from mandje.adapters.bol.orders import INSTANCE
from mandje.adapters.bol.tables import ITEMS, ORDERS


def refused_orders(given: Mapping[str, pl.DataFrame], commissions: str) -> pl.DataFrame:
    """REFUSED_SCHEMA, one row per order; `commissions` names their table."""
    orders, items = given[ORDERS.name], given[ITEMS.name]
    rows = pl.concat([items.select(INSTANCE), given[commissions].select(INSTANCE)])
    found = [
        _refusal(
            rows.join(orders, on=INSTANCE, how="anti"),
            "no_header",
            pl.lit("its own row was rejected, so its items belong to nothing: mend that first"),
        ),
        _refusal(
            items.filter(pl.struct(*INSTANCE, "item_id").is_duplicated()),
            "line_twice",
            pl.format("two of its items have the id {}", "item_id"),
        ),
        _without_items(orders, items),
        _with_odd_units(items),
    ]
    return (
        pl.concat([pl.DataFrame(schema=REFUSED_SCHEMA), *found])
        .unique(("delivery_date", "document_id"), keep="first", maintain_order=True)
        .sort("delivery_date", "document_id")
    )


def _without_items(orders: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """Orders of which some item was rejected, or that name none: what was sold is not known then."""
    named = orders.with_columns(pl.col("item_ids").fill_null("").str.split(" ").alias("item_id")).explode(
        "item_id"
    )
    reason = (
        pl.when(pl.col("item_id") == "")
        .then(pl.lit("it names no item, so nobody knows what was sold"))
        .otherwise(pl.format("its item {} was rejected: mend that first", "item_id"))
    )
    return _refusal(named.join(items, on=(*INSTANCE, "item_id"), how="anti"), "no_lines", reason)


def _with_odd_units(items: pl.DataFrame) -> pl.DataFrame:
    """More units sent and cancelled than were ordered: one of the three is wrong."""
    sent, cancelled = (pl.col(name).fill_null(0) for name in ("shipped", "cancelled"))
    reason = pl.format(
        "of item {}: {} sent + {} cancelled are more than the {} ordered",
        "item_id",
        sent,
        cancelled,
        "quantity",
    )
    return _refusal(items.filter(sent + cancelled > pl.col("quantity")), "does_not_tie", reason)


def _refusal(rows: pl.DataFrame, rule: str, reason: pl.Expr) -> pl.DataFrame:
    named = rows.with_columns(reason.alias("why")).sort("delivery_file", "delivery_line", "why")
    return named.select(
        "delivery_date",
        pl.col("order_id").alias("document_id"),
        pl.lit(rule).alias("rule"),
        pl.col("why").alias("reason"),
    )
