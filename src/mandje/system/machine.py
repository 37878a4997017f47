"""What the machine does to a night: room, permissions, memory. Looked at before, told in one line after."""

from __future__ import annotations

import errno
import os
import pwd
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mandje.errors import ExitCode, MandjeError
from mandje.shop.settings import Shop

MIB, GIB = 1024**2, 1024**3
LEAST_FREE_BYTES = 256 * MIB
# The most that the sample shops made of a byte of exports: raw 2.8, working database 10, snapshot 4.3.
RAW_PER_EXPORT, DATABASE_PER_EXPORT, SNAPSHOT_PER_EXPORT = 3, 10, 5
# A night of a small shop makes some hundred files, of which dbt's are the most.
LEAST_FREE_FILES = 1000
_LONGEST_FOUND = 300


@dataclass(frozen=True, slots=True)
class _Kind:
    """A fault of the machine: what it is called, how libraries write it, what mends it."""

    message: str
    pattern: str
    next_step: str


_AGAIN = "then run the night again: it ends as if nothing had happened"
_FULL = _Kind(
    "the disk is full",
    "no space left on device|quota exceeded|not enough space",
    f"make room (`du -sh {{folder}}/*` shows what is large; fewer snapshots_to_keep need less), {_AGAIN}",
)
_DENIED = _Kind(
    "Mandje's user may not read or write a file",
    "permission denied|operation not permitted|access is denied",
    f"give it to {{user}}, such as by `chown -R {{user}} {{path}}`, {_AGAIN}",
)
_READ_ONLY = _Kind(
    "the file system is read-only",
    "read-only file system",
    f"mount it so that {{user}} may write, {_AGAIN}",
)
_MEMORY = _Kind(
    "there is not enough memory",
    "out of memory|cannot allocate memory|bad_alloc|failed to allocate|could not allocate",
    "close other programs; or, in shop.toml under [engine], fewer threads, or another memory_limit: higher "
    f"where the machine has more, lower where it has not; {_AGAIN}",
)
_HANDLES = _Kind(
    "too many files are open", "too many open files", f"allow more, such as by `ulimit -n 4096`, {_AGAIN}"
)
_BROKEN = _Kind(
    "the disk or the share fails",
    "input/output error|stale file handle|transport endpoint is not connected",
    f"the system's log (`dmesg`) tells more; mend the disk or mount the share again, {_AGAIN}",
)
_IN_THE_WAY = _Kind(
    "something stands where a file or folder of Mandje's own belongs",
    "is a directory|not a directory|directory not empty|too many levels of symbolic links",
    f"move it away, {_AGAIN}",
)
_TOO_LARGE = _Kind(
    "a file may not grow as large as it must", "file too large", f"raise the limit (`ulimit -f`), {_AGAIN}"
)
_KINDS = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), _FULL),
    **dict.fromkeys((errno.EACCES, errno.EPERM), _DENIED),
    errno.EROFS: _READ_ONLY,
    errno.ENOMEM: _MEMORY,
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), _HANDLES),
    **dict.fromkeys((errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.EREMOTEIO), _BROKEN),
    **dict.fromkeys((errno.EISDIR, errno.ENOTDIR, errno.ENOTEMPTY, errno.EEXIST, errno.ELOOP), _IN_THE_WAY),
    errno.EFBIG: _TOO_LARGE,
}


def look_before_night(shop: Shop) -> None:
    """Make sure that a night can write where it must and has room. Leaves nothing behind.

    Room is estimated per file system from what the last night made: the working database and a snapshot
    once more, as much larger as the exports grew, and raw files of new exports; at least 256 MiB. A first
    night knows the exports only.

    Raises:
        MandjeError: names the place, what was found and needed, and what mends it (NIGHT_STOPPED).
    """
    with plain_faults(shop):
        for place in _places(shop):
            _try_to_write(place)
        for place, needed in _needed_bytes(shop).items():
            _check_room(shop, place, needed)


@contextmanager
def plain_faults(shop: Shop) -> Iterator[None]:
    """Whatever fails for a reason that lies in the machine, fails with the error that says so.

    Raises:
        MandjeError: see `machine_fault` (NIGHT_STOPPED).
    """
    try:
        yield
    except MandjeError:
        raise
    except Exception as error:
        fault = machine_fault(error, shop)
        if fault is None:
            raise
        raise fault from None


def machine_fault(error: BaseException | str, shop: Shop | None = None) -> MandjeError | None:
    """What a failure or its text tells of the machine, as one line with the step that mends it; else None.

    Knows the numbers of the operating system, and the words of DuckDB, polars, pyarrow and dbt for them.
    Whatever fails while no room is left, fails for that.
    """
    text = " ".join(str(error).split())
    kind = _kind(error, text) or (_FULL if shop and _is_full(shop) else None)
    if kind is None:
        return None
    path = _path(error, text)
    folder = shop.folder if shop else path or Path()
    return MandjeError(
        kind.message + (_room_now(shop, path) if kind is _FULL else ""),
        file=str(path or folder) if path or shop else None,
        found=text[:_LONGEST_FOUND] or type(error).__name__,
        next_step=kind.next_step.format(folder=folder, path=path or folder, user=_user()),
        exit_code=ExitCode.NIGHT_STOPPED if shop else ExitCode.USER_ERROR,
    )


