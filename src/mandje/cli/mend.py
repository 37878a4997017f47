"""Commands that mend: publish (check, roll back, go on) and doctor."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from mandje.cli.app import ShopFolder, app
from mandje.cli.screens.terminal import console
from mandje.cli.warned import verdict_lines
from mandje.errors import ExitCode, MandjeError
from mandje.night.pipeline import run_stage
from mandje.observe.records.nights import newest_night, unfinished_night
from mandje.shop.settings import Shop, load_shop
from mandje.system.machine import look_before_night
from mandje.system.modes import mode_faults

LOCK = Path(__file__).parents[3] / "requirements.lock"

Finding = tuple[bool, str]


@app.command()
def publish(
    folder: ShopFolder,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the gate is open, and why not.")
    ] = False,
    rollback: Annotated[
        str | None,
        typer.Option(metavar="SNAPSHOT", help="Send readers to this snapshot (name or date) and stay."),
    ] = None,
    unpin: Annotated[bool, typer.Option("--unpin", help="End a rollback.")] = False,
) -> None:
    """Publish the newest night again, explain a refusal, or go back to an earlier snapshot."""
    from mandje.publish import published_folder

    shop = load_shop(folder)
    if rollback is not None:
        console.print(f"Readers see {published_folder.rollback(shop, rollback).name} until `--unpin`.")
    elif unpin:
        console.print(f"Readers see {published_folder.unpin(shop).name}.")
    elif check:
        _check(shop)
    else:
        _publish(shop)


def _check(shop: Shop) -> None:
    from mandje.night.audit import judge

    night = unfinished_night(shop) or _newest(shop)
    as_of_date = max(night, newest_night(shop) or night)
    verdict = judge(shop, night, as_of_date)
    if verdict.passed:
        console.print(f"The gate is open: {as_of_date} may be published.")
    else:
        console.print("The gate is closed; readers keep the last snapshot. Reasons:")
    for line in (*(f"  - {reason}" for reason in verdict.reasons), *verdict_lines(shop)):
        console.print(line, markup=False)
    if not verdict.passed:
        raise typer.Exit(ExitCode.GATE_CLOSED)


def _publish(shop: Shop) -> None:
    newest = _newest(shop)
    run_stage(shop.folder, newest, "gate")
    record = run_stage(shop.folder, newest, "publish")
    console.print(record["result"]["note"])


def _newest(shop: Shop) -> date:
    newest = newest_night(shop)
    if newest is None:
        raise MandjeError("no night was run yet", next_step="run one: `mandje night SHOP`")
    return newest


@app.command()
def doctor(folder: ShopFolder) -> None:
    """Look whether this machine and this shop are in order; say what to do where they are not."""
    shop = load_shop(folder)
    findings = [*_machine(), *_shop(shop), *_snapshot(shop)]
    for is_well, text in findings:
        console.print(
            ("ok    " if is_well else "mend  ") + text, style=None if is_well else "red", markup=False
        )
    if not all(is_well for is_well, _ in findings):
        raise typer.Exit(ExitCode.USER_ERROR)


def _machine() -> Iterator[Finding]:
    is_right = sys.version_info[:2] == (3, 11)
    yield (
        is_right,
        f"Python {sys.version.split()[0]}" + ("" if is_right else ": 3.11 is needed; `make install`"),
    )
    pins = re.findall(r"^([a-z0-9._-]+)==(\S+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    others = [name for name, pinned in pins if _installed(name) not in {pinned, None}]
    yield (
        not others,
        f"packages as pinned ({len(pins)})" if not others else f"other versions than pinned: {others}",
    )


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _shop(shop: Shop) -> Iterator[Finding]:
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


def _places(shop: Shop) -> Iterator[Finding]:
    try:
        look_before_night(shop)
        yield True, "a night can write where it must, and has room"
    except MandjeError as fault:
        yield False, str(fault)
    faults = list(mode_faults(shop))
    yield from ((False, fault) for fault in faults)
    if not faults:
        yield True, "who may read what nights made is as shop.toml says"


def _snapshot(shop: Shop) -> Iterator[Finding]:
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
