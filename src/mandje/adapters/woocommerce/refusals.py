"""Orders and refunds that must not be mapped: their sums do not tie, or what they belong to is not there.

WooCommerce charges whole cents, so an order must tie to the cent. Its lines may be finer: a price with tax
has no end without it, and the export rounds each amount by itself. So two sums count, and one must tie:
amounts and the order's tax (prices without tax), or amounts and each one's own tax (prices with tax).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import polars as pl

from mandje.adapters.refusals import one_each, refused_as, shown
from mandje.adapters.woocommerce.parts import (
    DOCUMENT,
    INSTANCE,
    REFUND_INSTANCE,
    Frames,
    order_parts,
    summed,
)
from mandje.adapters.woocommerce.rests import refund_currency, with_rests
from mandje.adapters.woocommerce.tables import COUPON_LINES, ORDER_LISTS, REFUND_LISTS
from mandje.adapters.woocommerce.words import is_draft

# What rounds to a cent of no difference.
_LEAST = Decimal("0.005")
_A_CENT_A_ROW = Decimal("0.01")


def refused_documents(
    given: Frames, site: pl.Expr, statuses: Mapping[str, str], currency: str | None
) -> pl.DataFrame:
    """REFUSED_SCHEMA, one row per document.

    `site` is null for a currency that has none; `currency` is that of a refund without its order.
    """
    kept = given["orders"].filter(~is_draft(statuses)).rename({"id": "order_id"})
    found = [
        _without_header(given),
        _lines_told_twice(given),
        _without_site(kept, site),
        _not_tying(kept, given),
        _without_refunds(kept, given),
    ]
    if given["refunds"].height:  # most chunks of a big delivery have none
        found.insert(3, _without_order(with_rests(given, statuses), site, currency))
    return one_each(found)


def _without_header(given: Frames) -> pl.DataFrame:
    """Rows of lists whose order or refund was itself rejected."""
    lists = (
        ("orders", (*ORDER_LISTS, COUPON_LINES), INSTANCE),
        ("refunds", REFUND_LISTS, REFUND_INSTANCE),
    )
    orphans = [
        given[table.name]
        .join(given[name].rename({"id": instance[-1]}), on=instance, how="anti")
        .select("delivery_date", pl.col(str(table.document)).alias("order_id"))
        for name, tables, instance in lists
        for table in tables
    ]
    reason = "its own row was rejected, so its lines belong to nothing: mend that first"
    return refused_as(pl.concat(orphans), "order_id", "no_header", pl.lit(reason))


def _without_site(orders: pl.DataFrame, site: pl.Expr) -> pl.DataFrame:
    reason = pl.format(
        "its currency {} has no site: add it to sites of the source in shop.toml", pl.col("currency")
    )
    return refused_as(orders.filter(site.is_null()), "order_id", "no_site", reason)


def _lines_told_twice(given: Frames) -> pl.DataFrame:
    """An id of a line is one line's: told twice in one order, nobody knows which one counts."""
    parts = order_parts(given)
    twice = parts.filter(pl.struct(*INSTANCE, "id").is_duplicated())
    reason = pl.format("two of its lines have the id {}", pl.col("id"))
    return refused_as(twice, "order_id", "line_twice", reason)


def _not_tying(orders: pl.DataFrame, given: Frames) -> pl.DataFrame:
    part = pl.col("part")
    sums = (
        order_parts(given)
        .group_by(INSTANCE)
        .agg(
            summed("total", part == "line_items").alias("lines"),
            summed("total", part == "shipping_lines").alias("shipping"),
            summed("total", part == "fee_lines").alias("fees"),
            summed("tax").alias("own_tax"),
            pl.len().alias("rows"),
        )
    )
    none = pl.col("lines", "shipping", "fees", "own_tax", "rows").fill_null(0)
    amounts = pl.col("lines") + pl.col("shipping") + pl.col("fees")
    return _untied(
        orders.join(sums, on=INSTANCE, how="left")
        .with_columns(none)
        .with_columns(
            (amounts + pl.col("total_tax")).alias("sum"), (amounts + pl.col("own_tax")).alias("sum_of_own")
        )
    )


def _untied(orders: pl.DataFrame) -> pl.DataFrame:
    away, away_by_own = ((pl.col(name) - pl.col("total")).abs() for name in ("sum", "sum_of_own"))
    is_rounding = away <= pl.col("rows") * _A_CENT_A_ROW
    hint = (
        pl.when(is_rounding)
        .then(pl.lit("; where only rounding parts them, fetch orders with dp=4"))
        .otherwise(pl.lit(""))
    )
    words = pl.format(
        "lines {} + shipping {} + fees {} + tax {} = {}, but the total says {}{}",
        *(shown(name) for name in ("lines", "shipping", "fees", "total_tax", "sum", "total")),
        hint,
    )
    # Each row's own tax is rounded; of one row alone it is the order's.
    between = (pl.col("total_tax") - pl.col("own_tax")).abs()
    is_rounded = (pl.col("rows") > 1) & (between <= pl.col("rows") * _LEAST)
    apart = (away >= _LEAST) & ((away_by_own >= _LEAST) | ~is_rounded)
    return refused_as(orders.filter(apart), "order_id", "does_not_tie", words)


def _without_refunds(orders: pl.DataFrame, given: Frames) -> pl.DataFrame:
    """Orders that name a refund that no file beside them tells: what was given back would be lost."""
    named = orders.select(*DOCUMENT, pl.col("refund_ids").str.split(" ").alias("refund_id"))
    each = named.drop_nulls("refund_id").explode("refund_id").filter(pl.col("refund_id") != "")
    told = given["refunds"].select("delivery_date", order_id="parent_id", refund_id="id")
    missing = each.join(told, on=(*DOCUMENT, "refund_id"), how="anti", maintain_order="left")
    reason = pl.format(
        "it names refund {}, which no file of the delivery tells: deliver refunds beside their orders",
        pl.col("refund_id"),
    )
    return refused_as(missing, "order_id", "refund_missing", reason)


def _without_order(rests: pl.DataFrame, site: pl.Expr, currency: str | None) -> pl.DataFrame:
    """Refunds of which only their order could tell the tax in what they give back, or the site."""
    alone = rests.filter(~pl.col("has_order")).with_columns(refund_currency(currency))
    needs = pl.when(pl.col("rest") != 0).then(pl.format("gives back {} beyond its lines", shown("rest")))
    lacks = pl.when(site.is_null()).then(pl.lit("names no currency of a site"))
    why = pl.coalesce(needs, lacks)
    reason = pl.format(
        "refund {} {}, and its order is not in this delivery: deliver refunds together with their order",
        pl.col("refund_id"),
        why,
    )
    return refused_as(alone.filter(why.is_not_null()), "order_id", "no_order", reason)
