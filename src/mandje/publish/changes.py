"""`changes.json`: which files of a snapshot differ from those of the one that readers saw before it.

So a warehouse or a BI tool loads only what changed. Hashes come from both manifests: no file is read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mandje.publish.published_folder import read_manifest
from mandje.system.own_files import DamagedFileError, Json

CHANGES = "changes.json"
# A file as a manifest lists it.
_File = Mapping[str, Any]


def changes_since(before: Path | None, files: Iterable[_File]) -> Json:
    """What of `files` differs from the snapshot `before`. Without one, or if it is damaged, all are added."""
    known, now = _files_of(before), _by_path(files)
    old = known or {}
    both = now.keys() & old.keys()
    changed = {path for path in both if old[path]["sha256"] != now[path]["sha256"]}
    equal = [now[path] for path in both - changed]
    return {
        "since": before.name if before is not None and known is not None else None,
        "added": _told(now, now.keys() - both),
        "changed": _told(now, changed),
        "gone": _told(old, old.keys() - both),
        "equal": {"files": len(equal), "bytes": sum(file["bytes"] for file in equal)},
    }


def _files_of(snapshot: Path | None) -> dict[str, _File] | None:
    try:
        return None if snapshot is None else _by_path(read_manifest(snapshot)["files"])
    except DamagedFileError:
        return None


def _by_path(files: Iterable[_File]) -> dict[str, _File]:
    """By path; but for the list of changes itself, which is another one in every snapshot."""
    return {file["path"]: file for file in files if file["path"] != CHANGES}


def _told(files: Mapping[str, _File], paths: Iterable[str]) -> list[Json]:
    return [{name: files[path].get(name) for name in ("path", "bytes", "sha256")} for path in sorted(paths)]
