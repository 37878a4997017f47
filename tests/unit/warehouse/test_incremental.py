from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from mandje.contracts.feeds import FEEDS
from mandje.shop.settings import Shop, load_shop
from mandje.warehouse import dbt, incremental
from mandje.warehouse.build import dbt_variables
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.incremental import MODELS, clear_warehouse, event_days, register_incremental
from mandje.warehouse.on_spark import LAYERS
from raw_shop import WrittenPartition, make_raw_shop

DAY = date(2025, 1, 31)


def clear(shop: Shop, day: date = DAY) -> str | None:
    return clear_warehouse(shop, LAYERS, dbt_variables(shop, day))


def rows(shop: Shop, query: str) -> list[tuple[object, ...]]:
    with open_warehouse(shop, read_only=True) as connection:
        return connection.execute(query).fetchall()


def build_by_hand(shop: Shop) -> None:
    """What a build leaves: the incremental models, and other tables and views beside them."""
    with open_warehouse(shop) as connection:
        for layer in LAYERS:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {layer}")
        for schema, name in [*MODELS, ("marts", "orders"), ("staging", "stg_orders")]:
            connection.execute(f"CREATE TABLE {schema}.{name} AS SELECT 1 AS n")
        connection.execute("CREATE VIEW intermediate.seen AS SELECT 1 AS n")


def tables(shop: Shop) -> set[tuple[object, ...]]:
    query = (
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema <> 'incremental'"
    )
    return set(rows(shop, query))


@pytest.fixture
def built(shop: Shop) -> Shop:
    assert clear(shop) == "the first build"
    build_by_hand(shop)
    return shop


def test_incremental_models_live_on_and_all_else_goes(built: Shop) -> None:
    assert clear(built, date(2025, 2, 1)) is None
    assert tables(built) == set(MODELS)
    assert clear(built) is None


def test_what_the_first_build_left_unfinished_is_built_anew(built: Shop) -> None:
    with open_warehouse(built) as connection:
        connection.execute("INSERT INTO incremental.rebuilt_days VALUES ('2025-01-01', false)")
        connection.execute("DROP TABLE intermediate.int_sessions_summed")
    assert clear(built) == "the build before did not come so far"
    assert tables(built) == set()
    assert rows(built, "FROM incremental.rebuilt_days") == []


def other_gap(shop: Shop, _: pytest.MonkeyPatch) -> None:
    _append(shop, "\n[sessions]\ngap_minutes = 20\n")


def other_hosts(shop: Shop, _: pytest.MonkeyPatch) -> None:
    _append(shop, '\n[internal]\nhosts = ["staging.shop.nl"]\n')


def other_clock(shop: Shop, _: pytest.MonkeyPatch) -> None:
    path = shop.folder / "shop.toml"
    path.write_text(path.read_text().replace("Europe/London", "Europe/Lisbon"))


def _append(shop: Shop, text: str) -> None:
    path = shop.folder / "shop.toml"
    path.write_text(path.read_text() + text)


def other_sql(shop: Shop, patch: pytest.MonkeyPatch) -> None:
    _other_project(shop, patch, "models/intermediate/visits/int_sessions_summed.sql")


def other_macro(shop: Shop, patch: pytest.MonkeyPatch) -> None:
    _other_project(shop, patch, "macros/blocks/staging/winners.sql")


def _other_project(shop: Shop, patch: pytest.MonkeyPatch, file: str) -> None:
    project = shop.folder / "project"
    shutil.copytree(dbt.PROJECT, project)
    (project / file).write_text((project / file).read_text() + "\n-- changed\n")
    patch.setattr(dbt, "PROJECT", project)


def other_contract(_: Shop, patch: pytest.MonkeyPatch) -> None:
    feed = FEEDS["session_events"]
    fewer = dataclasses.replace(feed, columns=feed.columns[:-1])
    patch.setattr(incremental, "FEEDS", {"session_events": fewer})


def other_engine(_: Shop, patch: pytest.MonkeyPatch) -> None:
    patch.setattr("duckdb.__version__", "2.0.1")


def test_spark_builds_everything_and_so_does_the_night_after_it(built: Shop) -> None:
    settings = (built.folder / "shop.toml").read_text()
    _append(built, '\n[engine]\nbuild = "spark"\n')
    for _ in range(2):
        assert clear(load_shop(built.folder)) == "built on Spark"
        build_by_hand(built)
    (built.folder / "shop.toml").write_text(settings)
    assert clear(built) == "engine changed"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (other_gap, "settings changed"),
        (other_hosts, "settings changed"),
        (other_clock, "settings changed"),
        (other_sql, "models changed"),
        (other_macro, "models changed"),
        (other_contract, "contract changed"),
        (other_engine, "engine changed"),
    ],
)
def test_whatever_rows_depend_on_builds_them_anew(
    built: Shop,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Shop, pytest.MonkeyPatch], None],
    why: str,
) -> None:
    change(built, monkeypatch)
    shop = load_shop(built.folder)
    assert clear(shop) == why
    assert tables(shop) == set()
    build_by_hand(shop)
    assert clear(shop) is None


def test_a_mart_that_changes_leaves_them_alone(built: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    _other_project(built, monkeypatch, "models/marts/sales/orders.sql")
    assert clear(built) is None


def test_only_files_that_staging_does_not_hold_are_shown(tmp_path: Path) -> None:
    days = [date(2025, 1, day) for day in (1, 2, 3)]
    events = [{"event_id": f"e{day.day}", "delivery_date": day} for day in days]
    orders = [{"order_id": "o1", "delivery_date": days[0]}]
    shop, partitions = make_raw_shop(tmp_path / "shop", {"session_events": events, "orders": orders})
    register_incremental(shop, partitions[:2])
    assert _added(shop) == ["e1", "e2"]
    with open_warehouse(shop) as connection:
        connection.execute(
            "INSERT INTO incremental.built_partitions"
            " SELECT 'stg_session_events', * FROM incremental.current_partitions"
        )
    register_incremental(shop, partitions)
    assert _added(shop) == ["e3"]
    reread = dataclasses.replace(partitions[0], rules="other rules")
    register_incremental(shop, [reread, partitions[1]])
    assert _added(shop) == ["e1"]
    register_incremental(shop, [WrittenPartition(partitions[0].folder, {"orders": 1})])
    assert _added(shop) == []
    assert rows(shop, "FROM incremental.current_partitions") == []


def _added(shop: Shop) -> list[object]:
    query = "SELECT event_id FROM incremental.added_session_events ORDER BY ALL"
    return [event_id for (event_id,) in rows(shop, query)]


def test_a_full_refresh_counts_no_days_and_says_why(built: Shop) -> None:
    with open_warehouse(built) as connection:
        connection.execute("INSERT INTO incremental.rebuilt_days VALUES ('2025-01-01', true)")
    assert event_days(built, None) == incremental.EventDays(1, None)
    assert event_days(built, "the first build") == incremental.EventDays(None, "the first build")
