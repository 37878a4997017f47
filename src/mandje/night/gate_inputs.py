"""What the gate judges a night by, gathered from its records, ledgers and comparisons.

Everything that can stop a night at the gate comes together here: refused deliveries, failed tests and
checks of severity hold, holds of ids and figures that no person let through, accounts that do not add up.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from mandje.errors import MandjeError
from mandje.findings.holds import Hold, holds_from, not_passed
from mandje.ingest.rules.refusals import told_refusals
from mandje.ingest.store.partitions import partitions_until
from mandje.ingest.store.secret_key import secret_key
from mandje.night.reconciliation import reconciliation
from mandje.observe.records.nights import last_record, read_record
from mandje.publish.gate import Gate, GateInputs, gate
from mandje.shop.settings import Shop
from mandje.warehouse.marker import raw_digest, read_marker
from mandje.warehouse.outcomes import read_row_outcomes

JUDGED_STAGES = ("discover", "validate", "load", "build", "check", "predict", "build_customers")


def judge(shop: Shop, run_date: date, as_of_date: date) -> Gate:
    """Gather what is known of a night and let the gate judge it."""
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
