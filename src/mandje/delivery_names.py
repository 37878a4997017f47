"""Which entries of `exports/` are somebody's delivery, by their names.

Standard library only: a host's Airflow, which waits for deliveries, looks with the same rules.
"""

from __future__ import annotations

import re
from datetime import date

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# What the loader dlt keeps beside the tables that it writes: its own state, and a mark in each folder.
_OF_LOADERS = re.compile(r"_dlt_[a-z_]+|init")


def is_ignored(name: str) -> bool:
    """Hidden files and files still being written are nobody's delivery."""
    return name.startswith(".") or name.endswith(".tmp")


def is_of_loader(name: str) -> bool:
    """What a loader keeps for itself beside deliveries, and between them."""
    return _OF_LOADERS.fullmatch(name) is not None


def delivery_day(name: str) -> date | None:
    """The day that a folder is named after, None where its name is no YYYY-MM-DD."""
    try:
        return date.fromisoformat(name) if _DAY.fullmatch(name) else None
    except ValueError:
        return None
