"""Export files of one table to typed rows, with every row that breaks a rule set apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, groupby
from zoneinfo import ZoneInfo

import polars as pl

from mandje.contracts.types import DELIVERY_COLUMNS, Table
from mandje.errors import MandjeError
from mandje.ingest.clock import without_offset
from mandje.ingest.convert import read_values
from mandje.ingest.formats import format_of
from mandje.ingest.money import row_money, sum_read
from mandje.ingest.parsed import UNZONED_SCHEMA, ExportFile, FileFault, Parsed
from mandje.ingest.read_csv import read_csv
from mandje.ingest.read_jsonl import read_jsonl
from mandje.ingest.read_parquet import read_parquet
from mandje.ingest.rejected import rejected_rows, structural_rows
from mandje.ingest.rules import TEXT, is_broken, time_limits
from mandje.ingest.texts import NEXT_STEP, Refused, Texts
from mandje.machine import lies_in_machine


@dataclass(frozen=True, slots=True)
class RowContext:
    """What the rules of a row need to know beyond the contract.

    `email_key`: key of the e-mail hash; `time_zone`: the shop's clock, for dates in the future;
    `chunk_rows`: about so many rows are held in memory at a time.
    """

    email_key: bytes
    time_zone: ZoneInfo
    chunk_rows: int = 250_000


def parse_files(files: Sequence[ExportFile], table: Table, rules: RowContext) -> Iterator[Parsed | FileFault]:
    """Parse files of one table, in their order.

    Small files are parsed together; a delivery with fewer than `chunk_rows` rows lies in one Parsed if its
    files are given one after the other. A FileFault refuses its delivery, even after rows of it came out.
    A header alone gives nothing. The next chunk is parsed while the caller works on the one before.
    """
    return _ahead(_parse_in_turn(files, table, rules))


def _ahead(parts: Iterator[Parsed | FileFault]) -> Iterator[Parsed | FileFault]:
    with ThreadPoolExecutor(1) as worker:
        coming = worker.submit(next, parts, None)
        while (part := coming.result()) is not None:
            coming = worker.submit(next, parts, None)
            yield part


def _parse_in_turn(
    files: Sequence[ExportFile], table: Table, rules: RowContext
) -> Iterator[Parsed | FileFault]:
    waiting = _Waiting([])
    for _, delivery in groupby(files, key=lambda file: (file.source, file.delivery_date)):
        if waiting.row_count >= rules.chunk_rows:
            yield _parsed(waiting.take(), table, rules)
        earlier = waiting.row_count
        for part in chain.from_iterable(_texts(file, table, rules.chunk_rows) for file in delivery):
            if isinstance(part, FileFault):
                yield part
                continue
            waiting.add(part)
            if waiting.row_count - earlier >= rules.chunk_rows:
                yield _parsed(waiting.take(), table, rules)
                earlier = 0
    if waiting.parts:
        yield _parsed(waiting.take(), table, rules)


@dataclass(slots=True)
class _Waiting:
    """Rows read and not yet parsed."""

    parts: list[Texts]
    row_count: int = 0

    def add(self, part: Texts) -> None:
        self.parts.append(part)
        self.row_count += part.rows.height

    def take(self) -> list[Texts]:
        parts, self.parts, self.row_count = self.parts, [], 0
        return parts


def _texts(file: ExportFile, table: Table, chunk_rows: int) -> Iterator[Texts | FileFault]:
    try:
        for texts in _read(file, table, chunk_rows):
            yield Texts(_with_delivery(texts.rows, file), _with_delivery(texts.broken, file))
    except Refused as refused:
        yield FileFault(file, refused.reason, refused.error)
    except OSError as fault:
        if lies_in_machine(fault):
            raise
        error = MandjeError(f"cannot be read: {fault.strerror}", file=str(file.path), next_step=NEXT_STEP)
        yield FileFault(file, "unreadable", error)


def _read(file: ExportFile, table: Table, chunk_rows: int) -> Iterator[Texts]:
    promised = format_of(file.path)
    if promised.kind == "parquet":
        return read_parquet(file.path, table, chunk_rows)
    reader = read_csv if promised.kind == "csv" else read_jsonl
    return reader(file.path, promised, table, chunk_rows)


def _with_delivery(rows: pl.DataFrame, file: ExportFile) -> pl.DataFrame:
    where = {
        "delivery_source": file.source,
        "delivery_date": file.delivery_date,
        "delivery_sha256": file.sha256,
        "delivery_file": file.path.name,
    }
    return rows.select(*(pl.lit(value).alias(name) for name, value in where.items()), pl.all())


def _parsed(parts: list[Texts], table: Table, rules: RowContext) -> Parsed:
    """Read the types, then apply the rules, to all rows at once."""
    rows = pl.concat([part.rows for part in parts], rechunk=True)
    texts, values = read_values(rows, table, rules.email_key)
    judged = (
        rows.select(DELIVERY_COLUMNS.keys())
        .hstack(values)
        .with_columns(
            *(texts[name].alias(TEXT + name) for name in table.names),
            *row_money(values, texts, table),
            time_limits(rows["delivery_date"], rules.time_zone),
        )
    )
    broken = judged.select(is_broken(column, table) for column in table.columns)
    is_rejected = broken.select(pl.any_horizontal(pl.all())).to_series()
    structural = structural_rows(pl.concat([part.broken for part in parts]), table)
    refused = rejected_rows(judged.filter(is_rejected), broken.filter(is_rejected), table, rules.email_key)
    rejected = pl.concat([structural, refused]).sort(
        "delivery_source", "delivery_date", "delivery_file", "delivery_line"
    )
    return Parsed(
        rows=judged.select(table.polars_schema().keys()).filter(~is_rejected),
        rejected=rejected,
        read=sum_read(judged, structural, table),
        unzoned=_unzoned(rows["delivery_date"], texts, values, table),
    )


def _unzoned(
    delivery_dates: pl.Series, texts: pl.DataFrame, values: pl.DataFrame, table: Table
) -> pl.DataFrame:
    """UNZONED_SCHEMA: rows with a time that is read as UTC only because nobody said where it was taken."""
    own = [c.name for c in table.columns if c.type == "timestamp" and c.time_zone is None]
    if not own:
        return pl.DataFrame(schema=UNZONED_SCHEMA)
    marks = pl.DataFrame([without_offset(texts[name]) & values[name].is_not_null() for name in own])
    found = delivery_dates.filter(marks.select(pl.any_horizontal(pl.all())).to_series())
    return found.to_frame().group_by("delivery_date").agg(pl.len().cast(pl.Int64).alias("row_count"))
