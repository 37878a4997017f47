"""What is loaded depends on the final exports only, whatever happened before; and a kill leaves no trace."""

from __future__ import annotations

import random
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from mandje.ingest import batches
from mandje.ingest.load import load
from mandje.ingest.store import partitions
from mandje.shop.settings import Shop
from mortal_child import run_mortal
from store_support import LAST_NIGHT, adjustments, drop, lines, make_shop, night, picture, stopped_night

FIRST_DAY = date(2025, 1, 1)
DAYS = [FIRST_DAY + timedelta(days=n) for n in range(6)]


def final_exports(shop: Shop, rng: random.Random) -> None:
    """Small deliveries of both sources: sound, empty, refused for a file, refused for its rows."""
    for day in DAYS:
        size = rng.randrange(1, 40)
        content = rng.choice([lines(size, label=f"o{day}"), lines(size, size, label=f"o{day}"), b""])
        drop(shop, "order_lines", day, content)
        if rng.random() < 0.7:
            drop(shop, "adjustments", day, adjustments(day, size, label=f"a{day}"))


def disturb(shop: Shop, rng: random.Random) -> None:
    """Exports that are not final yet: deliveries missing, other bytes, extra ones."""
    for path in sorted(shop.exports.glob("*/*/*")):
        fate = rng.random()
        if fate < 0.3:
            shutil.rmtree(path.parent)
        elif fate < 0.6:
            path.write_text(rng.choice([lines(5), lines(30, 30), "", "x"]))
    if rng.random() < 0.5:
        drop(shop, "adjustments", FIRST_DAY - timedelta(days=1), adjustments(FIRST_DAY, 2))


def key_of(shop: Shop, other: Shop) -> None:
    shutil.copy2(other.key_file, shop.key_file)


@pytest.fixture(scope="module")
def key_shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = make_shop(tmp_path_factory.mktemp("key"))
    night(shop)
    return shop


@pytest.mark.parametrize("seed", range(8))
def test_any_schedule_of_nights_ends_in_the_same_raw_state(
    tmp_path: Path, key_shop: Shop, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)
    once, often = make_shop(tmp_path / "once"), make_shop(tmp_path / "often")
    for shop in (once, often):
        key_of(shop, key_shop)
        final_exports(shop, random.Random(seed))
    stopped_night(once)
    shutil.copytree(often.exports, tmp_path / "final")
    monkeypatch.setattr(batches, "BATCH_DELIVERIES", rng.randrange(1, 5))
    for _ in range(3):
        disturb(often, rng)
        for run_date in rng.sample(DAYS, 2):
            stopped_night(often, run_date)
    shutil.rmtree(often.exports)
    shutil.copytree(tmp_path / "final", often.exports)
    stopped_night(often)
    assert picture(often.raw) == picture(once.raw)
    assert [p.sha256 for p in partitions.current_partitions(once)]


CHILD = """
from mandje.ingest.load import load
from mandje.ingest.validate import validate
from mandje.shop.settings import load_shop

be_mortal()
shop = load_shop(Path(sys.argv[2]))
validate(shop, date(2025, 2, 28))
load(shop, date(2025, 2, 28))
"""


def before_the_kill(folder: Path, key_shop: Shop) -> Shop:
    """A shop with a night behind it, and new, changed, refused, mended and gone deliveries before it."""
    shop = make_shop(folder)
    key_of(shop, key_shop)
    drop(shop, "order_lines", DAYS[0], lines(3))
    drop(shop, "order_lines", DAYS[1], lines(3))
    drop(shop, "adjustments", DAYS[0], b"")
    drop(shop, "adjustments", DAYS[1], adjustments(DAYS[1], 2))
    night(shop)
    drop(shop, "order_lines", DAYS[0], lines(25, 1))
    shutil.rmtree(shop.exports / "order_lines" / DAYS[1].isoformat())
    drop(shop, "adjustments", DAYS[0], adjustments(DAYS[0], 2))
    drop(shop, "adjustments", DAYS[1], b"")
    drop(shop, "adjustments", DAYS[2], "a,b\n")
    drop(shop, "order_lines", DAYS[2], lines(4))
    return shop


def state(shop: Shop) -> tuple[dict[str, str], dict[str, str]]:
    return picture(shop.raw), picture(shop.quarantine)


def check_kill(
    folder: Path, key_shop: Shop, steps: int, expected: tuple[dict[str, str], dict[str, str]]
) -> None:
    shop = before_the_kill(folder, key_shop)
    assert run_mortal(CHILD, shop.folder, steps=steps) is None
    if steps % 2 and (shop.raw / ".staged" / "manifest.json").exists():
        load(shop, LAST_NIGHT)  # the night's second half alone
    else:
        night(shop)
    assert state(shop) == expected
    shutil.rmtree(shop.folder)


def undisturbed(folder: Path, key_shop: Shop) -> tuple[tuple[dict[str, str], dict[str, str]], int]:
    shop = before_the_kill(folder, key_shop)
    steps = run_mortal(CHILD, shop.folder)
    assert steps is not None
    return state(shop), steps


def test_killed_at_some_write_and_run_again_it_ends_as_if_nothing_had_happened(
    tmp_path: Path, key_shop: Shop
) -> None:
    expected, steps = undisturbed(tmp_path / "whole", key_shop)
    assert steps > 40
    for step in random.Random(steps).sample(range(steps), 4):
        check_kill(tmp_path / f"killed{step}", key_shop, step, expected)


@pytest.mark.full
def test_killed_at_every_write_and_run_again_it_ends_as_if_nothing_had_happened(
    tmp_path: Path, key_shop: Shop
) -> None:
    expected, steps = undisturbed(tmp_path / "whole", key_shop)
    for step in range(steps):
        check_kill(tmp_path / f"killed{step}", key_shop, step, expected)
