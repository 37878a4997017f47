"""What the back-tests said of each month: `ops/back_tests/<YYYY-MM>.json`, with the key of what they read."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from mandje.observe.records.nights import Record
from mandje.shop.settings import Shop
from mandje.system.own_files import read_own, remembered, remove_own, write_own

_KEPT = {"key": str, "judgement": dict}
_MEND = "restore it from your backup, or remove it ({file}): what was said of that month is then not shown"


def keep_judgement(shop: Shop, month: date, key: str, judgement: object) -> Record:
    """Write a month's judgement in place of an earlier one; give it as it was written."""
    path = _folder(shop) / f"{month:%Y-%m}.json"
    write_own(path, {"key": key, "judgement": judgement})
    return _read(path)


def kept_judgement(shop: Shop, month: date, key: str) -> Record | None:
    """The month's judgement if it was made of what the key stands for; a damaged one is made again."""
    kept = remembered(_folder(shop) / f"{month:%Y-%m}.json", _KEPT)
    return kept["judgement"] if kept and kept["key"] == key else None


def judgements(shop: Shop) -> list[Record]:
    """Those of all months, oldest first."""
    return [_read(path) for path in sorted(_folder(shop).glob("*.json"))]


def forget_judgement(shop: Shop, month: date) -> None:
    """Remove a month's judgement."""
    remove_own(_folder(shop) / f"{month:%Y-%m}.json")


def _read(path: Path) -> Record:
    content = read_own(path, _KEPT, _MEND) or {}
    judgement: Record = content["judgement"]
    return judgement


def _folder(shop: Shop) -> Path:
    return shop.ops / "back_tests"
