"""When two tables say the same: a hash of content, whatever the order of rows and columns.

A row becomes text: its columns by name; numbers and times as `<value>;`, a NULL with nothing before it;
others as `<bytes>:<value>`, or `n` for NULL. So no value can pass for another, nor slip into the next
column. The table's hash covers the names and types of its columns, the number of rows, and the sums of both
halves of every row's MD5: sums do not depend on order, see repeated rows, and need no memory. Bellare and
Micciancio (1997) call this incremental form AdHash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection

import duckdb

from mandje.publish.tables import public_tables
from mandje.system.literals import quoted, text_literal

# Columns that differ between two runs of the same night.
VOLATILE = frozenset({"run_id", "written_at"})

# Types whose values are never an empty text nor one with a semicolon.
_PLAIN = ("BIGINT", "BOOLEAN", "DATE", "DECIMAL", "DOUBLE", "INTEGER", "TIMESTAMP")


def content_hash(
    con: duckdb.DuckDBPyConnection, schema: str, table: str, volatile: Collection[str] = frozenset()
) -> str:
    """Hash of one table's content: 64 hex digits, without the columns named in `volatile`.

    Equal for equal multisets of rows, columns taken by name; independent of threads, row order, column
    order, the session's time zone and the names of schema and table.
    """
    columns = sorted(
        con.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = current_database()"
            " AND schema_name = ? AND table_name = ?",
            [schema, table],
        ).fetchall()
    )
    kept = [(name, kind) for name, kind in columns if name not in volatile]
    # One concat of all parts takes half the time of as many ||.
    row_text = f"concat({', '.join([text_literal(''), *(_cell(name, kind) for name, kind in kept)])})"
    sums = con.execute(
        f"""
        SELECT count(*), coalesce(sum((digest >> 64)::UBIGINT), 0),
            coalesce(sum((digest & 18446744073709551615::UHUGEINT)::UBIGINT), 0)
        FROM (SELECT md5_number({row_text}) AS digest FROM {quoted(schema)}.{quoted(table)})
        """
    ).fetchone()
    return hashlib.sha256(json.dumps([kept, sums]).encode()).hexdigest()


def snapshot_hash(con: duckdb.DuckDBPyConnection) -> str:
    """Hash over all public state tables of the current database: 64 hex digits.

    Journals are left out, and views: their tables are in it.
    """
    hashes = {
        f"{table.schema}.{table.name}": content_hash(con, table.schema, table.name, VOLATILE)
        for table in public_tables(con)
        if table.is_state
    }
    return hashlib.sha256(json.dumps(hashes, sort_keys=True).encode()).hexdigest()


def _cell(name: str, kind: str) -> str:
    text = _text(quoted(name), kind)
    if kind.startswith(_PLAIN) and not kind.endswith("]"):
        return f"{text}, ';'"
    return f"coalesce(strlen({text}) || ':', 'n'), {text}"


def _text(column: str, kind: str) -> str:
    """The one text of a value; times do not depend on the session, −0.0 is 0.0, nested values are JSON."""
    if kind == "VARCHAR":
        return column
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"CAST(timezone('UTC', {column}) AS VARCHAR)"
    if kind in {"DOUBLE", "FLOAT"}:
        return f"CAST({column} + 0.0 AS VARCHAR)"
    if kind.endswith(("]", ")")) and not kind.startswith("DECIMAL"):
        return f"CAST(to_json({column}) AS VARCHAR)"
    return f"CAST({column} AS VARCHAR)"
