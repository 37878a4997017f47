"""Who may read what nights make: its owner, and of `published/` one group where shop.toml names one."""

from __future__ import annotations

import grp
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mandje.errors import ExitCode, MandjeError
from mandje.shop.settings import Shop
from mandje.system.own_files import make_folder

OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class Access:
    """Modes under `published/`, and the id of the group that they let in; None: the owner alone."""

    group: int | None = None

    @property
    def folder(self) -> int:
        """Of every folder."""
        return 0o700 if self.group is None else 0o750

    @property
    def file(self) -> int:
        """Of what is replaced now and then, such as `current.json`."""
        return 0o600 if self.group is None else 0o640

    @property
    def sealed(self) -> int:
        """Of the files of a snapshot, which nobody writes again."""
        return 0o400 if self.group is None else 0o440


@contextmanager
def private_files() -> Iterator[None]:
    """Whatever is made meanwhile, by whatever library, is for its owner only."""
    before = os.umask(OTHERS)
    try:
        yield
    finally:
        os.umask(before)


def published_access(shop: Shop) -> Access:
    """Who may read `published/`.

    Raises:
        MandjeError: shop.toml names a group that this machine does not know.
    """
    name = shop.settings.published_group
    if name is None:
        return Access()
    try:
        return Access(grp.getgrnam(name).gr_gid)
    except KeyError:
        raise _group_fault(
            shop,
            "published_group names no group of this machine",
            f"name another one, or make it: `groupadd {name}`",
        ) from None


def settle_modes(shop: Shop) -> None:
    """Close what nights made to all but its owner, and open `published/` to its group.

    A folder that is closed already is not looked into.

    Raises:
        MandjeError: the group of `published/` is not known, or Mandje's user may not give files to it.
    """
    for folder in own_folders(shop):
        if folder != shop.published and _is_open(folder):
            for path in (*_below(folder), folder):
                with suppress(PermissionError):  # another user's file: `mandje doctor` tells
                    path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~OTHERS)
    settle_published(shop)


def settle_published(shop: Shop) -> Access:
    """Make `published/`, and give it and all snapshots the modes and the group that shop.toml says.

    Raises:
        MandjeError: as `settle_modes`.
    """
    access = published_access(shop)
    make_folder(shop.published)
    for path in (shop.published, *_below(shop.published, hidden=False)):
        give(shop, path, access)
    return access


def give(shop: Shop, path: Path, access: Access) -> None:
    """Give a file or folder of `published/` its mode and group.

    Raises:
        MandjeError: Mandje's user may not give it to the group.
    """
    found = path.lstat()
    is_sealed = path.parent != shop.published
    mode = access.folder if stat.S_ISDIR(found.st_mode) else access.sealed if is_sealed else access.file
    try:
        if access.group is not None and found.st_gid != access.group:
            os.chown(path, -1, access.group)
        if stat.S_IMODE(found.st_mode) != mode:
            path.chmod(mode)
    except PermissionError:
        if access.group is not None:
            raise _not_given(shop, path) from None


def mode_faults(shop: Shop) -> Iterator[str]:
    """What is open to others and should not be, or closed to the group, in words with what to do."""
    for folder in own_folders(shop):
        loose = [path for path in (folder, *_below(folder)) if _is_open(path) and folder != shop.published]
        if loose and _is_open(folder):
            yield f"{loose[0]} may be read by others: run a night, or `chmod -R go= {folder}`"
        elif loose:
            yield f"{loose[0]} and {len(loose) - 1} more are open to others: `chmod -R go= {folder}`"
    yield from _published_faults(shop)


def own_folders(shop: Shop) -> tuple[Path, ...]:
    """Top folders of what Mandje makes, those that are there."""
    named = (shop.raw, shop.quarantine, shop.ops, shop.warehouse.parent, shop.published)
    return tuple(path for path in (*named, shop.folder / ".airflow") if path.is_dir())


def _published_faults(shop: Shop) -> Iterator[str]:
    try:
        access = published_access(shop)
    except MandjeError as fault:
        yield str(fault)
        return
    if not shop.published.is_dir():
        return
    given = (shop.published, *_below(shop.published, hidden=False))
    wrong = [path for path in given if not _is_as_said(path, access)]
    if wrong:
        yield f"{wrong[0]} has not the mode and group that shop.toml says: `mandje publish SHOP` mends it"
    if access.group is not None:
        yield from _barred(shop, access.group)


def _is_as_said(path: Path, access: Access) -> bool:
    found = path.lstat()
    mode = stat.S_IMODE(found.st_mode) & OTHERS
    if access.group is None:
        return not mode
    wanted = access.folder if stat.S_ISDIR(found.st_mode) else access.sealed
    return found.st_gid == access.group and mode == wanted & OTHERS


def _barred(shop: Shop, group: int) -> Iterator[str]:
    """Folders on the way to `published/` that its group cannot pass."""
    for folder in (shop.folder, *shop.folder.parents):
        found = folder.stat()
        bit = stat.S_IXGRP if found.st_gid == group else stat.S_IXOTH
        if not found.st_mode & bit:
            name = shop.settings.published_group
            who = "g" if found.st_gid == group else "o"
            yield f"group {name} cannot pass {folder} on its way to published/: `chmod {who}+x {folder}`"


def _below(folder: Path, *, hidden: bool = True) -> Iterator[Path]:
    """Files and folders below, but no links; hidden ones of `published/` are somebody's work in progress."""
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if hidden or not name.startswith(".")]
        for name in (*folders, *(name for name in files if hidden or not name.startswith("."))):
            path = Path(place, name)
            if not path.is_symlink():
                yield path


def _is_open(path: Path) -> bool:
    return bool(path.lstat().st_mode & OTHERS)


def _not_given(shop: Shop, path: Path) -> MandjeError:
    name = shop.settings.published_group
    if path.lstat().st_uid != os.geteuid():
        step = f"give {path} to Mandje's user, or take published_group out"
        return _group_fault(shop, f"{path} cannot be given to published_group", step)
    return _group_fault(
        shop,
        "Mandje's user is not in published_group, so it may not give files to it",
        f"put it in: `usermod -aG {name} USER` and log in again, or name a group that it is in",
    )


def _group_fault(shop: Shop, message: str, next_step: str) -> MandjeError:
    return MandjeError(
        message,
        file=str(shop.folder / "shop.toml"),
        found=f"published_group = {shop.settings.published_group!r}",
        next_step=next_step,
        exit_code=ExitCode.NIGHT_STOPPED,
    )
