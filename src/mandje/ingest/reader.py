"""Read deliveries of one source: parse, refuse what must be refused, map, check the sums, stage the rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from mandje.adapters.base import NOTED_SCHEMA, Adapter, Mapped
from mandje.errors import MandjeError
from mandje.ingest.accounts.batch_balance import check_balance
from mandje.ingest.accounts.batch_totals import BatchTotals, add_up, batch_totals
from mandje.ingest.accounts.document_money import told_by_documents
from mandje.ingest.batches import BATCH_BYTES, files_by_table, weight
from mandje.ingest.exports.deliveries import Delivery
from mandje.ingest.held_rows import HeldRows
from mandje.ingest.parse import RowContext
from mandje.ingest.read.parsed import READ_SCHEMA, REJECTED_SCHEMA, FileFault, Parsed
from mandje.ingest.read.unpacked import (
    MOST_IN_BATCH_BYTES,
    MOST_TOGETHER_BYTES,
    MOST_WHOLE_BYTES,
    TooMuchTogether,
    Unpacked,
)
from mandje.ingest.rules.mapped_rows import Source, refuse_mapped
from mandje.ingest.rules.refusals import (
    Refusal,
    refuse_amounts,
    refuse_file,
    refuse_rejected,
    too_many_rejected,
)
from mandje.ingest.rules.refused_documents import refuse_documents
from mandje.ingest.store.staging import REJECTED_ROWS, Staging, parquet_writers, schema_faults, split_by_day
from mandje.ingest.table_chunks import Chunk, Files, table_chunks
from mandje.ingest.values.reading_notes import nothing_noted
from mandje.shop.settings import ShopSettings

Refusals = dict[date, Refusal]
Tables = dict[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class ReadResult:
    """Refused deliveries by day, and the sums of the accepted ones.

    Parquet files of accepted deliveries are staged, and rejected rows of those refused for having too many.
    """

    refusals: Refusals
    counted: BatchTotals


@dataclass(frozen=True, slots=True)
class _Step:
    """A chunk of a stream: rows to map, and what was read and rejected on the way to them."""

    rows: Tables
    read: pl.DataFrame
    rejected: pl.DataFrame
    noted: pl.DataFrame

    @classmethod
    def of(cls, chunk: Chunk, rows: Tables) -> _Step:
        parts = chunk.values()
        return cls(
            rows,
            _concat(READ_SCHEMA, (part.read for part in parts)),
            _concat(REJECTED_SCHEMA, (part.rejected for part in parts)),
            _concat(NOTED_SCHEMA, (part.noted for part in parts)),
        )


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads deliveries of one source into the staging place."""

    adapter: Adapter
    context: RowContext
    staging: Staging
    settings: ShopSettings

    def read(self, batch: list[Delivery]) -> list[tuple[list[Delivery], ReadResult]]:
        """Read a batch, in parts where that is too much at once or has sums that no column can hold.

        Raises:
            MandjeError: the adapter lost or invented rows or money.
        """
        if weight(batch[0]) > BATCH_BYTES and self.adapter.maps_rows_alone:
            return [(batch, self._read_alone(batch[0]))]
        try:
            return [(batch, self.read_together(batch))]
        except TooMuchTogether as too_much:
            big = batch if len(batch) == 1 else [one for one in batch if one.delivery_date == too_much.day]
            if big:
                rest = [one for one in batch if one not in big]
                return [(big, self._read_alone(big[0])), *(self.read(rest) if rest else ())]
        except pl.exceptions.InvalidOperationError:
            if len(batch) == 1:
                return [(batch, self._refuse_amounts(batch[0]))]
        half = len(batch) // 2
        return self.read(batch[:half]) + self.read(batch[half:])

    def _read_alone(self, delivery: Delivery) -> ReadResult:
        try:
            return self.read_streamed(delivery)
        except pl.exceptions.InvalidOperationError:
            return self._refuse_amounts(delivery)

    def _refuse_amounts(self, delivery: Delivery) -> ReadResult:
        self.staging.drop(delivery, keep=())
        return ReadResult({delivery.delivery_date: refuse_amounts(delivery)}, self._totals_of_nothing())

    def read_together(self, deliveries: list[Delivery]) -> ReadResult:
        """Read many deliveries in one pass of columns per table; all their rows are in memory at once.

        Raises:
            MandjeError: the adapter lost or invented rows or money.
        """
        files, faults = files_by_table(deliveries, self.adapter)
        chunks = list(table_chunks(files, self.adapter, self.context, self._together()))
        faults += [item for item in chunks if isinstance(item, FileFault)]
        refusals = self._refused_files(deliveries, faults)
        parts = [part for chunk in chunks if not isinstance(chunk, FileFault) for part in chunk.items()]
        rows = {name: _without(frame, refusals) for name, frame in self._tables(parts).items()}
        rows, untied = refuse_documents(rows, self.adapter.refused(rows), self.adapter.tables)
        broken = _concat(REJECTED_SCHEMA, (*(part.rejected for _, part in parts), untied))
        rejected = _without(broken, refusals)
        read = _without(_concat(READ_SCHEMA, (part.read for _, part in parts)), refusals)
        over = _refused_rows(deliveries, read, rejected)
        staged = split_by_day({REJECTED_ROWS: rejected})
        refusals |= over
        rows = {name: _without(frame, refusals) for name, frame in rows.items()}
        mapped = self._map(rows)
        noted = _without(_concat(NOTED_SCHEMA, (part.noted for _, part in parts)), refusals)
        counted = self._totals(_without(read, over), _without(rejected, over), noted, mapped)
        check_balance(deliveries[0].source, counted, self.adapter.tables)
        if made := self._refuse_mapped(deliveries, rows, mapped):
            return self._read_without(made, deliveries)
        for day, frames in split_by_day(mapped.feeds).items():
            staged.setdefault(day, {}).update(frames)
        self.staging.write_partitions(deliveries, staged)
        return ReadResult(refusals, counted)

    def read_streamed(self, delivery: Delivery) -> ReadResult:
        """Read one big delivery chunk by chunk, with one chunk in memory; its rows must map alone.

        Raises:
            MandjeError: the adapter lost or invented rows or money.
        """
        files, faults = files_by_table([delivery], self.adapter)
        totals = [self._totals_of_nothing()]
        made: Refusals = {}
        unpacked = Unpacked(self.context.most_unpacked_bytes)
        with parquet_writers(self.staging.make_folder(delivery)) as writers:
            for item in () if faults else self._whole_documents(files, unpacked):
                if isinstance(item, FileFault):
                    faults.append(item)
                    break
                rows, rejected = item.rows, item.rejected
                rows, untied = refuse_documents(rows, self.adapter.refused(rows), self.adapter.tables)
                mapped = self._map(rows)
                made = made or self._refuse_mapped([delivery], rows, mapped)
                rejected = pl.concat([rejected, untied])
                writers.append(mapped.feeds | {REJECTED_ROWS: rejected})
                totals.append(self._totals(item.read, rejected, item.noted, mapped))
        return self._end_of_stream(delivery, faults, made, add_up(totals))

    def _whole_documents(self, files: Files, unpacked: Unpacked) -> Iterator[_Step | FileFault]:
        """Chunks as they can be mapped: rows that the adapter holds come with their document, or last."""
        held = HeldRows(self.adapter.tables)
        for chunk in table_chunks(files, self.adapter, self.context, unpacked):
            if isinstance(chunk, FileFault):
                yield chunk
                continue
            rows = {name: part.rows for name, part in chunk.items()}
            if rows.keys() <= set(self.adapter.held):
                held.add(rows)
                rows = {}
            elif self.adapter.held:
                rows |= held.take(rows)
            yield _Step.of(chunk, rows)
        if rest := held.rest():
            yield _Step.of({}, rest)

    def _read_without(self, made: Refusals, deliveries: list[Delivery]) -> ReadResult:
        """Read anew what is left when the deliveries are out whose mapped rows refuse them."""
        left = [one for one in deliveries if one.delivery_date not in made]
        result = self.read_together(left) if left else ReadResult({}, self._totals_of_nothing())
        return ReadResult(result.refusals | made, result.counted)

    def _end_of_stream(
        self, delivery: Delivery, faults: list[FileFault], made: Refusals, counted: BatchTotals
    ) -> ReadResult:
        refusals = self._refused_files([delivery], faults)
        if refusals:
            self.staging.drop(delivery, keep=())
        elif refusals := _refused_rows([delivery], counted.read, counted.rejected):
            self.staging.drop(delivery, keep=(REJECTED_ROWS,))
        if refusals:
            return ReadResult(refusals, self._totals_of_nothing())
        check_balance(delivery.source, counted, self.adapter.tables)
        if made:
            self.staging.drop(delivery, keep=())
            return ReadResult(made, self._totals_of_nothing())
        return ReadResult({}, counted)

    def _refused_files(self, deliveries: list[Delivery], faults: list[FileFault]) -> Refusals:
        """The first fault by file name of each delivery that has any: whatever was read beside it."""
        by_day = {delivery.delivery_date: delivery for delivery in deliveries}
        last_first = sorted(faults, key=lambda fault: fault.file.path.name, reverse=True)
        first = {fault.file.delivery_date: fault for fault in last_first}
        return {day: refuse_file(by_day[day], fault, self.settings) for day, fault in first.items()}

    def _refuse_mapped(self, deliveries: list[Delivery], rows: Tables, mapped: Mapped) -> Refusals:
        return refuse_mapped(
            deliveries, Source(rows, self.adapter.tables, tuple(self.settings.sites)), mapped
        )

    def _together(self) -> Unpacked:
        """What deliveries read in one pass may unpack to; what cannot be streamed is refused beyond it."""
        most = self.context.most_unpacked_bytes
        if self.adapter.maps_rows_alone:
            return Unpacked(most, MOST_TOGETHER_BYTES, MOST_IN_BATCH_BYTES)
        return Unpacked(min(most, MOST_WHOLE_BYTES), None, MOST_WHOLE_BYTES)

    def _totals(
        self, read: pl.DataFrame, rejected: pl.DataFrame, noted: pl.DataFrame, mapped: Mapped
    ) -> BatchTotals:
        all_read = pl.concat([read, told_by_documents(read, rejected, mapped, self.adapter.tables)])
        return batch_totals(all_read, rejected, pl.concat([noted, mapped.noted]), mapped)

    def _tables(self, parts: Sequence[tuple[str, Parsed]]) -> Tables:
        return {
            name: _concat(table.polars_schema(), (part.rows for of, part in parts if of == name))
            for name, table in self.adapter.tables.items()
        }

    def _map(self, rows: Tables) -> Mapped:
        empty = {name: pl.DataFrame(schema=t.polars_schema()) for name, t in self.adapter.tables.items()}
        mapped = self.adapter.map(empty | rows)
        if faults := schema_faults(mapped.feeds):
            raise MandjeError(
                "an adapter gives rows that are not in the shape of their feed",
                found=", ".join(faults),
                next_step="this is a fault of the source's adapter, not of the delivery: report it",
            )
        return mapped

    def _totals_of_nothing(self) -> BatchTotals:
        read, rejected = pl.DataFrame(schema=READ_SCHEMA), pl.DataFrame(schema=REJECTED_SCHEMA)
        return self._totals(read, rejected, nothing_noted(), self._map({}))


def _concat(schema: dict[str, pl.DataType], frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([pl.DataFrame(schema=schema), *frames], rechunk=True)


def _without(frame: pl.DataFrame, refusals: Refusals) -> pl.DataFrame:
    return frame.filter(~pl.col("delivery_date").is_in(list(refusals))) if refusals else frame


def _refused_rows(deliveries: list[Delivery], read: pl.DataFrame, rejected: pl.DataFrame) -> Refusals:
    over = too_many_rejected(read, rejected)
    return {
        delivery.delivery_date: refuse_rejected(delivery, read, rejected)
        for delivery in deliveries
        if delivery.delivery_date in over
    }
