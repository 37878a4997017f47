"""Reads purchases from the warehouse: as known tonight, and as known when the month began."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta

import duckdb
import polars as pl

# Raise it when forms, windows or the rule that chooses change: every month is then judged anew.
RULE = 1

_TONIGHT = "select person_id, order_id, product_id, order_date from intermediate.int_purchases_listed"
# What became known since, a cancellation too, is as unknown as what nobody knows yet.
_THEN = """
select distinct person_id, order_id, product_id, order_date
from intermediate.int_purchases_known
where order_date <= $known and known_from_date <= $known and (known_until_date > $known) is not false
"""
# A sum of hashes does not depend on the order of rows.
_DIGEST = (
    f"select count(*), sum(cast(hash(person_id, order_id, product_id, order_date) as hugeint)) from ({_THEN})"
)


def read_purchases(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """person_id, order_id, product_id and order_date of all purchases of persons who may be profiled."""
    frame: pl.DataFrame = con.sql(_TONIGHT).pl()
    return frame


def read_purchases_then(con: duckdb.DuckDBPyConnection, month: date) -> pl.DataFrame:
    """The same as it was known at the end of the day before a month."""
    frame: pl.DataFrame = con.sql(_THEN, params={"known": month - timedelta(days=1)}).pl()
    return frame


def purchases_key(con: duckdb.DuckDBPyConnection, month: date) -> str:
    """64 hex digits, equal for all nights of a month while what was known at its start stays as it was."""
    found = con.execute(_DIGEST, {"known": month - timedelta(days=1)}).fetchall()
    return hashlib.sha256(
        json.dumps([RULE, duckdb.__version__, month.isoformat(), found]).encode()
    ).hexdigest()
