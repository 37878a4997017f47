"""Small shops with planted nights, one for all processes of a run; to be read only."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mandje.simulate.run import simulate
from mandje.simulate.shop_files import make_shop
from once_per_run import made_once

LAST = date(2023, 7, 30)
# Customers order every three days and soon leave: as many orders on every day as in a far larger shop.
# 240 of them and 60 days are about the fewest that show a day of a quarter.
_BUSY = """
[[segments]]
name = "busy"
share = 1
r = 2.0
alpha = 6.0
a = 1.0
b = 1.5
p = 5.0
q = 5.0
v = 48.0

[nights]
"""
_EVERY = "vanished_sources = 1\nlate_days = 1\nquarter_days = 1\nuntracked_event_types = 1\n"
NIGHTS = {
    "plain": "",
    "absent": "absent_newest_deliveries = 2\n",
    "vanished": "vanished_sources = 3\n",
    "late": "late_days = 2\n",
    "quarter": "quarter_days = 1\n",
    "untracked": "untracked_event_types = 1\n",
    "two sites": "orders_of_two_sites = 3\n",
    "partial": "partial_orders = 40\n",
    "every": _EVERY,
    "every again": _EVERY,
}


def night_shop(factory: pytest.TempPathFactory, name: str) -> Path:
    """The simulated shop of one of NIGHTS: exports and truth, no night yet."""

    def make(folder: Path) -> None:
        make_shop(folder, {"seed": 1, "customers": 240, "days": 60})
        with (folder / "simulation.toml").open("a", encoding="utf-8") as settings:
            settings.write(_BUSY + NIGHTS[name])
        simulate(folder)

    return made_once(factory, f"nights_{name.replace(' ', '_')}", make)


def truth_of(folder: Path) -> dict[str, Any]:
    """Its `truth.json`."""
    summary: dict[str, Any] = json.loads((folder / "truth" / "truth.json").read_text(encoding="ascii"))
    return summary
