import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mandje.errors import ExitCode
from mandje.night import pipeline
from repository import DBT_PROJECT
from tiny_shop import SHOP_TOML

LoadDags = Callable[[], dict[str, Any]]
Record = dict[str, Any]
Answers = Callable[[str, str | None], Record]
CONTRACT = json.loads((DBT_PROJECT / "public_contract.json").read_text())
SOURCES = list(tomllib.loads(SHOP_TOML)["sources"])
ASSETS = [
    "mandje://tiny/snapshot",
    *(f"mandje://tiny/{table.replace('.', '/')}" for table in sorted(CONTRACT["tables"])),
]


def test_only_the_dag_of_the_shop_is_there(load_dags: LoadDags) -> None:
    assert set(load_dags()) == {"mandje_tiny"}


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
    assert type(load_dags()["mandje_tiny"].timetable).__name__ == "NullTimetable"


def test_a_shop_whose_exports_have_ended_has_no_schedule(
    load_dags: LoadDags, monkeypatch: pytest.MonkeyPatch, shop_folder: Path, tmp_path: Path
) -> None:
    ended = (shop_folder / "shop.toml").read_text() + "[schedule]\nis_on = false\n"
    (tmp_path / "shop.toml").write_text(ended)
    monkeypatch.setenv("MANDJE_SHOP", str(tmp_path))
    assert type(load_dags()["mandje_tiny"].timetable).__name__ == "NullTimetable"


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


def test_faults_of_the_machine_are_retried_and_nothing_runs_for_ever(nightly: Any) -> None:
    for task in nightly.tasks:
        assert task.retries == 2
        assert (task.retry_delay, task.retry_exponential_backoff) == (timedelta(minutes=1), 2)
        assert task.max_retry_delay == timedelta(minutes=30)
        assert timedelta(0) < task.execution_timeout <= timedelta(hours=4)


def test_stages_offer_assets_of_what_they_change(nightly: Any) -> None:
    assert {"mandje://tiny/marts/order_facts", "mandje://tiny/predictions/customer_predictions"} < set(ASSETS)
    outlets = {task.task_id: [asset.uri for asset in task.outlets] for task in nightly.tasks}
    assert outlets.pop("publish") == ASSETS
    assert outlets.pop("load") == [f"mandje://tiny/exports/{source}" for source in SOURCES]
    assert not any(outlets.values())
    for task in nightly.tasks:
        assert all(asset.name == asset.uri for asset in task.outlets), "known by the URI alone"


def well(stage: str, day: str | None) -> Record:
    """What a stage that went well says of itself."""
    result = {"as_of_date": day, "content_hash": "ab12", "reasons": ["a", "b"]}
    result |= {"folder": f"{day}-ab12", "current": f"{day}-ab12", "taken_in": {"orders": 2}}
    return {"stage": stage, "run_date": day, "result": result, "warnings": []}


