"""Orders that must not be mapped: without items or header, told twice in themselves, or with odd units."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from mandje.adapters.bol.orders import INSTANCE
from mandje.adapters.bol.tables import ITEMS, ORDERS
from mandje.adapters.refusals import one_each, refused_as


def refused_orders(given: Mapping[str, pl.DataFrame], commissions: str) -> pl.DataFrame:
    """REFUSED_SCHEMA, one row per order; `commissions` names their table."""
    orders, items = given[ORDERS.name], given[ITEMS.name]
    rows = pl.concat([items.select(INSTANCE), given[commissions].select(INSTANCE)])
    found = [
        refused_as(
            rows.join(orders, on=INSTANCE, how="anti"),
            "order_id",
            "no_header",
            pl.lit("its own row was rejected, so its items belong to nothing: mend that first"),
        ),
        refused_as(
            items.filter(pl.struct(*INSTANCE, "item_id").is_duplicated()),
            "order_id",
            "line_twice",
            pl.format("two of its items have the id {}", "item_id"),
        ),
        _without_items(orders, items),
        _with_odd_units(items),
    ]
    return one_each(found)


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
    return refused_as(
        named.join(items, on=(*INSTANCE, "item_id"), how="anti"), "order_id", "no_lines", reason
    )


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
    return refused_as(items.filter(sent + cancelled > pl.col("quantity")), "order_id", "does_not_tie", reason)
