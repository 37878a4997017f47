"""`warehouse/build.json`: for which day, from which raw files, and whether the build came to its end."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mandje.shop.settings import Shop
from mandje.system.own_files import remembered, remove_own, write_own

_SHAPE = {"as_of_date": date.fromisoformat, "raw_digest": str, "complete": bool}


@dataclass(frozen=True, slots=True)
class Marker:
    """What the working database stands for; `complete` once the marts after predictions are built too."""

    as_of_date: date
    raw_digest: str  # sha256 over the names of the partitions that it was built from
    complete: bool


def raw_digest(shop: Shop, folders: Iterable[Path]) -> str:
    """sha256 over the sorted `<source>/<delivery date>/<sha256-12>` of partitions."""
    names = sorted(folder.relative_to(shop.raw).as_posix() for folder in folders)
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def read_marker(shop: Shop) -> Marker | None:
    """The marker, or None where no build has come so far, or nobody can tell any more."""
    content = remembered(_path(shop), _SHAPE)
    if content is None:
        return None
    return Marker(date.fromisoformat(content["as_of_date"]), content["raw_digest"], content["complete"])


def write_marker(shop: Shop, marker: Marker) -> None:
    """Replace the marker in one rename."""
    write_own(_path(shop), marker)


def remove_marker(shop: Shop) -> None:
    """From here until the end of the next build, nothing may be published."""
    remove_own(_path(shop))


def _path(shop: Shop) -> Path:
    return shop.warehouse.with_name("build.json")
