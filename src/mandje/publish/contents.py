"""What a snapshot holds: one DuckDB file that old clients read, and the same tables as Parquet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from mandje.publish.catalogue.about import AboutRow, write_about
from mandje.publish.catalogue.comments import describe
from mandje.publish.catalogue.ops import OPS_TABLES
from mandje.publish.catalogue.public_table import PublicColumn, PublicTable
from mandje.publish.catalogue.views import write_short_names, write_views
from mandje.system.literals import quoted, text_literal

# DuckDB 1.2 to 1.5 read this; the default of DuckDB 2 they refuse.
STORAGE_VERSION = "v1.2.0"
DATABASE = "mandje.duckdb"
# Folder of rows without a day, as Hive names it: tools read it as an unknown month.
NO_DAY = "__HIVE_DEFAULT_PARTITION__"
PAGE = "report.html"


def write_database(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    tables: Sequence[PublicTable],
    ops_tables: Mapping[str, pl.DataFrame],
    about: Callable[[], Sequence[AboutRow]],
) -> None:
    """Copy the public tables, and `ops_tables` as schema `ops`, into a new database file; make its views.

    It stays attached as `snapshot`. Rows are sorted: by the day of a dated fact, then by all columns.
    `about` is asked once they stand in the current database.
    """
    con.execute(f"ATTACH {text_literal(path)} AS snapshot (STORAGE_VERSION {text_literal(STORAGE_VERSION)})")
    con.begin()  # every statement by itself would wait for the disk: thousands are comments
    for schema in sorted({table.schema for table in tables} | {"ops"}):
        con.execute(f"CREATE SCHEMA snapshot.{quoted(schema)}")
    for table in tables:
        if table.view is None:
            _copy(con, table)
    con.execute("USE snapshot")  # a view is made in, and reads, the current database
    for name, frame in sorted(ops_tables.items()):
        _write_ops(con, name, frame)
    write_views(con, tables)
    write_short_names(con, tables)
    write_about(con, about())
    con.execute("USE work")
    con.commit()
    con.execute("CHECKPOINT snapshot")


def _write_ops(con: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    table, target = OPS_TABLES[name], f"ops.{quoted(name)}"
    columns = ", ".join(f"{quoted(column)} {kind}" for column, (kind, _) in table.columns.items())
    con.execute(f"CREATE TABLE {target} ({columns})")
    con.register("ops_frame", frame.to_arrow())
    con.execute(f"INSERT INTO {target} BY NAME SELECT * FROM ops_frame")
    con.unregister("ops_frame")
    describe(con, "TABLE", target, table.description, table.descriptions)


def _copy(con: duckdb.DuckDBPyConnection, table: PublicTable) -> None:
    target = f"snapshot.{table.qualified}"
    con.execute(f"CREATE TABLE {target} ({', '.join(_definition(column) for column in table.columns)})")
    names = [column.name for column in table.columns]
    first = [table.date_column] if table.date_column else []
    order = ", ".join(f"{quoted(name)} NULLS LAST" for name in dict.fromkeys([*first, *names]))
    con.execute(f"INSERT INTO {target} BY NAME SELECT * FROM {table.qualified} ORDER BY {order}")
    describe(con, "TABLE", target, table.description, table.descriptions)


def _definition(column: PublicColumn) -> str:
    return f"{quoted(column.name)} {column.type}{'' if column.is_nullable else ' NOT NULL'}"


def write_parquet(
    con: duckdb.DuckDBPyConnection, folder: Path, tables: Sequence[PublicTable], as_of_date: date
) -> None:
    """Write the tables of the attached `snapshot` to `<folder>/<table>/…`, zstd, equal bytes for equal rows.

    A dated fact has one file per month, `month=2011-12/data_0.parquet`, where the folder alone holds the
    month, a dated journal one per day, `day=2011-12-09/…`: a night adds to it and changes nothing. Rows
    without a day have a folder of their own. Without rows it is one empty file of the as-of date. Other
    tables have one file, views none.
    """
    (threads,) = con.execute("SELECT current_setting('threads')").fetchone() or (1,)
    con.execute("SET threads = 1")  # several threads for one table would give other bytes on every run
    own = [table for table in tables if table.view is None]
    with ThreadPoolExecutor(threads) as writers:
        done = [writers.submit(_write_table, con.cursor(), folder, table, as_of_date) for table in own]
        for one in done:
            one.result()


def _write_table(con: duckdb.DuckDBPyConnection, folder: Path, table: PublicTable, as_of_date: date) -> None:
    target = folder / table.name
    target.mkdir(parents=True)
    if table.date_column is None:
        _write_file(con, f"snapshot.{table.qualified}", target)
        return
    part, pattern = ("day", "%Y-%m-%d") if table.is_journal else ("month", "%Y-%m")
    day = quoted(table.date_column)
    parts = con.execute(
        f"SELECT strftime({day}, '{pattern}') AS name, min({day}), max({day})"
        f" FROM snapshot.{table.qualified} GROUP BY name ORDER BY name"
    ).fetchall()
    for name, first, last in parts or [(as_of_date.strftime(pattern), as_of_date, as_of_date)]:
        days = f"{day} BETWEEN DATE '{first}' AND DATE '{last}'" if name else f"{day} IS NULL"
        # Each by itself: PARTITION_BY would put the rows of a month in an order that hangs on the others.
        rows = f"(SELECT * FROM snapshot.{table.qualified} WHERE {days})"
        _write_file(con, rows, target / f"{part}={name or NO_DAY}")


def _write_file(con: duckdb.DuckDBPyConnection, rows: str, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / "data_0.parquet"
    con.execute(f"COPY {rows} TO {text_literal(path)} (FORMAT parquet, COMPRESSION zstd)")
