"""The published folder: snapshots side by side, the link `current`, and a pin that holds it.

`published/<as-of date>-<content hash 12>/` never changes once it has its name. `current` is a link that is
switched in one rename, and `current.json` says the same for tools that cannot follow a link. `pin.json` is
there while a rollback holds `current`; it also names the newest snapshot, where `unpin` goes back to.
"""

from __future__ import annotations

import fcntl
import re
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mandje.errors import MandjeError
from mandje.publish.files import PRIVATE
from mandje.publish.manifest import MANIFEST
from mandje.shop.settings import Shop
from mandje.system.own_files import Json, damaged, make_folder, read_own, remembered, sync, write_own
from mandje.system.permissions import private_files, published_access, settle_published

_MEND_PIN = (
    "remove it ({file}), then name the rollback again by `mandje publish SHOP --rollback SNAPSHOT`; "
    "without one the next night sends readers to the newest snapshot"
)
MEND_SNAPSHOT = (
    "restore it from your backup, or move the folder {folder} away and publish again: `mandje publish SHOP`"
)
_MANIFEST = {
    "as_of_date": date.fromisoformat,
    "content_hash": str,
    "contract_version": int,
    "tables": [{"rows": int}],
    "files": [{"path": str, "sha256": str}],
}
_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})-([0-9a-f]{12})")


@dataclass(frozen=True, slots=True, order=True)
class Snapshot:
    """One snapshot; ordered by as-of date, then by when it was last made current."""

    as_of_date: date
    touched: int
    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Pin:
    """Names of the snapshot that a rollback holds, and of the newest one."""

    pinned: str
    newest: str


