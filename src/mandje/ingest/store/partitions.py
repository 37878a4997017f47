"""What is loaded: the small files `raw/<source>/<delivery date>/current.json`, and nothing else.

Readers list exactly the partitions that these files name; nobody globs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Literal

from mandje.contracts.feeds import FEEDS
from mandje.delivery_names import delivery_day
from mandje.shop.settings import Shop
from mandje.system.own_files import Json, damaged, read_own

CURRENT = "current.json"
LEDGER = "ledger.json"
REJECTED = "rejected.parquet"
READ_ANEW = "remove the folder {folder}: the next night reads that delivery anew"


def _feed_counts(value: dict[str, int]) -> None:
    if not all(feed in FEEDS and isinstance(rows, int) for feed, rows in value.items()):
        raise ValueError


def _amount(text: str) -> Decimal:
    return Decimal(text)


CURRENT_SHAPE = {
    **dict.fromkeys(("sha256", "folder", "rules", "status"), str),
    "feeds": _feed_counts,
    "rejected_rows": int,
}
_ROWS = {"rows": int}
_MONEY = {"table": str, "currency": str | None, "money": _amount}
_LEDGER = {
    "read": [_ROWS | _MONEY],
    "destinations": [_ROWS | _MONEY | {"destination": str}],
    "derived": [_ROWS | {"feed": str}],
    "feeds": [_ROWS | {"feed": str}],
}


@dataclass(frozen=True, slots=True)
class Current:
    """What Mandje made of a delivery's present bytes: accepted or refused, and under which rules.

    `rules` is the fingerprint of all that decides besides the bytes (see `ingest.store.rules_fingerprint`).
    """

    sha256: str
    rules: str
    status: Literal["accepted", "refused"]
    feeds: dict[str, int]  # rows per feed that has any
    rejected_rows: int

    def to_json(self) -> Json:
        """Plain content of `current.json`; `folder` is the partition's name beside it."""
        return {
            "sha256": self.sha256,
            "folder": self.sha256[:12],
            "rules": self.rules,
            "status": self.status,
            "feeds": self.feeds,
            "rejected_rows": self.rejected_rows,
        }


@dataclass(frozen=True, slots=True)
class Partition:
    """One loaded delivery: its folder holds a Parquet file per feed with rows, rejected rows, the ledger.

    `sha256` of its bytes and `rules` (see `Current`) decide on its rows.
    """

    source: str
    delivery_date: date
    sha256: str
    rules: str
    folder: Path
    feeds: dict[str, int]
    rejected_rows: int

    @property
    def ledger(self) -> Json:
        """What the delivery itself decides (see `ingest.accounts.ledger`).

        Raises:
            DamagedFileError: it is damaged, or not there.
        """
        book = read_own(self.folder / LEDGER, _LEDGER, READ_ANEW)
        if book is None:
            raise damaged(self.folder / LEDGER, "no file", READ_ANEW)
        return book


def folder_of(shop: Shop, source: str, day: date, current: Current) -> Path:
    """Where a delivery that was read lies: its partition in `raw/`, or its folder in the quarantine."""
    place = shop.raw if current.status == "accepted" else shop.quarantine
    return place / source / day.isoformat() / current.sha256[:12]


def current_of(shop: Shop, source: str) -> dict[date, Current]:
    """State of every delivery of a source that was read, oldest first."""
    folder = shop.raw / source
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    days = ((delivery_day(name), _current(folder / name)) for name in names)
    return {day: current for day, current in days if day is not None and current is not None}


def current_states(shop: Shop) -> dict[str, dict[date, Current]]:
    """State of every delivery that was read, by source and day; only of sources that shop.toml names."""
    return {source: current_of(shop, source) for source in sorted(shop.settings.sources)}


def current_partitions(shop: Shop) -> list[Partition]:
    """Accepted deliveries of the shop's sources, by source and day."""
    return partitions_in(shop, current_states(shop))


def partitions_in(shop: Shop, states: Mapping[str, Mapping[date, Current]]) -> list[Partition]:
    """The same, from states that were read already."""
    return [
        Partition(
            source,
            day,
            current.sha256,
            current.rules,
            folder_of(shop, source, day, current),
            current.feeds,
            current.rejected_rows,
        )
        for source, days in states.items()
        for day, current in days.items()
        if current.status == "accepted"
    ]


def partitions_until(shop: Shop, last_date: date) -> list[Partition]:
    """The same up to a delivery date: a night reads nothing that was delivered after its day."""
    return [one for one in current_partitions(shop) if one.delivery_date <= last_date]


def paths_by_feed(partitions: Iterable[Partition]) -> dict[str, list[Path]]:
    """Parquet files of each feed that has rows, in the order of the partitions."""
    paths: dict[str, list[Path]] = {}
    for partition in partitions:
        for feed in partition.feeds:
            paths.setdefault(feed, []).append(partition.folder / f"{feed}.parquet")
    return paths


def rejected_paths(partitions: Iterable[Partition]) -> list[Path]:
    """Files of rejected rows, of the partitions that have any."""
    return [partition.folder / REJECTED for partition in partitions if partition.rejected_rows]


def _current(folder: Path) -> Current | None:
    path = folder / CURRENT
    try:
        is_now = path.stat()
    except OSError:
        return _read(path, ())
    return _read(path, (is_now.st_ino, is_now.st_mtime_ns, is_now.st_size))


@lru_cache(maxsize=2**17)
def _read(path: Path, _version: tuple[int, ...]) -> Current | None:
    """What a version of the file says: a stage asks several times, and there may be thousands."""
    content = read_own(path, CURRENT_SHAPE, READ_ANEW)
    if content is None:
        return None
    return Current(
        content["sha256"],
        content["rules"],
        content["status"],
        content["feeds"],
        content["rejected_rows"],
    )
