"""What somebody finds who opens the file for the first time: short names, descriptions, `about`."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hand_built import FIRST_DAY, OPS

from mandje.publish.catalogue.ops import OPS_TABLES
from mandje.publish.content_hash import snapshot_hash
from mandje.publish.public_contract import read_contract
from mandje.publish.snapshot import publish
from mandje.shop.settings import Shop

Build = Callable[..., None]
PUBLIC = {"orders", "returns", "stamp", "restatements", "churn_risk"}


@pytest.fixture
def snapshot(shop: Shop, build: Build) -> Path:
    build(10)
    with duckdb.connect(shop.warehouse) as con:
        con.execute("CREATE TABLE marts.calendar AS SELECT DATE '2011-10-01' AS calendar_date")
    ops = OPS | {
        "row_outcomes": pl.DataFrame({"feed": ["orders", "order_lines"]}),
        "sources": pl.DataFrame({"missing_count": [2, 1], "refused_count": [0, 0]}),
    }
    return shop.published / publish(shop, FIRST_DAY, ops).folder / "mandje.duckdb"


def test_public_tables_are_found_without_a_schema(snapshot: Path) -> None:
    with duckdb.connect(snapshot, read_only=True) as con:
        assert {name for (name,) in con.execute("SHOW TABLES").fetchall()} == {"about", "calendar"} | PUBLIC
        assert con.execute("SELECT count(*), min(order_id) FROM orders").fetchone() == (10, "o0")
        kinds = con.execute("DESCRIBE orders").fetchall()
        assert [row[:2] for row in kinds] == [
            row[:2] for row in con.execute("DESCRIBE marts.orders").fetchall()
        ]


def test_short_names_carry_the_descriptions(snapshot: Path) -> None:
    told = "SELECT column_name, comment FROM duckdb_columns() WHERE schema_name = ? AND table_name = 'orders'"
    with duckdb.connect(snapshot, read_only=True) as con:
        short = con.execute(told, ["main"]).fetchall()
        assert short == con.execute(told, ["marts"]).fetchall()
        assert ("total_amount", "Total. Unit: EUR.") in short
        view = con.execute("SELECT comment FROM duckdb_views() WHERE view_name = 'orders'")
        assert view.fetchone() == ("One row per order; the shop's own.",)


def test_they_work_from_another_database(snapshot: Path) -> None:
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{snapshot}' AS theirs (READ_ONLY)")
        assert con.execute("SELECT count(*) FROM theirs.orders").fetchone() == (10,)


def test_no_two_public_tables_have_one_name() -> None:
    names = [table.partition(".")[2] for table in read_contract().tables]
    assert sorted(names) == sorted({*names} - {"about"})


def test_about_tells_what_is_there_and_what_is_not(snapshot: Path) -> None:
    with duckdb.connect(snapshot, read_only=True) as con:
        told = dict(con.execute("SELECT item, value FROM about").fetchall())
        content_hash = snapshot_hash(con)
        assert con.execute("SELECT count(*) FROM about WHERE description = ''").fetchone() == (0,)
    lacking = told.pop("feeds_without_rows")
    assert lacking.startswith("returns, ")
    assert "order_lines" not in lacking
    assert told == {
        "shop": "basket",
        "as_of_date": "2011-12-08",
        "history_start_date": "2011-10-01",
        "reporting_currency": "EUR",
        "time_zone": "Europe/Amsterdam",
        "sites": "nl",
        "site.nl.currency": "EUR",
        "site.nl.time_zone": "Europe/Amsterdam",
        "missing_deliveries": "3",
        "refused_deliveries": "0",
        "empty_tables": "marts.returns",
        "content_hash": content_hash,
        "contract_version": str(read_contract().version),
    }


def test_about_is_empty_where_nobody_knows(shop: Shop, build: Build) -> None:
    build(10)
    folder = shop.published / publish(shop, FIRST_DAY, {}).folder
    with duckdb.connect(folder / "mandje.duckdb", read_only=True) as con:
        unknown = con.execute("SELECT item FROM about WHERE value IS NULL ORDER BY item").fetchall()
    assert [item for (item,) in unknown] == [
        "feeds_without_rows",
        "history_start_date",
        "missing_deliveries",
        "refused_deliveries",
    ]


def test_every_table_and_column_of_ops_is_described_with_its_unit() -> None:
    undescribed = [name for name, table in OPS_TABLES.items() if not table.description.endswith(".")]
    assert undescribed == []
    numbers = ("BIGINT", "DOUBLE", "DECIMAL(38,4)", "DECIMAL(18,4)", "DATE")
    lacking = [
        f"{name}.{column}"
        for name, table in OPS_TABLES.items()
        for column, (kind, text) in table.columns.items()
        if not text or (kind in numbers and "Unit: " not in text)
    ]
    assert lacking == []


def test_tables_of_ops_are_written_as_described(snapshot: Path) -> None:
    table = OPS_TABLES["stages"]
    with duckdb.connect(snapshot, read_only=True) as con:
        found = con.execute(
            "SELECT column_name, data_type, comment FROM duckdb_columns()"
            " WHERE schema_name = 'ops' AND table_name = 'stages' ORDER BY column_index"
        ).fetchall()
        told = con.execute("SELECT comment FROM duckdb_tables() WHERE table_name = 'stages'").fetchone()
    assert found == [(name, *rest) for name, rest in table.columns.items()]
    assert told == (table.description,)
