"""What a night reads of experiments, on a made-up warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from mandje.experiments.assignment import assign
from mandje.experiments.read_out import read_out
from mandje.experiments.results import kept_results
from mandje.experiments.unit_outcomes import unit_outcomes
from mandje.night.predict import experiments
from mandje.night.predict.experiments import read_experiments
from mandje.shop.experiments import Experiment
from mandje.shop.settings import Shop
from tiny_shop import SHOP_TOML, make_shop

PLAN = """
[experiments.e]
shares = { a = 0.5, b = 0.5 }
control = "a"
planned_units = 1000
smallest_difference = { orders = 0.2 }
"""
AS_OF = date(2025, 6, 30)


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    """400 units of experiment e on 20 days, who order once in a and twice in b; two others are no part."""
    made = duckdb.connect()
    made.execute("""
    create schema intermediate; create schema predictions;
    create table intermediate.int_experiment_units_resolved as
    select 'e' as experiment_id, 'u' || i as unit_id, if(i = 8, 'visitor', 'customer') as unit_kind,
        if(i % 2 = 0, 'a', 'b') as variant, date '2025-03-01' + cast(i // 20 as integer) as assigned_date,
        if(i = 8, 'customer:u9', 'customer:u' || i) as person_id, false as has_changed,
        i in (8, 9) as has_many_variants
    from range(400) as t(i)
    union all values ('e', 'both', 'unknown', 'a', date '2025-03-01', null, true, true),
        ('f', 'u1', 'customer', 'a', date '2025-03-01', 'customer:u1', false, false);
    create table intermediate.int_experiment_orders as
    select experiment_id, unit_id, unit_id || number as order_id,
        if(unit_id = 'u0', 30, 29)::bigint as days_since_assigned, 50.0::decimal(18, 4) as spend_amount,
        5.0::decimal(18, 4) as returned_amount, 2::bigint as line_count, 1::bigint as returned_line_count
    from intermediate.int_experiment_units_resolved, range(2) as n(number)
    where number = 0 or variant = 'b';
    create table predictions.customer_predictions_history as
    select 'customer:u' || i as person_id, told.as_of_date, told.orders + i as expected_orders_90d,
        (if(i = 6, null, 10.0))::decimal(18, 4) as expected_spend_90d_amount
    from range(20) as t(i),
        (values (date '2025-02-27', 1.0), (date '2025-02-28', 2.0), (date '2025-03-01', 3.0))
        as told(as_of_date, orders)
    """)
    return made


@pytest.fixture
def opened(con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> duckdb.DuckDBPyConnection:
    @contextmanager
    def give(_shop: Shop) -> Iterator[duckdb.DuckDBPyConnection]:
        yield con

    monkeypatch.setattr(experiments, "open_warehouse", give)
    return con


def test_a_unit_has_its_window_and_a_forecast_of_before(con: duckdb.DuckDBPyConnection) -> None:
    units: dict[str, dict[str, Any]] = {
        row["unit_id"]: row for row in unit_outcomes(con, "e", 30).iter_rows(named=True)
    }
    assert len(units) == 401
    assert [name for name, unit in units.items() if unit["is_excluded"]] == ["both"]
    assert [units[name]["order_count"] for name in ("u0", "u2", "u3")] == [0, 1, 2]
    assert (units["u3"]["net_spend"], units["u3"]["lines"], units["u3"]["returned_lines"]) == (90, 4, 2)
    assert (units["u3"]["known_on"], units["u3"]["expected_orders"]) == (date(2025, 2, 28), 5)
    assert {units[name]["known_on"] for name in ("u6", "u399")} == {None}


def test_a_visitor_has_no_forecast_of_whom_it_turns_out_to_be(con: duckdb.DuckDBPyConnection) -> None:
    """u8 was a visitor; that it is the customer u9 was seen later, and u9 had a forecast before."""
    units = unit_outcomes(con, "e", 30).filter(pl.col("unit_id").is_in(["u8", "u9"])).sort("unit_id")
    assert units["known_on"].to_list() == [None, date(2025, 2, 28)]


VISITORS = """
create schema intermediate; create schema predictions;
create table predictions.customer_predictions_history as
select '' as person_id, date '2025-01-01' as as_of_date, 1.0 as expected_orders_90d,
    1.0 as expected_spend_90d_amount;
create table drawn as
select 'v' || i as unit_id, i // 2 as person, hash('order', i) % 100 < 60 as has_ordered,
    date '2025-03-01' + cast(i // 100 as integer) as assigned_date
from range(4000) as t(i);
create table intermediate.int_experiment_units_resolved as
with lots as (from assigned inner join drawn using (unit_id))
select 'e' as experiment_id, unit_id, 'visitor' as unit_kind, variant, assigned_date,
    if(has_ordered, 'customer:' || person, null) as person_id, false as has_changed,
    has_ordered and count(distinct variant) filter (has_ordered) over (partition by person) > 1
        as has_many_variants
from lots;
create table intermediate.int_experiment_orders as
select 'e' as experiment_id, unit_id, unit_id as order_id, 1::bigint as days_since_assigned,
    50.0::decimal(18, 4) as spend_amount, 0.0::decimal(18, 4) as returned_amount, 1::bigint as line_count,
    0::bigint as returned_line_count
from drawn where has_ordered
"""


def test_visitors_who_turn_out_to_be_one_person_with_two_variants_stay_in() -> None:
    """No effect, shares of 90 and 10: who orders is known, and of the small variant most would be lost."""
    con, shares = duckdb.connect(), {"a": 0.9, "b": 0.1}
    ids = pl.Series("unit_id", [f"v{number}" for number in range(4000)])
    con.register("assigned", pl.DataFrame({"unit_id": ids, "variant": assign("e", ids, shares)}).to_arrow())
    con.execute(VISITORS)
    told = {"shares": shares, "control": "a", "planned_units": 4000, "smallest_difference": {"ordered": 0.1}}
    plan, units = Experiment.model_validate(told), unit_outcomes(con, "e", 30)
    (row,) = read_out("e", plan, units, AS_OF)
    assert row["unit_count"] + row["control_unit_count"] == 4000
    assert row["verdict"] == "no difference ≥ 0.1"
    many = con.sql(
        "select unit_id from intermediate.int_experiment_units_resolved where has_many_variants"
    ).pl()
    by_person = units.with_columns(is_excluded=pl.col("unit_id").is_in(many["unit_id"].implode()))
    (row,) = read_out("e", plan, by_person, AS_OF)
    assert row["verdict"] == "worse"


def test_what_was_read_is_kept_and_shown(tmp_path: Path, opened: duckdb.DuckDBPyConnection) -> None:
    shop = make_shop(tmp_path, SHOP_TOML + PLAN)
    assert read_experiments(shop, AS_OF) == []
    assert read_experiments(shop, AS_OF) == []
    shown = (
        "select metric, variant, verdict, unit_count, control_unit_count, mean from ops.experiment_results"
    )
    assert opened.execute(shown).fetchall() == [("orders", "b", "better", 200, 200, 2)]


def test_a_plan_that_is_changed_under_way_breaks_the_experiment(
    tmp_path: Path, opened: duckdb.DuckDBPyConnection
) -> None:
    read_experiments(make_shop(tmp_path, SHOP_TOML + PLAN), AS_OF)
    shop = make_shop(tmp_path, SHOP_TOML + PLAN.replace("orders = 0.2", "orders = 0.1"))
    (said,) = read_experiments(shop, AS_OF)
    assert said.startswith("an experiment is broken and no effect of it is shown: e: the plan was changed")
    assert [(row["verdict"], row["difference"]) for row in kept_results(shop)] == [("broken", None)]
    assert opened.execute("select count(*) from ops.experiment_results").fetchall() == [(1,)]


def test_without_plans_nothing_is_read_or_kept(tmp_path: Path, opened: duckdb.DuckDBPyConnection) -> None:
    shop = make_shop(tmp_path)
    assert read_experiments(shop, AS_OF) == []
    assert not (shop.ops / "experiment_results").exists()
    assert opened.execute("select count(*) from ops.experiment_results").fetchall() == [(0,)]


def test_an_experiment_that_nobody_is_in_yet_keeps_no_plan(
    tmp_path: Path, opened: duckdb.DuckDBPyConnection
) -> None:
    shop = make_shop(tmp_path, SHOP_TOML + PLAN.replace("experiments.e", "experiments.later"))
    assert read_experiments(shop, AS_OF) == []
    assert not (shop.ops / "experiments").exists()
    assert opened.execute("select count(*) from ops.experiment_results").fetchall() == [(0,)]
