"""A simulated shop with every class of defect goes through the nights; what is counted equals its truth."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner

from demo_shop import DEMO, LAST, run_nights, small_demo
from mandje.cli import app
from mandje.cli.screens.closing_screen import closing_screen
from mandje.errors import ExitCode, MandjeError
from mandje.publish.contents import DATABASE
from mandje.shop.settings import Shop
from mandje.simulate.settings import SimulationSettings, read_settings
from mandje.simulate.shop_files import shop_toml
from mandje.simulate.truth_files import TruthWriter
from tiny_shop import copy_shop

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def told(shop: Shop, exit_code: ExitCode) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["truth", str(shop.folder), "--format", "json"])
    assert result.exit_code == exit_code, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


@pytest.fixture(scope="module")
def after_nights(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return small_demo(tmp_path_factory)


@pytest.fixture
def shop(after_nights: Shop, tmp_path: Path) -> Shop:
    return copy_shop(after_nights, tmp_path / "shop")


def test_everything_counted_equals_the_truth(after_nights: Shop) -> None:
    answer = told(after_nights, ExitCode.OK)
    assert answer["is_equal"]
    assert answer["differences"] == answer["money_faults"] == []
    figures = {part["compared"]: part["figures"] for part in answer["compared"]}
    assert figures.pop("rows of marts") == 4
    assert figures.pop("last night") == 2
    assert {name: count > 50 for name, count in figures.items()} == {
        "row_outcomes": True,
        "handling": True,
        "delivery_outcomes": True,
        "rejected_rows": True,
        "daily_kpis": True,
        "orders": True,
        "customers": True,
        "orders per day": True,
        "order_lines per day": True,
        "returns per day": True,
        "sessions": True,
        "visitors": True,
        "excluded_traffic": True,
        "channels of orders": True,
        "carts": True,
        "daily_cart_abandonment": True,
        "daily_funnel": True,
        "daily_funnel by group": True,
        "daily_kpis of visits": True,
        "daily_kpis of sessions": True,
        "weekly_kpis of sessions": True,
        "monthly_kpis of sessions": True,
    }
    settings = read_settings(after_nights.folder)
    planted = [settings.defects, settings.sales.defects, settings.visits.defects]
    classes = {row["class"]: row for row in answer["classes"]}
    nights = [classes.pop(name) for name in settings.nights.model_dump()]
    assert {row["set"] for row in nights} == {row["planted"] for row in nights} == {0}
    assert {name for group in planted for name in group.model_dump()} == set(classes)
    assert all(0 < row["planted"] == row["set"] <= row["rows"] for row in classes.values())
    assert {(row["found"] - row["rows"], row["missed"], row["extra"]) for row in classes.values()} == {
        (0, 0, 0)
    }


def test_before_its_last_night_there_is_nothing_to_compare(after_nights: Shop, tmp_path: Path) -> None:
    for name in ("shop.toml", "simulation.toml"):
        shutil.copy(after_nights.folder / name, tmp_path)
    for name in ("truth", "exports"):
        (tmp_path / name).symlink_to(after_nights.folder / name)
    with pytest.raises(MandjeError, match="another day than the truth"):
        CliRunner().invoke(app, ["truth", str(tmp_path)], catch_exceptions=False)


def test_the_closing_screen_says_so(after_nights: Shop) -> None:
    screen = closing_screen(after_nights, [LAST])
    assert "everything counted equals the truth" in screen
    sessions = pl.read_parquet(after_nights.folder / "truth" / "sessions.parquet")
    people = sessions.filter(~pl.col("is_bot"), ~pl.col("is_internal")).height
    carts = pl.read_parquet(after_nights.folder / "truth" / "carts.parquet").height
    assert f"steps of {people:,} sessions, fate and worth of {carts:,} carts" in screen
    assert "orders in the next 90 days" in screen
    week = sessions.filter(~pl.col("is_bot"), ~pl.col("is_internal"))["started_date"] > LAST - timedelta(
        days=7
    )
    assert f"\nlast 7 days       {week.sum():,} sessions, " in screen


def _change(shop: Shop, name: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """Another truth, sealed as if it had been simulated."""
    folder, sealed = shop.folder / "truth", shop.folder / "sealed"
    frames = {path.stem: pl.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}
    told = json.loads((folder / "truth.json").read_text())
    with TruthWriter(sealed) as writer:
        for file, frame in (frames | {name: change(frames[name])}).items():
            writer.append(file, frame)
        writer.finish({key: told[key] for key in ("as_of_date", "settings", "counts")})
    shutil.rmtree(folder)
    sealed.rename(folder)


@contextmanager
def _marts(shop: Shop) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published database, to be written in."""
    path = shop.published / "current" / DATABASE
    path.resolve().chmod(0o600)
    with duckdb.connect(path) as con:
        yield con


def _only(con: duckdb.DuckDBPyConnection, sql: str) -> Any:
    row = con.execute(sql).fetchone()
    assert row is not None
    return row[0]


