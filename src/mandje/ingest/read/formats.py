"""What a file says it is by its name, and what its first bytes say it is."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, cast

from mandje.ingest.read.text_rows import refusal

Kind = Literal["csv", "jsonl", "json", "parquet"]


@dataclass(frozen=True, slots=True)
class Format:
    """How the rows are written, and whether gzip is wrapped around them."""

    kind: Kind
    gzipped: bool = False


FORMATS = {
    ".csv": Format("csv"),
    ".csv.gz": Format("csv", gzipped=True),
    ".jsonl": Format("jsonl"),
    ".jsonl.gz": Format("jsonl", gzipped=True),
    ".json": Format("json"),
    ".json.gz": Format("json", gzipped=True),
    ".parquet": Format("parquet"),
}
GZIP, PARQUET = b"\x1f\x8b", b"PAR1"
UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
UTF_16_TEXT = "UTF-16 text"
# First bytes of what is mistaken for an export most often; the longer of two that begin alike comes first.
SIGNATURES = {
    GZIP: "gzip",
    PARQUET: "Parquet",
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"%PDF": "PDF",
    b"SQLite format": "an SQLite database",
    b"\xff\xfe\x00\x00": "UTF-32 text",
    **dict.fromkeys(UTF_16, UTF_16_TEXT),
}


def format_of(path: Path) -> Format:
    """The format that the name promises.

    Raises:
        Refused: `unknown_file` for any other name, `empty_file` for 0 bytes, `not_its_format` where the
            first bytes are those of another format.
    """
    name = path.name.lower()
    known = next((FORMATS[end] for end in sorted(FORMATS, key=len, reverse=True) if name.endswith(end)), None)
    if known is None:
        raise refusal(
            "unknown_file",
            "the name has no known ending",
            path,
            path.name,
            ", ".join(FORMATS),
            next_step="give the file the ending of what it is, or take it out of the delivery",
        )
    with path.open("rb") as stream:
        _compare(stream.read(16), known, path)
    return known


def _compare(head: bytes, promised: Format, path: Path) -> None:
    if not head:
        raise refusal(
            "empty_file",
            "the file has 0 bytes",
            path,
            "0 bytes",
            "at least a header",
            next_step="let it be delivered again; if nothing was due, deliver the header alone",
        )
    found = signature(head)
    expected = {True: "gzip", False: "Parquet" if promised.kind == "parquet" else None}[promised.gzipped]
    if found == UTF_16_TEXT and promised == FORMATS[".csv"]:
        return
    if found != expected:
        raise wrong_format(path, found, expected)


def wrong_format(path: Path, found: str | None, expected: str | None) -> Exception:
    """The refusal of a file that is not what its name says; None stands for plain text."""
    text = "text in UTF-8"
    return refusal(
        "not_its_format",
        "the file is not what its name says",
        path,
        found or "none of the marks of a known format",
        expected or text,
        next_step="let the shop's system write what the name says, or end the name with what it is: "
        + ", ".join(FORMATS),
    )


def old_line_ends(path: Path) -> Exception:
    """The refusal of a text whose lines end with CR alone: it is one line to all that read it."""
    return refusal(
        "header",
        "the lines end with a carriage return (CR) alone, as on old Macs",
        path,
        "CR without LF",
        "LF, or CR LF, at the end of each line",
        1,
        r"let the shop's system write LF, or convert: tr '\r' '\n' < OLD > NEW",
    )


def signature(head: bytes) -> str | None:
    """The format that the first bytes give away, or None."""
    return next((name for mark, name in SIGNATURES.items() if head.startswith(mark)), None)


@contextmanager
def open_bytes(path: Path, promised: Format) -> Iterator[BinaryIO]:
    """The bytes of a text file, unpacked."""
    if promised.gzipped:
        with gzip.open(path) as stream:
            yield cast("BinaryIO", stream)
    else:
        with path.open("rb", buffering=0) as stream:
            yield cast("BinaryIO", stream)
