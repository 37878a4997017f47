"""A night that is unmade never ran: the shop is as its twin that never ran it, and goes on as that would."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from command_line import told
from killed_process import ENOUGH, run_mortal
from mandje.errors import ExitCode, MandjeError
from mandje.night import gate_inputs
from mandje.night.pipeline import STAGES, run_stage
from mandje.night.unmake import unmake_night
from mandje.observe.records.nights import newest_begun, nights, unmaking
from mandje.publish.gate import Gate
from mandje.shop.settings import Shop
from mandje.warehouse import build
from mandje.warehouse.dbt import run_dbt
from shop_state import Picture, assert_equal, on_disk, picture
from tiny_shop import Exports, copy_shop, drop, make_shop, random_exports

FIRST = date(2025, 2, 17)
NEXT = date(2025, 2, 18)
# They come with the next night: of its day, of a day before the first, and one of each that cannot be read.
LATE = [("returns", date(2025, 2, 6)), ("session_events", date(2025, 2, 12))]
UNREADABLE = [("customers", date(2025, 2, 16)), ("customers", NEXT)]

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module", autouse=True)
def no_dbt_tests() -> Iterator[None]:
    """They look at state and change none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "run_dbt", lambda *told: run_dbt(*told) if told[1] == "build" else [])
        yield


def run_night(shop: Shop, day: date, stages: Sequence[str] = STAGES) -> None:
    for stage in stages:
        run_stage(shop.folder, day, stage)


def run_next(shop: Shop) -> None:
    """The night stops after its load and is run again."""
    run_night(shop, NEXT, STAGES[:3])
    run_night(shop, NEXT)


def unmake(shop: Shop, day: date) -> str:
    return told("unmake", shop.folder, day)


def drop_bytes(shop: Shop, source: str, day: date, content: bytes) -> None:
    path = shop.exports / source / day.isoformat() / f"{source}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@dataclass(frozen=True)
class Twin:
    """A shop that has run its first night; what is delivered for the next lies there already."""

    shop: Shop
    never_run: Picture
    before: Picture


@pytest.fixture(scope="module")
def exports() -> Exports:
    return random_exports(seed=3)


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory, exports: Exports) -> Twin:
    shop = make_shop(tmp_path_factory.mktemp("twin") / "shop")
    drop(shop, exports, [one for one in exports.deliveries() if one[1] <= FIRST and one not in LATE])
    never_run = picture(shop)
    run_night(shop, FIRST)
    drop(shop, exports, [*LATE, *(one for one in exports.deliveries() if one[1] == NEXT)])
    for source, day in UNREADABLE:
        drop_bytes(shop, source, day, b"")
    return Twin(shop, never_run, picture(shop))


@pytest.fixture(scope="module")
def next_run(tmp_path_factory: pytest.TempPathFactory, twin: Twin) -> Shop:
    """The twin after its next night, which was killed after its load and run again."""
    shop = copy_shop(twin.shop, tmp_path_factory.mktemp("next") / "shop")
    run_next(shop)
    return shop


@pytest.fixture
def shop(twin: Twin, tmp_path: Path) -> Shop:
    """It has run its first night."""
    return copy_shop(twin.shop, tmp_path / "shop")


@pytest.mark.full
def test_the_night_before_stands_again_and_the_next_runs_as_for_the_first_time(
    twin: Twin, next_run: Shop, exports: Exports, tmp_path: Path
) -> None:
    shop = copy_shop(next_run, tmp_path / "shop")
    after = picture(shop)
    assert len(after["quarantine"]) > len(twin.before["quarantine"])
    assert after["working"] != twin.before["working"]
    said = unmake(shop, NEXT)
    assert_equal(picture(shop), twin.before)
    count = len(LATE) + len(UNREADABLE) + sum(day == NEXT for _, day in exports.deliveries())
    assert f"taken away {count} deliveries" in said
    assert f"stands now night {FIRST}" in said
    assert f"nights due {NEXT}" in said
    run_next(shop)
    assert_equal(picture(shop), after)


