"""What stops a night until a person lets exactly it through, and who did: `ops/passes/`.

A pass is for one (figure, as-of date, before, now): another value, or another night, is held again.
"""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

from mandje.settings import Shop


@dataclass(frozen=True, slots=True)
class Hold:
    """A figure that fell so far that a person must look: its name, what it was, what it is, in words.

    `before` and `now` are plain numbers as text.
    """

    figure: str
    before: str
    now: str
    sentence: str

    @property
    def told(self) -> str:
        """Name and sentence in one line."""
        return f"{self.figure}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Pass:
    """One hold that a person let through; `passed_at` is UTC, `passed_by` the account's name."""

    figure: str
    as_of_date: str
    before: str
    now: str
    reason: str
    passed_by: str
    passed_at: str


def holds_from(records: Iterable[dict[str, Any]]) -> list[Hold]:
    """Holds as a record of the night keeps them."""
    return [Hold(**one) for one in records]


def keep_passes(shop: Shop, as_of_date: date, holds: Iterable[Hold], reason: str) -> list[Pass]:
    """Let these holds of a night through; who and when is noted here."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    given = [
        Pass(one.figure, as_of_date.isoformat(), one.before, one.now, reason, getpass.getuser(), now)
        for one in holds
    ]
    folder = shop.ops / "passes"
    folder.mkdir(parents=True, exist_ok=True)
    for number, one in enumerate(given, start=len(passes(shop)) + 1):
        private = folder / f".{number:06}.{os.getpid()}.tmp"
        private.write_text(json.dumps(asdict(one), indent=1), encoding="utf-8")
        private.rename(folder / f"{number:06}.json")
    return given


def passes(shop: Shop) -> list[Pass]:
    """All passes, oldest first."""
    paths = sorted((shop.ops / "passes").glob("*.json"))
    return [Pass(**json.loads(path.read_text(encoding="utf-8"))) for path in paths]


def not_passed(shop: Shop, as_of_date: date, holds: Iterable[Hold]) -> list[Hold]:
    """Holds of a night that nobody let through."""
    given = {(one.figure, one.as_of_date, one.before, one.now) for one in passes(shop)}
    return [one for one in holds if (one.figure, as_of_date.isoformat(), one.before, one.now) not in given]
