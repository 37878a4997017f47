"""What was judged of each month: `ops/<folder>/<YYYY-MM>.json`, with the key of what it was judged on."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal, get_args

from mandje.observe.records.nights import Record
from mandje.shop.settings import Shop
from mandje.system.own_files import read_own, remembered, remove_own, write_own

# Which form forecasts, and which form recommends.
JudgementFolder = Literal["back_tests", "recommendation_tests"]

_KEPT = {"key": str, "judgement": dict}
_MEND = "restore it from your backup, or remove it ({file}): what was said of that month is then not shown"


def keep_judgement(shop: Shop, folder: JudgementFolder, month: date, key: str, judgement: object) -> Record:
    """Write a month's judgement in place of an earlier one; give it as it was written."""
    path = _path(shop, folder, month)
    write_own(path, {"key": key, "judgement": judgement})
    return _read(path)


def kept_judgement(shop: Shop, folder: JudgementFolder, month: date, key: str) -> Record | None:
    """The month's judgement if it was made of what the key stands for; a damaged one is made again."""
    kept = remembered(_path(shop, folder, month), _KEPT)
    return kept["judgement"] if kept and kept["key"] == key else None


def judgements(shop: Shop, folder: JudgementFolder) -> list[Record]:
    """Those of all months, oldest first."""
    return [_read(path) for path in sorted((shop.ops / folder).glob("*.json"))]


def forget_judgements(shop: Shop, month: date) -> None:
    """Remove what was judged of a month."""
    for folder in get_args(JudgementFolder):
        remove_own(_path(shop, folder, month))


def _read(path: Path) -> Record:
    content = read_own(path, _KEPT, _MEND) or {}
    judgement: Record = content["judgement"]
    return judgement


def _path(shop: Shop, folder: JudgementFolder, month: date) -> Path:
    return shop.ops / folder / f"{month:%Y-%m}.json"
