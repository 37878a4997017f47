"""Which snapshot readers see, for whoever has no more than the shop's folder."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path


def shown_as_of(folder: Path) -> date | None:
    """The as-of date of the snapshot that readers see; None where there is none, or nobody can tell."""
    try:
        content = json.loads((folder / "published" / "current.json").read_bytes())
        return date.fromisoformat(content["as_of_date"])
    except (OSError, ValueError, TypeError, KeyError):
        return None
