"""The demo shop on a small scale: simulated with all its defects, and taken through real nights."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

from mandje.errors import ExitCode
from mandje.settings import Shop, load_shop
from mandje.simulate.run import simulate

DEMO = Path(__file__).parents[1] / "data" / "demo"
SMALL = """
seed = 4
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
        command = [sys.executable, "-m", "mandje", "night", folder, "--date", str(day)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == ExitCode.OK, done.stdout + done.stderr


def make_small_demo(folder: Path, *dates: date) -> Shop:
    """The shop after these nights."""
    simulate_small_demo(folder)
    run_nights(folder, *dates)
    return load_shop(folder)
