"""Files of Mandje's own: read with a check of their shape, written so that nobody ever sees half of one.

A file that matters and is damaged ends in one error, which says what mends that file. What is only a memory
is dropped in silence and learnt again.
"""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any

from mandje.errors import MandjeError

if TYPE_CHECKING:
    import polars as pl

Json = dict[str, Any]
# A type; what reads a value and raises ValueError; or, one level down, an object's needed keys or a list.
Shape = object
Object = Mapping[str, Shape]

_LONGEST_FOUND = 200
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600
_WORDS = {list: "a list", str: "text", type(None): "null", bool: "true or false"}


class DamagedFileError(MandjeError):
    """A file of Mandje's own is not what Mandje writes."""


class _Known(dict[str, Any]):
    """An object of a file: a key that is asked for and not there is damage of that file."""

    place: tuple[Path, str] | None = None

    def __missing__(self, key: str) -> Any:  # noqa: ANN401
        if self.place is None:  # a copy
            raise KeyError(key)
        path, mend = self.place
        raise damaged(path, f"no {key!r} in it", mend)


def damaged(path: Path, found: str, mend: str) -> DamagedFileError:
    """The one error for a damaged file; `mend` is what to do about this very file."""
    step = mend.replace("{file}", str(path)).replace("{folder}", str(path.parent))
    found = " ".join(found.split())[:_LONGEST_FOUND]
    return DamagedFileError("a file of Mandje's own is damaged", file=str(path), found=found, next_step=step)


def read_own(path: Path, shape: Object, mend: str) -> Json | None:
    """The object that a file holds, with at least the keys of `shape`; None where there is no such file.

    A key that is asked for later, at any depth, and is not there raises the same error.

    Raises:
        DamagedFileError: it is no JSON, no object, or lacks something; `mend` is its next step.
    """
    text = _bytes(path, mend)
    if text is None:
        return None
    content = _parsed(path, text, mend)
    if fault := _fault(content, shape):
        raise damaged(path, fault, mend)
    return content


def remembered(path: Path, shape: Object) -> Json | None:
    """The same for a file that is only a memory: None where it is damaged or cannot be read."""
    try:
        return read_own(path, shape, "")
    except (MandjeError, OSError):
        return None


def _bytes(path: Path, mend: str) -> bytes | None:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise damaged(path, "a folder or a special file", mend)
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        raise damaged(path, "a file in place of its folder", mend) from None


def _parsed(path: Path, text: bytes, mend: str) -> Json:
    def known(content: Json) -> _Known:
        own = _Known(content)
        own.place = path, mend
        return own

    try:
        content: Json = json.loads(text, object_hook=known)
    except (ValueError, RecursionError) as fault:
        raise damaged(path, f"no JSON: {fault}" if text else "an empty file", mend) from None
    return content


def _fault(value: object, shape: Shape) -> str | None:
    """What is wrong with a value, in words; None where it has the shape."""
    if isinstance(shape, Mapping):
        return _object_fault(value, shape)
    if isinstance(shape, list):
        if not isinstance(value, list):
            return f"{_kind(value)} instead of a list"
        return next((fault for one in value if (fault := _fault(one, shape[0]))), None)
    if isinstance(shape, type | UnionType):
        return None if isinstance(value, shape) else f"{_kind(value)} in place of another kind of value"
    try:
        shape(value)  # type: ignore[operator]
    except (ValueError, TypeError, ArithmeticError, AttributeError):
        return f"{value!r:.80}"
    return None


def _object_fault(value: object, shape: Object) -> str | None:
    if not isinstance(value, dict):
        return f"{_kind(value)} instead of an object"
    for key, kind in shape.items():
        if key not in value:
            return f"no {key!r} in it"
        if fault := _fault(value[key], kind):
            return f"{key}: {fault}"
    return None


def _kind(value: object) -> str:
    return "an object" if isinstance(value, dict) else _WORDS.get(type(value), "a number")


def read_own_parquet(path: Path, columns: Sequence[str], mend: str) -> pl.DataFrame:
    """The rows of a Parquet file that Mandje wrote, in these columns.

    Raises:
        DamagedFileError: there is no such file, it is no Parquet, or a column is not there.
    """
    import polars as pl

    try:
        if not path.is_file():
            raise damaged(path, "no file" if not path.exists() else "a folder or a special file", mend)
        return pl.read_parquet(path, hive_partitioning=False, glob=False).select(columns)
    except pl.exceptions.PolarsError as fault:
        raise damaged(path, str(fault), mend) from None


def first_damaged(
    paths: Iterable[Path], read: Callable[[Path], object], mend: str
) -> DamagedFileError | None:
    """Which of many files it was that could not be read: the first that `read` fails on by itself."""
    for path in paths:
        try:
            read(path)
        except Exception as fault:  # noqa: BLE001  whatever the library of `read` raises
            return damaged(path, str(fault), mend)
    return None


def dump_json(content: object) -> bytes:
    """Content as JSON with sorted keys: equal content gives equal bytes."""
    return (json.dumps(content, default=_plain, indent=1, sort_keys=True) + "\n").encode("ascii")


def write_own(path: Path, content: object, *, mode: int = _FILE_MODE, group: int | None = None) -> None:
    """Put content (a dataclass, or what JSON can hold, with dates and decimals) in place as JSON."""
    replace_file(path, dump_json(content), mode=mode, group=group)


def replace_file(path: Path, content: bytes, *, mode: int = _FILE_MODE, group: int | None = None) -> None:
    """Put a file in place in one rename, with `mode` and `group`, on the disk when this returns."""
    make_folder(path.parent)
    private = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with os.fdopen(os.open(private, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _FILE_MODE), "wb") as file:
            if group is not None:
                os.fchown(file.fileno(), -1, group)
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        private.replace(path)
    except OSError:
        private.unlink(missing_ok=True)
        raise
    sync(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder, and those that it lies in, for its owner only."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)


def remove_own(path: Path) -> None:
    """Remove a file, or an empty folder under its name; nothing where neither is.

    Raises:
        DamagedFileError: a folder with something in it stands there.
    """
    try:
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
    except OSError as fault:
        if fault.errno != errno.ENOTEMPTY:
            raise
        raise damaged(
            path, "a folder with something in it", "move it away, and run the night again"
        ) from None


def sync(place: Path) -> None:
    """Flush a file, or the renames in a folder, to the disk."""
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (Decimal, Path)):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no plain form")
