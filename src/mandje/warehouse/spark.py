"""Apache Spark in place of DuckDB for the build: its session, and the tables that it is given.

The only module that imports pyspark, which only the environment of requirements-spark.lock has.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mandje.errors import MandjeError
from mandje.shop.settings import Shop
from mandje.warehouse.raw_views import RawTable, over_rows


@contextmanager
def open_spark(shop: Shop) -> Iterator[Any]:
    """A session as shop.toml says, UTC, stopped at the end; its catalogue lives no longer than the session.

    Raises:
        MandjeError: no pyspark or no Java here, or the cluster cannot be reached.
    """
    session = _session(shop)
    try:
        yield session
    finally:
        session.stop()


def make_schemas(session: Any, folder: Path, layers: Iterable[str]) -> None:  # noqa: ANN401  optional library
    """Make an empty schema per layer, whose tables will lie in `<folder>/<layer>/<table>/`."""
    for layer in layers:
        session.sql(f"CREATE SCHEMA {layer} LOCATION {_text(folder / layer)}")


def give_table(session: Any, place: Path) -> None:  # noqa: ANN401
    """Make the Parquet files in `…/<layer>/<table>/` known as that table."""
    session.sql(f"CREATE TABLE {place.parent.name}.{place.name} USING parquet LOCATION {_text(place)}")


def give_raw(session: Any, tables: Mapping[str, RawTable]) -> None:  # noqa: ANN401
    """Make a view per raw table over exactly its files; models/staging/raw.yml says where dbt finds them."""
    for name, table in tables.items():
        schema = {column: _spark_type(kind) for column, kind in table.columns.items()}
        if table.files:
            listed = ", ".join(f"{column} {kind}" for column, kind in schema.items())
            rows = session.read.schema(listed).parquet(*map(str, table.files))
        else:
            rows = session.sql(over_rows(table.rows, schema, _text))
        rows.createOrReplaceGlobalTempView(name)


def _session(shop: Shop) -> Any:  # noqa: ANN401
    try:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise MandjeError(
            'shop.toml says build = "spark", and pyspark is not installed here',
            file=str(shop.folder / "shop.toml"),
            next_step="`make install-spark`, then run the night with the commands in .venv-spark/bin",
        ) from None
    builder = SparkSession.builder.appName(f"mandje {shop.settings.name}")
    for name, value in _settings(shop).items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
    except (PySparkException, Py4JError) as fault:
        raise MandjeError(
            "Spark does not start",
            file=str(shop.folder / "shop.toml"),
            found=" ".join(str(fault).split())[:300],
            next_step="Spark needs Java 17, and [engine.spark] master must name a cluster that answers",
        ) from None
    return session


def _settings(shop: Shop) -> dict[str, str]:
    """Ours, then those of shop.toml, which win."""
    engine = shop.settings.engine
    threads = engine.threads or os.cpu_count() or 1
    ours = {
        "spark.driver.memory": engine.memory_limit.removesuffix("iB"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": str(shop.warehouse.parent / "spark"),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.sources.default": "parquet",
        # The default is a type that other engines do not read as an instant.
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        # Every sort and window of a stage holds a page: by default 16 of them are all memory.
        "spark.buffer.pageSize": "2m",
    }
    one_machine = {
        "spark.master": f"local[{threads}]",
        "spark.local.dir": str(shop.warehouse.parent / "spill"),
        "spark.sql.shuffle.partitions": str(threads),
        # Files are listed here rather than by a task each.
        "spark.sql.sources.parallelPartitionDiscovery.threshold": "1000000",
    }
    where = {"spark.master": engine.spark.master} if engine.spark.master else one_machine
    return ours | where | engine.spark.conf


def _spark_type(kind: str) -> str:
    return kind.lower().replace("varchar", "string").replace(" with time zone", "")


def _text(value: object) -> str:
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"
