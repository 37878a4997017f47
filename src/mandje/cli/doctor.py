"""The command `doctor`: are this machine and this shop in order?"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import NamedTuple

import typer
from packaging.requirements import Requirement

from mandje.cli.app import ShopFolder, app
from mandje.cli.screens.terminal import console
from mandje.cli.told.facts import Answer, AnswerOption, print_facts
from mandje.errors import ExitCode, MandjeError
from mandje.observe.records.nights import newest_night, unfinished_night
from mandje.shop.settings import Shop, load_shop
from mandje.system.machine import look_before_night
from mandje.system.permissions import mode_faults

# Only a checkout has it: what Mandje was tried with.
LOCK = Path(__file__).parents[3] / "requirements.lock"


class Finding(NamedTuple):
    """What was looked at, and whether it is as it should be; `text` says what to do where it is not."""

    is_well: bool
    text: str


@app.command()
def doctor(folder: ShopFolder, format_: AnswerOption = Answer.TEXT) -> None:
    """Look whether this machine and this shop are in order; say what to do where they are not."""
    if format_ is Answer.JSON:
        told = print_facts(folder, {"findings": lambda shop: [one._asdict() for one in _findings(shop)]})
        is_in_order = all(one["is_well"] for one in told["findings"])
    else:
        is_in_order = _say(_findings(load_shop(folder)))
    if not is_in_order:
        raise typer.Exit(ExitCode.USER_ERROR)


def _say(findings: list[Finding]) -> bool:
    for is_well, text in findings:
        console.print(
            ("ok    " if is_well else "mend  ") + text, style=None if is_well else "red", markup=False
        )
    return all(is_well for is_well, _ in findings)


def _findings(shop: Shop) -> list[Finding]:
    return [Finding(*one) for one in (*_machine(), *_shop(shop), *_snapshot(shop))]


def _machine() -> Iterator[tuple[bool, str]]:
    is_right = sys.version_info[:2] == (3, 11)
    yield (
        is_right,
        f"Python {sys.version.split()[0]}" + ("" if is_right else ": 3.11 is needed"),
    )
    yield _pinned() if LOCK.is_file() else _wanted()


def _pinned() -> tuple[bool, str]:
    pins = re.findall(r"^([a-z0-9._-]+)==(\S+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    others = [name for name, pinned in pins if _installed(name) not in {pinned, None}]
    if others:
        return False, f"other versions than pinned: {others}; `make install`"
    return True, f"packages as pinned ({len(pins)})"


def _wanted() -> tuple[bool, str]:
    """Of an installed wheel: whether what it asks for is there, extras aside."""
    wanted = [Requirement(one) for one in requires("mandje") or ()]
    core = [one for one in wanted if one.marker is None or one.marker.evaluate()]
    faults = [f"{one} (is: {_installed(one.name) or 'not there'})" for one in core if not _fits(one)]
    if faults:
        return False, f"packages that do not fit: {', '.join(faults)}; install Mandje again"
    return True, f"packages as Mandje needs them ({len(core)})"


def _fits(wanted: Requirement) -> bool:
    found = _installed(wanted.name)
    return found is not None and wanted.specifier.contains(found, prereleases=True)


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _shop(shop: Shop) -> Iterator[tuple[bool, str]]:
    from mandje.ingest.store.secret_key import secret_key

    yield True, f"shop.toml of {shop.settings.name} is valid"
    yield from _places(shop)
    try:
        secret_key(shop, create=False)
        yield True, "the secret key is the one that was used"
    except MandjeError as fault:
        yield newest_night(shop) is None, str(fault)
    unfinished = unfinished_night(shop)
    yield (
        unfinished is None,
        f"night {unfinished} has not ended: run it again" if unfinished else "no night is unfinished",
    )


def _places(shop: Shop) -> Iterator[tuple[bool, str]]:
    try:
        look_before_night(shop)
        yield True, "a night can write where it must, and has room"
    except MandjeError as fault:
        yield False, str(fault)
    faults = list(mode_faults(shop))
    yield from ((False, fault) for fault in faults)
    if not faults:
        yield True, "who may read what nights made is as shop.toml says"


def _snapshot(shop: Shop) -> Iterator[tuple[bool, str]]:
    from mandje.publish.published_folder import current_snapshot, read_manifest

    folder = current_snapshot(shop)
    if folder is None:
        yield True, "nothing is published yet"
        return
    try:
        manifest = read_manifest(folder)
    except MandjeError as fault:
        yield False, str(fault)
        return
    damaged = [file["path"] for file in manifest["files"] if _sha256(folder / file["path"]) != file["sha256"]]
    yield (
        not damaged,
        f"snapshot {folder.name}: " + (f"damaged {damaged}" if damaged else "every file is whole"),
    )


def _sha256(path: Path) -> str | None:
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
