"""What is decided before a night is unmade, on shops whose records are written by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest

from mandje.errors import MandjeError
from mandje.experiments.kept_plans import keep_plan
from mandje.night.pipeline import STAGES, due_nights
from mandje.night.unmake_log import note_begin, note_moves, read_unmake_log
from mandje.night.unmake_steps import Unmaking, begin_unmaking, end_unmaking, unmake_newest
from mandje.observe.records.nights import (
    begin_night,
    end_nights,
    newest_night,
    note_stop,
    unfinished_night,
    write_record,
)
from mandje.shop.experiments import Experiment
from mandje.shop.settings import Shop
from tiny_shop import make_shop

BUILT = STAGES[STAGES.index("build") :]
FIRST, SECOND, THIRD = (date(2025, 1, day) for day in (6, 9, 12))
# What lies beside them is of no account to these tests.
NAME = "{}-0123456789ab"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "shop")


def snapshot(shop: Shop, day: date) -> None:
    folder = shop.published / NAME.format(day)
    folder.mkdir(parents=True)
    manifest = {"as_of_date": folder.name[:10], "content_hash": "0123456789ab", "contract_version": 1}
    (folder / "manifest.json").write_text(json.dumps(manifest | {"tables": [], "files": []}))
    link = shop.published / "current"
    link.unlink(missing_ok=True)
    link.symlink_to(folder.name)


def stage(shop: Shop, new: Iterable[str] = (), gone: Iterable[str] = ()) -> None:
    """What validation leaves for the load."""
    staged = shop.raw / ".staged"
    staged.mkdir(parents=True, exist_ok=True)
    manifest = {"staged": [one.split("/") for one in new], "gone": [one.split("/") for one in gone]}
    (staged / "manifest.json").write_text(json.dumps(manifest))


def run(shop: Shop, night: date, *new: str, stages: Iterable[str] = STAGES, gone: Iterable[str] = ()) -> None:
    """A night as it leaves its marks; it publishes if it comes so far."""
    note_begin(shop, night)
    begin_night(shop, night)
    stage(shop, new, gone)
    for name in stages:
        if name == "load":
            note_moves(shop, night)
            for one in new:
                (shop.raw / one).mkdir(parents=True, exist_ok=True)
                (shop.raw / one / "current.json").write_text("{}")
        write_record(shop, night, name, {"stage": name, "result": {"night": night}})
    if "publish" in stages:
        if not (shop.published / NAME.format(night)).exists():
            snapshot(shop, night)
        end_nights(shop, night)


def plan(shop: Shop, night: date) -> Unmaking:
    return begin_unmaking(shop, night, BUILT)


def unmake(shop: Shop, night: date) -> Unmaking:
    """All but building again."""
    done = plan(shop, night)
    unmake_newest(shop, done)
    end_unmaking(shop, done, stands=True)
    return done


def test_what_came_late_and_what_came_with_its_days_is_forgotten(shop: Shop) -> None:
    run(shop, FIRST, "orders/2025-01-06", "returns/2025-01-05")
    run(shop, SECOND, "orders/2025-01-09", "returns/2025-01-02")
    done = plan(shop, SECOND)
    assert done.deliveries == ["orders/2025-01-09", "returns/2025-01-02"]
    assert (done.stand, done.stages, done.is_exact, done.has_ended) == (str(FIRST), list(BUILT), True, True)


def test_a_second_run_hides_nothing_that_the_first_loaded(shop: Shop) -> None:
    run(shop, FIRST, "orders/2025-01-06")
    run(shop, SECOND, "orders/2025-01-02", "orders/2025-01-09", stages=STAGES[:3])
    run(shop, SECOND, "orders/2025-01-03")
    assert plan(shop, SECOND).deliveries == ["orders/2025-01-02", "orders/2025-01-03", "orders/2025-01-09"]


def test_what_it_changed_of_its_own_is_no_loss(shop: Shop) -> None:
    run(shop, FIRST, "orders/2025-01-06")
    run(shop, SECOND, "orders/2025-01-02", "orders/2025-01-06", gone=["returns/2025-01-04"])
    run(shop, SECOND, "orders/2025-01-02", gone=["orders/2025-01-02"])
    done = plan(shop, SECOND)
    assert (done.changed, done.gone) == (["orders/2025-01-06"], ["returns/2025-01-04"])
    assert not done.is_exact


def test_an_older_night_that_runs_later_takes_over_what_it_would_have_loaded(shop: Shop) -> None:
    run(shop, FIRST, "orders/2025-01-06")
    run(shop, THIRD, "orders/2025-01-02", "orders/2025-01-08", "orders/2025-01-11")
    run(shop, SECOND)
    first = unmake(shop, THIRD)
    assert first.deliveries == ["orders/2025-01-11"]
    assert not first.is_exact
    assert unmake(shop, SECOND).deliveries == ["orders/2025-01-02", "orders/2025-01-08"]
    assert newest_night(shop) == FIRST


def test_marks_of_other_nights_come_back(shop: Shop) -> None:
    run(shop, FIRST, "orders/2025-01-06")
    run(shop, SECOND, stages=STAGES[:7])
    note_stop(shop, SECOND, "gate", "the gate is closed", 4)
    marks = [(shop.ops / place / str(SECOND)).read_text() for place in ("unfinished", "stopped")]
    run(shop, THIRD)
    done = unmake(shop, THIRD)
    assert (done.stages, done.has_ended) == (list(BUILT[:4]), False)
    assert [(shop.ops / place / str(SECOND)).read_text() for place in ("unfinished", "stopped")] == marks


def test_a_night_before_that_stopped_early_is_built_no_further(shop: Shop) -> None:
    run(shop, FIRST, "orders/2025-01-06")
    run(shop, SECOND, stages=STAGES[:4])
    run(shop, THIRD)
    assert plan(shop, THIRD).stages == ["build"]


def test_a_night_that_loaded_nothing_costs_no_build(shop: Shop) -> None:
    run(shop, FIRST, "orders/2025-01-06")
    run(shop, SECOND, stages=STAGES[:2])
    done = unmake(shop, SECOND)
    assert (done.stages, done.deliveries, done.stand) == ([], [], str(FIRST))
    assert unfinished_night(shop) is None


def test_a_plan_that_it_kept_first_is_forgotten(shop: Shop) -> None:
    asked = {"shares": {"a": 0.5, "b": 0.5}, "smallest_difference": {"orders": 0.1}, "planned_units": 1000}
    kept = Experiment.model_validate(asked | {"control": "a"})
    run(shop, FIRST)
    keep_plan(shop, "older", kept, FIRST)
    run(shop, SECOND)
    keep_plan(shop, "mended", kept, SECOND)
    unmake(shop, SECOND)
    mended = kept.model_copy(update={"control": "b"})
    told = [keep_plan(shop, name, mended, SECOND) for name in ("older", "mended")]
    assert told == ["control was a, is b", None]


def test_what_it_pruned_is_named(shop: Shop) -> None:
    for night in (FIRST, SECOND):
        run(shop, night)
    note_begin(shop, THIRD)
    gone = shop.published / NAME.format(FIRST)
    (gone / "manifest.json").unlink()
    gone.rmdir()
    run(shop, THIRD)
    done = plan(shop, THIRD)
    assert (done.pruned, done.newest_snapshot) == ([gone.name], NAME.format(SECOND))


def test_a_night_of_a_version_that_noted_nothing_is_unmade_by_its_days(shop: Shop) -> None:
    run(shop, FIRST, "orders/2025-01-06")
    run(shop, SECOND, "orders/2025-01-09", "returns/2025-01-02")
    for path in (shop.ops / "before").iterdir():
        path.unlink()
    done = plan(shop, SECOND)
    assert (done.deliveries, done.is_exact, done.stages) == (["orders/2025-01-09"], False, list(BUILT))


def test_from_the_plan_on_the_night_never_ran(shop: Shop) -> None:
    run(shop, FIRST, "orders/2025-01-06")
    run(shop, SECOND, "orders/2025-01-09")
    done = plan(shop, SECOND)
    assert newest_night(shop) == FIRST
    assert due_nights(shop) == [FIRST]
    assert plan(shop, SECOND) == done
    with pytest.raises(MandjeError, match="another night is being unmade"):
        plan(shop, FIRST)
    unmake_newest(shop, done)
    end_unmaking(shop, done, stands=True)
    assert read_unmake_log(shop, SECOND) is None
    with pytest.raises(MandjeError, match="only the newest night"):
        plan(shop, SECOND)
