"""Plans and results that nights keep."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from mandje.experiments.kept_plans import keep_plan
from mandje.experiments.results import forget_results, keep_results, kept_results, show_results
from mandje.shop.experiments import Experiment
from mandje.shop.settings import Shop
from mandje.system.own_files import DamagedFileError
from tiny_shop import make_shop

PLAN = Experiment.model_validate(
    {
        "shares": {"a": 0.2, "b": 0.8},
        "control": "a",
        "planned_units": 2000,
        "smallest_difference": {"orders": 0.1},
        "participation": 0.5,
    }
)
ROW = {"experiment_id": "e", "metric": "orders", "variant": "b", "verdict": "better", "difference": 0.25}
MAY, JUNE = date(2025, 5, 31), date(2025, 6, 1)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "shop")


def test_a_plan_stays_but_for_more_participation(shop: Shop) -> None:
    more = PLAN.model_copy(update={"participation": PLAN.participation * 2})
    assert [keep_plan(shop, "a/../b", plan) for plan in (PLAN, PLAN, more)] == [None] * 3
    assert keep_plan(shop, "a/../b", PLAN) == "participation was 1.0, is 0.5"
    other = more.model_copy(update={"control": "b"})
    assert keep_plan(shop, "a/../b", other) == "control was a, is b"
    assert keep_plan(shop, "another", other) is None


def test_shares_written_otherwise_are_the_same(shop: Shop) -> None:
    keep_plan(shop, "e", PLAN)
    told = PLAN.model_dump(mode="json") | {"shares": {"b": "0.80", "a": "0.200"}}
    assert keep_plan(shop, "e", Experiment.model_validate(told)) is None


def test_a_damaged_memory_of_a_plan_is_written_anew(shop: Shop) -> None:
    keep_plan(shop, "e", PLAN)
    (kept,) = (shop.ops / "experiments").iterdir()
    for damage in ("", '{"experiment_id": "e", "plan": {"shares": {}}}'):
        kept.write_text(damage)
        assert keep_plan(shop, "e", PLAN) is None
        assert keep_plan(shop, "e", PLAN.model_copy(update={"planned_units": 1})) is not None


def test_nights_are_kept_shown_and_forgotten(shop: Shop) -> None:
    keep_results(shop, MAY, [])
    assert kept_results(shop) == []
    for night in (JUNE, MAY, MAY):
        keep_results(shop, night, [ROW | {"as_of_date": night}])
    con = duckdb.connect()
    show_results(con, kept_results(shop))
    told = "select as_of_date, experiment_id, difference, reason from ops.experiment_results order by 1"
    assert con.execute(told).fetchall() == [(MAY, "e", 0.25, None), (JUNE, "e", 0.25, None)]
    forget_results(shop, MAY)
    assert [row["as_of_date"] for row in kept_results(shop)] == ["2025-06-01"]


def test_a_damaged_reading_names_its_file(shop: Shop) -> None:
    keep_results(shop, MAY, [ROW | {"as_of_date": MAY}])
    (shop.ops / "experiment_results" / "2025-05-31.json").write_text('{"results": [{"as_of_date": 3}]}')
    with pytest.raises(DamagedFileError, match=r"2025-05-31\.json"):
        kept_results(shop)
