"""A file of any size as blocks of whole records, so that memory stays bounded."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from itertools import chain, pairwise
from pathlib import Path

from mandje.ingest.read.byte_slices import NEWLINE, as_array, places_of
from mandje.ingest.read.formats import Format, open_bytes
from mandje.ingest.read.text_rows import refusal
from mandje.ingest.read.unpacked import MOST_ROW_BYTES, Meter
from mandje.system.machine import lies_in_machine

BOM = b"\xef\xbb\xbf"
BYTES_PER_ROW = 64
LEAST_BLOCK_BYTES = 4096

Cut = Callable[[bytes], int]


def read_blocks(path: Path, promised: Format, chunk_rows: int, cut: Cut, meter: Meter) -> Iterator[bytes]:
    """Blocks of at most `chunk_rows` lines, without byte order mark; only the last may lack its line end.

    `cut` tells how many bytes of a block are whole records.

    Raises:
        Refused: `unreadable` (damaged gzip, no permission), `empty_file`, `too_big`.
    """
    size = max(chunk_rows * BYTES_PER_ROW, LEAST_BLOCK_BYTES)
    try:
        for block in _cut_blocks(path, _read(path, promised, size, meter), cut, meter):
            yield from _pieces(block, chunk_rows, cut)
    except (OSError, EOFError, zlib.error, gzip.BadGzipFile) as fault:
        if isinstance(fault, OSError) and lies_in_machine(fault):
            raise
        what = "damaged or truncated gzip" if promised.gzipped else "a file that cannot be read"
        raise refusal("unreadable", f"{what}: {fault}", path, what, "a whole file") from None


def cut_lines(data: bytes) -> int:
    """How many bytes are whole lines."""
    return data.rfind(b"\n") + 1


def _read(path: Path, promised: Format, size: int, meter: Meter) -> Iterator[bytes]:
    with open_bytes(path, promised) as stream:
        first = stream.read(min(size, path.stat().st_size + 1)) if not promised.gzipped else stream.read(size)
        meter.add(len(first))
        yield first.removeprefix(BOM)
        while block := stream.read(size):
            meter.add(len(block))
            yield block


def _cut_blocks(path: Path, blocks: Iterator[bytes], cut: Cut, meter: Meter) -> Iterator[bytes]:
    rest = b""
    for block, following in pairwise(chain(blocks, [b""])):
        rest += block
        end = cut(rest) if following else len(rest)
        if len(rest) - end > MOST_ROW_BYTES:
            raise meter.refuse_row()
        if end:
            yield rest[:end]
            rest = rest[end:]
        elif not following:
            raise refusal("empty_file", "the file has no content", path, "0 bytes", "at least a header")


def _pieces(block: bytes, most_lines: int, cut: Cut) -> Iterator[bytes]:
    """A block in pieces of at most so many lines, or one record: short lines fill a block by the million."""
    if block.count(b"\n") <= most_lines:
        yield block
        return
    newlines = places_of(as_array(block), NEWLINE)
    start, line, lines = 0, 0, most_lines
    while line + lines < newlines.size:
        piece = block[start : newlines[line + lines - 1] + 1]
        if end := cut(piece):
            yield piece[:end]
            start, lines = start + end, most_lines
            line = int(newlines.searchsorted(start))
        else:
            lines *= 2
    if start < len(block):
        yield block[start:]
