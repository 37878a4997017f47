"""`status` and `doctor` for programs: the same keys whatever happened, as the reference lists them."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from command_line import mandje
from mandje.errors import ExitCode
from mandje.observe.records.nights import begin_night, note_stop, write_record
from mandje.shop.settings import Shop
from repository import ROOT
from tiny_shop import FIRST_DAY, SHOP_TOML, small_shop

DAY = FIRST_DAY + timedelta(days=1)
PAGE = (ROOT / "docs" / "reference" / "status-json.md").read_text(encoding="utf-8")
LINE = "order_id,line_number\n"


def keys(heading: str) -> set[str]:
    """The keys that the page lists under a heading."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))


def asked(command: str, folder: Path, exit_code: ExitCode = ExitCode.OK) -> dict[str, Any]:
    said = mandje(command, folder, "--format", "json")
    assert said.exit_code == exit_code, said
    answer: dict[str, Any] = json.loads(said.stdout)
    assert set(answer) == keys(f"`mandje {command} SHOP --format json`")
    return answer


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Without a schedule: nothing is due but what was delivered."""
    return small_shop(tmp_path / "shop", SHOP_TOML + "[schedule]\nis_on = false\n").shop


def stopped(shop: Shop, stage: str, code: ExitCode) -> None:
    begin_night(shop, DAY)
    note_stop(shop, DAY, stage, "a line; found: ann@example.org; next step: look", code)


def test_a_fresh_shop(shop: Shop) -> None:
    told = asked("status", shop.folder)
    assert (told["shop"], told["fault"], told["newest_night"], told["snapshot"]) == ("tiny", None, None, None)
    assert (told["nights_due"], told["sources"], told["warnings"], told["refused"]) == ([], [], [], [])
    assert asked("doctor", shop.folder, ExitCode.OK)["fault"] is None


def test_a_night_that_was_loaded_and_one_whose_gate_is_held(shop: Shop) -> None:
    small = small_shop(shop.folder, (shop.folder / "shop.toml").read_text())
    small.deliver("customers", DAY, [{"customer_id": "c1", "first_seen_at": "2025-01-01T12:00:00Z"}])
    small.stages(DAY, "discover", "validate", "load")
    write_record(shop, DAY, "gate", {"stage": "gate", "seconds": 0, "result": {"told": ["carts: 2 are old"]}})
    write_record(shop, DAY, "build", {"stage": "build", "seconds": 0, "result": {"findings": []}})
    stopped(shop, "gate", ExitCode.GATE_CLOSED)
    told = asked("status", shop.folder)
    assert told["newest_night"] == told["unfinished_night"] == str(DAY)
    line = "a line; next step: look"
    assert told["stopped"] == {"night": str(DAY), "stage": "gate", "line": line, "exit_code": 4}
    assert [one["check"] for one in told["warnings"]] == ["carts"]
    came = {one["source"]: (one["delivered"], one["newest"]) for one in told["sources"]}
    assert came["customers"] == (1, str(DAY))
    assert came["orders"] == (0, None)
    assert set(told["sources"][0]) == keys("A source")
    assert set(told["stopped"]) == keys("A stop")
    assert set(told["warnings"][0]) == keys("A warning")
    assert any(
        "has not ended" in one["text"]
        for one in asked("doctor", shop.folder, ExitCode.USER_ERROR)["findings"]
    )


def test_a_refused_delivery(shop: Shop) -> None:
    small = small_shop(shop.folder, (shop.folder / "shop.toml").read_text())
    small.deliver("returns", DAY, "nothing\n").stages(DAY, "discover", "validate")
    assert mandje("stage", shop.folder, "load", "--date", DAY).exit_code
    told = asked("status", shop.folder)
    assert [(one["source"], one["delivery_date"]) for one in told["refused"]] == [("returns", str(DAY))]
    assert set(told["refused"][0]) == keys("A refused delivery")
    assert told["stopped"]["stage"] == "load"


def test_a_snapshot(shop: Shop) -> None:
    folder = shop.published / f"{DAY}-0123456789ab"
    folder.mkdir(parents=True)
    (shop.published / "current").symlink_to(folder.name)
    told = asked("status", shop.folder)
    assert told["snapshot"] == {"name": folder.name, "as_of_date": str(DAY), "is_pinned": False}
    assert set(told["snapshot"]) == keys("A snapshot")


@pytest.mark.parametrize("command", ["status", "doctor"])
def test_settings_that_cannot_be_read_are_an_object_too(shop: Shop, command: str) -> None:
    (shop.folder / "shop.toml").write_text("name = ")
    told = asked(command, shop.folder, ExitCode.USER_ERROR)
    assert {value for name, value in told.items() if name != "fault"} == {None}
    assert told["fault"]["message"] == "shop.toml cannot be read as TOML"
    assert set(told["fault"]) == keys("A fault")


def test_a_damaged_file_leaves_the_rest(shop: Shop) -> None:
    write_record(shop, DAY, "load", {"result": {}})
    (shop.ops / "nights" / str(DAY) / "load.json").write_text("{")
    told = asked("status", shop.folder, ExitCode.USER_ERROR)
    assert told["newest_night"] is None
    assert told["fault"]["file"].endswith("load.json")
    assert (told["shop"], told["refused"]) == ("tiny", [])


def test_a_finding_of_the_doctor(shop: Shop) -> None:
    assert set(asked("doctor", shop.folder)["findings"][0]) == keys("A finding")


def test_days_are_iso_days(shop: Shop) -> None:
    stopped(shop, "load", ExitCode.NIGHT_STOPPED)
    assert date.fromisoformat(asked("status", shop.folder)["unfinished_night"]) == DAY
