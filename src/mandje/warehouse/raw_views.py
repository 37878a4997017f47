"""Schema `raw`: views over exactly the current raw files, and the few small things dbt needs beside them."""

from __future__ import annotations

import glob
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb
import yaml

from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import DELIVERY_COLUMNS, SQL_TYPES
from mandje.settings import Shop
from mandje.warehouse.connection import open_warehouse

PROJECT = Path(__file__).parents[3] / "dbt_project"

REJECTED_SQL: dict[str, str] = {
    **{name: SQL_TYPES[kind] for name, kind in DELIVERY_COLUMNS.items()},
    **dict.fromkeys(
        ("table_name", "column_name", "value", "rule", "reason", "document_id", "currency_code"), "VARCHAR"
    ),
    "money_amount": "DECIMAL(18,4)",
}


def register_raw(
    shop: Shop,
    partitions_by_feed: Mapping[str, Sequence[Path]],
    as_of_date: date,
    rejected: Sequence[Path] = (),
) -> None:
    """Point schema `raw` at these Parquet files, in one transaction.

    A view per feed (no files: an empty view of the contract's types), `rejected_rows`, `sites` (site,
    time_zone, currency_code), and `published_daily_kpis`: the `daily_kpis` last published for a day before
    `as_of_date`.

    Raises:
        MandjeError: the working database is in use, or cannot be read.
    """
    views = {
        name: _over_files(partitions_by_feed.get(name, ()), table.sql_schema())
        for name, table in FEEDS.items()
    }
    views["rejected_rows"] = _over_files(rejected, REJECTED_SQL)
    views["sites"] = _sites(shop)
    views["published_daily_kpis"] = _over_files(_published(shop, as_of_date), _kpi_columns())
    with open_warehouse(shop) as connection:
        _replace_views(connection, views)


def _replace_views(connection: duckdb.DuckDBPyConnection, views: Mapping[str, str]) -> None:
    connection.execute("BEGIN")
    connection.execute("CREATE SCHEMA IF NOT EXISTS raw")
    for name, query in views.items():
        connection.execute(f"CREATE OR REPLACE VIEW raw.{name} AS {query}")
    connection.execute("COMMIT")


def _over_files(files: Iterable[Path], columns: Mapping[str, str]) -> str:
    # The empty select fixes names and types: a file of an older version may lack a column.
    typed = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in columns.items())
    empty = f"SELECT {typed} WHERE false"
    paths = ", ".join(_quoted(glob.escape(str(path))) for path in files)
    if not paths:
        return empty
    rows = f"SELECT * FROM read_parquet([{paths}], hive_partitioning = false, union_by_name = false)"
    return f"SELECT {', '.join(columns)} FROM ({empty} UNION ALL BY NAME {rows})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _sites(shop: Shop) -> str:
    rows = ", ".join(
        f"({_quoted(name)}, {_quoted(site.time_zone)}, {_quoted(site.currency)})"
        for name, site in sorted(shop.settings.sites.items())
    )
    return f"SELECT * FROM (VALUES {rows}) AS sites (site, time_zone, currency_code)"


def _published(shop: Shop, as_of_date: date) -> list[Path]:
    earlier = [
        (manifest["as_of_date"], path.stat().st_mtime_ns, path.parent)
        for path in shop.published.glob("*/manifest.json")
        if not path.parent.is_symlink()
        and (manifest := json.loads(path.read_text(encoding="utf-8")))["as_of_date"] < as_of_date.isoformat()
    ]
    if not earlier:
        return []
    return sorted((max(earlier)[2] / "parquet" / "daily_kpis").rglob("*.parquet"))


def _kpi_columns() -> dict[str, str]:
    path = PROJECT / "models" / "marts" / "daily_kpis.yml"
    model = yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]
    return {column["name"]: column["data_type"] for column in model["columns"]}
