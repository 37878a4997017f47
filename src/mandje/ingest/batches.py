"""Deliveries in batches: many small ones are read in one pass of columns, a big one alone in chunks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mandje.contracts.types import Table
from mandje.errors import MandjeError
from mandje.ingest.exports.deliveries import Delivery, DeliveryFile, shown
from mandje.ingest.exports.unreadable import Trouble
from mandje.ingest.read.parsed import ExportFile, FileFault

BATCH_BYTES = 64 * 2**20
BATCH_DELIVERIES = 500
# A byte of a compressed file counts as so many bytes of text.
WEIGHTS = {".gz": 12, ".parquet": 6}
_SEPARATORS = (".", "_", "-")


def weight(delivery: Delivery) -> int:
    """About how many bytes of text a delivery holds. Decides on streaming, so it knows the delivery only."""
    return sum(file.byte_count * _file_weight(file.name) for file in delivery.files)


def batches(deliveries: Sequence[Delivery]) -> Iterator[list[Delivery]]:
    """Deliveries in order, at most BATCH_DELIVERIES and BATCH_BYTES at a time; a heavier one goes alone."""
    batch: list[Delivery] = []
    total = 0
    for delivery in deliveries:
        if batch and (len(batch) == BATCH_DELIVERIES or total + weight(delivery) > BATCH_BYTES):
            yield batch
            batch, total = [], 0
        batch.append(delivery)
        total += weight(delivery)
    if batch:
        yield batch


def files_by_table(
    deliveries: Sequence[Delivery], tables: Mapping[str, Table]
) -> tuple[dict[str, list[ExportFile]], list[FileFault]]:
    """Files of each table, and a fault for every file that belongs to none."""
    files: dict[str, list[ExportFile]] = {name: [] for name in tables}
    faults: list[FileFault] = []
    for delivery, file in ((each, file) for each in deliveries for file in each.files):
        export = _export_file(delivery, file)
        table = table_of(file.name, tables) if file.is_readable else None
        if table is None:
            faults.append(_fault(export, file.trouble, tables))
        else:
            files[table].append(export)
    return files, faults


def table_of(file_name: str, tables: Mapping[str, Table]) -> str | None:
    """The table with the longest name that the file name starts with; a source's only table takes all."""
    if len(tables) == 1:
        return next(iter(tables))
    starts = [name for name in tables if file_name.startswith(tuple(name + mark for mark in _SEPARATORS))]
    return max(starts, key=len, default=None)


def _file_weight(name: str) -> int:
    return next((factor for ending, factor in WEIGHTS.items() if name.lower().endswith(ending)), 1)


def _export_file(delivery: Delivery, file: DeliveryFile) -> ExportFile:
    return ExportFile(
        delivery.source, delivery.delivery_date, delivery.short_sha256, delivery.folder / file.name
    )


def _fault(file: ExportFile, trouble: Trouble | None, tables: Mapping[str, Table]) -> FileFault:
    if trouble is None:
        return FileFault(file, "unknown_file", _unknown(file, tables))
    return FileFault(file, trouble.reason, trouble.error(shown(str(file.path))))


def _unknown(file: ExportFile, tables: Mapping[str, Table]) -> MandjeError:
    return MandjeError(
        "the file belongs to no table of its source",
        file=str(file.path),
        found=file.path.name,
        expected="a name that starts with one of " + ", ".join(sorted(tables)),
        next_step="rename the file, or take it out of the delivery, and run the night again",
    )
