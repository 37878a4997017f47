"""A build on Spark: what it is given, and what it gives back.

The stages after a build read the working database and need not know which engine filled it: marts become
tables as their contracts say, all other layers views over the Parquet files that Spark wrote.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from mandje.shop.settings import Shop
from mandje.system.literals import parquet_rows, text_literal
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.dbt import NodeResult, documented_mart
from mandje.warehouse.raw_views import RawTable
from mandje.warehouse.spark import give_raw, give_table, make_schemas, open_spark

MARTS = "marts"
# What Python writes between the two builds.
FROM_PYTHON = ("predictions", "ops")
LAYERS = ("seeds", "staging", "intermediate", MARTS, *FROM_PYTHON)

Run = Callable[[], list[NodeResult]]


def run_before_predictions(shop: Shop, raw: Mapping[str, RawTable], run: Run) -> list[NodeResult]:
    """Run dbt in a new session that knows the raw tables; make what it built known to the working database.

    Raises:
        MandjeError: Spark does not start, or what `run` raises.
    """
    shutil.rmtree(_folder(shop), ignore_errors=True)
    with open_spark(shop) as session:
        make_schemas(session, _before(shop), LAYERS)
        give_raw(session, raw)
        results = run()
    _adopt_all(shop, _before(shop), results)
    return results


def run_after_predictions(shop: Shop, raw: Mapping[str, RawTable], run: Run) -> list[NodeResult]:
    """The same with the tables built before, and what Python wrote into the working database since.

    Raises:
        MandjeError: Spark does not start, or what `run` raises.
    """
    folder = _folder(shop) / "after_predictions"
    shutil.rmtree(folder, ignore_errors=True)
    _lend_python_tables(shop, folder)
    with open_spark(shop) as session:
        make_schemas(session, folder, LAYERS)
        give_raw(session, raw)
        for place in sorted([*_before(shop).glob("*/*"), *folder.glob("*/*")]):
            give_table(session, place)
        results = run()
    _adopt_all(shop, folder, results)
    return results


def _folder(shop: Shop) -> Path:
    return shop.warehouse.parent / "spark"


def _before(shop: Shop) -> Path:
    """Tables built before predictions: `<layer>/<table>/` of Parquet files."""
    return _folder(shop) / "before_predictions"


def _lend_python_tables(shop: Shop, folder: Path) -> None:
    with open_warehouse(shop, read_only=True) as connection:
        for layer in FROM_PYTHON:
            for name in _relations(connection, layer):
                place = folder / layer / name
                place.mkdir(parents=True)
                target = text_literal(place / "rows.parquet")
                connection.execute(f"COPY {layer}.{name} TO {target} (FORMAT parquet)")


def _adopt_all(shop: Shop, folder: Path, results: Iterable[NodeResult]) -> None:
    with open_warehouse(shop) as connection:
        connection.execute("BEGIN")
        for one in results:
            if one.kind in {"model", "seed"}:
                _drop(connection, one.schema, one.name)
                _adopt(connection, one.schema, one.name, folder / one.schema / one.name)
        connection.execute("COMMIT")


def _adopt(connection: duckdb.DuckDBPyConnection, schema: str, name: str, place: Path) -> None:
    rows = f"SELECT * FROM {parquet_rows(sorted(place.glob('*.parquet')))}"
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    if schema != MARTS:
        connection.execute(f"CREATE VIEW {schema}.{name} AS {rows}")
        return
    model = documented_mart(name)
    columns = ", ".join(_definition(column) for column in model["columns"])
    connection.execute(f"CREATE TABLE {schema}.{name} ({columns})")
    connection.execute(f"INSERT INTO {schema}.{name} BY NAME {rows}")
    connection.execute(f"COMMENT ON TABLE {schema}.{name} IS {text_literal(model['description'])}")
    for column in model["columns"]:
        place_of = f"{schema}.{name}.{column['name']}"
        connection.execute(f"COMMENT ON COLUMN {place_of} IS {text_literal(column['description'])}")


def _drop(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> None:
    if kind := _relations(connection, schema).get(name):
        connection.execute(f"DROP {kind} {schema}.{name}")


def _relations(connection: duckdb.DuckDBPyConnection, schema: str) -> dict[str, str]:
    """TABLE or VIEW, by name."""
    rows = connection.execute(
        "SELECT table_name, if(table_type = 'VIEW', 'VIEW', 'TABLE') FROM information_schema.tables"
        " WHERE table_catalog = current_database() AND table_schema = ?",
        [schema],
    ).fetchall()
    return dict(rows)


def _definition(column: dict[str, Any]) -> str:
    must_be_there = any(one["type"] == "not_null" for one in column.get("constraints", ()))
    return f"{column['name']} {column['data_type']}{' NOT NULL' if must_be_there else ''}"
