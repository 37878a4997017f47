from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

from mandje.contracts.feeds import FEEDS
from mandje.errors import MandjeError
from mandje.simulate import run
from mandje.simulate.run import LOCK, PRIVATE, simulate
from mandje.simulate.world import world

Damage = Callable[[Path], object]
SETTINGS = "customers = 220\ndays = 45\n[sales]\nadjustment_ratio = 0.1\n"
BLOCK = 120
# Small blocks, so that a small shop has two; argument 2 says at which rename or report the process dies.
PROCESS = f"""
import os, signal, sys
from pathlib import Path
from mandje.simulate.world import world
from mandje.simulate.run import simulate
world.BLOCK = {BLOCK}
where, left = sys.argv[2], int(sys.argv[3])
def die_in_time(what):
    global left
    left -= what == where
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
rename = Path.rename
def renamed(self, target):
    done = rename(self, target)
    die_in_time("rename")
    return done
Path.rename = renamed
simulate(Path(sys.argv[1]), lambda what, done, total: die_in_time(what))
"""


@pytest.fixture(scope="module", autouse=True)
def _small_blocks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world, "BLOCK", BLOCK)
        yield


def _shop(folder: Path, settings: str = SETTINGS) -> Path:
    folder.mkdir()
    (folder / "simulation.toml").write_text(settings)
    return folder


def _tree(folder: Path) -> dict[str, bytes]:
    others = {"simulation.toml", LOCK}
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name not in others)
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shop = _shop(tmp_path_factory.mktemp("made") / "shop")
    assert simulate(shop).is_new
    return shop


def _in_own_process(shop: Path, where: str = "nowhere", number: int = -1, **environment: str) -> int:
    command = [sys.executable, "-c", PROCESS, str(shop), where, str(number)]
    return subprocess.run(command, env=os.environ | environment, check=False).returncode


def test_all_that_was_made_is_in_place(made: Path) -> None:
    names = {path.name for path in made.iterdir()}
    assert names == {"simulation.toml", "exports", "truth", LOCK}
    assert {path.name for path in (made / "exports").iterdir()} == {*FEEDS, ".simulated.json"}
    orders = pl.read_parquet(made / "truth" / "orders.parquet")
    assert orders["order_id"].str.contains("^o[0-9]{16}$").all()


def test_the_same_settings_give_the_same_bytes_whatever_the_threads(made: Path, tmp_path: Path) -> None:
    shop = _shop(tmp_path / "another")
    other = "2" if pl.thread_pool_size() == 1 else "1"
    assert _in_own_process(shop, POLARS_MAX_THREADS=other) == 0
    assert _tree(shop) == _tree(made)


def test_another_seed_gives_other_bytes(made: Path, tmp_path: Path) -> None:
    shop = _shop(tmp_path / "shop", "seed = 2\n" + SETTINGS)
    simulate(shop)
    one, other = _tree(made), _tree(shop)
    common = {name for name in one.keys() & other.keys() if name.startswith("exports/orders/")}
    assert common
    assert not any(one[name] == other[name] for name in common)


@pytest.mark.parametrize(("where", "number"), [("write session_events", 20), ("rename", 1)])
def test_killed_anywhere_and_run_again_nothing_has_happened(
    where: str, number: int, made: Path, tmp_path: Path
) -> None:
    shop = _shop(tmp_path / "shop")
    assert _in_own_process(shop, where, number) == -signal.SIGKILL
    assert (shop / PRIVATE).is_dir()
    assert not (shop / "exports").exists()
    assert simulate(shop).is_new
    assert _tree(shop) == _tree(made)


def test_killed_when_all_is_in_place_nothing_is_left_to_do(made: Path, tmp_path: Path) -> None:
    shop = _shop(tmp_path / "shop")
    assert _in_own_process(shop, "rename", 2) == -signal.SIGKILL
    assert not simulate(shop).is_new
    assert _tree(shop) == _tree(made)


