"""An experiment of the demo shop after real nights: what was read of it, beside a slow second count."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from command_line import told
from demo_shop import LAST, small_demo
from mandje.experiments.assignment import assign
from mandje.experiments.unit_outcomes import unit_outcomes
from mandje.publish.query import query_snapshot
from mandje.shop.settings import Shop

Row = dict[str, Any]

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return small_demo(tmp_path_factory)


def rows(shop: Shop, sql: str) -> list[Row]:
    with duckdb.connect(shop.warehouse, read_only=True) as con:
        con.execute("SET TimeZone = 'UTC'")
        told = con.execute(sql)
        names = [column[0] for column in told.description or []]
        return [dict(zip(names, row, strict=True)) for row in told.fetchall()]


def _counted(shop: Shop, variant: str, wait_days: int) -> tuple[list[int], int, int]:
    """One by one: orders of each unit whose time is over, products of them, and those that came back."""
    orders, lines = defaultdict(list), defaultdict(set)
    for order in rows(shop, "from marts.orders where is_counted"):
        orders[order["person_id"]].append(order)
    for line in rows(shop, "from marts.order_lines"):
        lines[line["order_id"]].add((line["order_id"], line["product_id"]))
    back = {
        (one["order_id"], one["product_id"])
        for one in rows(shop, "from marts.returns")
        if one["order_id"] and one["days_since_order"] <= 30
    }
    counts, products, returned = [], 0, 0
    for unit in rows(shop, f"from marts.experiments where variant = '{variant}'"):
        if unit["assigned_date"] + timedelta(days=30 + wait_days) > LAST:
            continue
        end = unit["assigned_at"] + timedelta(days=30)
        own = [
            one["order_id"]
            for one in orders[unit["person_id"]]
            if unit["assigned_at"] <= one["ordered_at"] < end
        ]
        sold = {line for order in own for line in lines[order]}
        counts.append(len(own))
        products += len(sold)
        returned += len(sold & back)
    return counts, products, returned


def _outcomes(shop: Shop, wait_days: int) -> pl.DataFrame:
    """Units whose time is over, as they are compared."""
    with duckdb.connect(shop.warehouse, read_only=True) as con:
        units = unit_outcomes(con, "size_advice", 30)
    return units.filter(
        ~pl.col("is_excluded"), pl.col("assigned_date") <= LAST - timedelta(days=30 + wait_days)
    )


def test_units_do_what_a_slow_count_finds(shop: Shop) -> None:
    read = {
        row["metric"]: row
        for row in query_snapshot(shop, "from marts.experiment_results where is_current").rows(named=True)
    }
    assert read.keys() == {"orders", "returned_ratio"}
    for variant, unit_count in (("treatment", "unit_count"), ("hold_out", "control_unit_count")):
        counts, _, _ = _counted(shop, variant, 0)
        of_variant = _outcomes(shop, 0).filter(pl.col("variant") == variant)
        assert of_variant["order_count"].sum() == sum(counts)
        assert of_variant.height == read["orders"][unit_count] == len(counts) > 10
        _, products, returned = _counted(shop, variant, 30)
        of_variant = _outcomes(shop, 30).filter(pl.col("variant") == variant)
        assert (of_variant["lines"].sum(), of_variant["returned_lines"].sum()) == (products, returned)
    assert all(row["verdict"].startswith("undecided") for row in read.values())
    assert {row["mean"] for row in read.values()} == {None}, "below 100 units in a variant"
    assert not any(row["is_sample_ratio_alarm"] for row in read.values())


def test_forecasts_of_nights_before_the_assignment_are_used_and_no_others(shop: Shop) -> None:
    """The demo's first night came after most assignments: nobody who is whole has a forecast of before."""
    assert _outcomes(shop, 0)["known_on"].null_count() == _outcomes(shop, 0).height


def test_the_command_tells_the_verdicts_and_draws_the_lot(shop: Shop, tmp_path: Path) -> None:
    said = told("experiment", shop.folder)
    assert f"{LAST} size_advice, orders, treatment: undecided: " in said
    ids = tmp_path / "ids.txt"
    ids.write_text("c1\n c2 \n\nc1\n")
    drawn = told("experiment", shop.folder, "size_advice", "--assign", ids).split()
    variants = assign("size_advice", pl.Series(["c1", "c2"]), {"hold_out": 0.2, "treatment": 0.8})
    assert drawn[0] == "experiment_id,unit_id,variant,assigned_at"
    assert [line.rpartition(",")[0] for line in drawn[1:]] == [
        f"size_advice,{unit},{variant}" for unit, variant in zip(("c1", "c2"), variants, strict=True)
    ]


@pytest.mark.parametrize("content", ["", "a,b\n", "=cmd\n", 'say "hi"\n'])
def test_a_file_without_plain_ids_is_refused(shop: Shop, tmp_path: Path, content: str) -> None:
    (tmp_path / "ids").write_text(content)
    said = told("experiment", shop.folder, "size_advice", "--assign", tmp_path / "ids", exit_code=1)
    assert "one id a line" in said


def test_an_experiment_without_a_plan_is_refused(shop: Shop, tmp_path: Path) -> None:
    assert "has no plan" in told("experiment", shop.folder, "other", exit_code=1)
    assert "of which experiment?" in told("experiment", shop.folder, "--assign", tmp_path, exit_code=1)
    said = told("experiment", shop.folder, "size_advice", "--assign", tmp_path / "none", exit_code=1)
    assert "cannot be read" in said
