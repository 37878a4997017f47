"""Hashes of delivered files, each taken once: a night does not read all of history again."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from pathlib import Path

from mandje.shop.settings import Shop
from mandje.system.own_files import remembered, write_own

# A file may change again within the clock tick of its last change: so fresh a hash is not kept.
SETTLED_AFTER_NS = 2_000_000_000


def stamp(status: os.stat_result) -> tuple[int, int, int]:
    """What changes when a file is written: size, and times of change of content and of the file's entry."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


class FileHashes:
    """sha256 of delivered files, remembered by size and times of change in `raw/.hashes.json`.

    Only a memory: without the file everything is hashed again, with equal results.
    """

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._path = shop.raw / ".hashes.json"
        self._known = remembered(self._path, {}) or {}
        self._is_changed = False

    def sha256(self, path: Path, status: os.stat_result) -> str:
        """The hash of a regular file whose `status` was just taken, as 64 hex digits."""
        name = os.fsencode(path.relative_to(self.shop.exports)).decode("utf-8", "backslashreplace")
        match self._known.get(name):
            case [*seen, str(digest)] if tuple(seen) == stamp(status) and _may_be_read(path):
                return digest
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) > SETTLED_AFTER_NS:
            self._known[name] = [*stamp(status), digest]
            self._is_changed = True
        return digest

    def save(self) -> None:
        """Keep what was learnt; where the place cannot be written, the next night learns it again."""
        if self._is_changed:
            with contextlib.suppress(OSError):
                write_own(self._path, self._known)


def _may_be_read(path: Path) -> bool:
    """A hash that is remembered must not hide that the bytes are out of reach."""
    return os.access(path, os.R_OK, effective_ids=True)
