"""Views of the marts: views in the snapshot too, where all that they read is public."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hand_built import FIRST_DAY, OPS, names

from mandje.publish.content_hash import snapshot_hash
from mandje.publish.snapshot import publish
from mandje.publish.tables import public_tables
from mandje.shop.settings import Shop

Build = Callable[..., None]

# Named as dbt names them: with the database.
VIEWS = """
CREATE VIEW "mandje"."marts"."wide_orders" AS
WITH halves AS (SELECT order_id, total_amount / 2 AS half_amount FROM "mandje"."marts"."orders")
SELECT orders.order_id, orders.total_amount, halves.half_amount
FROM "mandje"."marts"."orders" AS orders INNER JOIN halves USING (order_id);
CREATE VIEW "mandje"."marts"."a_small_order" AS
SELECT * FROM "mandje"."marts"."wide_orders" WHERE total_amount < 2;
CREATE VIEW "mandje"."marts"."from_staging" AS SELECT * FROM "mandje"."staging"."hidden";
CREATE VIEW "mandje"."marts"."on_top" AS SELECT x + 1 AS y FROM "mandje"."marts"."from_staging";
CREATE VIEW "mandje"."marts"."of_files" AS SELECT * FROM range(3);
COMMENT ON VIEW marts.wide_orders IS 'One row per order.';
COMMENT ON COLUMN marts.wide_orders.half_amount IS 'Half of it. Unit: EUR.';
"""
READ = {"wide_orders": 10, "a_small_order": 2, "on_top": 1}
COPIED = {"from_staging": 1, "of_files": 3}


@pytest.fixture
def snapshot(shop: Shop, build: Build) -> Path:
    build(10)
    with duckdb.connect(shop.warehouse) as con:
        con.execute(VIEWS)
    return shop.published / publish(shop, FIRST_DAY, OPS).folder


def kinds(manifest: dict[str, Any]) -> dict[str, tuple[str, int]]:
    named = READ | COPIED
    return {t["name"]: (t["kind"], t["rows"]) for t in manifest["tables"] if t["name"] in named}


def test_a_view_stays_one_where_all_it_reads_is_public(snapshot: Path) -> None:
    manifest = json.loads((snapshot / "manifest.json").read_text())
    expected = {name: ("view", rows) for name, rows in READ.items()}
    assert kinds(manifest) == expected | {name: ("table", rows) for name, rows in COPIED.items()}
    parquet = {"orders", "restatements", "returns", "stamp", "churn_risk", *COPIED}
    assert set(names(snapshot / "parquet")) == parquet


def test_its_columns_and_descriptions_are_in_the_file_and_the_manifest(snapshot: Path) -> None:
    tables = json.loads((snapshot / "manifest.json").read_text())["tables"]
    wide = next(table for table in tables if table["name"] == "wide_orders")
    assert wide["description"] == "One row per order."
    assert wide["columns"][2] == {
        "name": "half_amount",
        "type": "DOUBLE",
        "description": "Half of it. Unit: EUR.",
    }
    with duckdb.connect(snapshot / "mandje.duckdb", read_only=True) as con:
        told = con.execute("SELECT comment FROM duckdb_columns() WHERE comment LIKE 'Half%'")
        assert told.fetchone() == ("Half of it. Unit: EUR.",)


def test_it_runs_under_any_name_of_file_and_database(snapshot: Path, tmp_path: Path) -> None:
    moved = tmp_path / "other.duckdb"
    moved.write_bytes((snapshot / "mandje.duckdb").read_bytes())
    with duckdb.connect(moved, read_only=True) as con:
        assert con.execute("SELECT count(*), sum(y) FROM marts.on_top").fetchone() == (1, 2)
        assert con.execute("SELECT count(*) FROM marts.a_small_order").fetchone() == (2,)
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA marts; CREATE TABLE marts.orders AS SELECT 'mine' AS order_id")
        con.execute(f"ATTACH '{moved}' AS shop_of_mine (READ_ONLY)")
        row = con.execute("SELECT min(order_id), count(*) FROM shop_of_mine.marts.wide_orders").fetchone()
        assert row == ("o0", 10)


def test_a_view_is_no_part_of_the_content_hash(shop: Shop, snapshot: Path) -> None:
    with duckdb.connect(shop.warehouse) as con:
        before = snapshot_hash(con)
        con.execute("DROP VIEW marts.a_small_order")
        assert snapshot_hash(con) == before
        con.execute("CREATE OR REPLACE VIEW marts.from_staging AS SELECT 2 AS x FROM staging.hidden")
        assert snapshot_hash(con) != before
    with duckdb.connect(snapshot / "mandje.duckdb", read_only=True) as con:
        assert snapshot_hash(con) == before


def test_the_gate_compares_the_tables_of_a_view_not_the_view(shop: Shop, snapshot: Path) -> None:
    assert snapshot.is_dir()
    with duckdb.connect(shop.warehouse) as con:
        state = {table.name for table in public_tables(con) if table.is_state}
    assert state & (READ | COPIED).keys() == COPIED.keys()
    assert "restatements" not in state


def test_rows_are_counted_once(shop: Shop, build: Build) -> None:
    build(10)
    with duckdb.connect(shop.warehouse) as con:
        con.execute(VIEWS)
    assert publish(shop, FIRST_DAY, OPS).rows == 10 + 0 + 1 + 1 + 1 + 1 + sum(COPIED.values())
