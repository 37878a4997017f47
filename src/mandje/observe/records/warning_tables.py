"""Warnings as tables: what schema `ops` of a snapshot holds of them.

All keys of failing rows lie in `ops/nights/<run date>/<stage>_keys.parquet`, beside the stages' records: they
can be read while a night runs, and of a night that the gate held.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from mandje.findings.finding import Finding
from mandje.observe.records.warnings import STAGES, night_warnings
from mandje.shop.settings import Shop

_FIRST_KEYS = 5
_KEYS = {"check_name": pl.String(), "row_number": pl.Int64(), "keys": pl.String()}
_WARNINGS = {
    "run_date": pl.Date(),
    "check_name": pl.String(),
    "origin": pl.String(),
    "severity": pl.String(),
    "is_new": pl.Boolean(),
    "row_count": pl.Int64(),
    "sentence": pl.String(),
    "first_keys": pl.String(),
    "note": pl.String(),
    "list_query": pl.String(),
}


def keep_keys(shop: Shop, run_date: date, stage: str, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Write all keys of a stage's findings to its file, in one rename; give the findings with the first."""
    path = _keys_file(shop, run_date, stage)
    path.parent.mkdir(parents=True, exist_ok=True)
    private = path.with_suffix(f".{os.getpid()}.tmp")
    _frame_of_keys(findings).write_parquet(private)
    private.replace(path)
    return tuple(replace(finding, keys=finding.keys[:_FIRST_KEYS]) for finding in findings)


def _frame_of_keys(findings: Sequence[Finding]) -> pl.DataFrame:
    rows = [
        (finding.check, number, key)
        for finding in findings
        for number, key in enumerate(finding.keys, start=1)
    ]
    return pl.DataFrame(rows, schema=_KEYS, orient="row")


def kept_keys(shop: Shop, run_date: date) -> pl.DataFrame:
    """Keys of all failing rows of a night: `check_name`, `row_number` from 1, `keys` as a JSON object."""
    files = [_keys_file(shop, run_date, stage) for stage in STAGES]
    frames = [pl.read_parquet(path, glob=False, hive_partitioning=False) for path in files if path.is_file()]
    return pl.concat([_frame_of_keys(()), *frames])


def _keys_file(shop: Shop, run_date: date, stage: str) -> Path:
    return shop.ops / "nights" / run_date.isoformat() / f"{stage}_keys.parquet"


def warning_tables(shop: Shop, run_date: date | None) -> dict[str, pl.DataFrame]:
    """`ops.warnings`, a row per check that failed on a night, and `ops.warning_keys`, one per failing row."""
    found = night_warnings(shop, run_date) if run_date else []
    rows = [
        (
            *(run_date, one.check, one.origin, one.severity, one.is_new, one.count, one.sentence),
            *(", ".join(one.first_keys) or None, one.note or None, one.list_query),
        )
        for one in found
    ]
    keys = kept_keys(shop, run_date) if run_date else _frame_of_keys(())
    return {"warnings": pl.DataFrame(rows, schema=_WARNINGS, orient="row"), "warning_keys": keys}
