"""Accounts from export to mart: where every delivered row and cent went, by two computations."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from mandje.ingest.accounts.destinations import Accounts, accounts
from mandje.ingest.accounts.recount import recount
from mandje.ingest.store.partitions import partitions_until
from mandje.shop.settings import Shop
from mandje.warehouse.marker import raw_digest, read_marker
from mandje.warehouse.order_totals import read_order_totals
from mandje.warehouse.outcomes import OUTCOME_SCHEMA, read_row_outcomes


@dataclass(frozen=True)
class Reconciliation:
    """Accounts from export to mart.

    `accounts`: deliveries to destinations. `recounted`: where raw files disagree with the ledgers (empty).
    `outcomes`: what the newest build made of the raw rows, by source and feed; `lost`: source, feed and rows
    that are loaded but in no outcome (empty; None where the build is older than what is loaded). `totals`:
    orders of the newest build beside their lines, per currency (TOTALS_SCHEMA); they may differ.
    """

    accounts: Accounts
    recounted: pl.DataFrame
    outcomes: pl.DataFrame
    lost: pl.DataFrame | None
    totals: pl.DataFrame

    @property
    def is_equal(self) -> bool:
        """Whether no row and no cent is missing anywhere."""
        return not list(self.faults())

    def faults(self) -> Iterator[str]:
        """One line per difference."""
        for row in self.accounts.differences.iter_rows(named=True):
            yield (
                f"{row['source']} {row['table_name']} {row['currency_code'] or ''}: delivered less "
                f"destinations is {row['row_count']} rows, {row['money_amount']}"
            )
        for row in self.recounted.iter_rows(named=True):
            yield f"{row['source']} {row['delivery_date']} {row['place']}: raw files and ledger differ"
        for row in self.lost.iter_rows(named=True) if self.lost is not None else ():
            yield f"{row['source']} {row['feed']}: {row['row_count']} loaded rows have no outcome"

    def frames(self) -> Iterator[tuple[str, pl.DataFrame]]:
        """Titled tables for people."""
        yield "Where delivered rows and money went", self.accounts.destinations
        yield "Delivered, and the difference to all destinations", self.accounts.delivered_and_missing()
        if self.accounts.derived.height:
            title = "Rows derived from others (no money of their own; below 0: several became one)"
            yield title, self.accounts.derived
        if self.outcomes.height:
            yield "What the newest build made of the loaded rows", self.outcomes
        if self.totals.height:
            yield "Totals of all due orders beside their lines and other parts", self.totals

    def to_json(self) -> dict[str, Any]:
        """The same for programs; money as decimal text."""
        tables = {
            "destinations": self.accounts.destinations,
            "delivered": self.accounts.delivered_and_missing(),
            "derived": self.accounts.derived,
            "outcomes": self.outcomes,
            "order_totals": self.totals,
        }
        plain = {
            name: json.loads(json.dumps(frame.to_dicts(), default=str)) for name, frame in tables.items()
        }
        return plain | {
            "deliveries": self.accounts.deliveries,
            "refused": [refusal.to_json() for refusal in self.accounts.refusals],
            "faults": list(self.faults()),
            "is_equal": self.is_equal,
        }


def reconciliation(shop: Shop) -> Reconciliation:
    """Add everything up. Reads files only, also while a night runs."""
    marker = read_marker(shop)
    partitions = partitions_until(shop, marker.as_of_date) if marker else []
    is_built = marker is not None and marker.raw_digest == raw_digest(
        shop, [one.folder for one in partitions]
    )
    kept = read_row_outcomes(shop)
    outcomes = _over_deliveries(pl.DataFrame(schema=OUTCOME_SCHEMA) if kept is None else kept)
    has_told = is_built and kept is not None
    return Reconciliation(
        accounts(shop),
        recount(shop),
        outcomes,
        _lost(partitions, outcomes) if has_told else None,
        read_order_totals(shop),
    )


def _over_deliveries(outcomes: pl.DataFrame) -> pl.DataFrame:
    keys = ["source", "feed", "currency_code", "outcome"]
    sums = outcomes.group_by(keys).agg(pl.col("row_count", "money_amount").sum())
    return sums.cast({"money_amount": pl.Decimal(18, 4)}).sort(keys, nulls_last=True)


def _lost(partitions: Sequence[Any], outcomes: pl.DataFrame) -> pl.DataFrame:
    loaded = pl.DataFrame(
        [(one.source, feed, rows) for one in partitions for feed, rows in one.feeds.items()],
        schema={"source": pl.String(), "feed": pl.String(), "row_count": pl.Int64()},
        orient="row",
    )
    ended = outcomes.select("source", "feed", -pl.col("row_count"))
    total = pl.concat([loaded, ended]).group_by("source", "feed").agg(pl.col("row_count").sum())
    return total.filter(pl.col("row_count") != 0).sort("source", "feed")
