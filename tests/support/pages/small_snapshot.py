"""A published snapshot by hand: every table there is, empty, and rows of those that a test is about."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import duckdb

from mandje.publish.catalogue.ops import OPS_TABLES
from mandje.report.section import Report
from mandje.report.written import Numbers
from repository import ROOT

DAY = date(2025, 5, 30)
_CONTRACT = ROOT / "dbt_project" / "public_contract.json"


def small_snapshot() -> duckdb.DuckDBPyConnection:
    """Every public table and every one of `ops`, without a row."""
    con = duckdb.connect(":memory:")
    tables: dict[str, dict[str, str]] = json.loads(_CONTRACT.read_text(encoding="utf-8"))["tables"]
    for name, table in OPS_TABLES.items():
        tables[f"ops.{name}"] = {column: kind for column, (kind, _) in table.columns.items()}
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
