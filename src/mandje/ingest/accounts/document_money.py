"""What rows are worth that cannot say it alone: their document tells the currency, or the whole amount."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from mandje.adapters.base import Mapped
from mandje.contracts.types import TOTAL, Table
from mandje.ingest.read.parsed import READ_SCHEMA


def told_by_documents(mapped: Mapped, tables: Mapping[str, Table]) -> pl.DataFrame:
    """What is to be added to the rows and money read (READ_SCHEMA), now that they are mapped.

    Rows that the adapter made were read where they were made. Rows of tables that do not tell their currency,
    or what they are worth, move from no currency to the one, and the amount, that the adapter found.
    """
    made, routed = (part.select(READ_SCHEMA.keys()) for part in (mapped.made, mapped.accounts))
    silent = {name: table.money is not None for name, table in tables.items() if _is_silent(table)}
    told = routed.filter(pl.col("table_name").is_in(list(silent)) & pl.col("currency_code").is_not_null())
    is_known = pl.col("table_name").replace_strict(silent, default=False, return_dtype=pl.Boolean)
    untold = told.with_columns(
        -pl.col("row_count"),
        pl.when(is_known).then(-pl.col("money_amount")).otherwise(0).cast(TOTAL).alias("money_amount"),
        pl.lit(None, pl.String).alias("currency_code"),
    )
    return pl.concat([made, told, untold])


def _is_silent(table: Table) -> bool:
    """Whether rows of a table may not tell what they are worth, or in which currency."""
    rule = table.money
    return rule is None or any(c.name == rule.currency and c.nullable for c in table.columns)
