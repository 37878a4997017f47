"""Forget deliveries that were loaded: to the next night they are new again."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from pathlib import Path

from mandje.delivery_names import delivery_day
from mandje.ingest.store.partitions import CURRENT
from mandje.ingest.store.secret_key import forget_fingerprint
from mandje.shop.settings import Shop


def loaded_after(shop: Shop, last: date | None) -> set[str]:
    """`<source>/<delivery date>` of all in `raw/` or the quarantine of a day after `last`; None: of all."""
    return {
        f"{source}/{day}"
        for place in (shop.raw, shop.quarantine)
        for source, day in _deliveries(place)
        if last is None or day > last
    }


def forget(shop: Shop, deliveries: Iterable[str], kept: Collection[str]) -> None:
    """Remove deliveries, named as above, from `raw/` and the quarantine; there not the folders `kept`."""
    for name in deliveries:
        (shop.raw / name / CURRENT).unlink(missing_ok=True)
        shutil.rmtree(shop.raw / name, ignore_errors=True)
        for folder in _folders(shop.quarantine / name):
            if f"{name}/{folder.name}" not in kept:
                shutil.rmtree(folder)
        for place in (shop.raw, shop.quarantine):
            _remove_if_empty(place / name)
            _remove_if_empty((place / name).parent)


def forget_all(shop: Shop) -> None:
    """Remove everything that was loaded, and which key it was loaded with."""
    for place in (shop.raw, shop.quarantine):
        shutil.rmtree(place, ignore_errors=True)
    forget_fingerprint(shop)


def _deliveries(place: Path) -> Iterator[tuple[str, date]]:
    for source in _folders(place):
        for folder in _folders(source):
            day = delivery_day(folder.name)
            if day is not None:
                yield source.name, day


def _folders(place: Path) -> list[Path]:
    return [path for path in place.iterdir() if path.is_dir()] if place.is_dir() else []


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