def test_without_a_night_before_the_shop_is_back_to_nothing(shop: Shop, twin: Twin) -> None:
    for source, day in [*LATE, *UNREADABLE, *((one.name, NEXT) for one in shop.exports.iterdir())]:
        shutil.rmtree(shop.exports / source / day.isoformat(), ignore_errors=True)
    said = unmake(shop, FIRST)
    assert_equal(picture(shop), twin.never_run)
    assert not shop.raw.exists() or [path.name for path in shop.raw.iterdir()] == [".hashes.json"]
    assert not shop.warehouse.parent.exists()
    assert "readers see nothing" in said
    assert "no night was run yet" in told("unmake", shop.folder, FIRST, exit_code=ExitCode.USER_ERROR)


@pytest.mark.full
def test_a_night_that_stopped_at_its_load_leaves_nothing(shop: Shop) -> None:
    drop_bytes(shop, "orders", NEXT, b"")
    before = picture(shop)
    with pytest.raises(MandjeError, match="0 bytes"):
        run_night(shop, NEXT)
    assert picture(shop)["raw"] != before["raw"]
    unmake(shop, NEXT)
    assert_equal(picture(shop), before)


@pytest.mark.full
def test_only_the_newest_night_is_unmade(shop: Shop, twin: Twin) -> None:
    run_stage(shop.folder, NEXT, "discover")
    with pytest.raises(MandjeError) as fault:
        unmake_night(shop.folder, FIRST)
    assert (fault.value.found, fault.value.expected) == (str(FIRST), str(NEXT))
    unmake(shop, NEXT)
    assert_equal(picture(shop), twin.before)


CHILD = """
from mandje.night import unmake

be_mortal()
unmake.run_and_record = lambda *told: None
unmake.unmake_night(Path(sys.argv[2]), date.fromisoformat(sys.argv[3]))
"""


def unmake_in_own_process(shop: Shop, steps: int = ENOUGH) -> int | None:
    """Unmake without building anything, killed after so many writes; steps taken, or None where killed."""
    return run_mortal(CHILD, shop.folder, NEXT, steps=steps)


def without_gate(parts: Picture) -> Picture:
    """What is on the disk, but for what building again leaves."""
    ops = {name: content for name, content in parts["ops"].items() if name != "gate_open.json"}
    return {name: parts[name] for name in ("published", "raw", "quarantine")} | {"ops": ops}


def check_kill(shop: Shop, twin: Twin, step: int) -> None:
    """Killed, it goes on when run again; every third time a night begins instead, and takes the rest away."""
    assert unmake_in_own_process(shop, step) is None
    current = shop.published / "current"
    assert (current / "manifest.json").is_file()
    if unmaking(shop) is not None and step % 3 == 0:
        run_stage(shop.folder, FIRST, "discover")
        assert unmaking(shop) is None
        found, expected = on_disk(shop), twin.before
        assert {"raw": found["raw"], "published": found["published"]} == {
            "raw": expected["raw"],
            "published": expected["published"],
        }
        assert nights(shop) == [FIRST]
    elif newest_begun(shop) == NEXT or unmaking(shop) is not None:
        unmake_in_own_process(shop)
        assert_equal(without_gate(on_disk(shop)), without_gate(twin.before))
    with pytest.raises(MandjeError, match="only the newest"):
        unmake_night(shop.folder, NEXT)
    shutil.rmtree(shop.folder)


@pytest.mark.full
def test_killed_at_some_write_it_goes_on_and_never_unmakes_another(
    twin: Twin, next_run: Shop, tmp_path: Path
) -> None:
    steps = unmake_in_own_process(copy_shop(next_run, tmp_path / "whole"))
    assert steps is not None
    assert steps > 60
    for step in (3, *random.Random(steps).sample(range(steps), 3)):
        check_kill(copy_shop(next_run, tmp_path / f"killed{step}"), twin, step)


@pytest.mark.full
def test_killed_at_many_writes_it_goes_on_and_never_unmakes_another(
    twin: Twin, next_run: Shop, tmp_path: Path
) -> None:
    steps = unmake_in_own_process(copy_shop(next_run, tmp_path / "whole"))
    assert steps is not None
    # Most of them remove the files of one snapshot: the first, the last, and some between.
    for step in sorted({*range(20), *range(20, steps - 60, 10), *range(steps - 60, steps)}):
        check_kill(copy_shop(next_run, tmp_path / f"killed{step}"), twin, step)


