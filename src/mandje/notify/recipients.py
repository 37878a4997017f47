"""Who is told: section `[notify]` of shop.toml, also where something else in that file is wrong."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LATE_AFTER_HOURS = 6
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[A-Za-z0-9.-]+")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
# From the section's own head to the next one.
_SECTION = re.compile(r"^\[notify\][^\n]*\n.*?(?=^\s*\[|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Recipients:
    """Mail addresses, and the name of what holds a webhook's address; nobody where both are empty."""

    mail_to: tuple[str, ...] = ()
    mail_from: str | None = None
    webhook: str | None = None
    late_after_hours: int = LATE_AFTER_HOURS

    @property
    def is_anybody(self) -> bool:
        """Whether a notice would reach anybody."""
        return bool(self.mail_to or self.webhook)


def read_recipients(folder: Path) -> Recipients:
    """Those of a shop's folder: whatever can be understood of `[notify]`, nobody where nothing can.

    The strict reading is that of the settings, and stops the night; this one must tell of it.
    """
    try:
        text = (folder / "shop.toml").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return Recipients()
    told = _section(text)
    mails = told.get("mail_to")
    hours = told.get("late_after_hours")
    return Recipients(
        mail_to=tuple(one for one in mails if _is_address(one)) if isinstance(mails, list) else (),
        mail_from=told["mail_from"] if _is_address(told.get("mail_from")) else None,
        webhook=told["webhook"] if _is_name(told.get("webhook")) else None,
        late_after_hours=hours if isinstance(hours, int) and hours > 0 else LATE_AFTER_HOURS,
    )


def _section(text: str) -> dict[str, Any]:
    part = _SECTION.search(text)
    for one in (text, part[0] if part else ""):
        try:
            found = tomllib.loads(one).get("notify", {})
        except tomllib.TOMLDecodeError:
            continue
        return found if isinstance(found, dict) else {}
    return {}


def checked_address(text: str) -> str:
    """The text itself.

    Raises:
        ValueError: it is no plain mail address, such as team@example.com.
    """
    if not _is_address(text):
        raise ValueError("no plain mail address, such as team@example.com")
    return text


def checked_name(text: str) -> str:
    """The text itself.

    Raises:
        ValueError: it is no name of a variable or connection; an address would be a secret in shop.toml.
    """
    if not _is_name(text):
        raise ValueError(
            "no name: an address is a secret, so name the environment variable (in Airflow: the connection) "
            "that holds it, such as MANDJE_WEBHOOK"
        )
    return text


def _is_address(text: object) -> bool:
    return isinstance(text, str) and _ADDRESS.fullmatch(text) is not None and text.isprintable()


def _is_name(text: object) -> bool:
    return isinstance(text, str) and _NAME.fullmatch(text) is not None
