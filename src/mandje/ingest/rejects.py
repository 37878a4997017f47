"""Rejected rows: what is kept of them, and the original cells for who mends the source."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import polars as pl

from mandje.errors import MandjeError
from mandje.ingest.deliveries import read_delivery
from mandje.ingest.file_hashes import FileHashes
from mandje.ingest.parsed import REJECTED_SCHEMA
from mandje.ingest.partitions import READ_ANEW, Partition, current_partitions, rejected_paths
from mandje.own_files import damaged, read_own_parquet
from mandje.settings import Shop

ORIGINAL = "original"


def rejected_rows(shop: Shop) -> pl.DataFrame:
    """Rejected rows of all current deliveries, in REJECTED_SCHEMA; personal values are hashed."""
    return _rejected(current_partitions(shop))


def export_rejects(shop: Shop, target: Path) -> int:
    """Write all rejected rows with their line as delivered to a CSV file, and say how many.

    Column `original` is read from `exports/`: the line on which the row begins, or the row as JSON for
    Parquet; empty where the delivery was changed or removed since. It may hold personal data, so the file is
    readable by its owner only.

    Raises:
        MandjeError: the target exists, or cannot be written.
    """
    hashes = FileHashes(shop)
    with_rejects = [one for one in current_partitions(shop) if one.rejected_rows]
    frames = [_with_originals(shop, partition, hashes) for partition in with_rejects]
    empty = pl.DataFrame(schema={**REJECTED_SCHEMA, ORIGINAL: pl.String()})
    rows = pl.concat([empty, *frames])
    try:
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            rows.write_csv(file)
    except OSError as fault:
        raise MandjeError(
            "the file cannot be written", file=str(target), found=fault.strerror, next_step="name a new file"
        ) from None
    return rows.height


def _rejected(partitions: list[Partition]) -> pl.DataFrame:
    files = (_kept(path) for path in rejected_paths(partitions))
    return pl.concat([pl.DataFrame(schema=REJECTED_SCHEMA), *files])


def _kept(path: Path) -> pl.DataFrame:
    rows = read_own_parquet(path, list(REJECTED_SCHEMA), READ_ANEW)
    if rows.schema != pl.Schema(REJECTED_SCHEMA):
        raise damaged(path, "columns of other types", READ_ANEW)
    return rows


def _with_originals(shop: Shop, partition: Partition, hashes: FileHashes) -> pl.DataFrame:
    rows = _rejected([partition])
    folder = shop.exports / partition.source / partition.delivery_date.isoformat()
    delivery = read_delivery(partition.source, partition.delivery_date, folder, hashes)
    if delivery is None or delivery.sha256 != partition.sha256:
        return rows.with_columns(pl.lit(None, pl.String).alias(ORIGINAL))
    by_file = rows.partition_by("delivery_file", maintain_order=True)
    return pl.concat([_from_file(folder / part["delivery_file"][0], part) for part in by_file])


def _from_file(path: Path, rows: pl.DataFrame) -> pl.DataFrame:
    originals = _parquet_rows(path) if path.name.endswith(".parquet") else _lines(path)
    # Line 1 is the header; a Parquet row has the line it would have in a text file.
    places = rows["delivery_line"] - (2 if path.name.endswith(".parquet") else 1)
    return rows.with_columns(originals.gather(places).alias(ORIGINAL))


def _lines(path: Path) -> pl.Series:
    data = gzip.decompress(path.read_bytes()) if path.name.endswith(".gz") else path.read_bytes()
    text = data.decode("utf-8", "backslashreplace")
    return pl.Series(text.split("\n"), dtype=pl.String).str.strip_suffix("\r")


def _parquet_rows(path: Path) -> pl.Series:
    rows = pl.read_parquet(path, hive_partitioning=False)
    return rows.select(pl.struct(pl.all()).struct.json_encode()).to_series()
