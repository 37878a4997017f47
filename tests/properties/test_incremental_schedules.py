"""Incremental equals full refresh: whatever is delivered, changed, withdrawn or killed between nights."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest

from event_schedule import FIRST_DAY, WORLD_DAYS, World, write_partitions
from mandje.publish.content_hash import VOLATILE, content_hash
from mandje.publish.tables import public_tables
from mandje.shop.settings import Shop
from mandje.warehouse.build import AFTER_PREDICTIONS, dbt_variables, register_partitions
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.dbt import run_dbt
from mandje.warehouse.incremental import MODELS, clear_warehouse
from mandje.warehouse.on_spark import LAYERS
from raw_shop import WrittenPartition, make_raw_shop

NAMES = tuple(name for _, name in MODELS)
MODELS_ONLY = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
Partitions = Sequence[WrittenPartition]


def run(shop: Shop, as_of_date: date, partitions: Partitions, models: Sequence[str]) -> str | None:
    """One build of these models, as a night does it; where none is named, of all that need no predictions."""
    variables = dbt_variables(shop, as_of_date)
    why_all = clear_warehouse(shop, LAYERS, variables)
    register_partitions(shop, as_of_date, partitions, [])
    chosen = ("--select", *models) if models else ("--exclude", *AFTER_PREDICTIONS)
    wrong = [
        f"{one.name}: {one.message}"
        for one in run_dbt(shop, "build", (*chosen, *MODELS_ONLY), variables)
        if one.status != "success"
    ]
    assert not wrong, "\n".join(wrong)
    return why_all


def hashes(shop: Shop) -> dict[str, str]:
    """Content of the incremental models and of every state mart that is built."""
    with open_warehouse(shop, read_only=True) as con:
        marts = [(table.schema, table.name) for table in public_tables(con) if not table.is_journal]
        return {f"{a}.{b}": content_hash(con, a, b, VOLATILE) for a, b in [*MODELS, *marts]}


def full_refresh(
    shop: Shop, as_of_date: date, partitions: Partitions, models: Sequence[str]
) -> dict[str, str]:
    """The same night on an empty database; the other one is put back after."""
    aside = shop.warehouse.with_suffix(".aside")
    shop.warehouse.rename(aside)
    assert run(shop, as_of_date, partitions, models) == "the first build"
    expected = hashes(shop)
    aside.replace(shop.warehouse)
    return expected


def built_from(shop: Shop) -> dict[str, set[tuple[object, ...]]]:
    with open_warehouse(shop, read_only=True) as con:
        rows = con.execute("FROM incremental.built_partitions").fetchall()
    return {name: {tuple(row[1:]) for row in rows if row[0] == name} for name in NAMES}


def as_of_dates(chance: random.Random, worlds: int, nights: int) -> list[date]:
    """Mostly forward through the worlds, once back; the last night stands after all of them."""
    days = sorted(chance.randrange(WORLD_DAYS * worlds // 2, WORLD_DAYS * worlds) for _ in range(nights - 1))
    days[nights // 2], days[nights // 2 - 1] = days[nights // 2 - 1], days[nights // 2]
    return [FIRST_DAY + timedelta(days=n) for n in [*days, WORLD_DAYS * worlds]]


def check_schedule(folder: Path, seed: int, worlds: int, nights: int) -> None:
    chance = random.Random(seed)
    shop, _ = make_raw_shop(folder / "shop", {})
    small = [World(number, random.Random(f"{seed} {number}")) for number in range(worlds)]
    for night, day in enumerate(as_of_dates(chance, worlds, nights)):
        for world in small:
            for _ in range(chance.choice([0, 1, 1, 2]) if night else 4):
                world.change()
        partitions = write_partitions(shop, small)
        if night and chance.random() < 0.5:
            # Killed in the middle of dbt; more comes before it is run again.
            run(shop, day, partitions, NAMES[: chance.randrange(1, 4)])
            chance.choice(small).change()
            partitions = write_partitions(shop, small)
        last = night == nights - 1
        why_all = run(shop, day, partitions, () if last else NAMES)
        assert (why_all is None) == (night > 0)
        assert set(map(len, built_from(shop).values())) == {sum(bool(one.feeds) for one in partitions)}
        found = hashes(shop)
        chance.shuffle(partitions)
        assert full_refresh(shop, day, partitions, () if last else NAMES) == found, f"night {night}, {day}"
    assert "marts.sessions" in found


def test_incremental_equals_full_refresh(tmp_path: Path) -> None:
    check_schedule(tmp_path, seed=1, worlds=160, nights=3)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(2, 8))
def test_many_schedules(tmp_path: Path, seed: int) -> None:
    check_schedule(tmp_path, seed, worlds=160, nights=10)


@pytest.mark.full
def test_killed_at_any_moment(tmp_path: Path) -> None:
    """SIGKILL while dbt is at work; the next night makes good for it."""
    chance = random.Random(1)
    shop, _ = make_raw_shop(tmp_path / "shop", {})
    worlds = [World(number, random.Random(f"killed {number}")) for number in range(40)]
    day = FIRST_DAY + timedelta(days=WORLD_DAYS * len(worlds))
    for night in range(10):
        for world in worlds:
            world.change()
        partitions = write_partitions(shop, worlds)
        if night == 0:
            run(shop, day, partitions, NAMES)
            seconds = run_and_kill(shop, day, partitions, after=600)
        else:
            run_and_kill(shop, day, partitions, after=seconds * chance.uniform(0.3, 1))
    assert run(shop, day, partitions, NAMES) is None
    assert hashes(shop) == full_refresh(shop, day, partitions, NAMES)


def run_and_kill(shop: Shop, day: date, partitions: Partitions, after: float) -> float:
    """How long a build took in a process of its own that may live so many seconds."""
    began = time.monotonic()
    process = get_context("spawn").Process(target=run, args=(shop, day, partitions, NAMES))
    process.start()
    process.join(after)
    process.kill()
    process.join()
    return time.monotonic() - began
