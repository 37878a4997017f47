"""Orders whose total is not the sum of their parts: held where they are too many to be an exception."""

from __future__ import annotations

from pathlib import Path

import duckdb

from mandje.findings.holds import Hold
from mandje.shop.sections import Totals
from mandje.system.own_files import damaged

_MEND = "move its snapshot out of published/ (not the one that readers see), and run the night again"
_TONIGHT = """
    SELECT count(*), count(*) FILTER (NOT is_tied)
    FROM intermediate.int_order_totals_compared WHERE is_counted
"""
# A snapshot holds marts only: the same comparison from what they show.
_BEFORE = """
    SELECT count(*), count(*) FILTER (
        abs(
            delivered_total_amount - delivered_gross_sales_amount + delivered_discount_amount
            - delivered_shipping_amount - delivered_other_charges_amount - delivered_tax_amount
        ) > 0.01 * greatest(line_count, 1)
    )
    FROM marts.orders WHERE is_counted
"""


def compare_totals(con: duckdb.DuckDBPyConnection, snapshot: Path | None, limits: Totals) -> list[Hold]:
    """A hold where more counted orders do not tie than `limits` allow, and than the snapshot before showed.

    `con` is the working database, `snapshot` the database of the snapshot before. What a person let through
    once, by publishing it, is not held again until it grows.

    Raises:
        DamagedFileError: the snapshot is not one that can be opened.
    """
    orders, untied = _counts(con, _TONIGHT)
    if untied <= limits.most_untied_orders or untied <= limits.most_untied_ratio * orders:
        return []
    before = _shown(snapshot) if snapshot else 0
    if untied <= before:
        return []
    told = (
        f"the totals of {untied:,} of {orders:,} orders that count are not the sum of their parts, "
        f"{before:,} before; `mandje warnings SHOP order_totals_add_up` lists them, "
        "and [totals] of shop.toml says how many may be so"
    )
    return [Hold("untied_orders", str(before), str(untied), told)]


def _shown(snapshot: Path) -> int:
    try:
        with duckdb.connect(str(snapshot), read_only=True) as con:
            return _counts(con, _BEFORE)[1]
    except duckdb.CatalogException:  # a snapshot of sessions alone, or of an older version
        return 0
    except duckdb.Error as fault:
        raise damaged(snapshot, str(fault), _MEND) from None


def _counts(con: duckdb.DuckDBPyConnection, query: str) -> tuple[int, int]:
    orders, untied = con.execute(query).fetchone() or (0, 0)
    return orders, untied
