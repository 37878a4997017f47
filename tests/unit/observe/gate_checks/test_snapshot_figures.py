"""What tonight lost against the snapshot before."""

import shutil
from datetime import timedelta
from pathlib import Path

import duckdb

from figures import LAST, collapse, daily_rows, fill
from mandje.findings.holds import Hold
from mandje.observe.gate_checks.snapshot_figures import compare_snapshot

TABLES = {"marts.orders", "marts.daily_kpis", "marts.brand_new", "predictions.customer_predictions"}


def make(path: Path, *, orders: int = 1000, predicted: int = 400, kept: float = 1) -> Path:
    rows = daily_rows(1)
    for day in {row["day"] for row in rows} if kept < 1 else ():
        rows = collapse(rows, day, kept, "order_count")
    with duckdb.connect(path) as con:
        fill(con, rows)
        con.execute(f"CREATE TABLE marts.orders AS SELECT range AS order_id FROM range({orders})")
        con.execute("CREATE SCHEMA predictions")
        con.execute(
            "CREATE TABLE predictions.customer_predictions AS"
            f" SELECT range AS person_id, CASE WHEN range < {predicted} THEN 0.5 END AS expected_orders_90d"
            " FROM range(500)"
        )
    return path


def lost(before: Path, tonight: Path) -> dict[str, Hold]:
    with duckdb.connect(tonight, read_only=True) as con:
        holds = compare_snapshot(con, before, LAST - timedelta(days=1), TABLES)
        assert con.execute(
            "SELECT count(*) FROM duckdb_databases() WHERE database_name = 'before'"
        ).fetchone() == (0,)
    return {hold.figure: hold for hold in holds}


def test_what_stays_or_grows_is_not_held(tmp_path: Path) -> None:
    before = make(tmp_path / "it's before.duckdb")
    assert lost(before, make(tmp_path / "same.duckdb")) == {}
    grown = make(tmp_path / "grown.duckdb", orders=5000, predicted=480)
    assert lost(before, grown) == {}
    corrected = make(tmp_path / "corrected.duckdb", orders=810, predicted=210, kept=0.95)
    assert lost(before, corrected) == {}


def test_predictions_that_vanish_a_table_that_shrinks_and_a_history_that_falls(tmp_path: Path) -> None:
    before = make(tmp_path / "before.duckdb")
    found = lost(before, make(tmp_path / "tonight.duckdb", orders=700, predicted=3, kept=0.5))
    assert set(found) == {"predictions", "table:marts.orders", "history:orders"}
    assert (found["predictions"].before, found["predictions"].now) == ("400", "3")
    assert found["table:marts.orders"].sentence == "700 rows, 1,000 before"


def test_days_that_were_shown_and_are_empty_now_are_one_hold(tmp_path: Path) -> None:
    before, tonight = make(tmp_path / "before.duckdb"), tmp_path / "tonight.duckdb"
    rows = daily_rows(1)
    emptied = [LAST - timedelta(days=number) for number in (3, 7, 9)]
    shown = sum(row["order_count"] for row in rows if row["day"] in emptied and row["site"] == "(all)")
    for day in emptied:
        rows = collapse(rows, day, 0, "order_count")
    shutil.copy(before, tonight)
    with duckdb.connect(tonight) as con:
        fill(con, rows)
    (hold,) = lost(before, tonight).values()
    assert (hold.figure, hold.before, hold.now) == ("days:orders", str(shown), "0")
    assert f"3 day(s) that had {shown} before ({emptied[-1]} to {emptied[0]})" in hold.sentence


def test_small_tables_lose_rows_by_chance(tmp_path: Path) -> None:
    before = make(tmp_path / "before.duckdb", orders=12, predicted=8)
    assert lost(before, make(tmp_path / "tonight.duckdb", orders=5, predicted=2)) == {}


def test_rows_of_a_table_of_another_shape_are_others(tmp_path: Path) -> None:
    before, tonight = make(tmp_path / "before.duckdb"), make(tmp_path / "tonight.duckdb", orders=9)
    assert set(lost(before, tonight)) == {"table:marts.orders"}
    with duckdb.connect(tonight) as con:
        con.execute("ALTER TABLE marts.orders ADD COLUMN site VARCHAR")
    assert set(lost(before, tonight)) == {"table:marts.orders"}
    with duckdb.connect(tonight) as con:
        con.execute("ALTER TABLE marts.orders DROP COLUMN order_id")
    assert lost(before, tonight) == {}
