import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from mandje.errors import MandjeError
from mandje.night import pipeline
from mandje.observe.records.nights import write_record
from mandje.shop.settings import load_shop
from repository import DAGS
from tiny_shop import SHOP_TOML

LoadDags = Callable[[], dict[str, Any]]
Ran = list[tuple[str, str, str]]
Record = dict[str, Any]
HEAVY = {"duckdb", "polars", "dbt", "great_expectations", "lifetimes", "pandas", "numpy", "scipy", "pyarrow"}
MARTS = sorted(path.stem for path in (DAGS.parent / "dbt_project" / "models" / "marts").rglob("*.sql"))


def test_only_the_nightly_dag_is_there(load_dags: LoadDags) -> None:
    assert set(load_dags()) == {"nightly"}


def test_stages_run_in_the_order_of_the_pipeline(nightly: Any) -> None:
    assert tuple(task.task_id for task in nightly.topological_sort()) == pipeline.STAGES
    for before, after in zip(pipeline.STAGES, pipeline.STAGES[1:], strict=False):
        assert nightly.get_task(after).upstream_task_ids == {before}


def test_one_run_at_a_time_and_no_catching_up(nightly: Any) -> None:
    assert nightly.max_active_runs == 1
    assert nightly.catchup is False


def test_the_window_is_a_day_on_the_shops_clock(nightly: Any) -> None:
    assert type(nightly.timetable).__name__ == "CronDataIntervalTimetable"
    assert (nightly.timetable.expression, str(nightly.timetable.timezone)) == (
        "0 3 * * *",
        "Europe/Amsterdam",
    )


