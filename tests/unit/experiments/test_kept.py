"""Plans and results that nights keep."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from mandje.experiments.kept_plans import forget_plans, keep_plan
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
    assert [keep_plan(shop, "a/../b", plan, MAY) for plan in (PLAN, PLAN, more)] == [None] * 3
    assert keep_plan(shop, "a/../b", PLAN, MAY) == "participation was 1.0, is 0.5"
    other = more.model_copy(update={"control": "b"})
    assert keep_plan(shop, "a/../b", other, MAY) == "control was a, is b"
    assert keep_plan(shop, "another", other, MAY) is None


def test_shares_written_otherwise_are_the_same(shop: Shop) -> None:
    keep_plan(shop, "e", PLAN, MAY)
    told = PLAN.model_dump(mode="json") | {"shares": {"b": "0.80", "a": "0.200"}}
    assert keep_plan(shop, "e", Experiment.model_validate(told), MAY) is None


@pytest.mark.parametrize(
    "damage",
    ["", '{"experiment_id": "e", "plan": {"shares": {}}, "kept_by": null}', '{"experiment_id": "e"}'],
)
def test_a_damaged_plan_is_told_and_not_learnt_anew(shop: Shop, damage: str) -> None:
    keep_plan(shop, "e", PLAN, MAY)
    (kept,) = (shop.ops / "experiments").iterdir()
    kept.write_text(damage)
    with pytest.raises(DamagedFileError) as told:
        keep_plan(shop, "e", PLAN, MAY)
    assert told.value.file == str(kept)
    assert "restore it from your backup" in str(told.value.next_step)
    forget_plans(shop, MAY)
    assert kept.read_text() == damage


def test_a_night_that_is_unmade_forgets_the_plans_that_it_kept_first(shop: Shop) -> None:
    other, more = (
        PLAN.model_copy(update={"control": "b"}),
        PLAN.model_copy(update={"participation": PLAN.participation * 2}),
    )
    for name in ("mended", "assigned later"):
        keep_plan(shop, name, PLAN, JUNE)
    keep_plan(shop, "assigned later", PLAN, None)
    for name, night in (("older", MAY), ("older", JUNE), ("assigned", None), ("assigned", JUNE)):
        keep_plan(shop, name, more if night == JUNE else PLAN, night)
    forget_plans(shop, JUNE)
    changed = [keep_plan(shop, name, other, JUNE) for name in ("mended", "assigned later")]
    assert changed == [None, "control was a, is b"]
    assert all(keep_plan(shop, name, other, JUNE) for name in ("older", "assigned"))


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
