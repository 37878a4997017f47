"""A file of any size as blocks of whole records, so that memory stays bounded."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, pairwise
from pathlib import Path

from mandje.ingest.read.byte_slices import NEWLINE, as_array, places_of
from mandje.ingest.read.formats import UTF_16, UTF_16_TEXT, Format, open_bytes, signature
from mandje.ingest.read.text_rows import Refused, refusal
from mandje.ingest.read.unpacked import MOST_ROW_BYTES, Meter
from mandje.system.machine import lies_in_machine

BOM = b"\xef\xbb\xbf"
BYTES_PER_ROW = 64
LEAST_BLOCK_BYTES = 4096
# A header, and what stands before it, lie within so many bytes.
HEAD_BYTES = 64 * 1024

Cut = Callable[[bytes], int]


def read_blocks(  # noqa: PLR0913, PLR0917 - what is read, and how
    path: Path, promised: Format, chunk_rows: int, cut: Cut, meter: Meter, skipped: int = 0
) -> Iterator[bytes]:
    """Blocks of at most `chunk_rows` lines in UTF-8, without byte order mark; the last may lack its line end.

    `cut` tells how many bytes of a block are whole records; the first `skipped` bytes are left out.

    Raises:
        Refused: `unreadable` (damaged gzip, no permission, half a character), `empty_file`, `too_big`.
    """
    size = max(chunk_rows * BYTES_PER_ROW, LEAST_BLOCK_BYTES)
    with refusing_damage(path, promised):
        blocks = _after(_metered(_text_blocks(path, promised, size), meter), skipped)
        for block in _cut_blocks(path, blocks, cut, meter):
            yield from pieces(block, chunk_rows, cut)


def line_blocks(path: Path, promised: Format, size: int, meter: Meter) -> Iterator[bytes]:
    """Blocks of whole lines of about `size` bytes, as `read_blocks` gives them, of any number of lines.

    Raises:
        Refused: as `read_blocks`.
    """
    with refusing_damage(path, promised):
        rest, is_empty = b"", True
        for block in _metered(_text_blocks(path, promised, max(size, LEAST_BLOCK_BYTES)), meter):
            end = cut_lines(block)
            if end:
                yield b"".join((rest, memoryview(block)[:end]))
                rest, is_empty = b"", False
            rest += block[end:]
            if len(rest) > MOST_ROW_BYTES:
                raise meter.refuse_row()
        if rest:
            yield rest
        elif is_empty:
            raise _empty(path)


def read_head(path: Path, promised: Format) -> bytes:
    """The first bytes of a text file, in UTF-8, without byte order mark.

    Raises:
        Refused: `unreadable`.
    """
    with refusing_damage(path, promised):
        return next(_text_blocks(path, promised, HEAD_BYTES))


@contextmanager
def refusing_damage(path: Path, promised: Format) -> Iterator[None]:
    """Bytes that cannot be read become the refusal of their file.

    Raises:
        Refused: `unreadable`.
    """
    try:
        yield
    except (OSError, EOFError, zlib.error, gzip.BadGzipFile) as fault:
        if isinstance(fault, OSError) and lies_in_machine(fault):
            raise
        what = "damaged or truncated gzip" if promised.gzipped else "a file that cannot be read"
        raise refusal("unreadable", f"{what}: {fault}", path, what, "a whole file") from None


def cut_lines(data: bytes) -> int:
    """How many bytes are whole lines."""
    return data.rfind(b"\n") + 1


def _text_blocks(path: Path, promised: Format, size: int) -> Iterator[bytes]:
    """The text in blocks of about so many bytes; only the first may be empty."""
    with open_bytes(path, promised) as stream:
        first = stream.read(min(size, path.stat().st_size + 1)) if not promised.gzipped else stream.read(size)
        blocks = iter(lambda: stream.read(size), b"")
        if promised.kind == "csv" and signature(first) == UTF_16_TEXT:
            yield from _from_utf_16(chain([first], blocks), path)
        else:
            yield first.removeprefix(BOM)
            yield from blocks


def _from_utf_16(blocks: Iterator[bytes], path: Path) -> Iterator[bytes]:
    """The same in UTF-8. Half a surrogate pair becomes bytes that are no UTF-8: its row is rejected."""
    first = next(blocks)
    decoder = codecs.getincrementaldecoder(UTF_16[first[:2]])("surrogatepass")
    yield decoder.decode(first[2:]).encode(errors="surrogatepass")
    for block in blocks:
        if text := decoder.decode(block):
            yield text.encode(errors="surrogatepass")
    if decoder.getstate()[0]:
        fault, expected = (
            "the text ends within a character",
            "two bytes, or four, for each character of UTF-16",
        )
        raise refusal("unreadable", fault, path, "bytes left over at the end", expected)


def _metered(blocks: Iterator[bytes], meter: Meter) -> Iterator[bytes]:
    for block in blocks:
        meter.add(len(block))
        yield block


def _after(blocks: Iterator[bytes], skipped: int) -> Iterator[bytes]:
    for block in blocks:
        if not skipped or len(block) > skipped:
            yield block[skipped:]
        skipped = max(skipped - len(block), 0)


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
            raise _empty(path)


def _empty(path: Path) -> Refused:
    return refusal("empty_file", "the file has no content", path, "0 bytes", "at least a header")


def pieces(block: bytes, most_lines: int, cut: Cut) -> Iterator[bytes]:
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
