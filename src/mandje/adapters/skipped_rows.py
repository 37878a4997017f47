"""Rows of a canonical feed that are sound and still no row of it: set apart with their reason, and counted.

They are no fault of the delivery, so they are `skipped:<reason>` and never count towards refusing it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from mandje.contracts.types import Table

NO_VISITOR = "skipped:no_visitor"


@dataclass(frozen=True, slots=True)
class Apart:
    """Rows of a feed that are set apart: under which destination, which they are, and why in plain words.

    `may_lack`: columns that the feed must have and that these rows may come without.
    """

    feed: str
    destination: str
    is_met: pl.Expr
    why: str
    may_lack: tuple[str, ...] = ()


# A row goes to the first that it meets.
APART: tuple[Apart, ...] = (
    Apart(
        "session_events",
        NO_VISITOR,
        pl.col("visitor_id").is_null(),
        "The event names no visitor (consent denied): it can be of no session.",
        may_lack=("visitor_id",),
    ),
)
SKIPPED_REASONS: dict[str, str] = {apart.destination: apart.why for apart in APART}


def with_gaps(table: Table, aparts: Sequence[Apart]) -> Table:
    """The contract of the feed's files: rows that are set apart break no rule by what they lack."""
    gaps = {name for apart in aparts for name in apart.may_lack}
    return replace(
        table, columns=tuple(replace(c, nullable=c.nullable or c.name in gaps) for c in table.columns)
    )


def destination(usual: pl.Expr, aparts: Sequence[Apart]) -> pl.Expr:
    """Where each row goes: the first reason that it meets, else its feed."""
    reasons = [pl.when(apart.is_met).then(pl.lit(apart.destination)) for apart in aparts]
    return pl.coalesce(*reasons, usual)
