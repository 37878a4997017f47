"""CSV (RFC 4180, UTF-8, commas, a header) as columns of text.

Well-formed blocks are read in one go and counted independently; any doubt sends the block through
`csv_records`, which finds the rows at fault. A blank line is not a row.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from mandje.contracts.types import Table
from mandje.ingest.read.byte_slices import COMMA, NEWLINE, as_array, inside, undecodable
from mandje.ingest.read.chunks import read_blocks
from mandje.ingest.read.csv_records import FAULTS, RECORD, MostlyMalformed, Records, cut_records, find_records
from mandje.ingest.read.formats import Format, old_line_ends, wrong_format
from mandje.ingest.read.header import expected, match_header
from mandje.ingest.read.text_rows import (
    NOT_TEXT,
    Texts,
    broken_rows,
    mostly_malformed,
    no_broken_rows,
    refusal,
    text_rows,
)
from mandje.ingest.read.unpacked import Meter


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the header says: fields in a row, and which contract column stands where."""

    path: Path
    table: Table
    width: int
    places: dict[str, int]


def read_csv(path: Path, promised: Format, table: Table, chunk_rows: int, meter: Meter) -> Iterator[Texts]:
    """The rows of a CSV file, in order, in blocks of about `chunk_rows` rows.

    Raises:
        Refused: the file as a whole cannot be read, or its header is not the contract's.
    """
    shape: _Shape | None = None
    line = 1
    try:
        for block in read_blocks(path, promised, chunk_rows, cut_records, meter):
            body = block
            if shape is None:
                header = _first_record(block, table, path)
                shape = _shape(header, table, path)
                line += header.count(b"\n")
                body = block[len(header) :]
            if body:
                texts = _plain(body, shape, line) or _careful(body, shape, line)
                meter.add_rows(texts, len(body))
                yield texts
                line += body.count(b"\n")
    except MostlyMalformed:
        raise mostly_malformed(path, line) from None


def _first_record(block: bytes, table: Table, path: Path) -> bytes:
    record = RECORD.match(block)
    header = b"" if record is None else record.group()
    if b"\0" in header:
        raise wrong_format(path, "NUL bytes in the first line: binary data or UTF-16 text", None)
    if not header.strip():
        raise _no_header(block, table, path)
    if b"\r" in header.rstrip(b"\r\n"):
        raise old_line_ends(path)
    return header


def _no_header(block: bytes, table: Table, path: Path) -> Exception:
    """The refusal of a file whose first line is no record."""
    first = block.split(b"\n", 1)[0]
    if b"\r" in first.rstrip(b"\r"):
        return old_line_ends(path)
    if first.count(b'"') % 2:
        step = "take the quotes out of the header, or close each; names need none"
        return refusal("header", "a quote in the header is not closed", path, "one quote", "pairs", 1, step)
    step = "begin the file with its column names; if nothing was due, deliver the header alone"
    return refusal("header", "no header", path, "no readable first line", expected(table), 1, step)


def _shape(header: bytes, table: Table, path: Path) -> _Shape:
    try:
        names = next(csv.reader([header.decode().rstrip("\r\n")], strict=True))
    except UnicodeDecodeError as fault:
        raise _not_utf8(header, fault.start, path) from None
    except csv.Error as fault:
        raise refusal("header", "the header cannot be read", path, str(fault), expected(table), 1) from None
    return _Shape(path, table, len(names), match_header(names, table, path))


def _not_utf8(header: bytes, place: int, path: Path) -> Exception:
    """The refusal of a header in another encoding: which byte, and what it would be there."""
    byte = header[place : place + 1]
    letter = byte.decode("cp1252", "replace")
    told = f"; in Windows-1252 it is {letter}" if letter.isalpha() else ""
    return refusal(
        "header",
        "the header is not in UTF-8",
        path,
        f"byte {byte.hex().upper()} in field {header[:place].count(b',') + 1}{told}",
        "text in UTF-8",
        1,
        "let the shop's system write UTF-8, or convert: iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW",
    )


def _plain(body: bytes, shape: _Shape, line: int) -> Texts | None:
    """Rows of a block without quotes, blank lines or faults, else None.

    The reader pads short rows in silence: only the count of commas tells.
    """
    if b'"' in body or shape.width == 1 or undecodable(body).size:
        return None
    array = as_array(body)
    line_count = int(np.count_nonzero(array == NEWLINE)) + (not body.endswith(b"\n"))
    if int(np.count_nonzero(array == COMMA)) != (shape.width - 1) * line_count:
        return None
    try:
        rows = _columns(body, shape)
    except pl.exceptions.PolarsError:
        return None
    lines = np.arange(line, line + line_count)
    return Texts(text_rows(rows, lines, shape.table), no_broken_rows()) if rows.height == line_count else None


def _careful(body: bytes, shape: _Shape, line: int) -> Texts:
    records = find_records(body, shape.width)
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


def _columns(body: bytes, shape: _Shape) -> pl.DataFrame:
    names = list(shape.places)
    frame = pl.read_csv(
        body,
        has_header=False,
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
