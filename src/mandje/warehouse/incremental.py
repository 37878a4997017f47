"""Models that live from night to night: what they were built from, and when they must start anew.

Schema `incremental` of the working database says which raw partitions each of them holds, and which days were
cut anew last (see dbt_project/macros/build/incremental.sql). What is touched is the difference to the
partitions of today: that a night was killed somewhere, or never ran, changes nothing in that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from mandje.contracts.feeds import FEEDS
from mandje.shop.settings import Shop
from mandje.warehouse import dbt
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.partition import RawPartition
from mandje.warehouse.raw_views import over_files

FEED = "session_events"
# Each after those that it is built from.
MODELS = (
    ("staging", "stg_session_events"),
    ("intermediate", "int_wrong_clocks_found"),
    ("intermediate", "int_events_placed"),
    ("intermediate", "int_sessions_summed"),
)
_PARTITION = "delivery_source VARCHAR, delivery_date DATE, delivery_sha256 VARCHAR, rules VARCHAR"
_TABLES = {
    "basis": "part VARCHAR, fingerprint VARCHAR",
    "current_partitions": _PARTITION,
    "built_partitions": f"model VARCHAR, {_PARTITION}",
    "rebuilt_days": "session_date DATE, is_summed BOOLEAN",
    "absent_events": "event_id VARCHAR, delivery_source VARCHAR, delivery_date DATE",
}
_PartitionRow = tuple[str, object, str, str]


@dataclass(frozen=True, slots=True)
class EventDays:
    """Days on which sessions start: how many were rebuilt; None where it was all of them, and why."""

    rebuilt: int | None
    why_all: str | None


def clear_warehouse(shop: Shop, layers: Iterable[str], variables: dbt.Variables) -> str | None:
    """Drop what these schemas hold, except incremental models if they may live on; say why they may not.

    They may where all are there and all that their rows depend on is as it was, but for the partitions and
    the as-of date, which they see to themselves.
    """
    now = _basis(shop, variables)
    with open_warehouse(shop) as connection:
        connection.execute("BEGIN")
        _create_tables(connection)
        is_spark = shop.settings.engine.build == "spark"
        why_all = "built on Spark" if is_spark else _why_anew(connection, now)
        if why_all:
            for table in _TABLES:
                connection.execute(f"DELETE FROM incremental.{table}")
            connection.executemany("INSERT INTO incremental.basis VALUES (?, ?)", list(now.items()))
        _drop_all(connection, layers, kept=() if why_all else MODELS)
        connection.execute("COMMIT")
    return why_all


def register_incremental(shop: Shop, partitions: Sequence[RawPartition]) -> None:
    """Write down today's partitions; point a view at the files of those that staging does not hold yet."""
    current = {_row(one): one.folder / f"{FEED}.parquet" for one in partitions if one.feeds.get(FEED)}
    with open_warehouse(shop) as connection:
        connection.execute("BEGIN")
        _create_tables(connection)
        built = connection.execute(
            "SELECT * EXCLUDE (model) FROM incremental.built_partitions WHERE model = ?", [MODELS[0][1]]
        )
        added = [current[row] for row in current.keys() - set(built.fetchall())]
        connection.execute("DELETE FROM incremental.current_partitions")
        columns = [list(column) for column in zip(*current, strict=True)] or [[]] * 4
        values = ", ".join(["unnest(?)"] * 4)
        connection.execute(f"INSERT INTO incremental.current_partitions SELECT {values}", columns)
        view = over_files(sorted(added), FEEDS[FEED].sql_schema())
        connection.execute(f"CREATE OR REPLACE VIEW incremental.added_{FEED} AS {view}")
        connection.execute("COMMIT")


def event_days(shop: Shop, why_all: str | None) -> EventDays:
    """What the build that has just ended did; `why_all` is what `clear_warehouse` said."""
    if why_all:
        return EventDays(None, why_all)
    with open_warehouse(shop, read_only=True) as connection:
        rebuilt = connection.execute("FROM incremental.rebuilt_days").fetchall()
    return EventDays(len(rebuilt), None)


def _row(partition: RawPartition) -> _PartitionRow:
    return (partition.source, partition.delivery_date, partition.sha256, partition.rules)


def _create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE SCHEMA IF NOT EXISTS incremental")
    for name, columns in _TABLES.items():
        connection.execute(f"CREATE TABLE IF NOT EXISTS incremental.{name} ({columns})")


def _basis(shop: Shop, variables: dbt.Variables) -> dict[str, str]:
    """Fingerprints of what rows depend on: settings and sites, SQL of models and macros, contract, engine."""
    settled = {name: value for name, value in variables.items() if name != dbt.AS_OF_DATE}
    sites = sorted((name, site.time_zone) for name, site in shop.settings.sites.items())
    parts = {
        "settings": repr((sorted(settled.items()), sites)),
        "models": "".join(_sources(dbt.PROJECT)),
        "contract": repr(FEEDS[FEED]),
        "engine": f"{shop.settings.engine.build} {duckdb.__version__}",
    }
    return {part: hashlib.sha256(text.encode()).hexdigest() for part, text in parts.items()}


def _sources(project: Path) -> list[str]:
    """SQL of the models and of all macros, in an order that does not depend on their folders."""
    names = {name for _, name in MODELS}
    models = [path for path in (project / "models").rglob("*.sql") if path.stem in names]
    macros = (project / "macros").rglob("*.sql")
    return sorted(path.read_text(encoding="utf-8") for path in [*models, *macros])


def _why_anew(connection: duckdb.DuckDBPyConnection, now: Mapping[str, str]) -> str | None:
    before = dict(connection.execute("FROM incremental.basis").fetchall())
    if not before:
        return "the first build"
    changed = [part for part in now if before.get(part) != now[part]]
    if changed:
        return f"{' and '.join(changed)} changed"
    there = {(schema, name) for schema, name, kind in _relations(connection) if kind == "BASE TABLE"}
    return None if there.issuperset(MODELS) else "the build before did not come so far"


def _drop_all(
    connection: duckdb.DuckDBPyConnection, layers: Iterable[str], kept: Sequence[tuple[str, str]]
) -> None:
    kept_layers = {schema for schema, _ in kept}
    for layer in layers:
        if layer not in kept_layers:
            connection.execute(f"DROP SCHEMA IF EXISTS {layer} CASCADE")
    for schema, name, kind in _relations(connection):
        if schema in kept_layers and (schema, name) not in kept:
            kind_word = "VIEW" if kind == "VIEW" else "TABLE"
            connection.execute(f'DROP {kind_word} {schema}."{name}"')


def _relations(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    return connection.execute(
        "SELECT table_schema, table_name, table_type FROM information_schema.tables"
        " WHERE table_catalog = current_database()"
    ).fetchall()