def test_a_wrong_channel_and_a_wrong_fate_are_found_and_named(shop: Shop) -> None:
    with _marts(shop) as marts:
        session = _only(marts, "select min(session_id) from marts.sessions where channel = 'Email'")
        cart = _only(marts, "select min(cart_id) from marts.carts where state = 'recovered'")
        marts.execute(f"update marts.session_facts set channel = 'Direct' where session_id = '{session}'")
        marts.execute(f"update marts.cart_facts set state = 'abandoned' where cart_id = '{cart}'")
    differences = told(shop, ExitCode.NOT_EQUAL)["differences"]
    assert [(row["table"], row["column"], row["expected"], row["found"]) for row in differences] == [
        ("sessions", "channel", "Email", "Direct"),
        ("carts", "state", "recovered", "abandoned"),
    ]
    assert differences[0]["key"] == session
    assert "NOT EQUAL to the truth: 2 differences" in closing_screen(shop, [LAST])


def _first_day_with_sales(days: pl.DataFrame) -> dict[str, Any]:
    return days.filter((pl.col("site") == "uk") & (pl.col("order_count") > 0)).row(0, named=True)


def test_a_ten_thousandth_on_one_day_is_seen_and_named(shop: Shop) -> None:
    days = pl.read_parquet(shop.folder / "truth" / "daily_kpis.parquet")
    victim = _first_day_with_sales(days)
    is_victim = (pl.col("site") == "uk") & (pl.col("kpi_date") == victim["kpi_date"])
    money = pl.col("net_sales_amount")
    more = (money + pl.lit(Decimal("0.0001"))).cast(pl.Decimal(18, 4))
    _change(
        shop, "daily_kpis", lambda rows: rows.with_columns(pl.when(is_victim).then(more).otherwise(money))
    )
    answer = told(shop, ExitCode.NOT_EQUAL)
    assert answer["differences"] == [
        {
            "table": "daily_kpis",
            "key": f"uk {victim['kpi_date']}",
            "column": "net_sales_amount",
            "expected": str(victim["net_sales_amount"] + Decimal("0.0001")),
            "found": str(victim["net_sales_amount"]),
        }
    ]


def test_an_order_of_another_person_is_seen(shop: Shop) -> None:
    orders = pl.read_parquet(shop.folder / "truth" / "orders.parquet")
    person, count = orders["person"].drop_nulls().value_counts(sort=True).row(0)
    assert count > 1
    victim = orders.filter(pl.col("person") == person)["order_id"].max()
    is_victim = pl.col("order_id") == victim
    _change(
        shop,
        "orders",
        lambda rows: rows.with_columns(
            pl.when(is_victim).then(None).otherwise(pl.col("person")).alias("person")
        ),
    )
    differences = told(shop, ExitCode.NOT_EQUAL)["differences"]
    assert {row["table"] for row in differences} == {"orders", "customers"}
    assert [row["key"] for row in differences if row["table"] == "orders"] == [victim]


def test_a_defect_that_was_never_planted_is_missed_and_its_class_named(shop: Shop) -> None:
    is_first = pl.int_range(pl.len()) == pl.arg_where(pl.col("class") == "wrong_type").first()
    outcome = pl.when(is_first).then(pl.lit("rejected:never")).otherwise("outcome").alias("outcome")
    _change(shop, "defects", lambda rows: rows.with_columns(outcome))
    answer = told(shop, ExitCode.NOT_EQUAL)
    wrong = [row["class"] for row in answer["classes"] if row["missed"]]
    assert wrong == ["wrong_type"]
    assert {difference["table"] for difference in answer["differences"]} == {"rejected_rows"}


def test_a_truth_that_was_changed_is_not_compared(shop: Shop) -> None:
    path = shop.folder / "truth" / "sessions.parquet"
    pl.read_parquet(path).clear().write_parquet(path)
    with pytest.raises(MandjeError, match=r"truth/sessions.parquet is not what was simulated"):
        CliRunner().invoke(app, ["truth", str(shop.folder)], catch_exceptions=False)
    assert "not compared: truth/sessions.parquet is not what was simulated" in closing_screen(shop, [LAST])


@pytest.mark.full
def test_a_line_that_was_taken_out_of_a_delivery_is_seen_everywhere_it_counts(shop: Shop) -> None:
    path = max((shop.exports / "orders").rglob("orders.csv.gz"))
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    # An order of the web that counts: only that is in sales, and in channels.
    taken = max(n for n, line in enumerate(lines) if b",online," in line and b",paid," in line)
    path.write_bytes(gzip.compress(b"".join(lines[:taken] + lines[taken + 1 :])))
    run_nights(shop.folder, LAST)
    differences = told(shop, ExitCode.NOT_EQUAL)["differences"]
    lost = lines[taken].decode().split(",")[0]
    tables = {difference["table"] for difference in differences}
    assert tables >= {"row_outcomes", "daily_kpis", "orders", "channels of orders"}
    found = {(row["table"], row["found"]) for row in differences if row["key"] == lost}
    # Also of its person, if it was the first.
    assert found - {("customers", "no row")} == {("orders", "no row"), ("channels of orders", "no row")}


def test_the_demo_is_what_simulate_writes_for_a_new_folder() -> None:
    assert (DEMO / "shop.toml").read_text() == shop_toml("demo", SimulationSettings())


def test_a_shop_of_ones_own_has_no_truth(after_nights: Shop, tmp_path: Path) -> None:
    shutil.copy(after_nights.folder / "shop.toml", tmp_path)
    with pytest.raises(MandjeError, match="was not simulated"):
        CliRunner().invoke(app, ["truth", str(tmp_path)], catch_exceptions=False)
