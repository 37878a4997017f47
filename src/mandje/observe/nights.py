"""Records of nights: one small JSON file per night and stage, `ops/nights/<run date>/<stage>.json`.

The command line reads these files, because nobody can open the working database while a night writes it.
"""

from __future__ import annotations

import dataclasses
import json
import os
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from mandje.settings import Shop

Record = dict[str, Any]


def write_record(shop: Shop, run_date: date, stage: str, record: object) -> Path:
    """Write a stage's result (a dataclass or dict) as its record, replacing an earlier one in one rename."""
    path = shop.ops / "nights" / run_date.isoformat() / f"{stage}.json"
    _write(path, record)
    return path


def _write(path: Path, record: object) -> None:
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


def nights(shop: Shop) -> list[date]:
    """Nights that have begun, oldest first."""
    folder = shop.ops / "nights"
    return sorted(date.fromisoformat(path.name) for path in folder.iterdir()) if folder.is_dir() else []


def begin_night(shop: Shop, run_date: date) -> None:
    """Note that a night is at work, until `end_night`: a night that was killed is thus seen."""
    _write(shop.ops / "unfinished.json", {"run_date": run_date})


def end_night(shop: Shop) -> None:
    """Note that the night at work has ended well."""
    (shop.ops / "unfinished.json").unlink(missing_ok=True)


def unfinished_night(shop: Shop) -> date | None:
    """The night that began last and has not ended well, or None."""
    path = shop.ops / "unfinished.json"
    if not path.is_file():
        return None
    return date.fromisoformat(json.loads(path.read_text(encoding="utf-8"))["run_date"])


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