def test_the_schedule_can_be_off(load_dags: LoadDags, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MANDJE_SCHEDULE", "none")
    assert type(load_dags()["nightly"].timetable).__name__ == "NullTimetable"


def test_a_shop_whose_exports_have_ended_has_no_schedule(
    load_dags: LoadDags, monkeypatch: pytest.MonkeyPatch, shop_folder: Path, tmp_path: Path
) -> None:
    ended = (shop_folder / "shop.toml").read_text() + "[schedule]\nis_on = false\n"
    (tmp_path / "shop.toml").write_text(ended)
    monkeypatch.setenv("MANDJE_SHOP", str(tmp_path))
    assert type(load_dags()["nightly"].timetable).__name__ == "NullTimetable"


def test_who_owns_it_and_what_it_is_are_told(nightly: Any) -> None:
    assert {task.owner for task in nightly.tasks} == {"data-team"}
    assert nightly.tags == {"mandje", "tiny"}
    assert "tiny" in nightly.description
    for part in ("What it does", "To run it again", "Where to look", "mandje status"):
        assert part in nightly.doc_md
    assert all(task.doc_md for task in nightly.tasks)


def test_the_run_date_may_be_given_as_a_day(nightly: Any) -> None:
    param = nightly.params.get_param("run_date")
    assert param.resolve(value="2011-12-09") == "2011-12-09"
    assert param.resolve(value=None) is None
    with pytest.raises(ValueError, match="yesterday"):
        param.resolve(value="yesterday")
    assert "YYYY-MM-DD" in param.description


def test_what_opens_the_warehouse_shares_one_pool(nightly: Any) -> None:
    pools = {task.task_id: task.pool for task in nightly.tasks}
    assert {stage for stage, pool in pools.items() if pool == "default_pool"} == {
        "discover",
        "validate",
        "load",
    }
    assert set(pools.values()) == {"default_pool", "warehouse"}
    assert all(task.pool_slots == 1 for task in nightly.tasks)


def test_faults_of_the_machine_are_retried_and_nothing_runs_for_ever(nightly: Any) -> None:
    for task in nightly.tasks:
        assert task.retries == 2
        assert task.retry_delay == timedelta(minutes=1)
        assert timedelta(0) < task.execution_timeout <= timedelta(hours=4)


def test_publish_offers_an_asset_per_mart(nightly: Any) -> None:
    assert MARTS, "no marts: this test would prove nothing"
    outlets = {task.task_id: [asset.uri for asset in task.outlets] for task in nightly.tasks}
    assert outlets.pop("publish") == [f"mandje://tiny/marts/{mart}" for mart in MARTS]
    assert not any(outlets.values())


def test_reading_the_dag_is_quick_and_imports_nothing_heavy(airflow_home: str, shop_folder: Path) -> None:
    code = f"""
import json, sys, time
from airflow.sdk import DAG, CronDataIntervalTimetable
from airflow.dag_processing.dagbag import DagBag
before, began = set(sys.modules), time.process_time()
bag = DagBag({str(DAGS)!r})
seconds = time.process_time() - began
print(json.dumps([seconds, sorted({{name.partition(".")[0] for name in sys.modules}}), sorted(bag.dags)]))
"""
    env = os.environ | {
        "AIRFLOW_HOME": airflow_home,
        "MANDJE_SHOP": str(shop_folder),
        "PYTHONWARNINGS": "ignore",
    }
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    seconds, modules, dags = json.loads(done.stdout.strip().splitlines()[-1])
    assert dags == ["nightly"]
    assert seconds < 1
    assert HEAVY & set(modules) == set()


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> Ran:
    """Stages that only note that they ran."""
    seen: Ran = []

    def run_stage(folder: Path, run_date: date, stage: str) -> Record:
        seen.append((folder.name, run_date.isoformat(), stage))
        result = {"as_of_date": run_date.isoformat(), "content_hash": "ab12", "reasons": ["a", "b"]}
        return {"stage": stage, "seconds": 0.0, "result": result}

    monkeypatch.setattr(pipeline, "run_stage", run_stage)
    return seen


def test_a_night_runs_every_stage_for_its_date(nightly: Any, stages: Ran, shop_folder: Path) -> None:
    run = nightly.test(run_conf={"run_date": "2011-12-09"})
    assert run.state == "success"
    assert stages == [(shop_folder.name, "2011-12-09", stage) for stage in pipeline.STAGES]
    assert asset_events() == {
        f"mandje://tiny/marts/{mart}": {"as_of_date": "2011-12-09", "content_hash": "ab12"} for mart in MARTS
    }


def asset_events() -> dict[str, Record]:
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        return {event.asset.uri: event.extra for event in session.scalars(select(AssetEvent))}


def test_a_fault_to_mend_stops_the_night_at_once_with_its_line(
    nightly: Any, stages: Ran, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    well = pipeline.run_stage

    def refuse(folder: Path, run_date: date, stage: str) -> Record:
        if stage == "gate":
            raise MandjeError("the gate is closed", found="2 reasons", next_step="mend it")
        return well(folder, run_date, stage)

    monkeypatch.setattr(pipeline, "run_stage", refuse)
    run = nightly.test(run_conf={"run_date": "2011-12-09"})
    assert run.state == "failed"
    assert tuple(stage for _, _, stage in stages) == pipeline.STAGES[: pipeline.STAGES.index("gate")]
    states = {task.task_id: task.state for task in run.get_task_instances()}
    assert states["gate"] == "failed"
    assert states["publish"] == "upstream_failed"
    assert "tiny stopped in gate: the gate is closed; found: 2 reasons" in caplog.text


def test_a_task_s_log_tells_new_warnings_and_why_it_stopped_before_that_is_raised(
    nightly: Any,
    shop_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    shop = load_shop(shop_folder)
    finding = {"check": "totals", "origin": "dbt test", "severity": "warn", "sentence": "3 totals are wrong."}
    found = finding | {"count": 3, "keys": ['{"order_id": "o1"}'], "note": ""}

    def build(folder: Path, run_date: date, stage: str) -> Record:
        assert folder == shop_folder
        if stage == "check":
            raise MandjeError("the disk is gone")  # another fault would be tried again for minutes
        if stage == "build":
            write_record(shop, run_date, stage, {"result": {"findings": [found]}})
        return {"stage": stage, "seconds": 0.0, "result": {}}

    monkeypatch.setattr(pipeline, "run_stage", build)
    for day, level in (("2011-12-08", "WARNING"), ("2011-12-09", "INFO")):
        caplog.clear()
        nightly.test(run_conf={"run_date": day})
        said = [(one.levelname, one.getMessage()) for one in caplog.records if one.name == "mandje.nightly"]
        line = f"3 totals are wrong. First: order_id=o1. All: `mandje warnings {shop_folder.name} totals`"
        assert [one for one in said if "totals" in one[1]] == [(level, line)]
        assert said[-1] == ("ERROR", "tiny stopped in check: the disk is gone")


def test_the_empty_form_means_the_newest_night_due_on_a_shop_without_schedule(
    load_dags: LoadDags, stages: Ran, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "shop.toml").write_text(SHOP_TOML + "[schedule]\nis_on = false\n", encoding="utf-8")
    monkeypatch.setenv("MANDJE_SHOP", str(tmp_path))
    for day in ("2011-12-01", "2011-12-05"):
        folder = tmp_path / "exports" / "orders" / day
        folder.mkdir(parents=True)
        (folder / "orders.csv").write_text("order_id\n")
    assert load_dags()["nightly"].test().state == "success"
    assert stages == [(tmp_path.name, "2011-12-05", stage) for stage in pipeline.STAGES]


def test_the_first_stage_decides_the_night_for_all(
    load_dags: LoadDags, stages: Ran, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "shop.toml").write_text(SHOP_TOML + "[schedule]\nis_on = false\n", encoding="utf-8")
    monkeypatch.setenv("MANDJE_SHOP", str(tmp_path))
    well = pipeline.run_stage

    def deliver_meanwhile(folder: Path, run_date: date, stage: str) -> Record:
        (folder / "exports" / "orders" / "2011-12-09").mkdir(parents=True, exist_ok=True)
        return well(folder, run_date, stage)

    (tmp_path / "exports" / "orders" / "2011-12-05").mkdir(parents=True)
    monkeypatch.setattr(pipeline, "run_stage", deliver_meanwhile)
    assert load_dags()["nightly"].test().state == "success"
    assert {night for _, night, _ in stages} == {"2011-12-05"}


def test_nothing_due_is_no_failure(
    load_dags: LoadDags, stages: Ran, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "shop.toml").write_text(SHOP_TOML + "[schedule]\nis_on = false\n", encoding="utf-8")
    monkeypatch.setenv("MANDJE_SHOP", str(tmp_path))
    run = load_dags()["nightly"].test()
    assert {task.state for task in run.get_task_instances()} == {"skipped"}
    assert stages == []
