"""Reading the written truth of a simulated shop, which must be what was simulated."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from mandje.errors import MandjeError
from mandje.shop.settings import Shop
from mandje.simulate.marker import EXPORTS, MARKER
from mandje.simulate.settings import FILE, read_settings
from mandje.simulate.truth_files import (
    DAILY_KPIS,
    DEFECTS,
    SUMMARY,
    TRUTH,
    planted_rows,
    told_of_last_night,
    totals_of,
)
from mandje.truth.tables.columns import COLUMNS, KEYS

_ANEW = "remove the shop's exports/ and truth/ and simulate it again"
_TOLD = ("settings", "files", "sha256", "defects", "last_night", "totals")


@dataclass(frozen=True)
class Truth:
    """The truth of a shop: its folder, and what `truth.json` says."""

    folder: Path
    summary: Mapping[str, Any]

    @property
    def as_of_date(self) -> date:
        """The last day that was simulated and delivered."""
        return date.fromisoformat(self.summary["as_of_date"])

    @property
    def defects_set(self) -> dict[str, dict[str, int]]:
        """How many instances of each class are asked for: by `deliveries`, `sales`, `visits`, `nights`."""
        settings = self.summary["settings"]
        groups = {"deliveries": settings, "sales": settings["sales"], "visits": settings["visits"]}
        return {name: group["defects"] for name, group in groups.items()} | {"nights": settings["nights"]}

    def file(self, name: str) -> Path:
        """A file of the truth that has the columns of `truth.tables`.

        Raises:
            MandjeError: it is not there or damaged, or lacks a column.
        """
        path = self.folder / f"{name}.parquet"
        try:
            schema = pl.scan_parquet(path, glob=False, hive_partitioning=False).collect_schema()
        except (OSError, pl.exceptions.PolarsError) as fault:
            raise _unreadable(path, str(fault)) from None
        for column, kind in COLUMNS[name].items():
            if schema.get(column) != kind:
                raise _unreadable(path, f"column {column}: {schema.get(column, 'not there')}", f"{kind}")
        return path

    def frame(self, name: str) -> pl.DataFrame:
        """The columns of `truth.tables` of a file of the truth.

        Raises:
            MandjeError: it is not there or damaged, lacks a column, or has two rows of one key.
        """
        path = self.file(name)
        try:
            rows = pl.read_parquet(path, glob=False, hive_partitioning=False)
        except (OSError, pl.exceptions.PolarsError) as fault:
            raise _unreadable(path, str(fault)) from None
        twice = rows.select(KEYS[name]).is_duplicated()
        if twice.any():
            row = rows.filter(twice).select(KEYS[name]).row(0)
            raise _unreadable(path, f"more than one row of {' '.join(map(str, row))}", "one")
        return rows.select(list(COLUMNS[name]))


def has_truth(shop: Shop) -> bool:
    """Whether the shop's truth is there."""
    return (shop.folder / TRUTH / SUMMARY).is_file()


def was_simulated(shop: Shop) -> bool:
    """Whether the shop's exports were simulated, so that it had a truth."""
    return (shop.folder / EXPORTS / MARKER).is_file()


def load_truth(shop: Shop) -> Truth:
    """The truth of a shop, every file of it as it was written.

    Raises:
        MandjeError: the shop was not simulated, its truth is gone, damaged or changed, or came from another
            `simulation.toml`.
    """
    path = shop.folder / TRUTH / SUMMARY
    if not has_truth(shop):
        raise _absent(shop, path)
    truth = Truth(path.parent, _read_summary(path))
    _check_files(truth)
    _check_summary(truth)
    if truth.summary["settings"] != read_settings(shop.folder).model_dump(mode="json"):
        raise MandjeError(f"the truth came from another {FILE}", file=str(path), next_step=_ANEW)
    return truth


def _read_summary(path: Path) -> dict[str, Any]:
    try:
        summary: dict[str, Any] = json.loads(path.read_text(encoding="ascii"))
        date.fromisoformat(summary["as_of_date"])
        lacking = [name for name in _TOLD if not isinstance(summary.get(name), dict)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise _unreadable(path, repr(fault)) from None
    if lacking:
        raise _unreadable(path, f"no {', '.join(lacking)}")
    return summary


def _check_files(truth: Truth) -> None:
    digests = truth.summary["sha256"]
    for name in sorted(digests.keys() | truth.summary["files"].keys() | COLUMNS.keys()):
        path = truth.folder / f"{name}.parquet"
        if not path.is_file():
            raise _changed(path, "no such file")
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != digests.get(name):
            raise _changed(path, f"sha256 {digest}")


def _check_summary(truth: Truth) -> None:
    """What `truth.json` tells of its files must be what they say."""
    defects = truth.frame(DEFECTS)
    told = {
        "defects": planted_rows(defects),
        "last_night": told_of_last_night(defects),
        "totals": totals_of(truth.frame(DAILY_KPIS)),
    }
    for name, figures in told.items():
        if truth.summary[name] != figures:
            raise _changed(truth.folder / SUMMARY, f"other {name} than in the files")


def _absent(shop: Shop, path: Path) -> MandjeError:
    if was_simulated(shop):
        return MandjeError(f"the truth of {shop.settings.name} is gone", file=str(path), next_step=_ANEW)
    return MandjeError(
        f"nobody knows the truth of {shop.settings.name}: it was not simulated",
        file=str(path),
        next_step="name a simulated shop; `mandje simulate SHOP` makes one",
    )


def _changed(path: Path, found: str) -> MandjeError:
    return MandjeError(
        f"{TRUTH}/{path.name} is not what was simulated", file=str(path), found=found, next_step=_ANEW
    )


def _unreadable(path: Path, found: str, expected: str | None = None) -> MandjeError:
    return MandjeError(
        "the written truth cannot be read",
        file=str(path),
        found=" ".join(found.split()),
        expected=expected,
        next_step=_ANEW,
    )
