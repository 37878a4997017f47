"""Nights that must not be published, each in a small shop of its own, and what `mandje truth` says of them.

First with records of the last night written by hand, as the gate and a night that waits leave them; then, in
the longer run, with the nights themselves.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from command_line import told
from mandje.errors import ExitCode
from mandje.night.pipeline import run_stage
from mandje.observe.records.nights import note_stop, write_record
from mandje.shop.settings import Shop, load_shop
from mandje.simulate.run import simulate
from mandje.simulate.shop_files import make_shop
from night_shops import LAST, night_shop, truth_of
from once_per_run import made_once
from tiny_shop import copy_shop

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

ONE_DAY = timedelta(days=1)


def _copied(factory: pytest.TempPathFactory, name: str, folder: Path) -> Shop:
    return copy_shop(load_shop(night_shop(factory, name)), folder / "shop")


def _loaded(factory: pytest.TempPathFactory, name: str) -> Path:
    """The shop with everything loaded and nothing built."""

    def make(folder: Path) -> None:
        shop = copy_shop(load_shop(night_shop(factory, name)), folder)
        for stage in ("discover", "validate", "load"):
            run_stage(shop.folder, LAST, stage)

    return made_once(factory, f"loaded_{name}", make)


def _truth(shop: Shop, exit_code: ExitCode) -> dict[str, Any]:
    said = told("truth", shop.folder, "--format", "json", exit_code=exit_code)
    answer: dict[str, Any] = json.loads(said)
    return answer


def _hold(shop: Shop, figures: list[str]) -> None:
    """What a closed gate leaves."""
    dated = [name if name.startswith("silence:") else f"{name}:{LAST}:(all)" for name in figures]
    holds = [{"figure": name, "before": "40", "now": "0", "sentence": "0, usually 40"} for name in dated]
    verdict = {"passed": False, "reasons": ["held"], "holds": holds}
    write_record(shop, LAST, "gate", {"stage": "gate", "seconds": 0, "result": verdict})
    note_stop(shop, LAST, "gate", "the gate is closed", ExitCode.GATE_CLOSED)


def _check_found(answer: dict[str, Any], name: str, rows: int) -> None:
    (planted,) = [row for row in answer["classes"] if row["class"] == name]
    assert 0 < planted["planted"] == planted["set"]
    assert (planted["rows"], planted["found"], planted["missed"], planted["extra"]) == (rows, rows, 0, 0)


def _check_late_days(shop: Shop, answer: dict[str, Any]) -> None:
    """Every delivery that is planted as late is found missing."""
    _check_found(answer, "late_days", _late_deliveries(shop).height)


def _late_deliveries(shop: Shop) -> pl.DataFrame:
    defects = pl.read_parquet(shop.folder / "truth" / "defects.parquet")
    return defects.filter(pl.col("class") == "late_days")


def test_a_last_night_that_waits(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> None:
    shop = _copied(tmp_path_factory, "absent", tmp_path)
    note_stop(shop, LAST, "discover", "orders is not there", ExitCode.WAITING)
    answer = _truth(shop, ExitCode.OK)
    assert answer["last_night"]["outcome"] == "waits"
    _check_found(answer, "absent_newest_deliveries", 2)


def test_a_last_night_that_is_held(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> None:
    shop = copy_shop(load_shop(_loaded(tmp_path_factory, "every")), tmp_path / "shop")
    holds = truth_of(shop.folder)["last_night"]["holds"]
    _hold(shop, holds)
    answer = _truth(shop, ExitCode.OK)
    for name, rows in (("vanished_sources", 1), ("quarter_days", 3), ("untracked_event_types", 1)):
        _check_found(answer, name, rows)
    _check_late_days(shop, answer)
    parts = {part["compared"]: (part["rows"], part["differences"]) for part in answer["compared"]}
    assert parts["delivery_outcomes"][0] > 300
    assert parts["rejected_rows"][0] > 50
    assert {differences for _, differences in parts.values()} == {0}
    _hold(shop, ["predictions"])
    answer = _truth(shop, ExitCode.NOT_EQUAL)
    assert [(row["key"], row["found"]) for row in answer["differences"]] == [
        (f"{LAST} holds {figure}", "no") for figure in holds
    ]


def test_a_last_night_of_a_late_day_must_not_wait(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    shop = _copied(tmp_path_factory, "late", tmp_path)
    note_stop(shop, LAST, "discover", "orders is not there", ExitCode.WAITING)
    answer = _truth(shop, ExitCode.NOT_EQUAL)
    assert [row["key"] for row in answer["differences"]] == [
        f"{LAST} outcome",
        f"{LAST} readers see",
    ]


def _night(shop: Shop, day: date, exit_code: ExitCode = ExitCode.OK) -> None:
    told("night", shop.folder, "--date", day, exit_code=exit_code)


@pytest.mark.full
@pytest.mark.parametrize(
    ("name", "days_before", "exit_code"),
    [
        ("absent", 1, ExitCode.WAITING),
        ("vanished", 14, ExitCode.GATE_CLOSED),
        ("quarter", 1, ExitCode.GATE_CLOSED),
        ("untracked", 1, ExitCode.GATE_CLOSED),
        ("two sites", 1, ExitCode.GATE_CLOSED),
        ("partial", 1, ExitCode.GATE_CLOSED),
    ],
)
def test_the_real_last_night_is_not_published(
    name: str, days_before: int, exit_code: ExitCode, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    shop = _copied(tmp_path_factory, name, tmp_path)
    before = LAST - days_before * ONE_DAY
    _night(shop, before)
    _night(shop, LAST, exit_code)
    assert (shop.published / "current").resolve().name.startswith(str(before))
    outcome = truth_of(shop.folder)["last_night"]["outcome"]
    assert _truth(shop, ExitCode.OK)["last_night"]["outcome"] == outcome


@pytest.mark.full
@pytest.mark.parametrize("name", ["absent", "quarter"])
def test_the_real_last_night_is_not_published_where_none_was_before(
    name: str, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    shop = _copied(tmp_path_factory, name, tmp_path)
    _night(shop, LAST, ExitCode(truth_of(shop.folder)["last_night"]["exit_code"]))
    assert not (shop.published / "current").exists()
    _truth(shop, ExitCode.OK)


@pytest.mark.full
def test_a_late_day_waits_and_the_next_night_publishes_it_as_not_whole(tmp_path: Path) -> None:
    """In a shop of usual customers: of those who order every three days the truth misses a session."""
    make_shop(tmp_path, {"seed": 1, "customers": 100, "days": 40})
    with (tmp_path / "simulation.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n[nights]\nlate_days = 2\n")
    simulate(tmp_path)
    shop, last = load_shop(tmp_path), date.fromisoformat(truth_of(tmp_path)["as_of_date"])
    late = min(_late_deliveries(shop)["delivery_date"])
    assert not (shop.exports / "orders" / str(late)).exists()
    _night(shop, late - ONE_DAY)
    _night(shop, late, ExitCode.WAITING)
    _night(shop, late + ONE_DAY)
    _night(shop, last)
    _check_late_days(shop, _truth(shop, ExitCode.OK))
