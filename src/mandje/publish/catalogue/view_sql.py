"""Which views of the working database may stay views: all that they read is public too.

DuckDB keeps a view's SQL without the name of its own database. So it runs in any file, under any name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import duckdb


@dataclass(frozen=True, slots=True)
class ViewSql:
    """The statement that makes a view, and the public tables and views that it names, as `schema.name`."""

    create: str
    reads: frozenset[str]


def portable_views(
    con: duckdb.DuckDBPyConnection, schemas: Collection[str], names: Iterable[str]
) -> dict[str, ViewSql]:
    """Views of these schemas of the current database that read nothing but `names`, as `schema.name`."""
    rows = con.execute(
        "SELECT schema_name || '.' || view_name, sql FROM duckdb_views()"
        " WHERE database_name = current_database() AND NOT internal AND list_contains(?, schema_name)",
        [list(schemas)],
    ).fetchall()
    public = frozenset(names)
    read = {name: ViewSql(sql, reads) for name, sql in rows if (reads := _reads(con, sql)) is not None}
    return {name: view for name, view in read.items() if view.reads <= public}


def _reads(con: duckdb.DuckDBPyConnection, create: str) -> frozenset[str] | None:
    """What a view names with its schema.

    None where it calls a table function, such as one that reads files, or DuckDB cannot take it apart.
    Names without a schema are those of its own CTEs: dbt writes every other one with its schema.
    """
    row = con.execute(
        """
        SELECT contains(parsed, '"TABLE_FUNCTION"') OR contains(parsed, '"error":true'),
            json_extract_string(parsed, '$..schema_name'),
            json_extract_string(parsed, '$..table_name')
        FROM (SELECT CAST(json_serialize_sql(?) AS VARCHAR) AS parsed)
        """,
        [create.partition(" AS ")[2]],
    ).fetchone()
    calls, schemas, names = row or (True, [], [])
    if calls:
        return None
    return frozenset(f"{schema}.{name}" for schema, name in zip(schemas, names, strict=True) if schema)
