"""Input as other tools write it, each kind planted in one small shop: its night, and what the truth says."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from command_line import told
from mandje.errors import ExitCode
from mandje.shop.settings import load_shop
from mandje.simulate.run import simulate
from mandje.simulate.shop_files import make_shop
from night_shops import truth_of

pytestmark = [pytest.mark.full, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

_DEFECTS = {"header_only_versions": 12, "changed_lines_alone": 12, "placeholder_ids": 12, "float_ids": 12}
_OF_VISITS = {"clock_of_2000": 6, "steps_at_one_moment": 12}
COUNTS = _DEFECTS | _OF_VISITS


def _table(name: str, counts: dict[str, int]) -> str:
    return "\n".join([f"[{name}]", *(f"{key} = {count}" for key, count in counts.items()), ""])


def _shop(folder: Path) -> Path:
    tables = {
        "defects": _DEFECTS,
        "sales.defects": {"corrected_orders_with_a_line_less": 0},
        "visits.defects": _OF_VISITS,
    }
    text = "".join(_table(name, counts) for name, counts in tables.items())
    (folder / "simulation.toml").write_text(f"seed = 1\ncustomers = 120\ndays = 60\n{text}")
    make_shop(folder, {})
    simulate(folder)
    return folder


def test_what_other_tools_write_gives_no_wrong_figure(tmp_path: Path) -> None:
    shop = load_shop(_shop(tmp_path))
    told("night", shop.folder, "--date", date.fromisoformat(truth_of(shop.folder)["as_of_date"]))
    answer = json.loads(told("truth", shop.folder, "--format", "json", exit_code=ExitCode.OK))
    assert answer["is_equal"]
    found = {row["class"]: row for row in answer["classes"]}
    for name, count in COUNTS.items():
        assert (found[name]["planted"], found[name]["set"]) == (count, count), name
        assert found[name]["found"] == found[name]["rows"] >= count
        assert (found[name]["missed"], found[name]["extra"]) == (0, 0)
    assert sum(row["figures"] for row in answer["compared"]) > 100_000
