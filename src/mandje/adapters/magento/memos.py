"""Credit memos that count, with their items, and how they tie.

An item of a credit memo does not tell whether it is a part of another: the order's item does, where the order
lies in the same delivery. Alone, an item without an amount is a part of the item that has its SKU, or, where
no item with an amount comes after it, of one before: what is priced by its parts comes before them.
"""

from __future__ import annotations

import polars as pl

from mandje.adapters.magento.families import (
    first_that,
    is_nothing,
    total,
    with_amounts,
    with_readings,
)
from mandje.adapters.magento.orders import Frames, newest, product, tied, with_rest
from mandje.adapters.magento.tables import ITEMS, MEMO_ITEMS, MEMOS, TENDERS
from mandje.adapters.magento.words import is_refunded
from mandje.contracts.types import DECIMAL

MEMO = ("delivery_date", "creditmemo_id")
_LINE = (*MEMO, "line_number")


def memos_told(given: Frames) -> pl.DataFrame:
    """All rows of credit memos, with `is_newest` and `is_refunded`."""
    return newest(given[MEMOS.name], "creditmemo_id").with_columns(is_refunded().alias("is_refunded"))


def memo_items_of(given: Frames) -> pl.DataFrame:
    """Items of credit memos, all that are told, each with what its line is worth (`with_readings`).

    `gives_back` is false of an item of which nothing came back: it is of no line. `is_first` is the row that
    stands for its line `line_number`, `whole` that line's product, `is_clear` whether it is known what the
    item is a part of.
    """
    rows = with_amounts(_with_order(newest(given[MEMO_ITEMS.name], "entity_id"), given))
    has_amount = (pl.col("gross") != 0) | (pl.col("tax") != 0) | (pl.col("off") != 0)
    marked = rows.with_columns(
        has_amount.alias("has_amount"),
        (has_amount | (pl.col("qty") > 0)).fill_null(value=False).alias("gives_back"),
    )
    counts = pl.col("is_newest") & pl.col("gives_back")
    lines = _with_lines(marked.filter(counts))
    return pl.concat([lines, marked.filter(~counts)], how="diagonal")


def _with_order(rows: pl.DataFrame, given: Frames) -> pl.DataFrame:
    """Items with their order's item, where it is delivered: `is_known`, `parent_item_id`, `whole`."""
    items = newest(given[ITEMS.name], "item_id").filter("is_newest")
    parents = items.select("delivery_date", parent_item_id="item_id", parent_product=product())
    known = items.select(
        "delivery_date",
        "parent_item_id",
        order_item_id="item_id",
        own_product=product(),
        is_known=pl.lit(value=True),
    ).join(parents, on=("delivery_date", "parent_item_id"), how="left")
    return rows.join(
        known, on=("delivery_date", "order_item_id"), how="left", maintain_order="left"
    ).with_columns(
        pl.coalesce("parent_product", "own_product", product()).alias("whole"),
        pl.col("is_known").fill_null(value=False),
    )


def _with_lines(rows: pl.DataFrame) -> pl.DataFrame:
    item = pl.col("order_item_id")
    of_sku = pl.when(pl.col("sku").is_not_null()).then(item.filter("has_amount").min().over(*MEMO, "sku"))
    last = item.filter("has_amount").max().over(MEMO)
    before = pl.when(pl.col("base_row_total").is_null() & (item > last)).then(last)
    is_part = ~pl.col("is_known") & ~pl.col("has_amount")
    root = pl.when(is_part).then(pl.coalesce(of_sku, before))
    line = pl.coalesce("parent_item_id", root, "order_item_id").alias("line_number")
    named = rows.with_columns(line, (~is_part | root.is_not_null()).alias("is_clear"))
    heads = named.with_columns((pl.col("order_item_id") == pl.col("line_number")).alias("is_head"))
    ranked = heads.sort(~pl.col("is_head"), "order_item_id", "entity_id", maintain_order=True)
    return with_readings(ranked.with_columns(pl.struct(_LINE).is_first_distinct().alias("is_first")), _LINE)


def memos_of(given: Frames, items: pl.DataFrame) -> pl.DataFrame:
    """Credit memos that count, with the sums of their lines and how they tie: see `orders_of`.

    `items` as `memo_items_of` gives them. `tax_by` says which reading of the lines' taxes counts, `tax_rest`
    is the tax that no line has: of shipping, and of charges.
    """
    memos = memos_told(given).filter("is_newest", "is_refunded")
    lines = items.filter(pl.col("is_first").fill_null(value=False))
    names = ["line_gross", "line_weee", "off_all", "off_one", "tax_all", "tax_one"]
    sums = lines.group_by(MEMO).agg(pl.col(names).sum())
    unclear = (
        items.filter(~pl.col("is_clear").fill_null(value=True))
        .group_by(MEMO)
        .agg(pl.col("order_item_id").min().alias("unclear_item"))
    )
    alone = items.group_by(MEMO).agg((~pl.col("is_known")).any().alias("is_alone"))
    known = (
        memos.join(sums, on=MEMO, how="left", maintain_order="left")
        .join(unclear, on=MEMO, how="left", maintain_order="left")
        .join(alone, on=MEMO, how="left", maintain_order="left")
        .with_columns(pl.col(names).fill_null(0))
    )
    beside = total("base_adjustment_positive") - total("base_adjustment_negative")
    cost = known.with_columns(total("base_grand_total", *TENDERS).cast(DECIMAL).alias("cost"))
    return _with_tax_rest(with_rest(tied(cost, beside)))


def _with_tax_rest(memos: pl.DataFrame) -> pl.DataFrame:
    shipping = pl.coalesce("base_shipping_tax_amount", pl.when(total("base_shipping_amount") == 0).then(0))
    left = {name: total("base_tax_amount") - pl.col(f"tax_{name}") for name in ("all", "one")}
    readings = [
        *((is_nothing(rest - shipping), pl.lit(name)) for name, rest in left.items()),
        *((rest >= 0, pl.lit(name)) for name, rest in left.items()),
    ]
    chosen = memos.with_columns(first_that(*readings, otherwise=pl.lit("all")).alias("tax_by"))
    return chosen.with_columns(
        pl.when(pl.col("tax_by") == "one")
        .then(left["one"])
        .otherwise(left["all"])
        .cast(DECIMAL)
        .alias("tax_rest")
    )
