"""Documents that adapters refuse whole: one reason for each, with its amounts in words."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from mandje.adapters.base import REFUSED_SCHEMA
from mandje.contracts.types import TOTAL


def refused_as(rows: pl.DataFrame, document: str | pl.Expr, rule: str, reason: pl.Expr) -> pl.DataFrame:
    """REFUSED_SCHEMA: a reason for each row, whose document's id `document` gives."""
    told = rows.select("delivery_date", document_id=document, rule=pl.lit(rule), reason=reason)
    return told.select(pl.col(name).cast(kind) for name, kind in REFUSED_SCHEMA.items())


def one_each(found: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """One reason for each document, from the first frame that has one, whatever the order of its rows."""
    frames = [pl.DataFrame(schema=REFUSED_SCHEMA), *found]
    ranked = [rows.with_columns(pl.lit(rank).alias("rank")) for rank, rows in enumerate(frames)]
    return (
        pl.concat(ranked)
        .sort("delivery_date", "document_id", "rank", "reason")
        .unique(("delivery_date", "document_id"), keep="first", maintain_order=True)
        .select(*REFUSED_SCHEMA)
    )


def shown(amount: str | pl.Expr) -> pl.Expr:
    """An amount in words, with two places, or as many as it has."""
    value = pl.col(amount) if isinstance(amount, str) else amount
    return value.cast(TOTAL).cast(pl.String).str.replace(r"(\.\d{2}\d*?)0*$", "$1")
