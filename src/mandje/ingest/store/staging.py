"""The private place where `validate` writes, and from which `load` moves: `raw/.staged/`.

Nothing in it counts until `manifest.json`, written last, says that it is complete.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import DELIVERY_COLUMNS
from mandje.ingest.exports.deliveries import Delivery
from mandje.ingest.rules.refusals import Refusal
from mandje.ingest.store.partitions import CURRENT, LEDGER, REJECTED, Current
from mandje.ingest.store.seal import seal
from mandje.shop.settings import Shop
from mandje.system.own_files import Json, dump_json, read_own, remove_own, write_own

REFUSAL = "refusal.json"
SEALED = "sealed"
FROM_ITS_START = "run the night again, from its start"
REJECTED_ROWS = REJECTED.removesuffix(".parquet")
_WRITERS = 2

Frames = Mapping[str, pl.DataFrame]

# The rows of a big file come in order: looking is much cheaper than sorting.
_IS_ONE_FILE_IN_ORDER = pl.all_horizontal(
    (pl.col("delivery_date", "delivery_file") == pl.col("delivery_date", "delivery_file").first()).all(),
    (pl.col("delivery_line").diff() > 0).all(),
)


class Staging:
    """Writes partitions and refusals to `raw/.staged/<source>/<delivery date>/<sha256-12>/`.

    A trial gives another `root`: nothing of the shop is written then.
    """

    def __init__(self, shop: Shop, root: Path | None = None) -> None:
        self.root = root or shop.raw / ".staged"
        self._manifest = self.root / "manifest.json"

    def clear(self) -> None:
        """Forget what an earlier, unfinished night left."""
        # The manifest goes last: a kill in between leaves a list of deliveries that are not there any more.
        for entry in self.root.iterdir() if self.root.is_dir() else ():
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry != self._manifest:
                entry.unlink()
        remove_own(self._manifest)
        remove_own(self.root)

    def finish(self, manifest: Json) -> None:
        """Say that everything is there."""
        write_own(self._manifest, manifest)

    def manifest(self) -> Json | None:
        """What is there, or None where validation did not end."""
        return read_own(self._manifest, {"staged": [list], "gone": [list]}, FROM_ITS_START)

    def make_folder(self, delivery: Delivery) -> Path:
        """Where a delivery's files go."""
        folder = self.root / delivery.source / delivery.delivery_date.isoformat() / delivery.short_sha256
        if not folder.is_dir():
            folder.mkdir(parents=True)
        return folder

    def write_partitions(self, deliveries: list[Delivery], frames: Mapping[date, Frames]) -> None:
        """Write the Parquet files of many deliveries."""

        def write(delivery: Delivery) -> None:
            folder = self.make_folder(delivery)
            for name, frame in frames.get(delivery.delivery_date, {}).items():
                frame.write_parquet(folder / f"{name}.parquet", compression="zstd", compression_level=1)

        with ThreadPoolExecutor(_WRITERS) as writers:
            list(writers.map(write, deliveries))

    def drop(self, delivery: Delivery, keep: tuple[str, ...]) -> None:
        """Remove the Parquet files of a delivery but those named."""
        for path in self.make_folder(delivery).glob("*.parquet"):
            if path.stem not in keep:
                path.unlink()

    def accept(self, delivery: Delivery, current: Current, ledger: Json) -> None:
        """End a partition: its ledger, and the `current.json` that will name it."""
        self._end(delivery, LEDGER, ledger, current)

    def refuse(self, delivery: Delivery, current: Current, refusal: Refusal, key: bytes) -> None:
        """Set a delivery aside: its sealed bytes and the reason, and the `current.json` that says so."""
        sealed = self.make_folder(delivery) / SEALED
        sealed.mkdir()
        files = {file.name: file.sha256 for file in delivery.files if file.is_readable}
        for name, sha256 in files.items():
            seal(delivery.folder / name, sealed / name, key, sha256)
        self._end(delivery, REFUSAL, replace(refusal, files=files).to_json(), current)

    def _end(self, delivery: Delivery, name: str, content: Json, current: Current) -> None:
        folder = self.make_folder(delivery)
        (folder / name).write_bytes(dump_json(content))
        (folder.parent / CURRENT).write_bytes(dump_json(current.to_json()))


def split_by_day(frames: Frames) -> dict[date, dict[str, pl.DataFrame]]:
    """Frames of a batch cut into those of each delivery that has rows, in file order."""
    days: dict[date, dict[str, pl.DataFrame]] = {}
    for name, frame in frames.items():
        for day, rows in _slices(in_file_order(name, frame)):
            days.setdefault(day, {})[name] = rows
    return days


def in_file_order(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows by delivery, file and line, and by key where several come from one line."""
    if frame.select(_IS_ONE_FILE_IN_ORDER).item():
        return frame
    key = FEEDS[name].key if name in FEEDS else ()
    return frame.sort("delivery_date", "delivery_file", "delivery_line", *key, maintain_order=True)


@contextmanager
def parquet_writers(folder: Path) -> Iterator[_Writers]:
    """Writers of one big delivery, a file per name, closed at the end."""
    writers = _Writers(folder)
    try:
        yield writers
    finally:
        writers.close()


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Dictionaries only where values repeat, decimals as integers: smaller, and a third faster to write."""
    repeated = [name for name in (*DELIVERY_COLUMNS, "currency_code", "site") if name in schema.names]
    return pq.ParquetWriter(
        path, schema, compression="zstd", use_dictionary=repeated, store_decimal_as_integer=True
    )


class _Writers:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, pq.ParquetWriter] = {}

    def append(self, frames: Frames) -> None:
        """Append rows, a row group per chunk; a file begins with its first row."""
        for name, frame in frames.items():
            if frame.is_empty():
                continue
            rows = in_file_order(name, frame).to_arrow()
            if name not in self._open:
                path = self._folder / f"{name}.parquet"
                self._open[name] = _writer(path, rows.schema)
            self._open[name].write_table(rows)

    def close(self) -> None:
        """Close all files."""
        for writer in self._open.values():
            writer.close()


def schema_faults(frames: Frames) -> list[str]:
    """Names of frames that do not have exactly their contract's columns and types."""
    return [name for name, frame in frames.items() if frame.schema != pl.Schema(FEEDS[name].polars_schema())]


def _slices(frame: pl.DataFrame) -> Iterator[tuple[date, pl.DataFrame]]:
    start = 0
    for day, count in frame.group_by("delivery_date", maintain_order=True).len().iter_rows():
        yield day, frame.slice(start, count)
        start += count
