"""Files of documents to typed rows of logical tables, with every row that breaks a rule set apart."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import duckdb
import polars as pl

from mandje.adapters.base import NOTED_SCHEMA, Kind
from mandje.contracts.types import DELIVERY_COLUMNS, Table
from mandje.errors import MandjeError
from mandje.ingest.documents.lines import document_lines
from mandje.ingest.documents.pages import opened
from mandje.ingest.documents.unpack import Unpacked as UnpackedTables
from mandje.ingest.documents.unpack import database, unpack
from mandje.ingest.parse import RowContext, ahead, judged, with_delivery
from mandje.ingest.read.formats import format_of
from mandje.ingest.read.header import shown_name
from mandje.ingest.read.parsed import ExportFile, FileFault, Parsed
from mandje.ingest.read.text_rows import NEXT_STEP, Refused, Texts
from mandje.ingest.read.unpacked import MOST_CHUNK_BYTES, Unpacked
from mandje.system.machine import lies_in_machine

_WHERE = list(DELIVERY_COLUMNS)[:5]
_AT_ONCE = 2
Tables = dict[str, Parsed]


def parse_documents(
    files: Sequence[ExportFile], kind: Kind, tables: Sequence[Table], rules: RowContext, unpacked: Unpacked
) -> Iterator[Tables | FileFault]:
    """Parse files of one kind, in chunks of whole documents: the rows of each table by its name.

    Documents that are spread over lines come all at once. A FileFault refuses its delivery, even after rows
    of it came out.

    Raises:
        TooMuchTogether: `unpacked` sets a limit to what is read in one pass.
    """
    # Four chunks are under way: two are unpacked, one is judged, and the caller works on the fourth.
    parts = _two_at_once(_in_turn(files, kind, tables, unpacked))
    return ahead(part if isinstance(part, FileFault) else _parsed(part, tables, rules) for part in parts)


@dataclass(slots=True)
class _Waiting:
    """Lines read and not yet unpacked, with the columns that say where they came from."""

    lines: list[pl.DataFrame] = field(default_factory=list)
    broken: list[pl.DataFrame] = field(default_factory=list)
    byte_count: int = 0

    def add(self, lines: pl.DataFrame, broken: pl.DataFrame) -> None:
        self.lines.append(lines)
        self.broken.append(broken)
        self.byte_count += int(lines.estimated_size())


@dataclass(frozen=True, slots=True)
class _Unpacked:
    """Where lines came from, what was found in them, and the lines that are none."""

    where: pl.DataFrame
    broken: pl.DataFrame
    found: UnpackedTables


# Makes a chunk, or tells a fault.
_Part = Callable[[], "_Unpacked | FileFault"]


def _two_at_once(parts: Iterator[_Part]) -> Iterator[_Unpacked | FileFault]:
    """What becomes of the parts in turn, two of which are worked on beside each other."""
    with ThreadPoolExecutor(_AT_ONCE) as workers:
        coming: deque[Future[_Unpacked | FileFault]] = deque()
        for part in parts:
            coming.append(workers.submit(part))
            if len(coming) == _AT_ONCE:
                yield coming.popleft().result()
        yield from (one.result() for one in coming)


def _in_turn(
    files: Sequence[ExportFile], kind: Kind, tables: Sequence[Table], unpacked: Unpacked
) -> Iterator[_Part]:
    """What is still to be done for each chunk: to unpack it, or to tell a fault."""
    is_linked = any(table.part is not None and table.part.linked_by is not None for table in tables)
    waiting, shared = _Waiting(), None
    for part in (part for file in files for part in _lines(file, kind, unpacked)):
        if isinstance(part, FileFault):
            yield partial(_same, part)
            continue
        waiting.add(*part)
        if waiting.byte_count >= MOST_CHUNK_BYTES and not is_linked:
            yield partial(_unpacked, waiting, kind, tables, (shared := shared or database()).cursor())
            waiting = _Waiting()
    if waiting.lines:
        yield partial(_unpacked, waiting, kind, tables, None)


def _same(fault: FileFault) -> FileFault:
    return fault


def _lines(
    file: ExportFile, kind: Kind, unpacked: Unpacked
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame] | FileFault]:
    if not file.path.stat().st_size:
        return  # a file that may be empty: see `batches`
    try:
        for block in document_lines(file.path, format_of(file.path), unpacked.meter(file)):
            lines = opened(block.lines, kind.page).rename({"line": "delivery_line"})
            yield with_delivery(lines, file), with_delivery(block.broken, file)
    except Refused as refused:
        yield FileFault(file, refused.reason, refused.error)
    except OSError as fault:
        if lies_in_machine(fault):
            raise
        error = MandjeError(f"cannot be read: {fault.strerror}", file=str(file.path), next_step=NEXT_STEP)
        yield FileFault(file, "unreadable", error)


def _unpacked(
    waiting: _Waiting, kind: Kind, tables: Sequence[Table], connection: duckdb.DuckDBPyConnection | None
) -> _Unpacked:
    lines = pl.concat(waiting.lines, rechunk=True)
    found = unpack(lines, kind, tables, connection)
    where = lines.select(_WHERE)
    return _Unpacked(where, pl.concat([*waiting.broken, _broken(found, where)], how="diagonal"), found)


def _parsed(part: _Unpacked, tables: Sequence[Table], rules: RowContext) -> Tables:
    where, broken, found = part.where, part.broken, part.found
    parsed = {
        table.name: judged(_texts(found.rows[table.name], where, broken.clear()), table, rules, _keep_floats)
        for table in tables[1:]
    }
    first = tables[0]
    own = judged(_texts(found.rows[first.name], where, broken), first, rules, _keep_floats)
    noted = pl.concat([own.noted, _unknown_keys(found, where, first)])
    return {first.name: Parsed(own.rows, own.rejected, own.read, noted)} | parsed


def _keep_floats(_: str, places: pl.Series) -> pl.Series:
    """An id that a document writes as `7.0` is that text."""
    return pl.Series([False]).new_from_index(0, int(places.sum()))


def _texts(rows: pl.DataFrame, where: pl.DataFrame, broken: pl.DataFrame) -> Texts:
    own = where[rows["place"]] if rows.height else where.clear()
    return Texts(own.hstack(rows.drop("place")), broken)


def _broken(found: UnpackedTables, where: pl.DataFrame) -> pl.DataFrame:
    broken = found.broken
    own = where[broken["place"]] if broken.height else where.clear()
    parts = own.drop("delivery_line").hstack(broken.drop("place"))
    return parts.with_columns(pl.lit(None, pl.String).alias("delivery_part"))


def _unknown_keys(found: UnpackedTables, lines: pl.DataFrame, first: Table) -> pl.DataFrame:
    keys = found.unknown_keys
    days = lines["delivery_date"][keys["place"]] if keys.height else lines["delivery_date"].clear()
    noted = keys.with_columns(
        pl.Series("column_name", [shown_name(key) for key in keys["column_name"]], dtype=pl.String),
        days.alias("delivery_date"),
        pl.lit(first.name).alias("table_name"),
        pl.lit("unknown_column").alias("kind"),
    )
    return noted.select(pl.col(name).cast(kind) for name, kind in NOTED_SCHEMA.items())
