"""`mandje stage`: the last line on stdout is JSON for whoever scheduled it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from command_line import Said, mandje
from mandje.errors import ExitCode
from tiny_shop import FIRST_DAY, SHOP_TOML, line, order, small_shop

DAY = FIRST_DAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def stays_after_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command runs in the process of the tests."""
    for end in ("end_with_parent", "end_quietly"):
        monkeypatch.setattr(f"mandje.cli.run.{end}", lambda: None)


def told(said: Said) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(said.stdout.splitlines()[-1])
    return answer


def shop_of_one_order(tmp_path: Path, day: date = DAY) -> Path:
    from datetime import UTC, datetime

    lines = [line("o1", 1, "p1", 1, "5.00")]
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    small = small_shop(tmp_path, SHOP_TOML + "[schedule]\nis_on = false\n")
    return small.deliver("orders", day, [order("o1", moment, lines)]).shop.folder


def test_it_says_what_it_did_and_for_which_night(tmp_path: Path) -> None:
    folder = shop_of_one_order(tmp_path)
    said = mandje("stage", folder, "discover", "--date", DAY)
    assert said.exit_code == 0
    answer = told(said)
    assert (answer["stage"], answer["run_date"], answer["warnings"]) == ("discover", str(DAY), [])
    record = json.loads((folder / "ops" / "nights" / str(DAY) / "discover.json").read_text())
    assert answer["result"] == record["result"]


def test_without_a_date_it_takes_the_newest_due_or_nothing(tmp_path: Path) -> None:
    folder = shop_of_one_order(tmp_path)
    assert told(mandje("stage", folder, "discover"))["run_date"] == str(DAY)
    empty = small_shop(tmp_path / "empty").shop.folder
    said = mandje("stage", empty, "discover")
    assert (said.exit_code, told(said)["run_date"]) == (0, None)
    assert not (empty / "ops" / "nights").exists()


def test_a_fault_to_mend_is_told_with_its_exit_code(tmp_path: Path) -> None:
    folder = shop_of_one_order(tmp_path)
    said = mandje("stage", folder, "publish", "--date", DAY)
    assert said.exit_code == ExitCode.GATE_CLOSED
    fault = told(said)["fault"]
    assert (fault["exit_code"], fault["is_to_mend"]) == (ExitCode.GATE_CLOSED, True)
    assert fault["line"].startswith("the gate has not let this build through")
    assert fault["line"] in " ".join(said.stderr.split())
    parts = {name: fault[name] for name in ("message", "file", "found", "expected", "next_step")}
    assert parts == {
        "message": "the gate has not let this build through",
        "file": None,
        "found": None,
        "expected": f"an open gate for {DAY}",
        "next_step": "run the night again, or `mandje publish SHOP`",
    }


def test_settings_that_cannot_be_read_are_told_too(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text("name = ")
    said = mandje("stage", tmp_path, "discover", "--date", "2026-05-09")
    assert (said.exit_code, told(said)["fault"]["is_to_mend"]) == (ExitCode.USER_ERROR, True)
    assert "shop.toml cannot be read as TOML" in told(said)["fault"]["line"]
    folder = shop_of_one_order(tmp_path / "shop")
    said = mandje("stage", folder, "discover", "--date", "yesterday")
    assert "not a day; found: 'yesterday'; expected: YYYY-MM-DD" in told(said)["fault"]["line"]


def test_another_fault_may_be_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def blink(*_: object) -> None:
        raise ConnectionResetError("the share blinked")

    monkeypatch.setattr("mandje.cli.run.run_stage", blink)
    said = mandje("stage", shop_of_one_order(tmp_path), "discover", "--date", DAY)
    assert said.exit_code != 0
    fault = told(said)["fault"]
    assert (fault["line"], fault["exit_code"], fault["is_to_mend"]) == ("the share blinked", 1, False)
    assert fault["message"] == "a fault that is not known: ConnectionResetError"


def test_warnings_of_the_stage_are_told_with_whether_they_are_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mandje.observe.records.nights import write_record
    from mandje.shop.settings import load_shop

    folder = shop_of_one_order(tmp_path)
    finding = {"check": "totals", "origin": "dbt test", "severity": "warn", "sentence": "3 totals are wrong."}
    found = finding | {"count": 3, "keys": ['{"order_id": "o1"}'], "note": ""}

    def build(folder: Path, run_date: date, stage: str) -> dict[str, Any]:
        record = {"stage": stage, "result": {"findings": [found]}}
        write_record(load_shop(folder), run_date, stage, record)
        return record

    monkeypatch.setattr("mandje.cli.run.run_stage", build)
    line = f"3 totals are wrong. First: order_id=o1. All: `mandje warnings {folder.name} totals`"
    for day, is_new in ((FIRST_DAY, True), (DAY, False)):
        warnings = told(mandje("stage", folder, "build", "--date", day))["warnings"]
        assert warnings == [{"is_new": is_new, "line": line}]


def test_no_such_stage_is_wrong_usage(tmp_path: Path) -> None:
    said = mandje("stage", tmp_path, "biuld")
    assert (said.exit_code, said.stdout) == (ExitCode.USAGE, "")
    assert "there is no stage biuld" in " ".join(said.stderr.split())


def test_a_stage_starts_without_what_only_others_need() -> None:
    heavy = {"scipy", "lifetimes", "pandas", "dbt", "great_expectations", "airflow"}
    code = f"import sys, mandje.cli; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
