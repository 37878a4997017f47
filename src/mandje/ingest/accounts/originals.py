"""Rows of delivered files as they were delivered, by the readers that validated them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from mandje.ingest.documents.lines import document_lines
from mandje.ingest.read.byte_slices import NEWLINE, as_array, places_of
from mandje.ingest.read.chunks import cut_lines, read_blocks
from mandje.ingest.read.formats import Format, format_of
from mandje.ingest.read.parsed import ExportFile
from mandje.ingest.read.read_parquet import read_originals
from mandje.ingest.read.unpacked import Meter, Unpacked

CHUNK_ROWS = 250_000


def original_rows(file: ExportFile, lines: Sequence[int], most_unpacked_bytes: int) -> pl.Series:
    """For each of these lines of a file the line as it stands there, or the row of a Parquet file as JSON.

    A row of several lines is known by its first; null where there is no such line.

    Raises:
        Refused: the file cannot be read.
    """
    promised, meter = format_of(file.path), Unpacked(most_unpacked_bytes).meter(file)
    is_parquet = promised.kind == "parquet"
    if is_parquet:
        found = dict(read_originals(file.path, lines, meter))
    elif promised.kind == "json":
        found = dict(_objects(file.path, promised, meter))
    else:
        found = dict(_text_lines(file.path, promised, lines, meter))
    return pl.Series([found.get(line) for line in lines], dtype=pl.String)


def _objects(path: Path, promised: Format, meter: Meter) -> Iterator[tuple[int, str]]:
    """Number and text of each object of a JSON array."""
    for block in document_lines(path, promised, meter):
        yield from block.lines.iter_rows()


def _text_lines(
    path: Path, promised: Format, lines: Sequence[int], meter: Meter
) -> Iterator[tuple[int, str]]:
    wanted = np.unique(np.asarray(lines, dtype=np.int64))
    first = 1
    for block in read_blocks(path, promised, CHUNK_ROWS, cut_lines, meter):
        ends = places_of(as_array(block), NEWLINE)
        starts = np.concatenate([np.zeros(1, np.int64), ends + 1])
        ends = np.append(ends, len(block))
        low, high = np.searchsorted(wanted, [first, first + starts.size])
        for line in wanted[low:high].tolist():
            start, end = starts[line - first], ends[line - first]
            if start < len(block):
                yield line, block[start:end].removesuffix(b"\r").decode("utf-8", "backslashreplace")
        first += starts.size - 1
