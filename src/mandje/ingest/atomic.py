"""Writing so that nobody ever sees half a file: privately first, then one rename."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mandje.errors import MandjeError

Json = dict[str, Any]


def dump_json(content: Mapping[str, Any]) -> bytes:
    """Content as JSON with sorted keys: equal content gives equal bytes."""
    return (json.dumps(content, sort_keys=True) + "\n").encode("ascii")


def read_json(path: Path) -> Json | None:
    """What `path` holds, or None where there is no such file.

    Raises:
        MandjeError: the file is damaged.
    """
    try:
        content: Json = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        raise MandjeError(
            "a file of Mandje's own is damaged",
            file=str(path),
            next_step="restore it from your backup, or remove it and run the night again",
        ) from None
    return content


def replace_file(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Put a file in place in one rename, with `mode`, on the disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    private = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    private.unlink(missing_ok=True)
    with os.fdopen(os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    private.replace(path)
