"""Writing so that a crash leaves the old or the new, never a half."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

# Everything under this name in published/ is unfinished, and cleaned by the next publish.
PRIVATE = ".private-"
READ_ONLY = 0o444
_CHUNK_BYTES = 1 << 20


def sync_folder(folder: Path) -> None:
    """Make renames inside a folder last through a crash."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def seal(folder: Path) -> None:
    """Make every file below read-only and flush files and folders to disk."""
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            sync_folder(path)
            continue
        with path.open("rb") as file:
            os.fsync(file.fileno())
        path.chmod(READ_ONLY)
    sync_folder(folder)


def write_json(path: Path, content: object) -> None:
    """Write JSON (keys sorted), replacing an earlier file in one rename."""
    private = path.parent / f"{PRIVATE}{path.name}"
    with private.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=1, sort_keys=True, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    private.replace(path)
    sync_folder(path.parent)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, read in chunks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
