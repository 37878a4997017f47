"""What is known of a shop's night, gathered from its records and ledgers: for the gate, `ops`, and people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

import polars as pl

from mandje.errors import MandjeError
from mandje.findings.holds import Hold, Pass, holds_from, not_passed, passes
from mandje.ingest.accounts.destinations import Accounts, accounts
from mandje.ingest.accounts.recount import recount
from mandje.ingest.accounts.rejects import rejected_rows
from mandje.ingest.rules.refusals import told_refusals
from mandje.ingest.store.partitions import partitions_until
from mandje.ingest.store.secret_key import secret_key
from mandje.observe.records.nights import last_record, nights, read_record
from mandje.observe.records.warning_tables import warning_tables
from mandje.observe.records.warnings import warned_night
from mandje.publish.gate import Gate, GateInputs, gate
from mandje.shop.settings import Shop
from mandje.warehouse.marker import raw_digest, read_marker
from mandje.warehouse.order_totals import read_order_totals
from mandje.warehouse.outcomes import OUTCOME_SCHEMA, read_row_outcomes

JUDGED_STAGES = ("discover", "validate", "load", "build", "check", "predict", "build_customers")


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
        yield "Delivered, and the difference to all destinations", self._delivered()
        if self.accounts.derived.height:
            yield "Rows derived from others (no money of their own)", self.accounts.derived
        if self.outcomes.height:
            yield "What the newest build made of the loaded rows", self.outcomes
        if self.totals.height:
            yield "Totals of all due orders beside their lines and other parts", self.totals

    def to_json(self) -> dict[str, Any]:
        """The same for programs; money as decimal text."""
        tables = {
            "destinations": self.accounts.destinations,
            "delivered": self._delivered(),
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

    def _delivered(self) -> pl.DataFrame:
        keys = ["source", "table_name", "currency_code"]
        wrong = self.accounts.differences.select(
            *keys, pl.col("row_count", "money_amount").name.prefix("missing_")
        )
        return self.accounts.delivered.join(wrong, on=keys, how="left", nulls_equal=True).with_columns(
            pl.col("missing_row_count").fill_null(0), pl.col("missing_money_amount").fill_null(0)
        )


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


def judge(shop: Shop, run_date: date, as_of_date: date) -> Gate:
    """Gather the evidence on a night and let the gate judge it."""
    records = {stage: read_record(shop, run_date, stage) for stage in JUDGED_STAGES}
    builds = [records["build"], records["build_customers"]]
    books = reconciliation(shop)
    compared = _comparison(shop, as_of_date)
    stopping = [
        refusal
        for refusal in books.accounts.refusals
        if shop.settings.sources[refusal.source].on_refused == "stop"
        and refusal.delivery_date <= max(run_date, as_of_date).isoformat()
    ]
    return gate(
        GateInputs(
            as_of_date=as_of_date,
            build_marker=_build_marker(shop),
            missing_stages=[
                *(stage for stage, record in records.items() if record is None),
                *(("comparison",) if compared is None else ()),
            ],
            failed_tests=[line for record in builds if record for line in record["result"]["failures"]],
            failed_holds=records["check"]["result"]["failed_holds"] if records["check"] else [],
            account_differences=list(books.faults()),
            refused_deliveries=told_refusals(stopping),
            kept_rows=None
            if records["build"] is None or read_row_outcomes(shop) is None
            else int(books.outcomes.filter(pl.col("outcome") == "kept")["row_count"].sum()),
            key_fault=_key_fault(shop),
            holds=not_passed(shop, as_of_date, holds_of(shop, as_of_date)),
            told=compared["told"] if compared else (),
        )
    )


def holds_of(shop: Shop, as_of_date: date) -> list[Hold]:
    """What checks and comparison of the build that stands hold, whether or not a person let it through."""
    checked, compared = last_record(shop, "check"), _comparison(shop, as_of_date)
    is_current = checked is not None and checked["result"]["as_of_date"] == as_of_date.isoformat()
    of_checks = checked["result"].get("holds", ()) if checked and is_current else ()
    return holds_from([*of_checks, *(compared["holds"] if compared else ())])


def _comparison(shop: Shop, as_of_date: date) -> dict[str, Any] | None:
    """What came of comparing the build that stands; None where it was not compared for this day."""
    record = last_record(shop, "build_customers")
    compared: dict[str, Any] | None = record["result"].get("comparison") if record else None
    return compared if compared and compared["as_of_date"] == as_of_date.isoformat() else None


def _build_marker(shop: Shop) -> dict[str, Any] | None:
    marker = read_marker(shop)
    if marker is None or read_row_outcomes(shop) is None:
        return None
    folders = [one.folder for one in partitions_until(shop, marker.as_of_date)]
    return {
        "as_of_date": marker.as_of_date.isoformat(),
        "complete": marker.complete,
        "is_current": marker.raw_digest == raw_digest(shop, folders),
    }


def _key_fault(shop: Shop) -> str | None:
    try:
        secret_key(shop, create=False)
    except MandjeError as fault:
        return str(fault)
    return None


def ops_tables(shop: Shop) -> dict[str, pl.DataFrame]:
    """Tables of the snapshot's schema `ops`: what happened on which night, and where every row went."""
    books, outcomes = accounts(shop), read_row_outcomes(shop)
    return {
        "accounts": books.destinations,
        "row_outcomes": pl.DataFrame(schema=OUTCOME_SCHEMA) if outcomes is None else outcomes,
        "rejected_rows": rejected_rows(shop),
        "refused_deliveries": pl.DataFrame(
            [refusal.to_json() for refusal in books.refusals], schema=_REFUSED_SCHEMA
        ),
        "passes": pl.DataFrame([asdict(one) for one in passes(shop)], schema=_PASS_SCHEMA),
        "stages": _stages(shop),
        "checks": _checks(shop),
        **warning_tables(shop, warned_night(shop)),
    }


_PASS_SCHEMA = dict.fromkeys((field.name for field in fields(Pass)), pl.String())
_REFUSED_SCHEMA = {
    name: pl.Int64() if name == "line" else pl.String()
    for name in (
        *("source", "delivery_date", "sha256", "reason", "message", "file", "line", "column", "found"),
        *("expected", "next_step"),
    )
}


def _stages(shop: Shop) -> pl.DataFrame:
    records = [
        (night, record["stage"], record["seconds"])
        for night in nights(shop)
        for stage in JUDGED_STAGES
        if (record := read_record(shop, night, stage))
    ]
    return pl.DataFrame(
        records, schema={"run_date": pl.Date(), "stage": pl.String(), "seconds": pl.Float64()}, orient="row"
    )


def _checks(shop: Shop) -> pl.DataFrame:
    rows = [
        {"run_date": night} | check
        for night in nights(shop)
        if (record := read_record(shop, night, "check"))
        for check in record["result"]["checks"]
    ]
    schema = {
        "run_date": pl.Date(),
        "feed": pl.String(),
        "name": pl.String(),
        "severity": pl.String(),
        "passed": pl.Boolean(),
        "observed": pl.Float64(),
        "expected": pl.String(),
        "unexpected_count": pl.Int64(),
        "sentence": pl.String(),
    }
    return pl.DataFrame(rows, schema=schema)
