"""CSV (RFC 4180, with a header) as columns of text, whatever divides its fields.

Well-formed blocks are read in one go and counted independently; any doubt sends the block through
`csv_records`, which finds the rows at fault. A blank line is not a row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import chain, islice, pairwise
from pathlib import Path

import numpy as np
import polars as pl

from mandje.contracts.types import Table
from mandje.ingest.read.byte_slices import NEWLINE, as_array, inside, undecodable
from mandje.ingest.read.chunks import read_blocks, read_head
from mandje.ingest.read.csv_header import Dialect, Shape, find_dialect, read_header
from mandje.ingest.read.csv_records import (
    FAULTS,
    MostlyMalformed,
    Records,
    cut_records,
    find_records,
    without_footer,
)
from mandje.ingest.read.formats import Format
from mandje.ingest.read.text_rows import (
    NOT_TEXT,
    Texts,
    broken_rows,
    mostly_malformed,
    no_broken_rows,
    refusal,
    text_rows,
)
from mandje.ingest.read.unpacked import Meter, Unpacked
from mandje.ingest.values.written_forms import settle


def read_csv(path: Path, promised: Format, table: Table, chunk_rows: int, meter: Meter) -> Iterator[Texts]:
    """The rows of a CSV file, in order, in blocks of about `chunk_rows` rows.

    Where numbers or days may be written in several ways, the file is looked through first: see
    `values.written_forms`.

    Raises:
        Refused: the file as a whole cannot be read, or its header is not the contract's.
    """
    dialect = find_dialect(read_head(path, promised), table)
    read = partial(_texts, path, promised, table, chunk_rows, dialect)
    texts = read(meter)
    if dialect.separator == b"," and not table.open:
        yield from texts
        return
    begun = list(islice(texts, 2))
    is_whole = len(begun) <= 1
    whole = begun if is_whole else read(Unpacked(meter.total.most).meter(meter.file))
    forms = settle((part.rows for part in whole), table, dialect.separator)
    for part in chain(begun, texts):
        yield replace(part, rows=forms.plain(part.rows))


def _texts(  # noqa: PLR0913, PLR0917 - what is read, and how
    path: Path, promised: Format, table: Table, chunk_rows: int, dialect: Dialect, meter: Meter
) -> Iterator[Texts]:
    cut = partial(cut_records, separator=dialect.separator)
    shape: Shape | None = None
    line = dialect.line
    try:
        blocks = read_blocks(path, promised, chunk_rows, cut, meter, dialect.skipped)
        for block, following in pairwise(chain(blocks, [b""])):
            body = block
            if shape is None:
                shape, size = read_header(block, dialect, table, path)
                line += block.count(b"\n", 0, size)
                body = block[size:]
            if body:
                texts = _plain(body, shape, line) or _careful(body, shape, line, is_last=not following)
                meter.add_rows(texts, len(body))
                yield replace(texts, rows=shape.told.plain(texts.rows), unknown=shape.unknown)
                line += body.count(b"\n")
    except MostlyMalformed:
        raise mostly_malformed(path, line) from None


def _plain(body: bytes, shape: Shape, line: int) -> Texts | None:
    """Rows of a block without quotes, blank lines or faults, else None.

    The reader pads short rows in silence: only the count of separators tells.
    """
    if b'"' in body or shape.width == 1 or undecodable(body).size:
        return None
    array = as_array(body)
    line_count = int(np.count_nonzero(array == NEWLINE)) + (not body.endswith(b"\n"))
    if int(np.count_nonzero(array == shape.dialect.separator[0])) != (shape.width - 1) * line_count:
        return None
    try:
        rows = _columns(body, shape)
    except pl.exceptions.PolarsError:
        return None
    lines = np.arange(line, line + line_count)
    return Texts(text_rows(rows, lines, shape.table), no_broken_rows()) if rows.height == line_count else None


def _careful(body: bytes, shape: Shape, line: int, *, is_last: bool) -> Texts:
    records = find_records(body, shape.width, shape.dialect.separator)
    if is_last and shape.table.open:
        records = without_footer(records, body)
    is_sound = records.faults == 0
    array = as_array(body)
    kept = array[inside(records.starts[is_sound], records.ends[is_sound], array.size)].tobytes()
    rows = _columns(kept, shape)
    if rows.height != int(is_sound.sum()):
        raise refusal(
            "unreadable",
            "rows cannot be told apart",
            shape.path,
            f"{rows.height} rows",
            f"{is_sound.sum()}",
            line,
        )
    lines = records.lines + line
    return Texts(text_rows(rows, lines[is_sound], shape.table), _broken(records, lines, shape.width))


def _columns(body: bytes, shape: Shape) -> pl.DataFrame:
    names = list(shape.places)
    frame = pl.read_csv(
        body,
        has_header=False,
        separator=shape.dialect.separator.decode(),
        schema={str(place): pl.String for place in range(shape.width)},
        columns=list(shape.places.values()),
        quote_char='"' if b'"' in body else None,
    )
    return frame.rename(dict(zip(frame.columns, names, strict=True)))


def _broken(records: Records, lines: np.typing.NDArray[np.int64], width: int) -> pl.DataFrame:
    counts = pl.Series(records.field_counts)
    reasons: dict[str, pl.Series | str] = {
        "quoting": "found a quote that does not enclose a whole field, expected quotes as in RFC 4180",
        "encoding": NOT_TEXT,
    }
    frames = []
    for code, rule in enumerate(FAULTS, start=1):
        chosen = records.faults == code
        ragged = pl.select(
            pl.format("found {} fields, expected {}", counts.filter(chosen), width)
        ).to_series()
        frames.append(broken_rows(lines[chosen], rule, reasons.get(rule, ragged)))
    return pl.concat(frames)
