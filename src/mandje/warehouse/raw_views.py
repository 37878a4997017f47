"""Schema `raw`: exactly the current raw files as tables, and the few small things dbt needs beside them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import DELIVERY_COLUMNS, SQL_TYPES
from mandje.errors import MandjeError
from mandje.shop.settings import Shop
from mandje.system.literals import parquet_rows, text_literal
from mandje.system.machine import machine_fault
from mandje.system.own_files import first_damaged
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.dbt import documented_mart
from mandje.warehouse.partition import MissingDelivery

# Folder of a published snapshot: its as-of date, and a hash of its content.
SNAPSHOT = re.compile(r"\d{4}-\d{2}-\d{2}-[0-9a-f]{12}")
DATE_LENGTH = len("2011-12-10")

REJECTED_SQL: dict[str, str] = {
    **{name: SQL_TYPES[kind] for name, kind in DELIVERY_COLUMNS.items()},
    **dict.fromkeys(
        ("table_name", "column_name", "value", "rule", "reason", "document_id", "currency_code"), "VARCHAR"
    ),
    "money_amount": "DECIMAL(18,4)",
}


# Too large to copy. Of the others each of the many small files is opened once a night, not once per model.
READ_IN_PLACE = ("session_events", "published_daily_kpis", "published_customer_value")

MISSING_SQL = {"source": "VARCHAR", "feed": "VARCHAR", "delivery_date": "DATE"}
_MEND_RAW = "remove the folder {folder}: the next night reads that delivery anew"
_MEND_SNAPSHOT = "move its snapshot out of published/ (not the one that readers see), and run the night again"
SITES_SQL = dict.fromkeys(("site", "time_zone", "currency_code"), "VARCHAR")
SNAPSHOT_SQL = {"as_of_date": "DATE"}
# What tonight's segments are compared with.
SEGMENTS_SQL = {
    "person_id": "VARCHAR",
    "as_of_date": "DATE",
    "rfm_segment": "VARCHAR",
    "predicted_value_365d_amount": "DECIMAL(18,4)",
}


@dataclass(frozen=True, slots=True)
class RawTable:
    """What a table of schema `raw` shows: its columns with their SQL types, and the rows of these files.

    A table without files shows `rows`, each value as text that its type can read.
    """

    columns: Mapping[str, str]
    files: Sequence[Path] = ()
    rows: Sequence[tuple[str, ...]] = ()


def raw_tables(
    shop: Shop,
    partitions_by_feed: Mapping[str, Sequence[Path]],
    as_of_date: date,
    missing: Sequence[MissingDelivery],
    rejected: Sequence[Path] = (),
) -> dict[str, RawTable]:
    """Schema `raw`, for any engine: every feed (no files: no rows) and what lies beside the feeds.

    `rejected_rows`, `missing_deliveries` (source, feed, delivery_date: expected, and not loaded), and small
    tables.
    """
    feeds = {
        name: RawTable(table.sql_schema(), partitions_by_feed.get(name, ())) for name, table in FEEDS.items()
    }
    absent = [(one.source, one.feed, one.delivery_date.isoformat()) for one in missing]
    beside = {
        "rejected_rows": RawTable(REJECTED_SQL, rejected),
        "missing_deliveries": RawTable(MISSING_SQL, rows=absent),
    }
    return feeds | beside | small_tables(shop, as_of_date)


def small_tables(shop: Shop, as_of_date: date) -> dict[str, RawTable]:
    """What is in schema `raw` beside deliveries.

    `sites` (site, time_zone, currency_code), and what was published last for the latest as-of date before
    this one: that date (`published_snapshot`), `published_daily_kpis`, in the columns that `daily_kpis` has
    today, and `published_customer_value`, in those of `SEGMENTS_SQL`.
    """
    sites = [(name, site.time_zone, site.currency) for name, site in sorted(shop.settings.sites.items())]
    before = _published_before(shop, as_of_date)
    kpis, values = (_parquet_files(before, mart) for mart in ("daily_kpis", "customer_value"))
    told = [(before.name[:DATE_LENGTH],)] if before else []
    return {
        "sites": RawTable(SITES_SQL, rows=sites),
        "published_snapshot": RawTable(SNAPSHOT_SQL, rows=told),
        "published_daily_kpis": RawTable(_kpi_columns(), kpis),
        "published_customer_value": RawTable(SEGMENTS_SQL, values),
    }


def register_raw(
    shop: Shop,
    partitions_by_feed: Mapping[str, Sequence[Path]],
    as_of_date: date,
    missing: Sequence[MissingDelivery],
    rejected: Sequence[Path] = (),
) -> None:
    """Point schema `raw` of the working database at these files (see `raw_tables`), in one transaction.

    Raises:
        MandjeError: a file cannot be read, or the working database cannot be opened.
    """
    tables = raw_tables(shop, partitions_by_feed, as_of_date, missing, rejected)
    queries = {
        name: over_rows(table.rows, table.columns, text_literal)
        if table.rows
        else over_files(table.files, table.columns)
        for name, table in tables.items()
    }
    with open_warehouse(shop) as connection:
        try:
            _replace_all(connection, queries)
        except duckdb.Error as fault:
            raise machine_fault(fault, shop) or _damaged_raw(shop, tables, fault) from None


def _damaged_raw(shop: Shop, tables: Mapping[str, RawTable], fault: duckdb.Error) -> MandjeError:
    """Which file it was: of a partition, or of the snapshot that tonight is compared with."""
    columns = {path: table.columns for table in tables.values() for path in table.files}
    with duckdb.connect() as connection:

        def read(path: Path) -> object:
            rows = over_files([path], columns[path])
            return connection.execute(f"SELECT max(hash(COLUMNS(*))) FROM ({rows})").fetchall()

        of_raw = [path for path in columns if path.is_relative_to(shop.raw)]
        of_snapshots = [path for path in columns if not path.is_relative_to(shop.raw)]
        found = first_damaged(of_raw, read, _MEND_RAW) or first_damaged(of_snapshots, read, _MEND_SNAPSHOT)
    return found or MandjeError(
        "a raw file cannot be read",
        file=str(shop.raw),
        found=str(fault).splitlines()[0],
        next_step="delete raw/ of this shop and run the night: it is made anew from exports/",
    )


def _replace_all(connection: duckdb.DuckDBPyConnection, queries: Mapping[str, str]) -> None:
    connection.execute("BEGIN")
    connection.execute("DROP SCHEMA IF EXISTS raw CASCADE")
    connection.execute("CREATE SCHEMA raw")
    for name, query in queries.items():
        kind = "VIEW" if name in READ_IN_PLACE else "TABLE"
        connection.execute(f"CREATE {kind} raw.{name} AS {query}")
    connection.execute("COMMIT")


def over_files(files: Iterable[Path], columns: Mapping[str, str]) -> str:
    """A query over these Parquet files, in columns and types as given; no files: no rows."""
    paths = list(files)
    if not paths:
        return _no_rows(columns)
    rows = f"SELECT * FROM {parquet_rows(paths)}"
    # The empty select fixes names and types: a snapshot of an older version may lack a column.
    return f"SELECT {', '.join(columns)} FROM ({_no_rows(columns)} UNION ALL BY NAME {rows})"


def _no_rows(columns: Mapping[str, str]) -> str:
    typed = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in columns.items())
    return f"SELECT {typed} WHERE false"


def over_rows(
    rows: Iterable[tuple[str, ...]], columns: Mapping[str, str], quoted: Callable[[str], str]
) -> str:
    """A query over these rows, in columns and types as given; `quoted` makes a text a literal."""
    listed = ", ".join(f"({', '.join(map(quoted, row))})" for row in rows)
    if not listed:
        return _no_rows(columns)
    typed = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in columns.items())
    return f"SELECT {typed} FROM (VALUES {listed}) AS listed ({', '.join(columns)})"


def _published_before(shop: Shop, as_of_date: date) -> Path | None:
    """The snapshot that was published last for the latest earlier as-of date."""
    folders = shop.published.iterdir() if shop.published.is_dir() else ()
    earlier = [
        (folder.name[:DATE_LENGTH], folder.stat().st_mtime_ns, folder)
        for folder in folders
        if SNAPSHOT.fullmatch(folder.name) and folder.name[:DATE_LENGTH] < as_of_date.isoformat()
    ]
    return max(earlier)[2] if earlier else None


def _parquet_files(snapshot: Path | None, mart: str) -> list[Path]:
    return sorted((snapshot / "parquet" / mart).rglob("*.parquet")) if snapshot else []


def _kpi_columns() -> dict[str, str]:
    return {column["name"]: column["data_type"] for column in documented_mart("daily_kpis")["columns"]}