@pytest.mark.full
def test_killed_while_it_builds_it_goes_on(twin: Twin, next_run: Shop, tmp_path: Path) -> None:
    shop = copy_shop(next_run, tmp_path / "shop")
    chance = random.Random(1)
    command = [sys.executable, "-m", "mandje", "unmake", str(shop.folder), str(NEXT)]
    for _ in range(4):
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
        try:
            child.wait(chance.uniform(3, 25))
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    if unmaking(shop) is not None:
        unmake(shop, NEXT)
    assert_equal(picture(shop), twin.before)


def held(shop: Shop, day: date) -> None:
    """Run a night whose gate closes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate_inputs, "judge", lambda *_: Gate(passed=False, reasons=("planted; mend it",)))
        with pytest.raises(MandjeError, match="planted"):
            run_night(shop, day)


@pytest.mark.full
def test_a_night_that_was_held_is_unmade(shop: Shop, twin: Twin) -> None:
    held(shop, NEXT)
    unmake(shop, NEXT)
    assert_equal(picture(shop), twin.before)


@pytest.mark.full
def test_a_held_night_before_is_held_again(shop: Shop, twin: Twin) -> None:
    held(shop, NEXT)
    before = picture(shop)
    after_next = NEXT + timedelta(days=1)
    run_night(shop, after_next)
    said = unmake(shop, after_next)
    assert_equal(picture(shop), before)
    assert f"night {NEXT} has not ended: the gate is closed" in said
    unmake(shop, NEXT)
    assert_equal(picture(shop), twin.before)


@pytest.mark.full
def test_a_night_far_from_the_data_only_moves_the_day(shop: Shop) -> None:
    far = date(2026, 8, 31)
    shutil.rmtree(shop.exports / "returns" / LATE[0][1].isoformat())
    before = picture(shop)
    with pytest.raises(MandjeError, match="silence:orders"):
        run_night(shop, far)
    assert (shop.ops / "back_tests" / "2026-08.json").exists()
    unmake(shop, far)
    assert_equal(picture(shop), before)


@pytest.mark.full
def test_a_rollback_before_the_night_holds_after_it(shop: Shop) -> None:
    run_night(shop, NEXT)
    told("publish", shop.folder, "--rollback", FIRST)
    before = picture(shop)
    after_next = NEXT + timedelta(days=1)
    run_night(shop, after_next)
    assert "held there by a rollback" in unmake(shop, after_next)
    assert_equal(picture(shop), before)


@pytest.mark.full
def test_what_an_older_night_took_over_stays_with_it(shop: Shop, next_run: Shop, tmp_path: Path) -> None:
    """The twin runs its first night twice: the late deliveries are that one's."""
    run_night(shop, FIRST)
    expected = picture(shop)
    other = copy_shop(next_run, tmp_path / "other")
    run_night(other, FIRST)
    unmake(other, NEXT)
    found = picture(other)
    for part in ("working", "published", "raw", "quarantine", "due"):
        assert found[part] == expected[part], part


@pytest.mark.full
def test_what_changed_or_left_is_said_and_stays(shop: Shop, exports: Exports) -> None:
    wrong = Exports()
    changed = ("orders", date(2025, 2, 12))
    wrong.rows[changed] = [row | {"status": "cancelled"} for row in exports.rows[changed]]
    drop(shop, wrong, [changed])
    shutil.rmtree(shop.exports / "returns" / "2025-02-09")
    run_night(shop, NEXT)
    said = unmake(shop, NEXT)
    assert "stays gone 1 delivery (returns/2025-02-09) that had left the exports" in said
    assert "stays 1 delivery (orders/2025-02-12) read in place" in said
    once = picture(shop)
    run_night(shop, FIRST)  # takes the late ones in, as it would have
    assert picture(shop)["raw"].keys() > once["raw"].keys()
