"""A published snapshot by hand: every table there is, empty, and rows of those that a test is about."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import duckdb

from mandje.report.section import Report
from mandje.report.written import Numbers
from repository import ROOT

DAY = date(2025, 5, 30)
_CONTRACT = ROOT / "dbt_project" / "public_contract.json"
_OPS = """
CREATE SCHEMA ops;
CREATE TABLE ops.accounts (source VARCHAR, table_name VARCHAR, destination VARCHAR, currency_code VARCHAR,
    row_count BIGINT, money_amount DECIMAL(38, 4));
CREATE TABLE ops.checks (run_date DATE, passed BOOLEAN);
CREATE TABLE ops.delivered (missing_row_count BIGINT, missing_money_amount DECIMAL(38, 4));
CREATE TABLE ops.deliveries (source VARCHAR, delivery_date DATE, state VARCHAR, row_count BIGINT,
    feeds VARCHAR, night_date DATE);
CREATE TABLE ops.refused_deliveries (source VARCHAR, delivery_date VARCHAR, message VARCHAR,
    next_step VARCHAR);
CREATE TABLE ops.sources (source VARCHAR, last_delivery_date DATE, loaded_count BIGINT, refused_count BIGINT,
    missing_count BIGINT, row_count BIGINT);
CREATE TABLE ops.stages (run_date DATE);
CREATE TABLE ops.warnings (check_name VARCHAR, severity VARCHAR, is_new BOOLEAN, row_count BIGINT,
    sentence VARCHAR);
"""


def small_snapshot() -> duckdb.DuckDBPyConnection:
    """Every public table and what the report reads of `ops`, without a row."""
    con = duckdb.connect(":memory:")
    con.execute(_OPS)
    tables: dict[str, dict[str, str]] = json.loads(_CONTRACT.read_text(encoding="utf-8"))["tables"]
    for schema in sorted({name.partition(".")[0] for name in tables}):
        con.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    for name, columns in tables.items():
        typed = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
        con.execute(f"CREATE TABLE {name} ({typed})")
    return con


def add(con: duckdb.DuckDBPyConnection, table: str, **values: Any) -> None:
    """A row with these values, else empty."""
    places = ", ".join("?" for _ in values)
    con.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", list(values.values()))


def report_on(con: duckdb.DuckDBPyConnection, language: str = "en", currency_code: str = "EUR") -> Report:
    """The report of `DAY` on this snapshot."""
    return Report(con, "demo", DAY, Numbers(language, currency_code))


def days_back(count: int, first: int = 0) -> list[date]:
    """So many days up to `first` days before `DAY`, the newest first."""
    return [DAY - timedelta(first + place) for place in range(count)]
