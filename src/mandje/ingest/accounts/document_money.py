"""What rows are worth that cannot say it alone: their document tells the currency, or the whole amount."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from mandje.adapters.base import Mapped
from mandje.contracts.types import TOTAL, Table
from mandje.ingest.read.parsed import READ_SCHEMA

_SUMS = ("row_count", "money_amount")


def told_by_documents(
    read: pl.DataFrame, rejected: pl.DataFrame, mapped: Mapped, tables: Mapping[str, Table]
) -> pl.DataFrame:
    """What is to be added to what was read (READ_SCHEMA), now that it is mapped.

    Rows that the adapter made were read where they were made. Of tables that may not tell their currency, or
    what they are worth, rows move from no currency to the one, and the amount, that the adapter found. No
    row comes or goes by it: one that the adapter lost is still missing.
    """
    made = mapped.made.select(READ_SCHEMA.keys())
    silent = {name: table.money is not None for name, table in tables.items() if _is_silent(table)}
    found = _more_than_read(read, rejected, mapped).filter(pl.col("table_name").is_in(list(silent)))
    is_known = pl.col("table_name").replace_strict(silent, default=False, return_dtype=pl.Boolean)
    untold = found.with_columns(
        -pl.col("row_count"),
        pl.when(is_known).then(-pl.col("money_amount")).otherwise(0).cast(TOTAL).alias("money_amount"),
        pl.lit(None, pl.String).alias("currency_code"),
    )
    return pl.concat([made, found, untold])


def _more_than_read(read: pl.DataFrame, rejected: pl.DataFrame, mapped: Mapped) -> pl.DataFrame:
    """Rows and money with a currency that went somewhere, as far as they were not read with it."""
    one = pl.lit(1, pl.Int64).alias("row_count")
    out = rejected.with_columns(one).select(pl.col(n).cast(k) for n, k in READ_SCHEMA.items())
    routed = mapped.accounts.select(READ_SCHEMA.keys())
    minus = read.with_columns(-pl.col(name) for name in _SUMS).select(READ_SCHEMA.keys())
    keys = [name for name in READ_SCHEMA if name not in _SUMS]
    both = pl.concat([routed, out, minus]).group_by(keys).agg(pl.col(_SUMS).sum())
    more = both.filter(pl.col("currency_code").is_not_null() & (pl.col("row_count") > 0))
    return more.select(pl.col(name).cast(kind) for name, kind in READ_SCHEMA.items())


def _is_silent(table: Table) -> bool:
    """Whether rows of a table may not tell what they are worth, or in which currency."""
    rule = table.money
    return rule is None or any(c.name == rule.currency and c.nullable for c in table.columns)