def test_a_second_simulation_of_a_folder_waits_and_touches_nothing(tmp_path: Path) -> None:
    shop = _shop(tmp_path / "shop")
    (shop / PRIVATE).mkdir()
    with (shop / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(MandjeError, match=r"another simulation is at work.*wait"):
            simulate(shop)
    assert (shop / PRIVATE).is_dir()


def test_a_simulation_at_work_holds_the_folder(tmp_path: Path) -> None:
    shop = _shop(tmp_path / "shop")
    with pytest.raises(MandjeError, match="another simulation is at work"):
        simulate(shop, lambda _what, _done, _total: simulate(shop))


def test_a_folder_that_cannot_be_written_in_is_named(tmp_path: Path) -> None:
    shop = _shop(tmp_path / "shop")
    (shop / LOCK).mkdir()
    with pytest.raises(MandjeError, match="shop cannot be written in"):
        simulate(shop)


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), OSError("disk full")], ids=["Ctrl-C", "fault"])
def test_what_ends_early_leaves_nothing(fault: BaseException, tmp_path: Path) -> None:
    shop = _shop(tmp_path / "shop")

    def end(_what: str, _done: int, _total: int) -> None:
        assert any((shop / PRIVATE).rglob("*.parquet"))
        raise fault

    with pytest.raises(type(fault)):
        simulate(shop, end)
    assert {path.name for path in shop.iterdir()} == {"simulation.toml", LOCK}


def test_more_defects_than_the_days_hold_are_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = _shop(tmp_path / "shop", SETTINGS + "[defects]\nmissing_deliveries = 5000\n")
    monkeypatch.delattr(run, "make_block")
    with pytest.raises(MandjeError):
        simulate(shop)


def test_what_was_made_stays(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _tree(made)
    monkeypatch.delattr(run, "make_world")
    again = simulate(made)
    assert not again.is_new
    assert again.customers == 220
    assert "nothing to do" in str(again)
    assert _tree(made) == before


def test_an_empty_place_is_filled(tmp_path: Path) -> None:
    shop = _shop(tmp_path / "shop", "customers = 10\ndays = 30\n[defects]\n" + NO_DELIVERIES_BROKEN)
    (shop / "exports").mkdir()
    assert simulate(shop).is_new


NO_DELIVERIES_BROKEN = "".join(
    f"{name} = 0\n"
    for name in (
        "files_delivered_twice",
        "truncated_files",
        "changed_headers",
        "zero_byte_files",
        "empty_deliveries",
        "missing_deliveries",
    )
)


def _write(name: str, text: str) -> Damage:
    return lambda shop: (shop / name).write_text(text)


def _other_truth(shop: Path) -> None:
    path = shop / "truth" / "truth.json"
    content = json.loads(path.read_text())
    content["settings"]["seed"] += 1
    path.write_text(json.dumps(content))


def _remove(name: str) -> Damage:
    return lambda shop: (shop / name).unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_write("simulation.toml", "customers = 221\ndays = 45\n"), "came from another"),
        (_remove("exports/.simulated.json"), "not simulated"),
        (_write("exports/.simulated.json", "[]"), "not simulated"),
        (_remove("truth/truth.json"), "truth of these exports is gone"),
        (_write("truth/truth.json", '{"settings": '), "truth of these exports is damaged; .*delete exports/"),
        (_write("truth/truth.json", "[]"), "truth of these exports is damaged"),
        (_write("truth/truth.json", "{}"), "truth of these exports is damaged"),
        (_other_truth, "truth of these exports is damaged"),
        (_remove("simulation.toml"), "no simulated shop"),
    ],
    ids=[
        "other settings",
        "no marker",
        "damaged marker",
        "no truth",
        "cut truth",
        "list as truth",
        "empty truth",
        "other truth",
        "no settings",
    ],
)
def test_what_is_not_ours_is_never_touched(damage: Damage, message: str, made: Path, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    for name in ("exports/orders/2023-06-01/orders.csv.gz", "exports/.simulated.json", "truth/truth.json"):
        (shop / name).parent.mkdir(parents=True, exist_ok=True)
        (shop / name).write_bytes((made / name).read_bytes())
    (shop / "simulation.toml").write_text(SETTINGS)
    assert not simulate(shop).is_new
    damage(shop)
    before = _tree(shop)
    with pytest.raises(MandjeError, match=message):
        simulate(shop)
    assert _tree(shop) == before
