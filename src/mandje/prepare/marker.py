"""The small file that says: `exports/` was given everything that this input holds."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

MARKER = ".prepared.json"
# Goes up when equal input would give other exports than before.
LAYOUT = 1


@dataclass(frozen=True, slots=True)
class PreparedExports:
    """What `exports/` was given; `is_new` is false where an earlier call had done it."""

    is_new: bool
    first_delivery_date: str
    last_delivery_date: str
    delivery_count: int
    file_count: int
    byte_count: int

    def __str__(self) -> str:
        """One plain line for people."""
        size = (
            f"{self.delivery_count:,} deliveries, {self.file_count:,} files, {self.byte_count / 1e6:.1f} MB"
        )
        days = f"{self.first_delivery_date} to {self.last_delivery_date}"
        return f"{'made' if self.is_new else 'already there, nothing to do'}: {size}, {days}"


def source_digest(folder: Path) -> str:
    """Digest of the names and bytes of all Parquet files in `folder`."""
    lines = (f"{file.name} {_sha256(file)}\n" for file in sorted(folder.glob("*.parquet")))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def write_marker(folder: Path, prepared: PreparedExports, digest: str) -> None:
    """Put the marker into `folder` in one rename, on the disk when this returns."""
    content = asdict(prepared) | {"is_new": False, "layout": LAYOUT, "source_sha256": digest}
    private = folder / f"{MARKER}.tmp"
    with private.open("w", encoding="ascii") as file:
        json.dump(content, file, sort_keys=True, indent=1)
        file.flush()
        os.fsync(file.fileno())
    private.rename(folder / MARKER)


def read_marker(folder: Path, digest: str) -> PreparedExports | None:
    """What `folder` was given from input with just this digest, else None."""
    try:
        content = json.loads((folder / MARKER).read_bytes())
        is_current = (content.pop("layout"), content.pop("source_sha256")) == (LAYOUT, digest)
        return PreparedExports(**content) if is_current else None
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return None
