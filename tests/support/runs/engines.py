"""Two working databases of one shop, side by side: what one engine says and the other does not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import yaml

from repository import DBT_PROJECT

# The yml of each mart, by its name.
MARTS = {path.stem: path for path in sorted((DBT_PROJECT / "models" / "marts").rglob("*.yml"))}
# Doubles are ratios and medians made last; the engines may round their last digits each in its own way.
TOLERANCE = 1e-9
SHOWN = 20


def documented(mart: str) -> dict[str, Any]:
    content = yaml.safe_load(MARTS[mart].read_text(encoding="utf-8"))
    model: dict[str, Any] = content["models"][0]
    return model


def key_of(mart: str) -> list[str]:
    """The columns that its tests hold to be unique; of a view over facts, theirs.

    Without such a test, all that are no numbers.
    """
    model, facts = documented(mart), f"{mart.removesuffix('s')}_facts"
    if facts in MARTS:
        return key_of(facts)
    for test in model.get("data_tests", ()):
        if isinstance(test, dict) and "unique_key" in test:
            return list(test["unique_key"]["arguments"]["columns"])
    unique = [column["name"] for column in model["columns"] if "unique" in column.get("data_tests", ())]
    return unique or [
        column["name"]
        for column in model["columns"]
        if column["data_type"] in {"varchar", "date", "boolean", "timestamp with time zone"}
    ]


def differences(on_duckdb: Path, on_spark: Path, table: str, key: Sequence[str]) -> list[str]:
    """A line per value that differs (`table`, key, column, both values) and per row that one engine lacks."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name, file in (("on_duckdb", on_duckdb), ("on_spark", on_spark)):
            connection.execute(f"ATTACH '{file}' AS {name} (READ_ONLY)")
        columns = _columns(connection, f"on_duckdb.{table}")
        other = _columns(connection, f"on_spark.{table}")
        if columns != other:
            return [f"{table}: columns {sorted(set(columns.items()) ^ set(other.items()))}"]
        rows = connection.execute(_query(table, key, columns)).fetchall()
    return [
        f"{table} [{named}] {column}: DuckDB {ours}, Spark {theirs}" for named, column, ours, theirs in rows
    ]


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.execute(f"DESCRIBE {table}").fetchall()}


def _query(table: str, key: Sequence[str], columns: dict[str, str]) -> str:
    same_key = " AND ".join(f"d.{name} IS NOT DISTINCT FROM s.{name}" for name in key)
    shown_key = " || ', ' || ".join(
        f"'{name} ' || coalesce(CAST(coalesce(d.{name}, s.{name}) AS VARCHAR), 'null')" for name in key
    )
    cells = ", ".join(
        f"{{'name': '{name}', 'ours': CAST(d.{name} AS VARCHAR), 'theirs': CAST(s.{name} AS VARCHAR),"
        f" 'differs': d.is_row AND s.is_row AND {_differs(name, kind)}}}"
        for name, kind in columns.items()
    )
    row = (
        "{'name': '(row)', 'ours': if(d.is_row, 'has it', 'lacks it'),"
        " 'theirs': if(s.is_row, 'has it', 'lacks it'), 'differs': d.is_row IS DISTINCT FROM s.is_row}"
    )
    return f"""
        SELECT shown_key, cell.name, coalesce(cell.ours, 'null'), coalesce(cell.theirs, 'null')
        FROM (
            SELECT {shown_key} AS shown_key, unnest([{row}, {cells}]) AS cell
            FROM (SELECT *, true AS is_row FROM on_duckdb.{table}) AS d
            FULL JOIN (SELECT *, true AS is_row FROM on_spark.{table}) AS s ON {same_key}
        )
        WHERE cell.differs ORDER BY ALL LIMIT {SHOWN}
    """


def _differs(name: str, kind: str) -> str:
    differs = f"d.{name} IS DISTINCT FROM s.{name}"
    if kind != "DOUBLE":
        return differs
    near = f"abs(d.{name} - s.{name}) <= {TOLERANCE} * greatest(abs(d.{name}), abs(s.{name}))"
    return f"({differs} AND ({near}) IS NOT TRUE)"
