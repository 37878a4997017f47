"""The small file that says: `exports/` and `truth/` are what these settings give, and all of it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from mandje.errors import MandjeError
from mandje.simulate.settings import FILE, SimulationSettings
from mandje.simulate.truth_files import SUMMARY, TRUTH

EXPORTS = "exports"
MARKER = ".simulated.json"
# Goes up when equal settings would give other files than before.
LAYOUT = 3
_ANEW = (
    "name another folder, or delete exports/ and truth/ and what nights made of them: raw/, quarantine/, "
    "ops/, warehouse/, published/"
)


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a shop was given; `is_new` is false where an earlier call had done it.

    `events` and `rows` (of all feeds) count what the files hold, copies and broken rows too.
    """

    is_new: bool
    customers: int
    orders: int
    events: int
    rows: int
    first_delivery_date: str
    last_delivery_date: str
    delivery_count: int
    file_count: int
    byte_count: int

    def __str__(self) -> str:
        """One plain line for people."""
        made = f"{self.customers:,} customers, {self.orders:,} orders, {self.events:,} events"
        size = f"{self.file_count:,} files, {self.byte_count / 1e6:,.1f} MB"
        days = f"{self.first_delivery_date} to {self.last_delivery_date}"
        return f"{'made' if self.is_new else 'already there, nothing to do'}: {made}; {size}, {days}"


def settings_digest(settings: SimulationSettings) -> str:
    """Digest of all settings, those left to their defaults too."""
    return hashlib.sha256(settings.model_dump_json().encode()).hexdigest()


def write_marker(exports: Path, simulated: Simulated, settings: SimulationSettings) -> None:
    """Put the marker into exports that are not in place yet."""
    content = asdict(simulated) | {
        "is_new": False,
        "layout": LAYOUT,
        "settings_sha256": settings_digest(settings),
    }
    (exports / MARKER).write_text(json.dumps(content, sort_keys=True, indent=1), encoding="ascii")


def read_marker(folder: Path, settings: SimulationSettings) -> Simulated | None:
    """What the shop was given from just these settings; None where its `exports/` is empty.

    Raises:
        MandjeError: `exports/` came from other settings, another version or somebody else, or its truth is
            gone or damaged.
    """
    exports = folder / EXPORTS
    if not exports.exists() or (exports.is_dir() and next(exports.iterdir(), None) is None):
        return None
    try:
        content = json.loads((exports / MARKER).read_bytes())
        is_current = (content.pop("layout"), content.pop("settings_sha256")) == (
            LAYOUT,
            settings_digest(settings),
        )
        simulated = Simulated(**content)
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError, AttributeError):
        raise MandjeError(
            "exports/ holds files that were not simulated", file=str(exports), next_step=_ANEW
        ) from None
    if not is_current:
        raise MandjeError(
            f"exports/ came from another {FILE} or another version of mandje",
            file=str(exports),
            next_step=_ANEW,
        )
    _check_truth(folder / TRUTH / SUMMARY, settings)
    return simulated


def _check_truth(summary: Path, settings: SimulationSettings) -> None:
    if not summary.is_file():
        raise MandjeError("the truth of these exports is gone", file=str(summary), next_step=_ANEW)
    try:
        is_whole = json.loads(summary.read_bytes())["settings"] == settings.model_dump(mode="json")
    except (ValueError, KeyError, TypeError):
        is_whole = False
    if not is_whole:
        raise MandjeError("the truth of these exports is damaged", file=str(summary), next_step=_ANEW)


def put_in_place(private: Path, folder: Path) -> None:
    """Move `truth/`, then `exports/` with its marker, on the disk when this returns."""
    os.sync()
    shutil.rmtree(folder / TRUTH, ignore_errors=True)
    (private / TRUTH).rename(folder / TRUTH)
    (private / EXPORTS).rename(folder / EXPORTS)
    os.sync()
