"""A file of any size as blocks of whole records, so that memory stays bounded."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from itertools import chain, pairwise
from pathlib import Path

from mandje.ingest.formats import Format, open_bytes
from mandje.ingest.texts import refusal
from mandje.machine import lies_in_machine

BOM = b"\xef\xbb\xbf"
BYTES_PER_ROW = 64
LEAST_BLOCK_BYTES = 4096
# A single line longer than this is no export.
MOST_LINE_BYTES = 64 * 1024 * 1024


def read_blocks(
    path: Path, promised: Format, chunk_rows: int, cut: Callable[[bytes], int]
) -> Iterator[bytes]:
    """Blocks of about `chunk_rows` rows, without byte order mark; only the last may lack its line end.

    `cut` tells how many bytes of a block are whole records.

    Raises:
        Refused: `unreadable` (damaged gzip, no permission, a line without end), `empty_file`.
    """
    size = max(chunk_rows * BYTES_PER_ROW, LEAST_BLOCK_BYTES)
    try:
        yield from _cut_blocks(path, _read(path, promised, size), cut)
    except (OSError, EOFError, zlib.error, gzip.BadGzipFile) as fault:
        if isinstance(fault, OSError) and lies_in_machine(fault):
            raise
        what = "damaged or truncated gzip" if promised.gzipped else "a file that cannot be read"
        raise refusal("unreadable", f"{what}: {fault}", path, what, "a whole file") from None


def cut_lines(data: bytes) -> int:
    """How many bytes are whole lines."""
    return data.rfind(b"\n") + 1


def _read(path: Path, promised: Format, size: int) -> Iterator[bytes]:
    with open_bytes(path, promised) as stream:
        first = stream.read(min(size, path.stat().st_size + 1)) if not promised.gzipped else stream.read(size)
        yield first.removeprefix(BOM)
        while block := stream.read(size):
            yield block


def _cut_blocks(path: Path, blocks: Iterator[bytes], cut: Callable[[bytes], int]) -> Iterator[bytes]:
    rest = b""
    for block, following in pairwise(chain(blocks, [b""])):
        rest += block
        end = cut(rest) if following else len(rest)
        if end:
            yield rest[:end]
            rest = rest[end:]
        elif len(rest) > MOST_LINE_BYTES:
            limit = f"{MOST_LINE_BYTES} bytes"
            raise refusal("unreadable", "a line has no end", path, f"more than {limit}", f"less than {limit}")
        elif not following:
            raise refusal("empty_file", "the file has no content", path, "0 bytes", "at least a header")
