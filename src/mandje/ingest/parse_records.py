"""Files of records that several tables are read from: read once as text, then judged by each table.

Beside that a record may be more or less than a row: of many records only the first (`Part.first_of`), or one
of many in its cells (`Part.cells`) or columns (`Part.wide`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from mandje.adapters.base import Kind
from mandje.contracts.parts import Part
from mandje.contracts.types import Column, Table
from mandje.ingest.parse import RowContext, file_texts, judged, unknown_columns
from mandje.ingest.read.chunks import read_head
from mandje.ingest.read.csv_header import find_dialect
from mandje.ingest.read.formats import format_of
from mandje.ingest.read.parsed import ExportFile, FileFault, Parsed
from mandje.ingest.read.text_rows import Texts
from mandje.ingest.read.unpacked import Unpacked
from mandje.ingest.rows_of_records import first_records, rows_of_records, source_names, wide_names
from mandje.ingest.values.ids import WholeFloats
from mandje.ingest.values.written_forms import settle_together

Tables = dict[str, Parsed]


def parse_records(
    files: Sequence[ExportFile], kind: Kind, tables: Sequence[Table], rules: RowContext, unpacked: Unpacked
) -> Iterator[Tables | FileFault]:
    """Parse files of one kind, all at once: the rows of each table by its name.

    A FileFault refuses its delivery, even beside rows of it.

    Raises:
        TooMuchTogether: `unpacked` sets a limit to what is read in one pass.
    """
    texts = {table.name: _Gathered() for table in tables}
    for file in files:
        shared = _shared(file, kind, tables)
        parts = list(file_texts(file, shared, rules.chunk_rows, unpacked))
        faults = [part for part in parts if isinstance(part, FileFault)]
        yield from faults
        read = [part for part in parts if not isinstance(part, FileFault)]
        if not faults and read:
            for table, part in zip(tables, _of_file(read, file, tables, shared), strict=True):
                texts[table.name].add(part)
            texts[tables[0].name].noted += [unknown_columns(part, tables[0]) for part in read if part.unknown]
    if parsed := {
        table.name: _parsed(texts[table.name], table, rules) for table in tables if texts[table.name].rows
    }:
        yield parsed


@dataclass(slots=True)
class _Gathered:
    """Rows of one table of all files, and what was noted of its files."""

    rows: list[pl.DataFrame] = field(default_factory=list)
    broken: list[pl.DataFrame] = field(default_factory=list)
    noted: list[pl.DataFrame] = field(default_factory=list)

    def add(self, part: Texts) -> None:
        self.rows.append(part.rows)
        self.broken.append(part.broken)


def _shared(file: ExportFile, kind: Kind, tables: Sequence[Table]) -> Table:
    """What all tables read of a file, as text; it must have the kind's columns, and those that are rows."""
    wide = {name for table in tables for name in wide_names(file.path, table, kind.needed)}
    names = dict.fromkeys([*(name for table in tables for name in source_names(table)), *sorted(wide)])
    needed = kind.needed | wide
    columns = tuple(Column(name, "text", "text", "", nullable=name not in needed) for name in names)
    ignored = tuple(sorted(kind.known - set(names)))
    separator = next((table.part.separator for table in tables if table.part is not None), None)
    part = Part(kind.name, separator=separator)
    return Table(kind.name, kind.title, columns, ignored=ignored, part=part, open=True)


def _of_file(read: Sequence[Texts], file: ExportFile, tables: Sequence[Table], shared: Table) -> list[Texts]:
    """The rows of one file for each table, numbers and days in the usual form."""
    records = pl.concat([part.rows for part in read], rechunk=True)
    broken = pl.concat([part.broken for part in read])
    made = [rows_of_records(records, table) for table in tables]
    rows = [own for own, _ in made]
    if format_of(file.path).kind == "csv":
        separator = find_dialect(read_head(file.path, format_of(file.path)), shared).separator
        rows = settle_together(rows, tables, separator)
    return [Texts(own, pl.concat([broken, odd])) for own, (_, odd) in zip(rows, made, strict=True)]


def _parsed(found: _Gathered, table: Table, rules: RowContext) -> Parsed:
    rows, odd = first_records(pl.concat(found.rows, rechunk=True), table)

    ids = [column.name for column in table.columns if column.is_id]

    def read(day: str, name: str) -> Iterator[pl.DataFrame]:
        is_of_file = (pl.col("delivery_date").cast(pl.String) == day) & (pl.col("delivery_file") == name)
        yield rows.filter(is_of_file).select(ids)

    floats = WholeFloats(read, table.ids.placeholders)
    where = rows.select("delivery_date", "delivery_file")
    parsed = judged(
        Texts(rows, pl.concat([*found.broken, odd])),
        table,
        rules,
        lambda column, places: floats.decide(where.filter(places), column),
    )
    return replace(parsed, noted=pl.concat([parsed.noted, *found.noted]))
