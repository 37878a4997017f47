"""Schema `raw`: views over exactly the current raw files, and the few small things dbt needs beside them."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb
import yaml

from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import DELIVERY_COLUMNS, SQL_TYPES
from mandje.errors import MandjeError
from mandje.settings import Shop
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.dbt import PROJECT

# Folder of a published snapshot: its as-of date, and a hash of its content.
SNAPSHOT = re.compile(r"(?P<as_of_date>\d{4}-\d{2}-\d{2})-[0-9a-f]{12}")

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
    time_zone, currency_code), and `published_daily_kpis`: what was published last for the latest as-of date
    before this one, in the columns that `daily_kpis` has today.

    Raises:
        MandjeError: a file cannot be read, or the working database cannot be opened.
    """
    views = {
        name: _over_files(partitions_by_feed.get(name, ()), table.sql_schema())
        for name, table in FEEDS.items()
    }
    views["rejected_rows"] = _over_files(rejected, REJECTED_SQL)
    views["sites"] = _sites(shop)
    views["published_daily_kpis"] = _over_files(_published(shop, as_of_date), _kpi_columns())
    with open_warehouse(shop) as connection:
        try:
            _replace_views(connection, views)
        except duckdb.Error as fault:
            raise MandjeError(
                "a raw file cannot be read",
                file=str(shop.raw),
                found=str(fault).splitlines()[0],
                next_step="delete raw/ of this shop and run the night: it is made anew from exports/",
            ) from None


def _replace_views(connection: duckdb.DuckDBPyConnection, views: Mapping[str, str]) -> None:
    connection.execute("BEGIN")
    connection.execute("CREATE SCHEMA IF NOT EXISTS raw")
    for name, query in views.items():
        connection.execute(f"CREATE OR REPLACE VIEW raw.{name} AS {query}")
    connection.execute("COMMIT")


def _over_files(files: Iterable[Path], columns: Mapping[str, str]) -> str:
    # The empty select fixes names and types: a snapshot of an older version may lack a column.
    typed = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in columns.items())
    empty = f"SELECT {typed} WHERE false"
    paths = ", ".join(_quoted(glob.escape(str(path))) for path in files)
    if not paths:
        return empty
    rows = f"SELECT * FROM read_parquet([{paths}], hive_partitioning = false)"
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
    folders = shop.published.iterdir() if shop.published.is_dir() else ()
    named = ((SNAPSHOT.fullmatch(folder.name), folder) for folder in folders)
    earlier = [
        (name["as_of_date"], folder.stat().st_mtime_ns, folder)
        for name, folder in named
        if name and name["as_of_date"] < as_of_date.isoformat()
    ]
    return sorted((max(earlier)[2] / "parquet" / "daily_kpis").rglob("*.parquet")) if earlier else []


def _kpi_columns() -> dict[str, str]:
    path = PROJECT / "models" / "marts" / "daily_kpis.yml"
    model = yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]
    return {column["name"]: column["data_type"] for column in model["columns"]}
