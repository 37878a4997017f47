"""The manifest: what a snapshot holds, so that anybody can check a copy of it. No wall clock in it."""

from __future__ import annotations

import glob
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from mandje.publish.catalogue.about import Stand
from mandje.publish.contents import DATABASE, PAGE
from mandje.publish.files import sha256_of
from mandje.system.literals import quoted, text_literal

MANIFEST = "manifest.json"


def build_manifest(con: duckdb.DuckDBPyConnection, folder: Path, stand: Stand) -> dict[str, Any]:
    """Read back what was written: the tables of the attached `snapshot`, and every file below `folder`.

    The database file stands for all its tables: its `rows` are theirs, its `schema` is `tables`. The `schema`
    of a Parquet file holds the columns inside the file, without the month that its folder names. A view has
    no file.
    """
    tables = _tables(con)
    rows = own_rows(tables)
    database = {"path": DATABASE, "rows": rows, "schema": "tables"}
    files: list[dict[str, Any]] = [database, {"path": PAGE}, *_parquet_files(con, folder)]
    return {
        "as_of_date": stand.as_of_date.isoformat(),
        "content_hash": stand.content_hash,
        "contract_version": stand.contract_version,
        "warnings": _warnings(con),
        "tables": tables,
        "files": [file | file_bytes(folder, str(file["path"])) for file in files],
    }


def own_rows(tables: Iterable[Mapping[str, Any]]) -> int:
    """Rows of a manifest's tables, but for `main.about`; those that a view shows are its tables'."""
    return sum(
        table["rows"] for table in tables if table.get("kind") != "view" and table.get("schema") != "main"
    )


def _warnings(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The checks that failed that night, without keys: a manifest may go where persons' ids may not."""
    there = (
        "SELECT count(*) > 0 FROM duckdb_tables() WHERE database_name = 'snapshot' AND schema_name = 'ops'"
    )
    if con.execute(f"{there} AND table_name = 'warnings'").fetchone() != (True,):
        return []
    names = ("check", "severity", "count", "sentence")
    rows = con.execute(
        "SELECT check_name, severity, row_count, sentence FROM snapshot.ops.warnings ORDER BY ALL NULLS LAST"
    ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]


def _tables(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Tables and views, by schema and name; `kind` tells them apart. Rows of a view are those it shows.

    The short names in `main` are not listed: they say nothing of their own.
    """
    found = con.execute(
        """
        SELECT schema_name, table_name, 'table', coalesce(comment, '') FROM duckdb_tables()
        WHERE database_name = 'snapshot'
        UNION ALL
        SELECT schema_name, view_name, 'view', coalesce(comment, '') FROM duckdb_views()
        WHERE database_name = 'snapshot' AND NOT internal AND schema_name <> 'main'
        ORDER BY ALL
        """
    ).fetchall()
    columns = _columns(con)
    return [
        {
            "schema": schema,
            "name": name,
            "kind": kind,
            "description": description,
            "rows": _count(con, schema, name),
            "columns": columns[schema, name],
        }
        for schema, name, kind, description in found
    ]


def _columns(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], list[dict[str, str]]]:
    columns: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for schema, table, name, kind, description in con.execute(
        "SELECT schema_name, table_name, column_name, data_type, coalesce(comment, '') FROM duckdb_columns()"
        " WHERE database_name = 'snapshot' ORDER BY schema_name, table_name, column_index"
    ).fetchall():
        columns[schema, table].append({"name": name, "type": kind, "description": description})
    return columns


def _count(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> int:
    row = con.execute(f"SELECT count(*) FROM snapshot.{quoted(schema)}.{quoted(table)}").fetchone()
    return int(row[0]) if row else 0


def _parquet_files(con: duckdb.DuckDBPyConnection, folder: Path) -> list[dict[str, Any]]:
    pattern = text_literal(f"{glob.escape(str(folder))}/parquet/**/*.parquet")
    schemas: dict[str, list[dict[str, str]]] = defaultdict(list)
    for file, name, kind in con.execute(
        f"SELECT file_name, name, duckdb_type FROM parquet_schema({pattern})"
        " WHERE duckdb_type IS NOT NULL ORDER BY file_name, column_id"
    ).fetchall():
        schemas[file].append({"name": name, "type": kind})
    counts = con.execute(
        f"SELECT file_name, num_rows FROM parquet_file_metadata({pattern}) ORDER BY file_name"
    ).fetchall()
    return [
        {"path": Path(file).relative_to(folder).as_posix(), "rows": rows, "schema": schemas[file]}
        for file, rows in counts
    ]


def file_bytes(folder: Path, path: str) -> dict[str, Any]:
    """A file as the manifest lists it: path from the folder, bytes and sha256."""
    place = folder / path
    return {"path": path, "bytes": place.stat().st_size, "sha256": sha256_of(place)}
