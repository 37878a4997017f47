"""Records of nights: one small JSON file per night and stage, `ops/nights/<run date>/<stage>.json`.

The command line reads these files, because nobody can open the working database while a night writes it.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from mandje.settings import Shop

Record = dict[str, Any]


def write_record(shop: Shop, run_date: date, stage: str, record: object) -> Path:
    """Write a stage's result (a dataclass or dict) as its record, replacing an earlier one in one rename."""
    path = shop.ops / "nights" / run_date.isoformat() / f"{stage}.json"
    write_json(path, record)
    return path


def write_json(path: Path, record: object) -> None:
    """Replace a small file in one rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    private = path.with_suffix(f".{os.getpid()}.tmp")
    with private.open("w", encoding="utf-8") as file:
        json.dump(record, file, default=_plain, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    private.replace(path)


def read_record(shop: Shop, run_date: date, stage: str) -> Record | None:
    """The record of a stage of a night, or None where it has not run."""
    path = shop.ops / "nights" / run_date.isoformat() / f"{stage}.json"
    if not path.is_file():
        return None
    record: Record = json.loads(path.read_text(encoding="utf-8"))
    return record


def last_record(shop: Shop, stage: str) -> Record | None:
    """The record of a stage that was written last: an older night run again builds the newest state."""
    paths = [shop.ops / "nights" / night.isoformat() / f"{stage}.json" for night in nights(shop)]
    written = [path for path in paths if path.is_file()]
    if not written:
        return None
    record: Record = json.loads(max(written, key=lambda path: path.stat().st_mtime_ns).read_text("utf-8"))
    return record


def nights(shop: Shop) -> list[date]:
    """Nights that have begun, oldest first; one that is being unmade never did."""
    return _days(shop, "nights")


def _days(shop: Shop, place: str) -> list[date]:
    """Nights that entries of a folder of `ops/` are named by; other entries are somebody else's."""
    folder, plan = shop.ops / place, unmaking(shop)
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    days = [name for name in names if re.fullmatch(r"\d{4}-\d{2}-\d{2}", name)]
    return sorted(date.fromisoformat(name) for name in days if plan is None or name != plan["night"])


def begin_night(shop: Shop, run_date: date) -> None:
    """Note that a night is at work, until `end_nights`: one that was stopped or killed is thus seen."""
    write_json(shop.ops / "unfinished" / run_date.isoformat(), {})


def end_nights(shop: Shop, as_of_date: date) -> None:
    """Note that a night has ended well at `as_of_date`: it stands for all unfinished ones up to that day."""
    for place in ("unfinished", "stopped"):
        for night in _days(shop, place):
            if night <= as_of_date:
                (shop.ops / place / night.isoformat()).unlink()


def note_stop(shop: Shop, run_date: date, stage: str, line: str, exit_code: int) -> None:
    """Keep why a night stopped, until one ends well: `ops/stopped/<run date>`."""
    stop = {"run_date": run_date, "stage": stage, "line": line, "exit_code": exit_code}
    write_json(shop.ops / "stopped" / run_date.isoformat(), stop)


def stopped_night(shop: Shop) -> Record | None:
    """The newest night that was stopped and not made good since: run_date, stage, line, exit_code."""
    return next(iter(stopped_nights(shop)), None)


def stopped_nights(shop: Shop) -> list[Record]:
    """All nights that were stopped and not made good since, newest first."""
    return [_read(shop.ops / "stopped" / night.isoformat()) for night in reversed(_days(shop, "stopped"))]


def _read(path: Path) -> Record:
    record: Record = json.loads(path.read_text(encoding="utf-8"))
    return record


def unfinished_night(shop: Shop) -> date | None:
    """The newest night that began and has not ended well, or None."""
    return max(unfinished_nights(shop), default=None)


def unfinished_nights(shop: Shop) -> set[date]:
    """Nights that began and have not ended well; with the one that stands again once another is unmade."""
    plan = unmaking(shop)
    stands = {date.fromisoformat(plan["stand"])} if plan and plan["stand"] else set()
    return stands.union(_days(shop, "unfinished"))


def newest_begun(shop: Shop) -> date | None:
    """The newest night that began at all, however far it came."""
    return max((*nights(shop), *unfinished_nights(shop)), default=None)


def unmaking(shop: Shop) -> Record | None:
    """The night that is being unmade, while that has not ended: see `mandje.take_away.Unmaking`."""
    path = shop.ops / "unmaking" / "plan.json"
    return _read(path) if path.is_file() else None


def forget_marks(shop: Shop, night: date) -> None:
    """Note nothing any more of a night that stopped or did not end."""
    for place in ("unfinished", "stopped"):
        (shop.ops / place / night.isoformat()).unlink(missing_ok=True)


def forget_night(shop: Shop, night: date) -> None:
    """Remove a night's records and marks."""
    shutil.rmtree(shop.ops / "nights" / night.isoformat(), ignore_errors=True)
    forget_marks(shop, night)


def open_gate(shop: Shop, as_of_date: date) -> None:
    """Let the build that stands at `as_of_date` through to publishing."""
    write_json(shop.ops / "gate_open.json", {"as_of_date": as_of_date})


def close_gate(shop: Shop) -> None:
    """Let nothing through: a build begins, or was refused."""
    (shop.ops / "gate_open.json").unlink(missing_ok=True)


def gate_open_for(shop: Shop) -> date | None:
    """The as-of date of the build that the gate let through, None where it is closed."""
    path = shop.ops / "gate_open.json"
    if not path.is_file():
        return None
    return date.fromisoformat(json.loads(path.read_text(encoding="utf-8"))["as_of_date"])


def newest_night(shop: Shop) -> date | None:
    """The newest night whose load ended: the warehouse never stands at an older day than this."""
    return max((night for night in nights(shop) if read_record(shop, night, "load")), default=None)


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (Decimal, Path)):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no plain form")
