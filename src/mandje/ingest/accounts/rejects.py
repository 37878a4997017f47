"""Rejected rows: what is kept of them, and the original cells for who mends the source."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa

from mandje.contracts.types import DELIVERY_COLUMNS
from mandje.errors import MandjeError
from mandje.ingest.accounts.originals import original_rows
from mandje.ingest.exports.deliveries import read_delivery, shown
from mandje.ingest.exports.file_hashes import FileHashes
from mandje.ingest.read.parsed import REJECTED_SCHEMA, ExportFile
from mandje.ingest.read.text_rows import Refused
from mandje.ingest.store.partitions import READ_ANEW, Partition, current_partitions, rejected_paths
from mandje.shop.settings import Shop
from mandje.system.csv_cells import write_csv
from mandje.system.own_files import damaged, read_own_parquet

ORIGINAL = "original"


def rejected_rows(shop: Shop) -> pl.DataFrame:
    """Rejected rows of all current deliveries, in REJECTED_SCHEMA; personal values are hashed."""
    return _rejected(current_partitions(shop))


@dataclass(frozen=True, slots=True)
class Exported:
    """How many rejected rows were written, and why those of some files lack their original."""

    rows: int
    notes: tuple[str, ...] = ()


def export_rejects(shop: Shop, target: Path) -> Exported:
    """Write all rejected rows with their line as delivered to a CSV file.

    Column `original` is read from `exports/`: the line on which the row begins, or the row as JSON for
    Parquet; empty where the delivery was changed or removed since, or cannot be read. It may hold personal
    data, so the file is readable by its owner only.

    Raises:
        MandjeError: the target exists, or cannot be written.
    """
    hashes = FileHashes(shop)
    with_rejects = [one for one in current_partitions(shop) if one.rejected_rows]
    notes: list[str] = []
    frames = [_with_originals(shop, partition, hashes, notes) for partition in with_rejects]
    empty = pl.DataFrame(schema={**REJECTED_SCHEMA, ORIGINAL: pl.String()})
    rows = pl.concat([empty, *frames])
    try:
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            write_csv(rows, file)
    except OSError as fault:
        raise MandjeError(
            "the file cannot be written", file=str(target), found=fault.strerror, next_step="name a new file"
        ) from None
    return Exported(rows.height, tuple(notes))


def _rejected(partitions: list[Partition]) -> pl.DataFrame:
    files = (_kept(path) for path in rejected_paths(partitions))
    return pl.concat([pl.DataFrame(schema=REJECTED_SCHEMA), *files])


def _kept(path: Path) -> pl.DataFrame:
    rows = read_own_parquet(path, list(REJECTED_SCHEMA), READ_ANEW)
    if rows.schema != pl.Schema(REJECTED_SCHEMA):
        raise damaged(path, "columns of other types", READ_ANEW)
    return rows


def _with_originals(shop: Shop, partition: Partition, hashes: FileHashes, notes: list[str]) -> pl.DataFrame:
    rows = _rejected([partition])
    folder = shop.exports / partition.source / partition.delivery_date.isoformat()
    if not _is_as_read(partition, folder, hashes):
        notes.append(f"exports/{partition.source}/{partition.delivery_date}: not what was read any more")
        return rows.with_columns(pl.lit(None, pl.String).alias(ORIGINAL))
    by_file = rows.partition_by("delivery_file", maintain_order=True)
    most = shop.settings.most_unpacked_bytes
    return pl.concat([_from_file(folder, part, most, notes) for part in by_file])


def _is_as_read(partition: Partition, folder: Path, hashes: FileHashes) -> bool:
    try:
        delivery = read_delivery(partition.source, partition.delivery_date, folder, hashes)
    except (MandjeError, OSError):
        return False
    return delivery is not None and delivery.sha256 == partition.sha256


def _from_file(folder: Path, rows: pl.DataFrame, most_unpacked_bytes: int, notes: list[str]) -> pl.DataFrame:
    """The rows with their originals; what is wrong with one file is noted, and concerns no other."""
    source, day, sha256, name = rows.select(list(DELIVERY_COLUMNS)[:4]).row(0)
    file = ExportFile(source, day, sha256, folder / name)
    try:
        originals = original_rows(file, rows["delivery_line"].to_list(), most_unpacked_bytes)
    except Refused as fault:
        notes.append(str(fault.error))
    except (OSError, MemoryError, ValueError, pl.exceptions.PolarsError, pa.ArrowException) as fault:
        notes.append(f"{shown(str(file.path))}: {fault}")
    else:
        return rows.with_columns(originals.alias(ORIGINAL))
    return rows.with_columns(pl.lit(None, pl.String).alias(ORIGINAL))
