"""The tutorial's own shop: its commands run as they stand, in order, and say what the page shows."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from command_line import told
from repository import ROOT

DOCS = ROOT / "docs"
PAGE = (DOCS / "tutorial.md").read_text(encoding="utf-8")
# Blocks that are left to this test, in the order of the page.
OWN = re.findall(r"<!-- not run: [^\n]*test_tutorial[^\n]*-->\n```console\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [line for block in OWN for line in block.splitlines()]
NIGHT = COMMANDS.index("mandje night data/corner")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
Type = Callable[[str], str]


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Type:
    """Types a command in a folder that is like a fresh clone, and gives what it says on one line."""
    shutil.copytree(DOCS / "corner-shop", tmp_path / "docs" / "corner-shop")
    monkeypatch.chdir(tmp_path)

    def type_(command: str) -> str:
        words = shlex.split(command)
        if words[0] == "mandje":
            return told(*words[1:])
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout

    return type_


def shown_after(command: str) -> list[str]:
    """The lines of the next plain block of the page, with single spaces, each up to where it is cut short."""
    _, _, after = PAGE[PAGE.index(command) :].partition("```\n")
    block = re.search(r"^```\n(.+?)^```", after, re.DOTALL | re.MULTILINE)
    assert block is not None
    return [" ".join(line.removesuffix("…").split()) for line in block[1].splitlines() if line]


def test_the_mistake_is_found_and_mended(typed: Type) -> None:
    said = [typed(command) for command in COMMANDS[:NIGHT]]
    first, second = (said[number] for number, one in enumerate(COMMANDS[:NIGHT]) if "check" in one)
    assert " ".join(shown_after("mandje check data/corner")) in first
    assert second.count("5 row(s) read, 0 of them refused") == len(("orders", "order_lines"))


@pytest.mark.full
def test_the_shop_says_what_the_page_shows(typed: Type) -> None:
    said = [typed(command) for command in COMMANDS]
    assert [line for line in shown_after(COMMANDS[NIGHT]) if line not in said[NIGHT]] == []
    assert " ".join(said[NIGHT + 1 :]) == " ".join(shown_after(COMMANDS[-1]))
