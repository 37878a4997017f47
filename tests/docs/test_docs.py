"""README and docs: every command and query runs, or says why not, and every link leads somewhere."""

from __future__ import annotations

import shlex
import subprocess
import tomllib
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path

import pytest
from doc_blocks import (
    RUN,
    Block,
    anchors,
    blocks,
    commands,
    dead_links,
    faults_of_marks,
    mandje_words,
    merged,
)

from command_line import mandje
from mandje.publish.query import query_snapshot
from mandje.shop.settings import ShopSettings, load_shop
from mandje.simulate.settings import SimulationSettings
from mandje.starter import init_shop
from repository import ROOT

README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").rglob("*.md"))]
BY_CI = {line.strip() for line in (ROOT / ".ci" / "run").read_text().splitlines()}
BLOCKS = [block for page in PAGES for block in blocks(page)]
TRIED = [one for one in BLOCKS if one.kind in RUN and not one.is_not_run and not one.is_run_by_ci]
# What a person types besides mandje, in a folder of the test's own.
HARMLESS = {"cat", "cp", "gzip", "head", "ls", "mkdir", "mv", "tail", "zcat"}
# Commands that take no time and change no shop; a page says of the others that they are not run.
QUICK = {
    *("backtest", "check", "doctor", "experiment", "init", "query", "reconcile", "rejects", "status"),
    *("truth", "warnings"),
    "publish --check",
    "report",
}

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def fault_of(block: Block, place: Path) -> str | None:
    """What goes wrong when a block is run; None where nothing does."""
    try:
        {"console": _type, "sql": _ask, "python": _execute, "toml": _accept}[block.kind](block.text, place)
    except Exception as fault:  # noqa: BLE001  whatever it is, the page is wrong
        return f"{block.place}: {type(fault).__name__}: {fault}"
    return None


def _type(text: str, place: Path) -> None:
    for command in commands(text):
        words = mandje_words(command.text)
        if words is not None:
            assert _is_quick(words), f"`{command.text}` takes its time or changes a shop: mark it"
            said = _said(*words) if "data/demo" in words else mandje(*words)
            is_verdict = command.exit_code == 0 and not said.stderr  # such as of a check that found something
            assert is_verdict or said.exit_code == command.exit_code, f"{command.text}: {said}"
            continue
        named = shlex.split(command.text)[0]
        assert named in HARMLESS, f"`{command.text}` is neither run by this test nor marked as not run"
        subprocess.run(command.text, shell=True, cwd=place, check=True, capture_output=True)  # noqa: S602


# Many pages ask the demo the same, and nothing that they type changes it.
_said = cache(mandje)


def _is_quick(words: list[str]) -> bool:
    return "--help" in words or any(set(quick.split()) <= set(words) for quick in QUICK)


def _ask(text: str, place: Path) -> None:
    query_snapshot(load_shop(place / "data" / "demo"), text)


def _execute(text: str, place: Path) -> None:
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()):
        patch.chdir(place / "data" / "demo")
        exec(compile(text, "block", "exec"), {"__name__": "block"})  # noqa: S102  our own pages


def _accept(text: str, place: Path) -> None:
    if not (place / "new").exists():
        init_shop(place / "new")
    told = tomllib.loads(text)
    is_plan = isinstance(told.get("experiments"), dict)  # of a shop; a simulation has a list of them
    if told.keys() <= SimulationSettings.model_fields.keys() and not is_plan:
        SimulationSettings.model_validate(told)
        return
    whole = tomllib.loads((place / "new" / "shop.toml").read_text())
    ShopSettings.model_validate(merged(whole, told))


@pytest.fixture
def typed_there(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(place)
    return place


@pytest.mark.parametrize("block", TRIED, ids=lambda one: one.place)
def test_a_block_runs(block: Block, typed_there: Path) -> None:
    assert fault_of(block, typed_there) is None


def test_marks_are_true() -> None:
    assert [fault for block in BLOCKS for fault in faults_of_marks(block, BY_CI)] == []


def test_no_link_is_dead() -> None:
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    pages = {*PAGES, *(ROOT / name for name in listed.stdout.splitlines())}
    assert [fault for page in sorted(pages) if page.exists() for fault in dead_links(page)] == []


def test_the_readme_is_short() -> None:
    assert len(README.read_text().splitlines()) <= 140


def page_of(folder: Path, text: str) -> Path:
    page = folder / "page.md"
    page.write_text(text)
    return page


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    page = page_of(
        tmp_path, "# A `mandje` *day*\n[a](page.md#a-mandje-day) [b](#no) [c](gone.md) `[d](no.md)`\n"
    )
    assert list(dead_links(page)) == ["page.md: #no has no such heading", "page.md: gone.md is not there"]


def test_headings_of_one_name_are_counted(tmp_path: Path) -> None:
    page = page_of(tmp_path, "# Load\n## Load\n```\n# no heading\n```\n## What next, then?\n")
    assert anchors(page) == {"load", "load-1", "what-next-then"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("```sql\nselect no_such_column from marts.orders\n```\n", "no_such_column"),
        ("```sql\ndelete from marts.orders\n```\n", "a snapshot can only be read"),
        ("```console\nmandje status no/such/shop\n```\n", "is not a shop"),
        ("```console\nmandje status SHOP --fulll\n```\n", "--fulll"),
        ("```console\nmandje night SHOP\n```\n", "takes its time or changes a shop"),
        ("```console\nmake everything\n```\n", "neither run by this test nor marked"),
        ("```console\nmandje status 'SHOP\n```\n", "never closed"),
        ("```python\nopen('published/gone.json')\n```\n", "FileNotFoundError"),
        ("```toml\n[sessions]\ngap_minuts = 30\n```\n", "gap_minuts"),
    ],
)
def test_a_block_that_fails_is_found(text: str, fault: str, tmp_path: Path, typed_there: Path) -> None:
    (block,) = blocks(page_of(tmp_path, text))
    assert fault in str(fault_of(block, typed_there))


@pytest.mark.parametrize(
    "text",
    [
        "```console\nmandje status SHOP\nmandje check SHOP none.csv --feed orders   # exit code 1\n```\n",
        "1. as so:\n   ```toml\n   [sources.orders]\n   documents = 'whole'\n   ```\n",
        '```console\nmandje query SHOP "select 1\n    as one"   # over two lines\n```\n',
    ],
)
def test_a_block_that_runs_passes(text: str, tmp_path: Path, typed_there: Path) -> None:
    (block,) = blocks(page_of(tmp_path, text))
    assert fault_of(block, typed_there) is None


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("<!-- not run: needs a cluster -->\n```console\nmake run\n```\n", 0),
        ("<!-- not run: -->\n```console\nmake run\n```\n", 1),
        ("<!-- run by .ci/run -->\n```console\nmake run   # the demo\nmake sandwich\n```\n", 1),
        ("```bash\nmake run\n```\n", 1),
    ],
)
def test_a_wrong_mark_is_found(text: str, count: int, tmp_path: Path) -> None:
    (block,) = blocks(page_of(tmp_path, text))
    assert len(list(faults_of_marks(block, {"make run"}))) == count


def test_a_block_that_no_line_marks_is_run(tmp_path: Path) -> None:
    page = page_of(tmp_path, "<!-- not run: no -->\n\n```console\nmake run\n```\n")
    assert [(one.is_not_run, one.is_run_by_ci) for one in blocks(page)] == [(False, False)]
