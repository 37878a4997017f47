"""What the back-tests said of each month: `ops/back_tests/<YYYY-MM>.json`, with the key of what they read."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from mandje.observe.nights import Record, write_json
from mandje.settings import Shop


def keep_judgement(shop: Shop, month: date, key: str, judgement: object) -> Record:
    """Write a month's judgement in place of an earlier one; give it as it was written."""
    path = _folder(shop) / f"{month:%Y-%m}.json"
    write_json(path, {"key": key, "judgement": judgement})
    return _read(path)[1]


def kept_judgement(shop: Shop, month: date, key: str) -> Record | None:
    """The month's judgement if it was made of what the key stands for."""
    path = _folder(shop) / f"{month:%Y-%m}.json"
    kept, judgement = _read(path) if path.is_file() else (None, None)
    return judgement if kept == key else None


def judgements(shop: Shop) -> list[Record]:
    """Those of all months, oldest first."""
    return [_read(path)[1] for path in sorted(_folder(shop).glob("*.json"))]


def forget_judgement(shop: Shop, month: date) -> None:
    """Remove a month's judgement."""
    (_folder(shop) / f"{month:%Y-%m}.json").unlink(missing_ok=True)


def _read(path: Path) -> tuple[str, Record]:
    content = json.loads(path.read_text(encoding="utf-8"))
    return content["key"], content["judgement"]


def _folder(shop: Shop) -> Path:
    return shop.ops / "back_tests"
