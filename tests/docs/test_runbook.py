"""The runbook knows every message that stops a night, every reason, rule, hold, warning and exit code."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from mandje.errors import ExitCode
from mandje.night.pipeline import STAGES
from repository import ROOT

RUNBOOK = " ".join((ROOT / "docs" / "runbook.md").read_text(encoding="utf-8").split())
SOURCE = ROOT / "src" / "mandje"
# Commands that no night runs; what they say is told on the spot, to who typed it.
OTHERS = {"cli", "from_files", "prepare", "simulate", "starter.py", "truth"}
# Who raises or keeps a message → which argument it is.
MESSAGES = {
    "DamagedFileError": 0,
    "MandjeError": 0,
    "_Kind": 0,
    "Trouble": 0,
    "_group_fault": 1,
    "refusal": 1,
}
# Who names the reason of a refusal → which argument it is.
REASONS = {"FileFault": 1, "Refusal": 3, "Refused": 0, "refusal": 0}
# Holds whose figure is put together elsewhere: by module, how the runbook names them.
COMPUTED = {
    "day_figures.py": ("day:<figure>", "event_type:<type>"),
    "id_shares.py": ("orders_share_<column>", "visits_share_<column>"),
    "two_sites.py": ("<feed>_two_sites",),
}

Call = tuple[Path, str, ast.Call]


@cache
def calls(source: Path) -> list[Call]:
    """All calls in the code that nights run: module, what is called, the call."""
    return [
        (path, getattr(node.func, "id", getattr(node.func, "attr", "")), node)
        for path in sorted(source.rglob("*.py"))
        if path.relative_to(source).parts[0] not in OTHERS
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]


def texts(node: ast.expr) -> list[str]:
    """The parts of a text that stand in the code, without what is filled in."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.JoinedStr):
        return [text for value in node.values for text in texts(value)]
    if isinstance(node, ast.BinOp):
        return [*texts(node.left), *texts(node.right)]
    return [*texts(node.body), *texts(node.orelse)] if isinstance(node, ast.IfExp) else []


def messages(source: Path) -> set[str]:
    """The longest part of each message; of a choice, of each."""
    found = set()
    for _, name, call in calls(source):
        place = MESSAGES.get(name)
        if place is not None and len(call.args) > place:
            node = call.args[place]
            each = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]
            found |= {max(texts(one), key=len).strip(" :;") for one in each if texts(one)}
    return {one for one in found if one}


def reasons(source: Path) -> set[str]:
    given = {
        call.args[REASONS[name]].value
        for _, name, call in calls(source)
        if name in REASONS
        and len(call.args) > REASONS[name]
        and isinstance(call.args[REASONS[name]], ast.Constant)
    }
    kept = {
        word.value.value
        for _, name, call in calls(source)
        for word in call.keywords
        if name == "Trouble" and word.arg == "reason" and isinstance(word.value, ast.Constant)
    }
    return given | kept


def listed(head: str) -> set[str]:
    """First cells of the table with this head."""
    page = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    rows = page.partition(f"\n| {head} |")[2].partition("\n\n")[0].splitlines()[2:]
    assert rows, f"no table of {head}"
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row.split(" | ")[0])}


def lacking(found: set[str], text: str = RUNBOOK) -> list[str]:
    return sorted(one for one in found if one not in text)


def test_every_message_of_a_night_is_told() -> None:
    found = messages(SOURCE)
    assert len(found) > 80
    assert lacking(found) == []


def test_a_new_message_is_missed(tmp_path: Path) -> None:
    code = 'raise MandjeError(f"the {what} of {day} has turned blue", file=None)\n'
    (tmp_path / "planted.py").write_text(code)
    assert lacking(messages(tmp_path)) == ["has turned blue"]


def test_every_reason_of_a_refusal_is_told_and_no_other() -> None:
    assert reasons(SOURCE) == listed("reason | what it means")


def test_every_rule_of_a_row_is_told_and_no_other() -> None:
    of_columns = {
        call.args[0].value
        for _, name, call in calls(SOURCE)
        if name == "Check" and call.args and isinstance(call.args[0], ast.Constant)
    }
    of_lines = {
        call.args[1].value
        for _, name, call in calls(SOURCE)
        if name == "broken_rows" and isinstance(call.args[1], ast.Constant)
    }
    of_csv = {text for node in tables("FAULTS") for one in node.elts for text in texts(one)}
    assert {*of_columns, *of_lines, *of_csv} == listed("rule")


def test_every_hold_is_told_and_no_other() -> None:
    figures, computed = set(), set()
    for path, name, call in calls(SOURCE):
        if name == "Hold" and call.args:
            parts = texts(call.args[0])
            figures |= {parts[0].partition(":")[0]} if parts else set()
            computed |= set() if parts else {path.name}
    told = listed("figure")
    assert computed == set(COMPUTED), "a hold with a figure that is put together: name it in COMPUTED"
    expected = figures | {one.partition(":")[0] for names in COMPUTED.values() for one in names}
    assert {one.partition(":")[0] for one in told} == expected


def test_every_warning_of_a_test_is_told() -> None:
    found = set()
    for path in (ROOT / "dbt_project" / "tests").rglob("*.yml"):
        for one in yaml.safe_load(path.read_text(encoding="utf-8")).get("data_tests", ()):
            if "told" in str(one.get("config", {}).get("meta", {})):
                found.add(one["name"])
    assert len(found) > 10
    assert lacking(found) == []


def test_every_warning_of_a_check_is_told() -> None:
    named = {
        text
        for _, name, call in calls(SOURCE)
        if name == "Finding" and call.args
        for text in texts(call.args[0])
    }
    kept = {
        text
        for table in tables("_CHECKS")
        for name, value in zip(table.keys, table.values, strict=True)
        for text in texts(value if isinstance(value, ast.Constant) else name)
    }
    assert len(kept) == 13
    assert lacking(named | kept) == []


def tables(name: str) -> list[Any]:
    """What modules keep under this name."""
    return [
        node.value
        for path in sorted(SOURCE.rglob("*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and getattr(node.targets[0] if isinstance(node, ast.Assign) else node.target, "id", "") == name
    ]


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_a_section(stage: str) -> None:
    page = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    assert f"\n## {stage}\n" in page


def test_every_exit_code_is_told() -> None:
    page = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (\d) \|", page, re.MULTILINE) == [str(code.value) for code in ExitCode]
