"""A published snapshot opens in a DuckDB of 2025, and its Parquet wherever Parquet opens."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from mandje.publish.snapshot import publish
from mandje.shop.settings import load_shop

pytestmark = pytest.mark.full

SHOP_TOML = """
name = "basket"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
[sites.nl]
time_zone = "Europe/Amsterdam"
currency = "EUR"
[sources.orders]
adapter = "canonical"
"""
MARTS = """
SET TimeZone = 'UTC';
CREATE SCHEMA marts;
CREATE TABLE marts.orders AS
SELECT 'o' || i AS order_id, TIMESTAMPTZ '2011-10-30 00:30:00.123456+00' + i * INTERVAL 7 HOUR AS ordered_at,
    CAST(DATE '2011-10-30' + CAST(i // 4 AS INTEGER) AS DATE) AS order_date,
    CAST(i * 12345.6789 - 1000000 AS DECIMAL(18, 4)) AS total_amount,
    CASE WHEN i % 3 = 0 THEN 'SAVE' END AS coupon_code
FROM range(300) AS t (i);
COMMENT ON COLUMN marts.orders.total_amount IS 'Total. Unit: EUR.';
CREATE VIEW marts.saved_orders AS
WITH kept AS (SELECT * FROM marts.orders WHERE coupon_code IS NOT NULL)
SELECT order_id, row_number() OVER (ORDER BY ordered_at) AS place FROM kept;
COMMENT ON COLUMN marts.saved_orders.place IS 'Place. Unit: orders.';
"""
# Values as an old client says them: exact decimals, and instants as microseconds.
QUESTION = """
SELECT count(*), CAST(sum(total_amount) AS VARCHAR), CAST(min(total_amount) AS VARCHAR),
    sum(epoch_us(ordered_at)), min(epoch_us(ordered_at)), CAST(max(order_date) AS VARCHAR),
    count(coupon_code), any_value(typeof(total_amount)), any_value(typeof(ordered_at))
FROM {rows}
"""
OLD_CLIENT = """
import json, sys, duckdb
snapshot, question = sys.argv[1:]
parquet = f"read_parquet('{snapshot}/parquet/orders/**/*.parquet', hive_partitioning = true)"
answers = {"version": duckdb.__version__}
with duckdb.connect(f"{snapshot}/mandje.duckdb", read_only=True) as con:
    answers["database"] = con.execute(question.format(rows="marts.orders")).fetchone()
    answers["comment"] = con.execute(
        "SELECT comment FROM duckdb_columns() WHERE column_name = 'total_amount'").fetchone()[0]
    answers["tables"] = con.execute("SHOW TABLES").fetchall()
    answers["short"] = con.execute(question.format(rows="orders")).fetchone()
    answers["about"] = con.execute("SELECT value FROM about WHERE item = 'as_of_date'").fetchone()
    answers["places"] = con.execute(
        "SELECT schema_name, comment FROM duckdb_columns() WHERE column_name = 'place' ORDER BY 1").fetchall()
with duckdb.connect() as con:
    con.execute(f"ATTACH '{snapshot}/mandje.duckdb' AS theirs (READ_ONLY)")
    answers["view"] = con.execute("SELECT count(*), max(place) FROM theirs.saved_orders").fetchone()
    answers["parquet"] = con.execute(question.format(rows=parquet)).fetchone()
    answers["months"] = con.execute(f"SELECT DISTINCT month FROM {parquet} ORDER BY 1").fetchall()
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("basket")
    (folder / "shop.toml").write_text(SHOP_TOML)
    shop = load_shop(folder)
    shop.warehouse.parent.mkdir()
    with duckdb.connect(shop.warehouse) as con:
        con.execute(MARTS)
    return shop.published / publish(shop, date(2012, 1, 31), {}).folder


@pytest.fixture(scope="module")
def expected(snapshot: Path) -> list[object]:
    with duckdb.connect(snapshot.parents[1] / "warehouse" / "mandje.duckdb", read_only=True) as con:
        answer = con.execute(QUESTION.format(rows="marts.orders")).fetchone()
    assert answer is not None
    assert answer[0] == 300
    return list(answer)


def test_duckdb_1_3_reads_the_database_and_the_parquet(
    snapshot: Path, expected: list[object], tmp_path: Path
) -> None:
    uv = Path(sys.executable).with_name("uv")
    old = tmp_path / "old"
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, old], check=True)
    install = [uv, "pip", "install", "-q", "--python", old / "bin" / "python", "duckdb==1.3.2"]
    subprocess.run(install, check=True)
    command = [old / "bin" / "python", "-c", OLD_CLIENT, snapshot, QUESTION]
    said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert said["version"] == "1.3.2"
    assert said["database"] == expected
    assert said["parquet"] == expected
    assert said["comment"] == "Total. Unit: EUR."
    assert said["tables"] == [["about"], ["orders"], ["saved_orders"]]
    assert said["short"] == expected
    assert said["about"] == ["2012-01-31"]
    assert said["view"] == [100, 100]
    assert said["places"] == [["main", "Place. Unit: orders."], ["marts", "Place. Unit: orders."]]
    assert said["months"] == [["2011-10"], ["2011-11"], ["2011-12"], ["2012-01"]]


def test_duckdb_and_polars_read_the_same_parquet(snapshot: Path, expected: list[object]) -> None:
    orders = snapshot / "parquet" / "orders"
    with duckdb.connect() as con:
        rows = f"read_parquet('{orders}/**/*.parquet')"
        assert list(con.execute(QUESTION.format(rows=rows)).fetchone() or ()) == expected
    frame = pl.read_parquet(orders, hive_partitioning=True)
    assert frame.schema["total_amount"] == pl.Decimal(18, 4)
    assert frame.schema["ordered_at"] == pl.Datetime("us", "UTC")
    assert [str(frame["total_amount"].sum()), frame["ordered_at"].dt.epoch("us").sum()] == [
        expected[1],
        expected[3],
    ]


def test_pandas_reads_the_same_parquet(snapshot: Path, expected: list[object]) -> None:
    import pandas as pd

    frame = pd.read_parquet(snapshot / "parquet" / "orders")
    assert len(frame) == expected[0]
    assert str(frame["total_amount"].sum()) == expected[1]
    assert frame["ordered_at"].dt.as_unit("us").astype("int64").sum() == expected[3]
    assert sorted(frame["month"].unique()) == ["2011-10", "2011-11", "2011-12", "2012-01"]
