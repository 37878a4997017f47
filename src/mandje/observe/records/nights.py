"""Records of nights: one small JSON file per night and stage, `ops/nights/<run date>/<stage>.json`.

The command line reads these files, because nobody can open the working database while a night writes it.
"""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

from mandje.shop.settings import Shop
from mandje.system.own_files import read_own, remembered, remove_own, write_own

Record = dict[str, Any]
_RECORD = {"result": dict}
_STOP = {"run_date": date.fromisoformat, "stage": str, "line": str, "exit_code": int}
_PLAN = {"night": date.fromisoformat, "stand": str | None}
_MEND_PLAN = "restore {file} from your backup, or remove it and run the night again that was being unmade"
_MEND = (
    "restore it from your backup, or remove it ({file}) and run that night again: it then counts as not run"
)


def write_record(shop: Shop, run_date: date, stage: str, record: object) -> Path:
    """Write a stage's result (a dataclass or dict) as its record, replacing an earlier one in one rename."""
    path = shop.ops / "nights" / run_date.isoformat() / f"{stage}.json"
    write_own(path, record)
    return path


def read_record(shop: Shop, run_date: date, stage: str) -> Record | None:
    """The record of a stage of a night, or None where it has not run."""
    return read_own(shop.ops / "nights" / run_date.isoformat() / f"{stage}.json", _RECORD, _MEND)


def last_record(shop: Shop, stage: str) -> Record | None:
    """The record of a stage that was written last: an older night run again builds the newest state."""
    paths = [shop.ops / "nights" / night.isoformat() / f"{stage}.json" for night in nights(shop)]
    written = [path for path in paths if path.exists()]
    newest = max(written, key=lambda path: path.stat().st_mtime_ns, default=None)
    return read_own(newest, _RECORD, _MEND) if newest else None


def nights(shop: Shop) -> list[date]:
    """Nights that have begun, oldest first; one that is being unmade never did."""
    return _days(shop, "nights")


def _days(shop: Shop, place: str) -> list[date]:
    """Nights that entries of a folder of `ops/` are named by; other entries are somebody else's."""
    folder, plan = shop.ops / place, unmaking(shop)
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    days = ((name, _day(name)) for name in names)
    return sorted(day for name, day in days if day is not None and (plan is None or name != plan["night"]))


def _day(name: str) -> date | None:
    try:
        day = date.fromisoformat(name)
    except ValueError:
        return None
    return day if day.isoformat() == name else None


def begin_night(shop: Shop, run_date: date) -> None:
    """Note that a night is at work, until `end_nights`: one that was stopped or killed is thus seen."""
    write_own(shop.ops / "unfinished" / run_date.isoformat(), {})


def end_nights(shop: Shop, as_of_date: date) -> None:
    """Note that a night has ended well at `as_of_date`: it stands for all unfinished ones up to that day."""
    for place in ("unfinished", "stopped"):
        for night in _days(shop, place):
            if night <= as_of_date:
                remove_own(shop.ops / place / night.isoformat())


def note_stop(shop: Shop, run_date: date, stage: str, line: str, exit_code: int) -> None:
    """Keep why a night stopped, until one ends well: `ops/stopped/<run date>`."""
    stop = {"run_date": run_date, "stage": stage, "line": line, "exit_code": exit_code}
    write_own(shop.ops / "stopped" / run_date.isoformat(), stop)


def stopped_night(shop: Shop) -> Record | None:
    """The newest night that was stopped and not made good since: run_date, stage, line, exit_code."""
    return next(iter(stopped_nights(shop)), None)


def stopped_nights(shop: Shop) -> list[Record]:
    """All nights that were stopped and not made good since, newest first."""
    places = (shop.ops / "stopped" / night.isoformat() for night in reversed(_days(shop, "stopped")))
    return [stop for place in places if (stop := remembered(place, _STOP)) is not None]


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
    """The night that is being unmade, while that has not ended: see `mandje.night.take_away.Unmaking`."""
    return read_own(shop.ops / "unmaking" / "plan.json", _PLAN, _MEND_PLAN)


def forget_marks(shop: Shop, night: date) -> None:
    """Note nothing any more of a night that stopped or did not end."""
    for place in ("unfinished", "stopped"):
        remove_own(shop.ops / place / night.isoformat())


def forget_night(shop: Shop, night: date) -> None:
    """Remove a night's records and marks."""
    shutil.rmtree(shop.ops / "nights" / night.isoformat(), ignore_errors=True)
    forget_marks(shop, night)


def open_gate(shop: Shop, as_of_date: date) -> None:
    """Let the build that stands at `as_of_date` through to publishing."""
    write_own(shop.ops / "gate_open.json", {"as_of_date": as_of_date})


def close_gate(shop: Shop) -> None:
    """Let nothing through: a build begins, or was refused."""
    remove_own(shop.ops / "gate_open.json")


def gate_open_for(shop: Shop) -> date | None:
    """The as-of date of the build that the gate let through, None where it is closed."""
    permit = remembered(shop.ops / "gate_open.json", {"as_of_date": date.fromisoformat})
    return date.fromisoformat(permit["as_of_date"]) if permit else None


def newest_night(shop: Shop) -> date | None:
    """The newest night whose load ended: the warehouse never stands at an older day than this."""
    return max((night for night in nights(shop) if read_record(shop, night, "load")), default=None)
