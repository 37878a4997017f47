"""What of the exports cannot be read, why, and what follows: its delivery is refused, and nothing else."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from mandje.errors import MandjeError
from mandje.shop.settings import Shop
from mandje.system.machine import lies_in_machine

UNREADABLE = "unreadable"
_NEXT_STEP = "let the shop's system deliver it again, and run the night again"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an entry of a delivery, or its folder, is not read; `reason` is the short name of the refusal."""

    message: str
    found: str
    expected: str = "ordinary files that Mandje's user may read"
    next_step: str = _NEXT_STEP
    reason: str = UNREADABLE

    @property
    def sha256(self) -> str:
        """In place of the hash of bytes: another one as soon as they can be read."""
        return hashlib.sha256(f"not read: {self.message}: {self.found}".encode()).hexdigest()

    def error(self, file: str) -> MandjeError:
        """The same as an error that names the place."""
        return MandjeError(
            self.message, file=file, found=self.found, expected=self.expected, next_step=self.next_step
        )


NOT_A_FILE = Trouble(
    "an entry of the delivery is no ordinary file",
    "a folder or a special file",
    next_step="take it out of the delivery and run the night again",
)
NAME = Trouble(
    "an entry of the delivery has no plain name",
    "characters that no terminal shows, or bytes that are no UTF-8",
    expected="names in printable UTF-8",
    next_step="rename it, or take it out of the delivery, and run the night again",
    reason="unknown_file",
)


def not_allowed(fault: OSError) -> Trouble:
    """The trouble with what Mandje's user may not read.

    Raises:
        OSError: the fault itself where it lies in the machine: it says nothing of the delivery.
    """
    if lies_in_machine(fault):
        raise fault
    return Trouble(
        "a delivered file or folder cannot be read",
        str(fault.strerror),
        next_step="let Mandje's user read it, and run the night again",
    )


def link_trouble(shop: Shop, link: Path) -> Trouble | None:
    """The trouble with a link: it leads nowhere, or out of the shop's folder where that is not wanted."""
    shown = os.fsencode(link.readlink()).decode("utf-8", "backslashreplace")
    try:
        target = Path(os.path.realpath(link, strict=True))
    except OSError as fault:
        if lies_in_machine(fault):
            raise
        return Trouble("a link leads nowhere", f"a link to {shown}")
    if shop.settings.follow_links_outside or target.is_relative_to(shop.folder):
        return None
    return Trouble(
        "a link leads out of the shop's folder",
        f"a link to {shown}",
        expected=f"a place in {shop.folder}",
        next_step="set follow_links_outside = true in shop.toml if that is meant, or put files in its place",
    )


def check_in_place(shop: Shop, source: str) -> None:
    """Make sure that the exports are where they seem to be: otherwise all of them would look gone.

    Raises:
        MandjeError: `exports/` cannot be looked into; it, or the folder of the source, is a link that leads
            out of the shop's folder while shop.toml does not allow that; or `exports/` leads nowhere.
    """
    _check_link(shop, shop.exports, may_be_broken=False)
    if os.path.lexists(shop.exports) and not _may_be_listed(shop.exports):
        raise MandjeError(
            "the exports cannot be looked into",
            file=str(shop.exports),
            expected="a folder that Mandje's user may list",
            next_step="let Mandje's user read it, or put it in its place again",
        )
    _check_link(shop, shop.exports / source, may_be_broken=True)


def _check_link(shop: Shop, place: Path, *, may_be_broken: bool) -> None:
    trouble = link_trouble(shop, place) if place.is_symlink() else None
    if trouble is not None and not (may_be_broken and not place.exists()):
        raise trouble.error(str(place))


def _may_be_listed(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.R_OK | os.X_OK, effective_ids=True)
