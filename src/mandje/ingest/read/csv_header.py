"""The header of a CSV file: where it stands, how its fields are divided, which columns it names."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from mandje.contracts.types import Table
from mandje.ingest.read.csv_records import patterns
from mandje.ingest.read.formats import old_line_ends, wrong_format
from mandje.ingest.read.header import (
    bare_names,
    expected,
    known,
    match_header,
    required,
    told_by_header,
    unknown_names,
)
from mandje.ingest.read.text_rows import refusal
from mandje.ingest.values.told_by_header import ToldByHeader

# Where two fit a header equally well, the first is meant.
SEPARATORS = {b",": "comma", b";": "semicolon", b"\t": "tab", b"|": "bar"}
# The header of an open table is one of so many lines: titles and dates may stand before it.
HEADER_LINES = 20


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written: what divides its fields, bytes before its header, the line that it stands on."""

    separator: bytes = b","
    skipped: int = 0
    line: int = 1


@dataclass(frozen=True, slots=True)
class Shape:
    """What the header says: fields in a row, which contract column stands where, what else names tell.

    `unknown` are names of no column; `told` is what names say of the cells below them.
    """

    path: Path
    table: Table
    dialect: Dialect
    width: int
    places: dict[str, int]
    unknown: tuple[str, ...]
    told: ToldByHeader


def find_dialect(head: bytes, table: Table) -> Dialect:
    """The line and the separator that make the first bytes of a file a header of this table.

    That is the first line that names all columns that are needed, else the one that names most. Only an open
    table may have lines before its header.
    """
    names, needed = known(table), set(required(table))
    told = table.part.separator if table.part is not None else None
    separators = tuple(SEPARATORS) if told is None else (told.encode(),)
    best, most = Dialect(separators[0]), 0
    for line, start in enumerate(islice(_line_starts(head), HEADER_LINES if table.open else 1), start=1):
        for separator in separators:
            found = _named(bare_names(_names(head, start, separator), table), names)
            if found and needed <= found:
                return Dialect(separator, start, line)
            if len(found) > most:
                best, most = Dialect(separator, start, line), len(found)
    return best


def _line_starts(head: bytes) -> Iterator[int]:
    start = 0
    while start < len(head):
        yield start
        start = head.find(b"\n", start) + 1 or len(head)


def _named(found: Sequence[str], names: dict[str, str | None]) -> set[str]:
    """The contract columns that these names mean."""
    return {column for name in found if (column := names.get(name))}


def _names(head: bytes, start: int, separator: bytes) -> list[str]:
    record = patterns(separator).record.match(head, start)
    text = record.group() if record else head[start : head.find(b"\n", start) + 1 or len(head)]
    try:
        return next(csv.reader([text.decode(errors="replace").rstrip("\r\n")], delimiter=separator.decode()))
    except csv.Error:
        return []


def read_header(block: bytes, dialect: Dialect, table: Table, path: Path) -> tuple[Shape, int]:
    """What the header says with which a block begins, and how many bytes it takes.

    Raises:
        Refused: `header`, or `not_its_format` for binary data.
    """
    record = patterns(dialect.separator).record.match(block)
    header = b"" if record is None else record.group()
    if b"\0" in header:
        raise wrong_format(path, "NUL bytes in the first line: binary data, or UTF-16 without its mark", None)
    if not header.strip():
        raise _no_header(block, dialect, table, path)
    if b"\r" in header.rstrip(b"\r\n"):
        raise old_line_ends(path)
    return _shape(header, dialect, table, path), len(header)


def _no_header(block: bytes, dialect: Dialect, table: Table, path: Path) -> Exception:
    """The refusal of a file whose first line is no record."""
    first = block.split(b"\n", 1)[0]
    if b"\r" in first.rstrip(b"\r"):
        return old_line_ends(path)
    if first.count(b'"') % 2:
        step = "take the quotes out of the header, or close each; names need none"
        fault = "a quote in the header is not closed"
        return refusal("header", fault, path, "one quote", "pairs", dialect.line, step)
    step = "begin the file with its column names; if nothing was due, deliver the header alone"
    found = "no readable first line"
    return refusal("header", "no header", path, found, expected(table), dialect.line, step)


def _shape(header: bytes, dialect: Dialect, table: Table, path: Path) -> Shape:
    separator, line = dialect.separator, dialect.line
    try:
        text = header.decode().rstrip("\r\n")
        names = next(csv.reader([text], delimiter=separator.decode(), strict=True))
    except UnicodeDecodeError as fault:
        raise _not_utf8(header, fault.start, dialect, path) from None
    except csv.Error as fault:
        message = "the header cannot be read"
        raise refusal("header", message, path, str(fault), expected(table), line) from None
    places = match_header(names, table, path, line, SEPARATORS[separator])
    told = told_by_header(names, table)
    return Shape(path, table, dialect, len(names), places, unknown_names(names, table), told)


def _not_utf8(header: bytes, place: int, dialect: Dialect, path: Path) -> Exception:
    """The refusal of a header in another encoding: which byte, and what it would be there."""
    byte = header[place : place + 1]
    letter = byte.decode("cp1252", "replace")
    told = f"; in Windows-1252 it is {letter}" if letter.isalpha() else ""
    return refusal(
        "header",
        "the header is not in UTF-8",
        path,
        f"byte {byte.hex().upper()} in field {header[:place].count(dialect.separator) + 1}{told}",
        "text in UTF-8",
        dialect.line,
        "let the shop's system write UTF-8, or convert: iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW",
    )
