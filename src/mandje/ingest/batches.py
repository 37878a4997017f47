"""Deliveries in batches: many small ones are read in one pass of columns, a big one alone in chunks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from mandje.adapters.base import Adapter, Kind
from mandje.adapters.recognise import kind_of
from mandje.adapters.recognise.heads import is_empty_list
from mandje.contracts.types import Table
from mandje.errors import MandjeError
from mandje.ingest.exports.deliveries import Delivery, DeliveryFile, shown
from mandje.ingest.exports.unreadable import Trouble
from mandje.ingest.read.formats import format_of
from mandje.ingest.read.parsed import ExportFile, FileFault
from mandje.ingest.read.text_rows import Refused
from mandje.ingest.table_chunks import is_held

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
    deliveries: Sequence[Delivery], adapter: Adapter
) -> tuple[dict[str, list[ExportFile]], list[FileFault]]:
    """Files of each table, or of each kind that the adapter knows, and a fault for every other file."""
    files: dict[str, list[ExportFile]] = {
        name: [] for name in (*(kind.name for kind in adapter.kinds), *adapter.tables)
    }
    faults: list[FileFault] = []
    for delivery, file in ((each, file) for each in deliveries for file in each.files):
        found = _belongs_to(_export_file(delivery, file), file.trouble, adapter)
        if isinstance(found, FileFault):
            faults.append(found)
        else:
            files[found].append(_export_file(delivery, file))
    return files, faults


def _belongs_to(file: ExportFile, trouble: Trouble | None, adapter: Adapter) -> str | FileFault:
    if trouble is not None:
        return FileFault(file, trouble.reason, trouble.error(shown(str(file.path))))
    if adapter.kinds:
        return _kind(file, adapter)
    return table_of(file.path.name, adapter.tables) or FileFault(
        file, "unknown_file", _unknown(file, adapter.tables)
    )


def _kind(file: ExportFile, adapter: Adapter) -> str | FileFault:
    """The kind of a file by its content: platforms name files as they like."""
    try:
        promised = format_of(file.path)
    except Refused as refused:
        if refused.reason == "empty_file" and (held := _held_by_name(file, adapter)):
            return held
        return FileFault(file, refused.reason, refused.error)
    if any(kind.file for kind in adapter.kinds):
        return _kind_by_name(file, adapter.kinds)
    kind = kind_of(file.path, adapter.kinds)
    if (
        kind is None
        and promised.kind == "json"
        and is_empty_list(file.path, [one.page for one in adapter.kinds])
    ):
        kind = _page_without_rows(file, adapter)
    return FileFault(file, "unknown_file", _of_no_kind(file, adapter.kinds)) if kind is None else kind.name


def _kind_by_name(file: ExportFile, kinds: Sequence[Kind]) -> str | FileFault:
    """The kind whose pattern the name fits; of several the one that has its columns, else the first."""
    fitting = [kind for kind in kinds if fnmatchcase(file.path.name, kind.file)]
    if not fitting:
        return FileFault(file, "unknown_file", _of_no_pattern(file, kinds))
    return (kind_of(file.path, fitting) or fitting[0]).name


def _held_by_name(file: ExportFile, adapter: Adapter) -> str | None:
    """The kind of a file without a byte, by its name, where no row is nothing odd: no refund that day."""
    kinds = [kind.name for kind in adapter.kinds if is_held(adapter, kind)]
    return next((kind for kind in kinds if file.path.name.startswith(kind)), None)


def _page_without_rows(file: ExportFile, adapter: Adapter) -> Kind | None:
    """The kind of an empty list, by its name: paging ends with such a page. Any other will do as well."""
    kinds = [kind for kind in adapter.kinds if kind.form == "json"]
    return next((kind for kind in kinds if file.path.name.startswith(kind.name)), next(iter(kinds), None))


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


def _of_no_kind(file: ExportFile, kinds: Sequence[Kind]) -> MandjeError:
    return MandjeError(
        "the file is none that its source's adapter reads",
        file=str(file.path),
        found=file.path.name,
        expected=" or ".join(dict.fromkeys(kind.title for kind in kinds)),
        next_step="move it to the source that it belongs to, or take it out, and run the night again",
    )


def _of_no_pattern(file: ExportFile, kinds: Sequence[Kind]) -> MandjeError:
    return MandjeError(
        "the file is none that its source's mapping reads",
        file=str(file.path),
        found=file.path.name,
        expected="a name such as " + " or ".join(dict.fromkeys(kind.file for kind in kinds)),
        next_step="rename the file, take it out, or let `file` of the mapping fit it; run the night again",
    )


def _unknown(file: ExportFile, tables: Mapping[str, Table]) -> MandjeError:
    return MandjeError(
        "the file belongs to no table of its source",
        file=str(file.path),
        found=file.path.name,
        expected="a name that starts with one of " + ", ".join(sorted(tables)),
        next_step="rename the file, or take it out of the delivery, and run the night again",
    )
