"""How `mandje reconcile` ends: whether orders and their lines tie, in words."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from mandje.evidence import Reconciliation


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
