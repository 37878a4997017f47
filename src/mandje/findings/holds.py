"""What stops a night until a person lets exactly it through, and who did: `ops/passes/`.

A pass is for one (figure, as-of date, before, now): another value, or another night, is held again. What lies
in the deliveries themselves stays there night after night: a hold that `lasts` is passed once for all nights.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from mandje.shop.settings import Shop
from mandje.system.own_files import read_own, write_own

_MEND = "restore {file} from your backup; without it, what it let through is held again"


@dataclass(frozen=True, slots=True)
class Hold:
    """What a person must look at first: its name, what it was or should be, what it is, in words.

    `before` and `now` are text: plain numbers, or a number and what stands for exactly these deliveries or
    ids. `lasts`: it is the same on every night, so that a pass is for all. `mend` is what to do about it.
    """

    figure: str
    before: str
    now: str
    sentence: str
    lasts: bool = False
    mend: str = "mend the delivery and run the night"

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
    last = max((int(path.stem) for path in _files(shop)), default=0)
    for number, one in enumerate(given, start=last + 1):
        write_own(shop.ops / "passes" / f"{number:06}.json", one)
    return given


def passes(shop: Shop) -> list[Pass]:
    """All passes, oldest first."""
    names = [field.name for field in fields(Pass)]
    kept = (read_own(path, dict.fromkeys(names, str), _MEND) for path in _files(shop))
    return [Pass(**{name: one[name] for name in names}) for one in kept if one is not None]


def _files(shop: Shop) -> list[Path]:
    return sorted(path for path in (shop.ops / "passes").glob("*.json") if path.stem.isdigit())


def not_passed(shop: Shop, as_of_date: date, holds: Iterable[Hold]) -> list[Hold]:
    """Holds of a night that nobody let through."""
    given = passes(shop)
    nights = {(one.figure, one.as_of_date, one.before, one.now) for one in given}
    ever = {(one.figure, one.before, one.now) for one in given}
    return [
        one
        for one in holds
        if (one.figure, as_of_date.isoformat(), one.before, one.now) not in nights
        and not (one.lasts and (one.figure, one.before, one.now) in ever)
    ]
