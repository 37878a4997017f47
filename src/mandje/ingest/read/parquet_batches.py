"""Rows of a Parquet file in batches whose values take a bounded number of bytes, however small the file is.

One value in a dictionary stands for any number of rows: texts stay dictionaries until it is known what they
come to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mandje.ingest.read.text_rows import refusal
from mandje.ingest.read.unpacked import LEAST_CELL_BYTES, MIB, MOST_CHUNK_BYTES, MOST_ROW_BYTES, Meter
from mandje.system.machine import lies_in_machine

UNREADABLE = (pa.ArrowException, OSError, ValueError, OverflowError, NotImplementedError, MemoryError)
# A value of a column of this encoding repeats the beginning of the one before: any row may be as long as all.
DELTA, DELTA_BATCH_BYTES = "DELTA_BYTE_ARRAY", 256 * MIB

Widths = npt.NDArray[np.int64]


@contextmanager
def opened(path: Path) -> Iterator[pq.ParquetFile]:
    """A Parquet file whose texts come as dictionaries where they are kept so.

    Raises:
        Refused: it is damaged, here or while it is read.
    """
    try:
        with pq.ParquetFile(path) as file:
            metadata = file.metadata
            texts = [name for name in file.schema_arrow.names if _has_dictionary(metadata, name)]
        with pq.ParquetFile(path, metadata=metadata, read_dictionary=texts) as file:
            yield file
    except UNREADABLE as fault:
        if isinstance(fault, OSError) and lies_in_machine(fault):
            raise
        first = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
        raise refusal("unreadable", "damaged or truncated Parquet", path, first, "a whole file") from None


def batches(
    file: pq.ParquetFile, names: Sequence[str], chunk_rows: int, meter: Meter
) -> Iterator[pa.RecordBatch]:
    """These columns, in order of rows, at most `chunk_rows` rows and MOST_CHUNK_BYTES at a time.

    Raises:
        Refused: `too_big`.
    """
    chunks = [chunk for chunk in _chunks(file.metadata) if chunk.path_in_schema in set(names)]
    meter.check(sum(max(chunk.total_uncompressed_size, 0) for chunk in chunks))
    for batch in file.iter_batches(_batch_rows(file.metadata, chunks, chunk_rows), columns=list(names)):
        if batch.num_rows:
            yield from _slices(batch, meter)


def is_text(kind: pa.DataType) -> bool:
    """Whether values are text, or bytes that should be."""
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
        or pa.types.is_binary_view(kind)
    )


def _chunks(metadata: pq.FileMetaData) -> Iterator[pq.ColumnChunkMetaData]:
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        yield from (group.column(place) for place in range(group.num_columns))


def _has_dictionary(metadata: pq.FileMetaData, name: str) -> bool:
    return any(
        chunk.physical_type == "BYTE_ARRAY" and any("DICTIONARY" in one for one in chunk.encodings)
        for chunk in _chunks(metadata)
        if chunk.path_in_schema == name
    )


def _batch_rows(metadata: pq.FileMetaData, chunks: Sequence[pq.ColumnChunkMetaData], chunk_rows: int) -> int:
    """So few rows that they fit in memory even where each is as long as the file says that it may be."""
    rows: int = chunk_rows
    size = sum(max(chunk.total_uncompressed_size, 0) for chunk in chunks)
    if metadata.num_rows > 0:
        rows = min(rows, MOST_CHUNK_BYTES // (size // metadata.num_rows + 1))
    for chunk in chunks:
        if DELTA in chunk.encodings:
            rows = min(rows, DELTA_BATCH_BYTES // (max(chunk.total_uncompressed_size, 0) + 1))
    fixed = [max(metadata.schema.column(place).length, 0) for place in range(len(metadata.schema))]
    return max(min(rows, MOST_CHUNK_BYTES // (int(sum(fixed)) + 1)), 1)


def _slices(batch: pa.RecordBatch, meter: Meter) -> Iterator[pa.RecordBatch]:
    widths = np.zeros(batch.num_rows, np.int64)
    for column in batch.columns:
        widths += np.maximum(_widths(column), LEAST_CELL_BYTES)
    if widths.max() > MOST_ROW_BYTES:
        raise meter.refuse_row()
    ends = np.cumsum(widths)
    meter.add(int(ends[-1]))
    start = 0
    while start < batch.num_rows:
        most = ends[start] - widths[start] + MOST_CHUNK_BYTES
        stop = int(np.searchsorted(ends, most, side="right"))
        yield batch.slice(start, stop - start)
        start = stop


def _widths(array: pa.Array) -> Widths:
    """Bytes that each value takes as text, or about so many."""
    if pa.types.is_dictionary(array.type):
        places = pc.fill_null(array.indices, 0).to_numpy(zero_copy_only=False)
        known: Widths = np.append(_widths(array.dictionary), 0)[places]
        return known
    if not is_text(array.type):
        return np.full(len(array), LEAST_CELL_BYTES * 2, np.int64)
    is_view = pa.types.is_string_view(array.type) or pa.types.is_binary_view(array.type)
    lengths = pc.binary_length(array.cast(pa.large_binary()) if is_view else array)
    widths: Widths = pc.fill_null(lengths, 0).to_numpy(zero_copy_only=False).astype(np.int64)
    return widths
