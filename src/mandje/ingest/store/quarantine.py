"""Refused deliveries: `quarantine/<source>/<delivery date>/<sha256-12>/` keeps bytes and reason.

The bytes lie in `sealed/` (see `ingest.store.seal`), since they may hold personal data; `refusal.json`
tells why; `rejected.parquet` lists the rows where too many were rejected. The folder stays when the
delivery is mended.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from pathlib import Path

from cryptography.exceptions import InvalidTag

from mandje.errors import MandjeError
from mandje.ingest.rules.refusals import Refusal
from mandje.ingest.store.partitions import (
    CURRENT,
    CURRENT_SHAPE,
    READ_ANEW,
    Current,
    current_states,
    folder_of,
)
from mandje.ingest.store.seal import unseal
from mandje.ingest.store.secret_key import secret_key
from mandje.ingest.store.staging import REFUSAL, SEALED
from mandje.shop.settings import Shop
from mandje.system.own_files import Json, read_own


def refused_deliveries(shop: Shop) -> list[Refusal]:
    """Deliveries that are refused and not mended, by source and day."""
    return refused_in(shop, current_states(shop))


def mended_deliveries(shop: Shop) -> int:
    """How many deliveries were refused once and are loaded now: their folder stays in the quarantine."""
    states = (
        read_own(shop.raw / source / folder.name / CURRENT, CURRENT_SHAPE, READ_ANEW)
        for source in shop.settings.sources
        for folder in (shop.quarantine / source).glob("*")
    )
    return sum(state is not None and state["status"] == "accepted" for state in states)


def unseal_delivery(shop: Shop, folder: Path, target: Path) -> list[Path]:
    """Write the files of a refused delivery, by its folder in the quarantine, to the new folder `target`.

    Files and folder are readable by their owner only: they may hold personal data.

    Raises:
        MandjeError: no refused delivery there, a target that exists, or sealed with another key.
    """
    content = _read_refusal(folder)
    if content is None:
        raise MandjeError(
            "not a refused delivery",
            file=str(folder),
            expected=f"a folder with {REFUSAL}: quarantine/<source>/<day>/<hash>/ of the shop",
            next_step="name such a folder; `mandje rejects SHOP` lists the refused deliveries",
        )
    key = secret_key(shop, create=False)
    try:
        target.mkdir(mode=0o700)
        return [
            _unseal(folder / SEALED / name, target / name, key, digest)
            for name, digest in content["files"].items()
        ]
    except OSError as fault:
        raise MandjeError(
            "the files cannot be written",
            file=str(target),
            found=fault.strerror,
            next_step="name a new folder after --export, in a place that you may write to",
        ) from None
    except InvalidTag:
        raise MandjeError(
            "the bytes are damaged or sealed with another key",
            file=str(folder),
            next_step=f"restore {shop.key_file} or this folder from your backup; the delivery itself may "
            "still lie in exports/",
        ) from None


def refused_in(shop: Shop, states: Mapping[str, Mapping[date, Current]]) -> list[Refusal]:
    """The same, from states that were read already."""
    return [
        _refusal(shop, source, day, current)
        for source, days in states.items()
        for day, current in days.items()
        if current.status == "refused"
    ]


def _refusal(shop: Shop, source: str, day: date, current: Current) -> Refusal:
    folder = folder_of(shop, source, day, current)
    content = _read_refusal(folder)
    if content is not None:
        return Refusal(**{field.name: content[field.name] for field in fields(Refusal)})
    message = "the reason was removed from the quarantine"
    step = READ_ANEW.format(folder=folder)
    return Refusal(source, day.isoformat(), current.sha256, "unknown", message, next_step=step)


def _read_refusal(folder: Path) -> Json | None:
    shape = {"source": str, "delivery_date": str, "message": str, "files": dict}
    return read_own(folder / REFUSAL, shape, READ_ANEW)


def _unseal(source: Path, target: Path, key: bytes, sha256: str) -> Path:
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        unseal(source, file, key, sha256)
    return target
