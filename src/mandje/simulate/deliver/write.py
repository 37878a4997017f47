"""One file of a delivery, whole or broken on purpose; equal rows give equal bytes."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import polars as pl

from mandje.simulate.deliver.broken_file import BrokenFile
from mandje.simulate.deliver.render import has_bad_bytes, json_lines, texts, typed, with_bad_bytes

ENDINGS = {
    "orders": ".csv.gz",
    "order_lines": ".csv.gz",
    "returns": ".jsonl",
    "adjustments": ".csv",
    "payments": ".csv",
    "fulfilments": ".csv",
    "session_events": ".parquet",
    "customers": ".csv",
    "products": ".csv",
    "ad_spend": ".csv",
    "service_contacts": ".jsonl",
    "messages": ".jsonl",
    "message_events": ".jsonl",
    "experiment_assignments": ".csv",
    "exchange_rates": ".csv",
}
_GZIP_LEVEL = 3
_ROW_GROUP = 131_072
_GZIP_HEADER = bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255])
_LONGEST_STORED = 65_535


def file_name(feed: str, suffix: str = "") -> str:
    """Name of a feed's file; a delivery with several gives each but one a suffix."""
    return f"{feed}{'_' if suffix else ''}{suffix}{ENDINGS[feed]}"


def write_file(folder: Path, feed: str, file: BrokenFile) -> int:
    """Write a file into a delivery's folder, broken as it says; its size in bytes.

    Truncated: the second half is missing. Header: the first column has another name. Zero bytes: nothing.
    """
    content = b"" if file.breakage == "zero_bytes" else _content(feed, file)
    if file.breakage == "truncated":
        content = content[: len(content) // 2]
    return (folder / file_name(feed, file.name_suffix)).write_bytes(content)


def _content(feed: str, file: BrokenFile) -> bytes:
    ending = ENDINGS[feed]
    is_renamed = file.breakage == "header"
    if ending == ".jsonl":
        return _jsonl(file.rows, feed, is_renamed=is_renamed)
    if ending == ".parquet":
        return _parquet(_renamed(typed(file.rows, feed), is_renamed=is_renamed))
    cells = _renamed(texts(file.rows, feed), is_renamed=is_renamed)
    if ending == ".csv":
        return _csv(cells)
    return _stored(_csv(cells)) if has_bad_bytes(file.rows) else _packed(cells)


def _renamed(cells: pl.DataFrame, *, is_renamed: bool) -> pl.DataFrame:
    first = cells.columns[0]
    return cells.rename({first: _other_name(first)}) if is_renamed else cells


def _other_name(name: str) -> str:
    return f"{name}_new"


def _parquet(cells: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    cells.write_parquet(buffer, compression="zstd", compression_level=1, row_group_size=_ROW_GROUP)
    return buffer.getvalue()


def _jsonl(rows: pl.DataFrame, feed: str, *, is_renamed: bool) -> bytes:
    """A file without rows is one blank line: 0 bytes would be a broken file."""
    lines = json_lines(rows, feed)
    first = rows.columns[0]
    if is_renamed:
        lines = lines.str.replace(f'{{"{first}":', f'{{"{_other_name(first)}":', literal=True)
    return with_bad_bytes(("\n".join(lines) + "\n").encode())


def _csv(cells: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    cells.write_csv(buffer)
    return with_bad_bytes(buffer.getvalue())


def _packed(cells: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    cells.write_csv(buffer, compression="gzip", compression_level=_GZIP_LEVEL, check_extension=False)
    return buffer.getvalue()


def _stored(content: bytes) -> bytes:
    """Gzip without compression, RFC 1951 and 1952: what the packer for text cannot take.

    Made here, since how other packers cut it differs between their versions.
    """
    starts = range(0, len(content), _LONGEST_STORED)
    blocks = [content[start : start + _LONGEST_STORED] for start in starts]
    packed = [_GZIP_HEADER]
    for number, block in enumerate(blocks, start=1):
        size = len(block)
        packed += [bytes([number == len(blocks)]), size.to_bytes(2, "little")]
        packed += [(size ^ 0xFFFF).to_bytes(2, "little"), block]
    ends = zlib.crc32(content).to_bytes(4, "little"), (len(content) % 2**32).to_bytes(4, "little")
    return b"".join([*packed, *ends])
