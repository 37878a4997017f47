"""Orders and credit memos that must not be mapped: their sums do not tie, or what they belong to is missing.

Magento charges whole cents, so each must tie to the cent. A credit memo is a document of its own.
"""

from __future__ import annotations

import polars as pl

from mandje.adapters.magento.families import LEAST, is_nothing
from mandje.adapters.magento.memos import MEMO, memo_items_of, memos_of
from mandje.adapters.magento.orders import DOCUMENT, Frames, items_of, orders_of
from mandje.adapters.magento.tables import ITEMS, MEMO_ITEMS, MEMOS, ORDERS
from mandje.adapters.magento.tables import MEMO as PREFIX
from mandje.adapters.refusals import one_each, refused_as, shown

_ORDER = pl.col("order_id")
_CREDIT_MEMO = pl.lit(PREFIX) + pl.col("creditmemo_id")
_ALONE = (
    "item {} of the order has no amount here, and its order is not in this delivery, which could tell whether"
    " it is a part of another: deliver credit memos together with their orders"
)


def refused_documents(given: Frames, site: pl.Expr) -> pl.DataFrame:
    """REFUSED_SCHEMA, one row per document; `site` is null for a store that has none."""
    orders, items = orders_of(given), memo_items_of(given)
    memos = memos_of(given, items)
    found = [
        _without_order(given),
        _without_memo(given),
        _without_site(orders, _ORDER, site),
        _without_site(memos, _CREDIT_MEMO, site),
        _untied_orders(orders, given),
        _unclear(memos),
        _untied_memos(memos),
    ]
    return one_each(found)


def _without_order(given: Frames) -> pl.DataFrame:
    """Items of orders that are not there: only the order says in which currency they are."""
    rows = given[ITEMS.name].join(given[ORDERS.name], on=DOCUMENT, how="anti", maintain_order="left")
    reason = "its order is not among the rows that were read: it is missing, or was rejected itself"
    return refused_as(rows, _ORDER, "no_order", pl.lit(reason))


def _without_memo(given: Frames) -> pl.DataFrame:
    rows = given[MEMO_ITEMS.name].join(given[MEMOS.name], on=MEMO, how="anti", maintain_order="left")
    reason = "its credit memo is not among the rows that were read: it is missing, or was rejected itself"
    return refused_as(rows, _CREDIT_MEMO, "no_header", pl.lit(reason))


def _without_site(rows: pl.DataFrame, document: pl.Expr, site: pl.Expr) -> pl.DataFrame:
    reason = pl.format(
        "its store {} has no site: add it to sites of the source in shop.toml",
        pl.col("store_id").fill_null("(deleted)"),
    )
    return refused_as(rows.filter(site.is_null()), document, "no_site", reason)


def _untied_orders(orders: pl.DataFrame, given: Frames) -> pl.DataFrame:
    below = (
        items_of(given)
        .filter("is_head")
        .group_by(DOCUMENT)
        .agg(pl.col("off_all", "off_one").min().name.suffix("_least"))
    )
    known = orders.join(below, on=DOCUMENT, how="left", maintain_order="left")
    is_below = pl.when(pl.col("off_by") == "one").then("off_one_least").otherwise("off_all_least") < 0
    words = (
        pl.when((pl.col("lines") == 0) & ~_ties("cost"))
        .then(
            _sums(
                "none of its items is among the rows that were read, and base_grand_total says {}: deliver"
                " sales_order_item of the same orders",
                "cost",
            )
        )
        .when(~_ties("cost"))
        .then(_order_total())
        .when(pl.col("rest") <= -LEAST)
        .then(_sums("discounts of its lines are {}, but of the order {}", "off_taken", "discount"))
        .when(is_below)
        .then(pl.lit("a line has more tax in its discount than discount"))
    )
    return _untied(
        known.with_columns((pl.col("discount") - pl.col("rest")).alias("off_taken")), _ORDER, words
    )


def _untied_memos(memos: pl.DataFrame) -> pl.DataFrame:
    told = pl.col("base_subtotal").fill_null(pl.col("line_gross"))
    goods = [pl.col("line_gross"), pl.col("line_gross") + pl.col("line_weee")]
    beside = pl.col("base_shipping_amount").fill_null(0) + pl.col("charges")
    is_taxed = is_nothing(pl.col("tax_rest")) | ((pl.col("tax_rest") > 0) & (beside != 0))
    apart = "; which of them are parts of another only its order could tell, which is not in this delivery"
    hint = pl.when(pl.col("is_alone").fill_null(value=False)).then(pl.lit(apart)).otherwise(pl.lit(""))
    words = (
        pl.when(~pl.any_horizontal(is_nothing(told - one) for one in goods))
        .then(_sums("its lines are {}, but base_subtotal says {}", "line_gross", "base_subtotal") + hint)
        .when(~_ties("cost"))
        .then(_memo_total())
        .when(pl.col("cost") < 0)
        .then(_sums("it gives back {}: less than nothing", "cost"))
        .when(pl.col("rest") <= -LEAST)
        .then(_sums("discounts of its lines are more than that of the credit memo, {}", "discount"))
        .when(~is_taxed)
        .then(_sums("tax of {} is neither of its lines nor of shipping", "tax_rest"))
    )
    return _untied(memos, _CREDIT_MEMO, words)


def _unclear(memos: pl.DataFrame) -> pl.DataFrame:
    rows = memos.filter(pl.col("unclear_item").is_not_null())
    return refused_as(rows, _CREDIT_MEMO, "no_order", pl.format(_ALONE, "unclear_item"))


def _ties(name: str) -> pl.Expr:
    return is_nothing(pl.col("sum") - pl.col(name))


def _untied(rows: pl.DataFrame, document: pl.Expr, words: pl.Expr) -> pl.DataFrame:
    wrong = rows.with_columns(words.alias("words")).filter(pl.col("words").is_not_null())
    return refused_as(wrong, document, "does_not_tie", pl.col("words"))


_PARTS = ("line_gross", "discount", "base_shipping_amount", "charges", "base_tax_amount")
_WORDS = "lines {} - discount {} + shipping {} + charges {} + tax {}"


def _order_total() -> pl.Expr:
    return _sums(f"{_WORDS} = {{}}, but the total says {{}}", *_PARTS, "sum", "cost")


def _memo_total() -> pl.Expr:
    adjusted = ("base_adjustment_positive", "base_adjustment_negative")
    words = f"{_WORDS} + adjustment {{}} - {{}} = {{}}, but the total says {{}}"
    return _sums(words, *_PARTS, *adjusted, "sum", "cost")


def _sums(words: str, *names: str) -> pl.Expr:
    """Amounts in words; one that is not told is 0."""
    return pl.format(words, *(shown(name).fill_null("0.00") for name in names))
