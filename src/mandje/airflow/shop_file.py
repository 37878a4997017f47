"""What a DAG must know of a shop's `shop.toml`: its name, its clock, its hour, its sources."""

from __future__ import annotations

import logging
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from mandje.cron import checked_cron

_NAME = r"[a-z][a-z0-9_]*"
_DEFAULT_CRON = "0 3 * * *"  # as in mandje.shop.sections, which needs pydantic
log = logging.getLogger("mandje.airflow")


@dataclass(frozen=True)
class ShopFile:
    """A shop's folder and sources, and when its night begins.

    That is `cron` on the clock of `time_zone`, if it is scheduled.
    """

    folder: Path
    name: str
    time_zone: ZoneInfo
    cron: str = _DEFAULT_CRON
    is_scheduled: bool = True
    sources: tuple[str, ...] = ()


def read_shop_file(folder: Path) -> ShopFile:
    """Read it as far as a DAG needs; the night's first stage looks at all of it.

    A file that cannot be read makes a night at the usual hour in UTC, whose first stage fails and says what
    is wrong: raised here, it would stop the nights of all shops of the same DAG file.
    """
    try:
        text = (folder / "shop.toml").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        return _without_settings(folder, "", fault)
    try:
        return _settled(folder, tomllib.loads(text))
    except Exception as fault:  # noqa: BLE001  whatever a person may have written there
        return _without_settings(folder, text, fault)


def _settled(folder: Path, told: dict[str, Any]) -> ShopFile:
    schedule = told.get("schedule", {})
    if not re.fullmatch(_NAME, told["name"]):
        raise ValueError(f"no name for a shop: {told['name']}")
    return ShopFile(
        folder,
        told["name"],
        ZoneInfo(told["time_zone"]),
        checked_cron(schedule.get("cron", _DEFAULT_CRON)),
        bool(schedule.get("is_on", True)),
        tuple(name for name in told.get("sources", {}) if re.fullmatch(_NAME, name)),
    )


def _without_settings(folder: Path, text: str, fault: Exception) -> ShopFile:
    log.warning("%s cannot be read: %s: %s", folder / "shop.toml", type(fault).__name__, fault)
    named = re.search(rf'^name\s*=\s*"({_NAME})"', text, re.MULTILINE)
    name = named[1] if named else re.sub(r"\W", "_", folder.name, flags=re.ASCII)
    return ShopFile(folder, name, ZoneInfo("UTC"))
