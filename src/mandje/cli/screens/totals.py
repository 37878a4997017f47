"""How `mandje reconcile` ends: whether orders and their lines tie, in words."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from mandje.errors import MandjeError
from mandje.night.audit import Reconciliation
from mandje.publish.query import query_snapshot
from mandje.shop.settings import Shop

_PRICED = "select sum(returned_amount) from marts.returns where is_priced_later"


def totals_lines(books: Reconciliation, shop: str) -> Iterator[str]:
    """The difference between order totals and their lines, a line per currency; `shop` as a command names it.

    And the money of lines whose order was never delivered, which no total holds.
    """
    for row in books.totals.iter_rows(named=True):
        untied = f"; {row['untied_count']:,} order(s) do not tie" if row["untied_count"] else ""
        yield (
            f"{row['order_count']:,} order totals less their lines and other parts: "
            f"difference {row['difference_amount']:,.2f} {row['currency_code']}{untied}"
        )
    if books.totals["untied_count"].sum():
        yield f"which: `mandje warnings {shop} order_totals_add_up`"
    alone = books.outcomes.filter(pl.col("outcome") == "without_header")
    sums = (
        alone.group_by("currency_code").agg(pl.col("row_count", "money_amount").sum()).sort("currency_code")
    )
    for code, rows, money in sums.iter_rows():
        yield f"{rows:,} line(s) worth {money:,.2f} {code} have no order, and are in no table"


def priced_lines(books: Reconciliation, shop: Shop) -> Iterator[str]:
    """What returns that told no refund are worth in the published snapshot; nothing where none came."""
    later = books.outcomes.filter(pl.col("outcome") == "priced_later")
    if later.is_empty():
        return
    try:
        priced = query_snapshot(shop, _PRICED).item()
    except MandjeError:  # nothing is published yet, or it was before there were such returns
        priced = None
    worth = "not published yet" if priced is None else f"{priced:,.2f} {shop.settings.reporting_currency}"
    rows = later["row_count"].sum()
    yield f"{rows:,} return line(s) told no refund: priced later by what was paid for them, {worth}"