class Stages:
    """Commands that only note that they ran; `answers` is what they say."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, str, str | None]] = []
        self.answers: Answers = well

    def command(self, words: Sequence[str], environment: Mapping[str, str]) -> Any:
        del environment
        _, _, _, _, command, folder, stage, *day = words
        assert (command, day[:-1]) in (("stage", ["--date"]), ("stage", []))
        given = day[-1] if day else None

        class Command:
            def answer(_, say: Callable[[str], None]) -> Record:  # noqa: N805
                self.ran.append((Path(folder).name, stage, given))
                say(f"{stage} at work")
                return self.answers(stage, given)

        return Command()


@pytest.fixture
def stages(airflow_home: str, monkeypatch: pytest.MonkeyPatch) -> Stages:
    del airflow_home
    stages = Stages()
    monkeypatch.setattr("mandje.airflow.operator.StageCommand", stages.command)
    return stages


def test_a_night_runs_every_stage_for_its_date(nightly: Any, stages: Stages, shop_folder: Path) -> None:
    run = nightly.test(run_conf={"run_date": "2011-12-09"})
    assert run.state == "success"
    assert stages.ran == [(shop_folder.name, stage, "2011-12-09") for stage in pipeline.STAGES]
    facts = {"as_of_date": "2011-12-09", "content_hash": "ab12"}
    assert asset_events() == [
        ("mandje://tiny/exports/orders", {"delivery_count": "2"}),
        *((asset, facts) for asset in ASSETS),
    ]


def asset_events() -> list[tuple[str, Record]]:
    """All so far, as they came."""
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        events = session.scalars(select(AssetEvent).order_by(AssetEvent.id))
        told = [(event.asset.uri, event.extra) for event in events]
    return sorted(
        told, key=lambda one: ("exports" not in one[0], ASSETS.index(one[0]) if one[0] in ASSETS else 0)
    )


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, []),
        ({"content_hash": "cd34"}, ASSETS),
        ({"content_hash": "cd34", "current": "2011-12-08-ef56"}, []),  # a rollback is pinned
    ],
)
def test_what_readers_see_is_told_once(
    nightly: Any, stages: Stages, changed: dict[str, str], told: list[str]
) -> None:
    publish = nightly.partial_subset("publish", include_upstream=False)
    stages.answers = lambda stage, _: well(stage, "2011-12-09")
    publish.test(run_conf={"run_date": "2011-12-09"})
    before = len(asset_events())
    new = well("publish", "2011-12-09")["result"] | changed
    stages.answers = lambda stage, day: well(stage, day) | {"result": new}
    publish.test(run_conf={"run_date": "2011-12-09"})
    assert len(asset_events()) - before == len(told)


def test_a_fault_to_mend_stops_the_night_at_once_with_its_line(
    nightly: Any, stages: Stages, caplog: pytest.LogCaptureFixture
) -> None:
    parts = {"message": "the gate is closed", "file": None, "found": "2 reasons", "next_step": "look"}
    line = "the gate is closed; found: 2 reasons; next step: look"
    fault = parts | {"line": line, "exit_code": ExitCode.GATE_CLOSED, "is_to_mend": True}
    stages.answers = lambda stage, day: (
        {"run_date": day, "fault": fault} if stage == "gate" else well(stage, day)
    )
    run = nightly.test(run_conf={"run_date": "2011-12-09"})
    assert run.state == "failed"
    assert [stage for _, stage, _ in stages.ran] == [
        *pipeline.STAGES[: pipeline.STAGES.index("gate")],
        "gate",
    ]
    states = {task.task_id: task.state for task in run.get_task_instances()}
    assert states["gate"] == "failed"
    assert states["publish"] == "upstream_failed"
    said = [(one.levelname, one.getMessage()) for one in caplog.records if one.name == "mandje.nightly"]
    lines = ["tiny stopped in gate", "what:     the gate is closed", "found:    2 reasons", "next:     look"]
    assert said[-4:] == [("ERROR", one) for one in lines]


def test_another_fault_is_tried_again(nightly: Any, stages: Stages) -> None:
    def fail_once(stage: str, day: str | None) -> Record:
        is_first = [ran for _, ran, _ in stages.ran].count("load") == 1
        fault = {"line": "the network blinked", "exit_code": 1, "is_to_mend": False}
        return {"run_date": day, "fault": fault} if stage == "load" and is_first else well(stage, day)

    stages.answers = fail_once
    for task in nightly.tasks:
        task.retry_delay = timedelta(0)
    assert nightly.test(run_conf={"run_date": "2011-12-09"}).state == "success"
    assert [stage for _, stage, _ in stages.ran].count("load") == 2


def test_a_task_s_log_tells_what_the_stage_says_its_result_and_its_warnings(
    nightly: Any, stages: Stages, caplog: pytest.LogCaptureFixture
) -> None:
    told = [{"is_new": True, "line": "3 totals are wrong."}, {"is_new": False, "line": "2 orders are old."}]
    of_build = {"warnings": told, "result": {"row_count": 7, "ids": [1]}}
    stages.answers = lambda stage, day: well(stage, day) | (of_build if stage == "build" else {})
    nightly.test(run_conf={"run_date": "2011-12-09"})
    said = [(one.levelname, one.getMessage()) for one in caplog.records if one.name == "mandje.nightly"]
    build = said[said.index(("INFO", "build at work")) : said.index(("INFO", "check at work"))]
    assert build[1:] == [
        ("INFO", "row count: 7"),
        ("INFO", "ids: 1"),
        ("WARNING", "3 totals are wrong."),
        ("INFO", "2 orders are old."),
    ]


@pytest.fixture
def unscheduled(load_dags: LoadDags, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    (tmp_path / "shop.toml").write_text(SHOP_TOML + "[schedule]\nis_on = false\n", encoding="utf-8")
    monkeypatch.setenv("MANDJE_SHOP", str(tmp_path))
    return load_dags()["mandje_tiny"]


def test_the_empty_form_of_a_shop_without_schedule_leaves_the_night_to_the_first_stage(
    unscheduled: Any, stages: Stages
) -> None:
    stages.answers = lambda stage, day: well(stage, day or "2011-12-05")
    assert unscheduled.test().state == "success"
    assert [day for _, _, day in stages.ran] == [None, *["2011-12-05"] * (len(pipeline.STAGES) - 1)]


def test_nothing_due_is_no_failure(unscheduled: Any, stages: Stages) -> None:
    stages.answers = lambda stage, _: {"stage": stage, "run_date": None, "result": {}, "warnings": []}
    run = unscheduled.test()
    assert run.state == "success"
    assert {task.state for task in run.get_task_instances()} == {"skipped"}
    assert len(stages.ran) == 1
