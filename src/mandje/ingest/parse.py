"""Export files of one table to typed rows, with every row that breaks a rule set apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, groupby
from typing import TypeVar
from zoneinfo import ZoneInfo

import polars as pl

from mandje.contracts.types import DELIVERY_COLUMNS, Table
from mandje.errors import MandjeError
from mandje.ingest.read.formats import format_of
from mandje.ingest.read.parsed import ExportFile, FileFault, Parsed
from mandje.ingest.read.read_csv import read_csv
from mandje.ingest.read.read_jsonl import read_jsonl
from mandje.ingest.read.read_parquet import read_parquet
from mandje.ingest.read.text_rows import NEXT_STEP, Refused, Texts
from mandje.ingest.read.unpacked import MOST_CHUNK_BYTES, MOST_UNPACKED_BYTES, Meter, Unpacked
from mandje.ingest.rules.rejected_rows import rejected_rows, structural_rows
from mandje.ingest.rules.row_money import row_money, sum_read
from mandje.ingest.rules.row_rules import TEXT, is_broken, time_limits
from mandje.ingest.values.convert import read_values
from mandje.ingest.values.ids import Decide, WholeFloats
from mandje.ingest.values.reading_notes import Noted, count_noted
from mandje.ingest.values.timestamps import without_offset
from mandje.ingest.values.told_forms import as_told
from mandje.system.machine import lies_in_machine

_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True)
class RowContext:
    """What the rules of a row need to know beyond the contract.

    `email_key`: key of the e-mail hash; `time_zone`: the shop's clock, for dates in the future;
    `chunk_rows`: about so many rows are held in memory at a time; `most_unpacked_bytes`: what a delivery may
    unpack to.
    """

    email_key: bytes
    time_zone: ZoneInfo
    chunk_rows: int = 250_000
    most_unpacked_bytes: int = MOST_UNPACKED_BYTES


def parse_files(
    files: Sequence[ExportFile], table: Table, rules: RowContext, unpacked: Unpacked | None = None
) -> Iterator[Parsed | FileFault]:
    """Parse files of one table, in their order; `unpacked` counts on over the tables of the same deliveries.

    Small files are parsed together; a delivery with fewer than `chunk_rows` rows lies in one Parsed if its
    files are given one after the other. A FileFault refuses its delivery, even after rows of it came out.
    A header alone gives nothing. The next chunk is parsed while the caller works on the one before.

    Raises:
        TooMuchTogether: `unpacked` sets a limit to what is read in one pass.
    """
    return ahead(_parse_in_turn(files, table, rules, unpacked or Unpacked(rules.most_unpacked_bytes)))


def ahead(parts: Iterator[_Part]) -> Iterator[_Part]:
    """The parts in turn, the next of which is made while the caller works on the one before."""
    with ThreadPoolExecutor(1) as worker:
        coming = worker.submit(next, parts, None)
        while (part := coming.result()) is not None:
            coming = worker.submit(next, parts, None)
            yield part


def _parse_in_turn(
    files: Sequence[ExportFile], table: Table, rules: RowContext, unpacked: Unpacked
) -> Iterator[Parsed | FileFault]:
    waiting, floats = _Waiting([]), _whole_floats(files, table, rules)
    for _, delivery in groupby(files, key=lambda file: (file.source, file.delivery_date)):
        if waiting.row_count >= rules.chunk_rows:
            yield _parsed(waiting.take(), table, rules, floats)
        earlier = waiting.row_count
        texts = (file_texts(file, table, rules.chunk_rows, unpacked) for file in delivery)
        for part in chain.from_iterable(texts):
            if isinstance(part, FileFault):
                yield part
                continue
            waiting.add(part)
            if waiting.row_count - earlier >= rules.chunk_rows or waiting.byte_count >= MOST_CHUNK_BYTES:
                yield _parsed(waiting.take(), table, rules, floats)
                earlier = 0
    if waiting.parts:
        yield _parsed(waiting.take(), table, rules, floats)


@dataclass(slots=True)
class _Waiting:
    """Rows read and not yet parsed."""

    parts: list[Texts]
    row_count: int = 0
    byte_count: int = 0

    def add(self, part: Texts) -> None:
        self.parts.append(part)
        self.row_count += part.rows.height
        self.byte_count += int(part.rows.estimated_size())

    def take(self) -> list[Texts]:
        parts, self.parts, self.row_count, self.byte_count = self.parts, [], 0, 0
        return parts


def file_texts(
    file: ExportFile, table: Table, chunk_rows: int, unpacked: Unpacked
) -> Iterator[Texts | FileFault]:
    """The rows of a file with the columns that say where they came from, or why it is refused."""
    try:
        for texts in read_texts(file, table, chunk_rows, unpacked.meter(file)):
            rows, broken = with_delivery(texts.rows, file), with_delivery(texts.broken, file)
            yield replace(texts, rows=rows, broken=broken)
    except Refused as refused:
        yield FileFault(file, refused.reason, refused.error)
    except OSError as fault:
        if lies_in_machine(fault):
            raise
        error = MandjeError(f"cannot be read: {fault.strerror}", file=str(file.path), next_step=NEXT_STEP)
        yield FileFault(file, "unreadable", error)


def _whole_floats(files: Sequence[ExportFile], table: Table, rules: RowContext) -> WholeFloats:
    by_name = {(str(file.delivery_date), file.path.name): file for file in files}
    names = [column.name for column in table.columns if column.is_id]

    def read(day: str, name: str) -> Iterator[pl.DataFrame]:
        file, unpacked = by_name[day, name], Unpacked(rules.most_unpacked_bytes)
        with suppress(Refused):  # the file is refused where its rows are read
            for texts in read_texts(file, table, rules.chunk_rows, unpacked.meter(file)):
                yield texts.rows.select(names)

    return WholeFloats(read, table.ids.placeholders)


def read_texts(file: ExportFile, table: Table, chunk_rows: int, meter: Meter) -> Iterator[Texts]:
    """The rows of a file as columns of text.

    Raises:
        Refused: the file as a whole cannot be read.
    """
    promised = format_of(file.path)
    if promised.kind == "parquet":
        return read_parquet(file.path, table, chunk_rows, meter)
    reader = read_csv if promised.kind == "csv" else read_jsonl
    return reader(file.path, promised, table, chunk_rows, meter)


def with_delivery(rows: pl.DataFrame, file: ExportFile) -> pl.DataFrame:
    """Rows of a file with the columns that say where they came from."""
    where = {
        "delivery_source": file.source,
        "delivery_date": file.delivery_date,
        "delivery_sha256": file.sha256,
        "delivery_file": file.path.name,
    }
    if "delivery_part" not in rows.columns:  # the line is the row
        rows = rows.with_columns(pl.lit(None, pl.String).alias("delivery_part"))
    return rows.select(*(pl.lit(value).alias(name) for name, value in where.items()), pl.all())


def _parsed(parts: list[Texts], table: Table, rules: RowContext, floats: WholeFloats) -> Parsed:
    rows = pl.concat([part.rows for part in parts], rechunk=True)
    where = rows.select("delivery_date", "delivery_file")
    parsed = judged(
        Texts(rows, pl.concat([part.broken for part in parts])),
        table,
        rules,
        lambda column, places: floats.decide(where.filter(places), column),
    )
    unknown = [unknown_columns(part, table) for part in parts if part.unknown]
    return replace(parsed, noted=pl.concat([parsed.noted, *unknown]))


def judged(texts: Texts, table: Table, rules: RowContext, decide: Decide) -> Parsed:
    """Read the types, then apply the rules, to all rows at once; rows carry their delivery columns."""
    rows = as_told(texts.rows, table)
    read = read_values(rows, table, rules.email_key, decide)
    told, values = read.texts, read.values
    typed = (
        rows.select(DELIVERY_COLUMNS.keys())
        .hstack(values)
        .with_columns(
            *(told[name].alias(TEXT + name) for name in table.names),
            *row_money(values, told, table),
            time_limits(rows["delivery_date"], rules.time_zone),
        )
    )
    broken = _of_its_rows(typed.select(is_broken(column, table) for column in table.columns), typed, table)
    is_rejected = broken.select(pl.any_horizontal(pl.all())).to_series()
    structural = structural_rows(texts.broken, table)
    refused = rejected_rows(typed.filter(is_rejected), broken.filter(is_rejected), table, rules.email_key)
    rejected = pl.concat([structural, refused]).sort(
        "delivery_source", "delivery_date", "delivery_file", "delivery_line", "delivery_part"
    )
    return Parsed(
        rows=typed.select(table.polars_schema().keys()).filter(~is_rejected),
        rejected=rejected,
        read=sum_read(typed, structural, table),
        noted=count_noted(
            (*_to_be_told(read.noted, table), *_without_offset(told, values, table)),
            rows["delivery_date"],
            table.name,
        ),
    )


def _of_its_rows(broken: pl.DataFrame, typed: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Where a table is of some rows only, the rules hold for these; the others need a sound `only` alone."""
    if not table.only:
        return broken
    is_own = typed.with_columns(is_own=table.is_own())["is_own"]
    deciding = {one.column for one in table.only}
    return broken.with_columns(pl.col(name) & is_own for name in broken.columns if name not in deciding)


def unknown_columns(part: Texts, table: Table) -> pl.DataFrame:
    """NOTED_SCHEMA: each column that an open table does not know, with the rows that have it."""
    days = pl.concat([part.rows["delivery_date"], part.broken["delivery_date"]])
    every = days.is_not_null()
    return count_noted((Noted(name, "unknown_column", every) for name in part.unknown), days, table.name)


def _to_be_told(noted: Iterable[Noted], table: Table) -> Iterator[Noted]:
    """A platform writes 0 for a guest: that is its way, and nothing to tell."""
    return (one for one in noted if not (table.open and one.kind == "placeholder"))


def _without_offset(texts: pl.DataFrame, values: pl.DataFrame, table: Table) -> Iterator[Noted]:
    """Times that are read as UTC only because nobody said on which clock they are."""
    for column in table.columns:
        if column.type == "timestamp" and column.time_zone is None and column.ticks_per_second is None:
            rows = without_offset(texts[column.name]) & values[column.name].is_not_null()
            yield Noted(column.name, "no_offset", rows)
