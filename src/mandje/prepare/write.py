"""Writing drops into `exports/`: everything privately first, then one rename per delivery."""

from __future__ import annotations

import filecmp
import gzip
import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl

from mandje.prepare.drop import Drop
from mandje.prepare.marker import PreparedExports

# Called with what is done, how much of it, and how much there is.
Progress = Callable[[str, int, int], None]


def write_drops(drops: list[Drop], folder: Path, progress: Progress) -> PreparedExports:
    """Write every day of every drop to `folder/<source>/<delivery date>/<file>`."""
    deliveries: set[tuple[str, str]] = set()
    sizes: list[int] = []
    for number, drop in enumerate(drops):
        progress(f"write {drop.source}/{drop.file_name}", number, len(drops))
        for day, rows in drop.days():
            place = folder / drop.source / day
            place.mkdir(parents=True, exist_ok=True)
            sizes.append((place / drop.file_name).write_bytes(_content(rows, drop.file_name)))
            deliveries.add((drop.source, day))
    days = sorted(day for _, day in deliveries)
    return PreparedExports(
        is_new=True,
        first_delivery_date=days[0],
        last_delivery_date=days[-1],
        delivery_count=len(deliveries),
        file_count=len(sizes),
        byte_count=sum(sizes),
    )


def _content(rows: pl.DataFrame, file_name: str) -> bytes:
    """Rows as CSV; compressed without a clock, so that equal rows give equal bytes."""
    buffer = io.BytesIO()
    rows.write_csv(buffer)
    return gzip.compress(buffer.getvalue(), mtime=0) if file_name.endswith(".gz") else buffer.getvalue()


def put_in_place(private: Path, exports: Path) -> None:
    """Move each delivery from `private` to `exports`; one that is there already, byte for byte, stays."""
    os.sync()
    for delivery in sorted(private.glob("*/*")):
        place = exports / delivery.relative_to(private)
        if place.exists() and _is_equal(delivery, place):
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists():
            shutil.rmtree(place)
        delivery.rename(place)


def _is_equal(one: Path, other: Path) -> bool:
    names = sorted(file.name for file in one.iterdir())
    if names != sorted(file.name for file in other.iterdir()):
        return False
    return not any(filecmp.cmpfiles(one, other, names, shallow=False)[1:])
