"""The demo shop on a small scale: simulated with all its defects, and taken through real nights."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from command_line import told
from mandje.shop.settings import Shop, load_shop
from mandje.simulate.run import simulate
from once_per_run import made_once
from repository import DATA

DEMO = DATA / "demo"
# With this seed the months before the last are whole: no delivery that is expected is broken in them.
SMALL = """
seed = 37
customers = 700
days = 232
first_day = 2024-07-31
"""
LAST = date(2025, 3, 19)


def simulate_small_demo(folder: Path) -> None:
    """Exports and truth, no night yet."""
    folder.mkdir()
    shutil.copy(DEMO / "shop.toml", folder)
    (folder / "simulation.toml").write_text(SMALL)
    simulate(folder)


def run_nights(folder: Path, *dates: date) -> None:
    for day in dates:
        told("night", folder, "--date", day)


def small_demo(factory: pytest.TempPathFactory) -> Shop:
    """One for all processes, to be read only: history as one night, the last day as another."""
    return load_shop(made_once(factory, "small_demo", _make_small_demo))


def _make_small_demo(folder: Path) -> None:
    simulate_small_demo(folder)
    run_nights(folder, LAST.replace(day=18), LAST)
