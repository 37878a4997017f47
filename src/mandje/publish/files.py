"""Files of a snapshot: sealed when they are complete, and known by their hash."""

from __future__ import annotations

import hashlib
from pathlib import Path

from mandje.shop.settings import Shop
from mandje.system.modes import Access, give
from mandje.system.own_files import sync

# Everything under this name in published/ is unfinished, and cleaned by the next publish.
PRIVATE = ".private-"
_CHUNK_BYTES = 1 << 20


def seal(shop: Shop, folder: Path, access: Access) -> None:
    """Make every file below read-only, for those who may read it, and flush files and folders to disk."""
    for path in (*sorted(folder.rglob("*")), folder):
        sync(path)
        give(shop, path, access)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, read in chunks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
