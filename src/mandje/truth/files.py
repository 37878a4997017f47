"""Reading the written truth of a simulated shop."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from mandje.errors import MandjeError
from mandje.settings import Shop
from mandje.simulate.truth_files import SUMMARY, TRUTH


@dataclass(frozen=True)
class Truth:
    """The truth of a shop: its folder, and what `truth.json` says."""

    folder: Path
    summary: dict[str, Any]

    @property
    def as_of_date(self) -> date:
        """The last day that was simulated and delivered."""
        return date.fromisoformat(self.summary["as_of_date"])

    def frame(self, name: str) -> pl.DataFrame:
        """A file of the truth.

        Raises:
            MandjeError: it is not there, or damaged.
        """
        path = self.folder / f"{name}.parquet"
        try:
            return pl.read_parquet(path)
        except (OSError, pl.exceptions.PolarsError) as fault:
            raise _unreadable(path, str(fault)) from None


def has_truth(shop: Shop) -> bool:
    """Whether the shop was simulated, so that its truth is known."""
    return (shop.folder / TRUTH / SUMMARY).is_file()


def load_truth(shop: Shop) -> Truth:
    """The truth of a shop.

    Raises:
        MandjeError: the shop was not simulated, or `truth.json` is damaged.
    """
    path = shop.folder / TRUTH / SUMMARY
    if not has_truth(shop):
        raise MandjeError(
            f"nobody knows the truth of {shop.settings.name}: it was not simulated",
            file=str(path),
            next_step="name a simulated shop; `mandje simulate SHOP` makes one",
        )
    try:
        summary = json.loads(path.read_text(encoding="ascii"))
        truth = Truth(path.parent, summary)
        _ = truth.as_of_date
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise _unreadable(path, repr(fault)) from None
    return truth


def _unreadable(path: Path, found: str) -> MandjeError:
    return MandjeError(
        "the written truth cannot be read",
        file=str(path),
        found=" ".join(found.split()),
        next_step="remove the shop's exports/ and truth/ and simulate it again",
    )
