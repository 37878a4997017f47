"""Schema `ops` of a snapshot: what is known of the nights, as tables."""

from __future__ import annotations

from dataclasses import asdict, fields

import polars as pl

from mandje.findings.holds import Pass, passes
from mandje.ingest.accounts.destinations import accounts
from mandje.ingest.accounts.rejects import rejected_rows
from mandje.night.deliveries import delivery_tables
from mandje.night.gate_inputs import JUDGED_STAGES
from mandje.observe.records.nights import nights, read_record
from mandje.observe.records.warning_tables import warning_tables
from mandje.observe.records.warnings import warned_night
from mandje.shop.settings import Shop
from mandje.warehouse.outcomes import OUTCOME_SCHEMA, read_row_outcomes

_PASS_SCHEMA = dict.fromkeys((field.name for field in fields(Pass)), pl.String())
_REFUSED_SCHEMA = {
    name: pl.Int64() if name == "line" else pl.String()
    for name in (
        *("source", "delivery_date", "sha256", "reason", "message", "file", "line", "column", "found"),
        *("expected", "next_step"),
    )
}


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
        **delivery_tables(shop),
        "passes": pl.DataFrame([asdict(one) for one in passes(shop)], schema=_PASS_SCHEMA),
        "stages": _stages(shop),
        "checks": _checks(shop),
        **warning_tables(shop, warned_night(shop)),
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
