"""What a night reads of experiments, on a made-up warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mandje.experiments.results import kept_results
from mandje.experiments.unit_outcomes import unit_outcomes
from mandje.night.predict import experiments
from mandje.night.predict.experiments import read_experiments
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
    create schema marts; create schema intermediate; create schema predictions;
    create table marts.experiments as
    select 'e' as experiment_id, 'u' || i as unit_id, if(i % 2 = 0, 'a', 'b') as variant,
        date '2025-03-01' + cast(i // 20 as integer) as assigned_date, 'customer:' || i as person_id,
        false as has_many_variants
    from range(400) as t(i)
    union all values ('e', 'both', 'a', date '2025-03-01', null, true),
        ('f', 'u1', 'a', date '2025-03-01', 'customer:1', false);
    create table intermediate.int_experiment_orders as
    select experiment_id, unit_id, unit_id || number as order_id,
        if(unit_id = 'u0', 30, 29)::bigint as days_since_assigned, 50.0::decimal(18, 4) as spend_amount,
        5.0::decimal(18, 4) as returned_amount, 2::bigint as line_count, 1::bigint as returned_line_count
    from marts.experiments, range(2) as n(number)
    where number = 0 or variant = 'b';
    create table predictions.customer_predictions_history as
    select 'customer:' || i as person_id, told.as_of_date, told.orders + i as expected_orders_90d,
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
    assert len(units) == 400
    assert [units[name]["order_count"] for name in ("u0", "u2", "u3")] == [0, 1, 2]
    assert (units["u3"]["net_spend"], units["u3"]["lines"], units["u3"]["returned_lines"]) == (90, 4, 2)
    assert (units["u3"]["known_on"], units["u3"]["expected_orders"]) == (date(2025, 2, 28), 5)
    assert {units[name]["known_on"] for name in ("u6", "u399")} == {None}


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
