"""Deliveries as they lie in `exports/<source>/<delivery date>/`: what is there, and its hash."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from mandje.delivery_names import delivery_day, is_ignored, is_of_loader
from mandje.errors import MandjeError
from mandje.ingest.exports.file_hashes import FileHashes, stamp
from mandje.ingest.exports.unreadable import (
    NAME,
    NOT_A_FILE,
    Trouble,
    check_in_place,
    link_trouble,
    not_allowed,
)
from mandje.shop.settings import Shop


@dataclass(frozen=True, slots=True)
class DeliveryFile:
    """One entry of a delivery; `trouble` says why it is not read, if it is not.

    A delivery whose folder cannot be listed has one entry, named `.`.

    `stamp` (size and times of change) tells whether the file is still the one that was hashed.
    """

    name: str
    byte_count: int
    sha256: str
    stamp: tuple[int, int, int] = (0, 0, 0)
    trouble: Trouble | None = None

    @property
    def is_readable(self) -> bool:
        """Whether it is an ordinary, plainly named file that may be read."""
        return self.trouble is None


@dataclass(frozen=True, slots=True)
class Delivery:
    """The unit of hash, refusal and replacement: all files that a source dropped for one day.

    `sha256` is that of the text which `sha256sum *` prints in the folder (names in byte order).
    """

    source: str
    delivery_date: date
    folder: Path
    files: tuple[DeliveryFile, ...]
    sha256: str

    @property
    def name(self) -> str:
        """`<source>/<delivery date>`."""
        return f"{self.source}/{self.delivery_date}"

    @property
    def short_sha256(self) -> str:
        """First 12 hex digits: the name of its partition."""
        return self.sha256[:12]

    @property
    def byte_count(self) -> int:
        """Bytes of all files."""
        return sum(file.byte_count for file in self.files)


@dataclass(frozen=True, slots=True)
class Listing:
    """Days that a source has folders for, days that are not over yet, and entries that are no delivery."""

    folders: dict[date, Path]
    not_over: frozenset[date]
    unexpected: tuple[str, ...]


def shown(name: str) -> str:
    """A file name as text of one line that every terminal and JSON can hold: what no one sees is escaped."""
    seen = (one if one.isprintable() else one.encode("unicode_escape").decode() for one in name)
    return "".join(seen)


def list_source(shop: Shop, source: str) -> Listing:
    """Folders of one source, oldest first; a source without a folder has none."""
    folders: dict[date, Path] = {}
    unexpected: list[str] = []
    not_over: set[date] = set()
    check_in_place(shop, source)
    today = datetime.now(ZoneInfo(shop.settings.time_zone)).date()
    for entry in _listed(shop.exports / source, unexpected):
        day = delivery_day(entry.name)
        if day is not None and day >= today:
            # A mistyped year must not become the newest night, which nothing can go back before.
            not_over.add(day)
            unexpected.append(_unexpected(f"exports/{source}/{entry.name}", f"a day that is over by {today}"))
        elif day is not None and _may_be_delivery(entry):
            folders[day] = Path(entry.path)
        elif not is_ignored(entry.name) and not is_of_loader(entry.name):
            unexpected.append(_unexpected(f"exports/{source}/{entry.name}", "a folder named YYYY-MM-DD"))
    return Listing(dict(sorted(folders.items())), frozenset(not_over), tuple(sorted(unexpected)))


def unexpected_entries(shop: Shop, listings: Iterable[Listing]) -> list[str]:
    """Entries of `exports/` that nobody reads, in sentences: beside the sources, and in their folders."""
    return [*_unknown_sources(shop), *(entry for listing in listings for entry in listing.unexpected)]


def _unknown_sources(shop: Shop) -> list[str]:
    """What shop.toml does not name as a source; an empty folder is nothing that anybody misses."""
    found = (entry for entry in _entries(shop.exports) if entry.name not in shop.settings.sources)
    others = (one for one in found if not is_ignored(one.name) and not is_of_loader(one.name))
    unknown = [one.name for one in others if not _is_empty_folder(one)]
    return sorted(_unexpected(f"exports/{name}", "a source named in shop.toml") for name in unknown)


def delivery_dates(shop: Shop) -> list[date]:
    """Days for which any source of the shop has a folder, oldest first."""
    return sorted({day for source in shop.settings.sources for day in list_source(shop, source).folders})


def read_delivery(source: str, day: date, folder: Path, hashes: FileHashes) -> Delivery | None:
    """A delivery with its hash, or None where its folder holds no file yet.

    What cannot be read is part of it, and will refuse it.

    Raises:
        MandjeError: a file vanishes meanwhile.
        OSError: the machine fails.
    """
    files = _read_folder(folder, hashes)
    if not files:
        return None
    lines = b"".join(file.sha256.encode() + b"  " + os.fsencode(file.name) + b"\n" for file in files)
    return Delivery(source, day, folder, files, hashlib.sha256(lines).hexdigest())


def check_unchanged(delivery: Delivery) -> None:
    """Make sure that what was read is what was hashed.

    Raises:
        MandjeError: a file was written meanwhile.
    """
    for file in delivery.files:
        path = delivery.folder / file.name
        if file.is_readable and not _is_same(path, file):
            raise MandjeError(
                "a delivered file changed while it was read",
                file=str(path),
                next_step="wait until the shop has finished writing, and run the night again",
            )


def _read_folder(folder: Path, hashes: FileHashes) -> tuple[DeliveryFile, ...]:
    """Files in byte order of their names; of a folder that cannot be listed, itself as one entry."""
    trouble = link_trouble(hashes.shop, folder) if folder.is_symlink() else None
    try:
        entries = [] if trouble else _entries(folder)
    except OSError as fault:
        trouble = not_allowed(fault)
    if trouble is not None:
        return (DeliveryFile(".", 0, trouble.sha256, trouble=trouble),)
    counted = (entry for entry in entries if not is_ignored(entry.name))
    return tuple(_read_file(entry, hashes) for entry in sorted(counted, key=lambda e: os.fsencode(e.name)))


def _read_file(entry: os.DirEntry[str], hashes: FileHashes) -> DeliveryFile:
    path = Path(entry.path)
    trouble = link_trouble(hashes.shop, path) if entry.is_symlink() else None
    try:
        if trouble is None:
            status = entry.stat()
            if stat.S_ISREG(status.st_mode):
                trouble = None if _is_plain(entry.name) else NAME
                digest = hashes.sha256(path, status)
                return DeliveryFile(entry.name, status.st_size, digest, stamp(status), trouble)
            trouble = NOT_A_FILE
    except FileNotFoundError:
        raise MandjeError(
            "a delivered file vanished while it was read",
            file=shown(str(path)),
            next_step="wait until the shop has finished writing, and run the night again",
        ) from None
    except OSError as fault:
        trouble = not_allowed(fault)
    return DeliveryFile(entry.name, 0, trouble.sha256, trouble=trouble)


def _is_same(path: Path, file: DeliveryFile) -> bool:
    try:
        return stamp(path.stat()) == file.stamp and os.access(path, os.R_OK, effective_ids=True)
    except OSError:
        return False


def _is_plain(name: str) -> bool:
    return name.isprintable()  # false for control characters and for names that are not UTF-8


def _may_be_delivery(entry: os.DirEntry[str]) -> bool:
    """A folder, or a link that leads to none: it is a delivery that cannot be read."""
    try:
        return entry.is_dir() or (entry.is_symlink() and not entry.is_file())
    except OSError:
        return True


def _listed(folder: Path, unexpected: list[str]) -> list[os.DirEntry[str]]:
    """Entries of a source's folder; where it is none, or may not be listed, that is said instead."""
    try:
        if not folder.is_symlink() or folder.exists():
            return _entries(folder)
    except OSError as fault:
        not_allowed(fault)
    unexpected.append(_unexpected(f"exports/{folder.name}", "a folder that Mandje's user may list"))
    return []


def _is_empty_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir() and not _entries(Path(entry.path))
    except OSError:  # it may not be listed
        return False


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except FileNotFoundError:
        return []


def _unexpected(place: str, expected: str) -> str:
    return f"{shown(place)}: not read; expected {expected}"