def lies_in_machine(error: OSError) -> bool:
    """Whether a file could not be read for a reason that says nothing of the file itself."""
    kind = _KINDS.get(error.errno or 0)
    return kind in {_BROKEN, _HANDLES, _MEMORY, _FULL}


def _path(error: BaseException | str, text: str) -> Path | None:
    named = getattr(error, "filename", None)
    if isinstance(named, (str, bytes)):
        return Path(os.fsdecode(named))
    quoted = re.search(r"[\"'](/[^\"']+)[\"']", text)
    return Path(quoted[1]) if quoted else None


def _kind(error: BaseException | str, text: str) -> _Kind | None:
    if isinstance(error, MemoryError):
        return _MEMORY
    if isinstance(error, OSError) and error.errno in _KINDS:
        return _KINDS[error.errno]
    kinds = dict.fromkeys(_KINDS.values())
    return next((kind for kind in kinds if re.search(kind.pattern, text, re.IGNORECASE)), None)


def _places(shop: Shop) -> tuple[Path, ...]:
    return (shop.raw, shop.quarantine, shop.ops, shop.warehouse.parent, shop.published)


def _there(place: Path) -> Path:
    """The place, or the folder that it will be made in."""
    return next(path for path in (place, *place.parents) if path.exists())


def _try_to_write(place: Path) -> None:
    """Really try: permissions, read-only mounts and who we are all have their say."""
    private = _there(place) / f".try-{os.getpid()}.tmp"
    try:
        private.write_bytes(b"x")
    finally:
        private.unlink(missing_ok=True)
    for path in place.glob("*.duckdb"):
        with path.open("r+b"):
            pass


def _needed_bytes(shop: Shop) -> dict[Path, int]:
    """For each file system, by one place on it: bytes that a night may need there."""
    loaded, new = _export_bytes(shop)
    snapshots = sorted(shop.published.glob("????-??-??-*")) if shop.published.is_dir() else []
    database = shop.warehouse.stat().st_size if shop.warehouse.is_file() else 0
    snapshot = _size(snapshots[-1]) if snapshots else 0
    growth = (loaded + new) / loaded if loaded else 1
    wanted = {
        shop.raw: new * RAW_PER_EXPORT,
        shop.warehouse.parent: int(database * growth) or (loaded + new) * DATABASE_PER_EXPORT,
        shop.published: int(snapshot * growth) or (loaded + new) * SNAPSHOT_PER_EXPORT,
    }
    systems: dict[int, list[Path]] = defaultdict(list)
    for place in _places(shop):
        systems[_there(place).stat().st_dev].append(place)
    return {
        _there(places[0]): max(LEAST_FREE_BYTES, sum(wanted.get(place, 0) for place in places))
        for places in systems.values()
    }


def _export_bytes(shop: Shop) -> tuple[int, int]:
    """Bytes of deliveries that were read, and of those that were not."""
    read = new = 0
    for source in shop.settings.sources:
        days = shop.exports / source
        for day in (
            days.iterdir() if days.is_dir() and os.access(days, os.R_OK | os.X_OK, effective_ids=True) else ()
        ):
            if (shop.raw / source / day.name / "current.json").exists():
                read += _size(day)
            else:
                new += _size(day)
    return read, new


def _size(folder: Path) -> int:
    """Bytes of the files below; what cannot be looked at counts nothing."""
    total = 0
    for place, _, files in os.walk(folder):
        for name in files:
            with suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118  many files
    return total


def _check_room(shop: Shop, place: Path, needed: int) -> None:
    free = shutil.disk_usage(place).free
    room = os.statvfs(place)
    if free < needed:
        fault = f"the disk is full: {_gib(free)} free, about {_gib(needed)} needed"
    elif room.f_files and room.f_favail < LEAST_FREE_FILES:
        fault = f"the disk is full: room for {room.f_favail} more files, at least {LEAST_FREE_FILES} needed"
    else:
        return
    raise MandjeError(
        fault,
        file=str(place),
        next_step=_FULL.next_step.format(folder=shop.folder),
        exit_code=ExitCode.NIGHT_STOPPED,
    )


def _is_full(shop: Shop) -> bool:
    """Whether no room is left: some libraries say of a full disk only that a file is damaged."""
    with suppress(OSError):
        return any(shutil.disk_usage(_there(place)).free < MIB for place in _places(shop))
    return False


def _room_now(shop: Shop | None, path: Path | None) -> str:
    """What is free now, and about how much a night needs."""
    here = _there(path or (shop.folder if shop else Path.cwd()))
    with suppress(OSError):
        free = shutil.disk_usage(here).free
        device = here.stat().st_dev
        needs = _needed_bytes(shop) if shop else {}
        needed = max((size for place, size in needs.items() if place.stat().st_dev == device), default=0)
        return f": {_gib(free)} free now" + (f", about {_gib(needed)} needed" if needed > free else "")
    return ""


def _gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB" if size >= GIB else f"{size // MIB} MiB"


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
