"""Simulated shops on disk: one up to the day before a change could begin, and copies of it with a change."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from mandje.errors import ExitCode
from mandje.ingest.exports.deliveries import delivery_dates
from mandje.shop.settings import load_shop
from mandje.simulate.run import simulate
from mandje.simulate.shop_files import make_shop
from mandje.simulate.truth_files import TRUTH
from plants import PLANTS

LONGEST_DAYS = 14  # nights since a change began

_HELD = re.compile(r"`mandje pass SHOP (\S+) --why")


def make_base(folder: Path, seed: int, options: Mapping[str, int] | None = None) -> Path:
    """Exports to the end, and one night for the day before the earliest change; a shop that stands stays."""
    if not folder.exists():
        make_shop(folder, {"seed": seed, **(options or {})})
        simulate(folder)
        shutil.rmtree(folder / TRUTH)  # it is not true of the copies, and to compare with it takes time
        run_night(folder, last_day(folder) - timedelta(days=LONGEST_DAYS))
    return folder


def make_planted(base: Path, folder: Path, names: Sequence[str], days: int = LONGEST_DAYS) -> date:
    """A copy in which these changes began so many nights ago, today's included; returns their first day."""
    shutil.copytree(base, folder, symlinks=True)
    last = last_day(folder)
    first = last - timedelta(days=days - 1)
    for name in names:
        PLANTS[name](folder / "exports", first, last)
    run_night(folder, last)
    return first


def last_day(folder: Path) -> date:
    return delivery_dates(load_shop(folder))[-1]


def run_night(folder: Path, day: date) -> None:
    """What the gate holds is let through, as a person does who has looked and found it true."""
    night = _mandje("night", folder, "--date", day.isoformat())
    if night.returncode == ExitCode.GATE_CLOSED:
        held = _HELD.findall(_mandje("publish", folder, "--check").stdout)
        _mandje("pass", folder, *held, "--why", "planted")
        night = _mandje("publish", folder)
    assert night.returncode == ExitCode.OK, night.stdout + night.stderr


def _mandje(command: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A process of its own: what a night keeps in memory goes with it."""
    line = [sys.executable, "-m", "mandje", command, str(folder), *words]
    wide = {**os.environ, "COLUMNS": "1000"}
    return subprocess.run(line, check=False, capture_output=True, text=True, env=wide)
