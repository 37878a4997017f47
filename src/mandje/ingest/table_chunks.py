"""Files of a source as rows of its tables, chunk by chunk, however the files are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mandje.adapters.base import Adapter, Kind
from mandje.contracts.types import Table
from mandje.ingest.parse import RowContext, parse_files
from mandje.ingest.parse_documents import parse_documents
from mandje.ingest.parse_records import parse_records
from mandje.ingest.read.parsed import ExportFile, FileFault, Parsed
from mandje.ingest.read.unpacked import Unpacked

Files = dict[str, list[ExportFile]]
Chunk = dict[str, Parsed]


def table_chunks(
    files: Files, adapter: Adapter, context: RowContext, unpacked: Unpacked
) -> Iterator[Chunk | FileFault]:
    """Rows of all files, by table; those of tables that the adapter holds come first.

    `files` are named by table or, where the adapter knows kinds of files, by kind.

    Raises:
        TooMuchTogether: `unpacked` sets a limit to what is read in one pass.
    """
    for kind in sorted(kinds_by_name(adapter.kinds), key=lambda one: not is_held(adapter, one)):
        if files.get(kind.name):
            yield from _of_kind(files[kind.name], kind, adapter, context, unpacked)
    if adapter.kinds:
        return
    for name, table in adapter.tables.items():
        if files[name]:
            yield from _rows(files[name], table, context, unpacked)


def kinds_by_name(kinds: Sequence[Kind]) -> list[Kind]:
    """Each kind once: several of one name are ways to know the same file by its first line."""
    return [
        replace(kind, known=frozenset().union(*(one.needed | one.known for one in kinds if one.name == name)))
        for name, kind in {kind.name: kind for kind in kinds}.items()
    ]


def tables_of(adapter: Adapter, kind: Kind) -> list[Table]:
    """Tables that a kind of files is unpacked into; the first has a row for each document or record."""
    own = [
        table for table in adapter.tables.values() if table.part is not None and table.part.kind == kind.name
    ]
    return sorted(own, key=lambda table: len(table.part.path) if table.part is not None else 0)


def is_held(adapter: Adapter, kind: Kind) -> bool:
    """Whether the rows of a kind of files wait for their documents (see `Adapter.held`)."""
    return all(table.name in adapter.held for table in tables_of(adapter, kind))


def _of_kind(
    files: list[ExportFile], kind: Kind, adapter: Adapter, context: RowContext, unpacked: Unpacked
) -> Iterator[Chunk | FileFault]:
    tables = tables_of(adapter, kind)
    if kind.form != "csv":
        yield from parse_documents(files, kind, tables, context, unpacked)
        return
    filled = [file for file in files if file.path.stat().st_size]  # others may be empty: see `batches`
    if kind.file or (tables[0].part is not None and tables[0].part.wide is not None):
        yield from parse_records(filled, kind, tables, context, unpacked)
    else:
        table = replace(tables[0], ignored=(*tables[0].ignored, *sorted(kind.known - set(tables[0].names))))
        yield from _rows(filled, table, context, unpacked)


def _rows(
    files: list[ExportFile], table: Table, context: RowContext, unpacked: Unpacked
) -> Iterator[Chunk | FileFault]:
    for item in parse_files(files, table, context, unpacked):
        yield item if isinstance(item, FileFault) else {table.name: item}