@contextmanager
def alone(shop: Shop) -> Iterator[None]:
    """Hold the published folder against other publishers, and clean what a killed one left.

    Raises:
        MandjeError: another process is publishing.
    """
    make_folder(shop.published)
    with private_files(), (shop.published / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise MandjeError(
                "another process is publishing this shop",
                file=lock.name,
                next_step="wait until it ends, then try again",
            ) from None
        _clean(shop)
        settle_published(shop)
        yield


def _clean(shop: Shop) -> None:
    for path in (*shop.published.glob(f"{PRIVATE}*"), *shop.published.glob(".*.tmp")):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def snapshots(shop: Shop) -> list[Snapshot]:
    """All snapshots, oldest first."""
    paths = shop.published.iterdir() if shop.published.is_dir() else ()
    named = ((path, _NAME.fullmatch(path.name)) for path in paths)
    return sorted(
        Snapshot(date.fromisoformat(match[1]), path.stat().st_mtime_ns, path.name, path)
        for path, match in named
        if match
    )


def is_whole(folder: Path) -> bool:
    """Whether a snapshot is there with its files: a backup may have brought back its manifest alone."""
    return folder.exists() and all(
        (folder / file["path"]).is_file() for file in read_manifest(folder)["files"]
    )


def put(shop: Shop, private: Path, folder: Path) -> None:
    """Put a new snapshot in its place, where nothing stands or what is not whole."""
    if folder.exists():
        _remove(shop, folder)
    private.rename(folder)
    sync(shop.published)


def current_snapshot(shop: Shop) -> Path | None:
    """The folder that readers are sent to, or None before the first publish."""
    link = shop.published / "current"
    return link.resolve() if link.is_symlink() and link.exists() else None


def read_pin(shop: Shop) -> Pin | None:
    """The pin of a rollback, or None."""
    pin = read_own(shop.published / "pin.json", {"pinned": str, "newest": str}, _MEND_PIN)
    return Pin(pin["pinned"], pin["newest"]) if pin else None


def newest_name(shop: Shop) -> str | None:
    """The snapshot that `current` names, or would name without a pin."""
    pin = read_pin(shop)
    if pin is not None:
        return pin.newest
    current = current_snapshot(shop)
    return current.name if current else None


def advance(shop: Shop, name: str) -> None:
    """Make a snapshot the newest: `current` moves to it, unless a rollback holds it or it is older.

    May be repeated; a second time changes nothing.
    """
    newest = newest_name(shop)
    if newest is None or name[:10] >= newest[:10]:
        newest = name
    pin = read_pin(shop)
    if pin is None:
        _switch(shop, newest)
        return
    if pin.newest != newest:
        _write_pin(shop, Pin(pin.pinned, newest))
    _switch(shop, pin.pinned)


def rollback(shop: Shop, name: str) -> Snapshot:
    """Send readers to an earlier snapshot, by name or as-of date, and hold them there until `unpin`.

    Raises:
        MandjeError: no such snapshot, or several of that date.
    """
    with alone(shop):
        chosen = _find(shop, name)
        _write_pin(shop, Pin(chosen.name, newest_name(shop) or chosen.name))
        _switch(shop, chosen.name)
    return chosen


def unpin(shop: Shop) -> Snapshot:
    """End a rollback: readers go to the newest snapshot.

    Raises:
        MandjeError: nothing is pinned.
    """
    with alone(shop):
        pin = read_pin(shop)
        if pin is None:
            raise MandjeError(
                "no rollback is pinned",
                file=str(shop.published / "pin.json"),
                next_step="nothing is to be undone: readers see the newest snapshot",
            )
        newest = _find(shop, pin.newest)
        _switch(shop, newest.name)
        (shop.published / "pin.json").unlink()
        sync(shop.published)
    return newest


def prune(shop: Shop) -> tuple[str, ...]:
    """Delete all but the last `snapshots_to_keep`; never the current, the pinned or the newest.

    Nor the last one of an earlier date than the newest: restatements are measured against it.
    """
    pin = read_pin(shop)
    current = current_snapshot(shop)
    known = snapshots(shop)
    held = {current.name if current else None, *((pin.pinned, pin.newest) if pin else ())}
    held |= {_before_newest(known)}
    old = known[: -shop.settings.snapshots_to_keep]
    gone = [snapshot for snapshot in old if snapshot.name not in held]
    for snapshot in gone:
        _remove(shop, snapshot.path)
    return tuple(snapshot.name for snapshot in gone)


def withdraw(shop: Shop, names: Collection[str], newest: str | None) -> None:
    """Take snapshots away for good; before they go, `newest` becomes the newest (None: nothing is left).

    A rollback that holds one of them ends; one that holds another stays.
    """
    with alone(shop):
        _leave(shop, names, newest)
        for snapshot in snapshots(shop):
            if snapshot.name in names:
                _remove(shop, snapshot.path)


def _leave(shop: Shop, names: Collection[str], newest: str | None) -> None:
    pin, chosen = read_pin(shop), newest_name(shop)
    if newest is None:
        for name in ("current", "current.json", "pin.json"):
            (shop.published / name).unlink(missing_ok=True)
    elif pin is not None and pin.pinned not in names:
        _write_pin(shop, Pin(pin.pinned, newest if pin.newest in names else pin.newest))
    else:
        # Also where readers were sent already: a kill may have come before `current.json` said so.
        _switch(shop, newest if chosen is None or chosen in names else chosen)
        (shop.published / "pin.json").unlink(missing_ok=True)
    sync(shop.published)


def _remove(shop: Shop, folder: Path) -> None:
    private = shop.published / f"{PRIVATE}{folder.name}"
    folder.rename(private)
    shutil.rmtree(private)


def _before_newest(known: list[Snapshot]) -> str | None:
    earlier = [one.name for one in known if one.as_of_date < known[-1].as_of_date]
    return earlier[-1] if earlier else None


def _find(shop: Shop, name: str) -> Snapshot:
    known = snapshots(shop)
    found = [snapshot for snapshot in known if name in {snapshot.name, snapshot.as_of_date.isoformat()}]
    if len(found) == 1:
        return found[0]
    raise MandjeError(
        "several snapshots have this date" if found else "there is no such snapshot",
        file=str(shop.published),
        found=name,
        expected="one of " + ", ".join(each.name for each in found or known) if known else "a published one",
        next_step="name one snapshot in full" if known else "publish a night first",
    )


def _write_pin(shop: Shop, pin: Pin) -> None:
    _write(shop, "pin.json", {"pinned": pin.pinned, "newest": pin.newest})


def _switch(shop: Shop, name: str) -> None:
    if not (shop.published / name).is_dir():
        raise MandjeError(
            "the snapshot that readers should go to is gone",
            file=str(shop.published / name),
            next_step="name another one with `mandje publish --rollback`",
        )
    current = current_snapshot(shop)
    if current is None or current.name != name:
        private = shop.published / f"{PRIVATE}current"
        private.symlink_to(name)
        (shop.published / name).touch()
        private.replace(shop.published / "current")
        sync(shop.published)
    content = {"folder": name, "as_of_date": name[:10], "content_hash": _content_hash(shop, name)}
    if remembered(shop.published / "current.json", {}) != content:
        _write(shop, "current.json", content)


def _write(shop: Shop, name: str, content: Json) -> None:
    access = published_access(shop)
    write_own(shop.published / name, content, mode=access.file, group=access.group)


def _content_hash(shop: Shop, name: str) -> str:
    return str(read_manifest(shop.published / name)["content_hash"])


def read_manifest(folder: Path) -> Json:
    """The manifest of a snapshot.

    Raises:
        DamagedFileError: it is damaged, or not there.
    """
    manifest = read_own(folder / MANIFEST, _MANIFEST, MEND_SNAPSHOT)
    if manifest is None:
        raise damaged(folder / MANIFEST, "no file", MEND_SNAPSHOT)
    return manifest
