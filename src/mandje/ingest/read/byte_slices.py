"""Stretches of bytes, found and cut out in whole columns with numpy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

NUL, NEWLINE, RETURN, QUOTE, COMMA = 0, 10, 13, 34, 44


def as_array(data: bytes) -> Bytes:
    """The bytes as numbers, without a copy."""
    return np.frombuffer(data, dtype=np.uint8)


def places_of(array: Bytes, byte: int) -> Places:
    """Where a byte stands, ascending."""
    return np.flatnonzero(array == byte)


def merged(*places: Places) -> Places:
    """All the places, ascending, each once."""
    every = np.sort(np.concatenate(places), kind="stable")
    is_new: Mask = np.diff(every, prepend=-1) > 0
    return every[is_new]


def without(places: Places, others: Places, size: int) -> Places:
    """Those places that are not among the others; `size` bytes in all."""
    is_other = np.zeros(size + 1, np.bool_)
    is_other[others] = True
    return places[~is_other[places]]


def outside(places: Places, quotes: Places) -> Places:
    """Those places that have an even number of quotes before them."""
    is_outside: Mask = np.searchsorted(quotes, places) % 2 == 0
    return places[is_outside]


def inside(starts: Places, ends: Places, size: int) -> Mask:
    """True within the stretches [start, end), ascending and apart; `size` bytes in all."""
    steps = np.zeros(size + 1, dtype=np.int8)
    steps[starts] += 1
    steps[ends] -= 1
    return np.cumsum(steps[:-1], dtype=np.int8).astype(np.bool_)


def cut_out(array: Bytes, starts: Places, ends: Places) -> pl.Series:
    """The stretches [start, end), ascending and apart, as a column of text; they must be UTF-8."""
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(ends - starts, dtype=np.int64)])
    kept = array[inside(starts, ends, array.size)]
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(kept)]
    binary = pa.LargeBinaryArray.from_buffers(pa.large_binary(), starts.size, buffers)
    series = pl.from_arrow(binary)
    assert isinstance(series, pl.Series)  # noqa: S101 - for the type checker: an array gives a series
    return series.cast(pl.String)


def undecodable(data: bytes) -> Places:
    """Where the bytes are not UTF-8, or NUL, which no text holds; ascending."""
    nul = places_of(as_array(data), NUL) if NUL in data else np.zeros(0, np.int64)
    if data.isascii():
        return nul
    return merged(nul, _decoding_faults(data))


def _decoding_faults(data: bytes) -> Places:
    """Each byte that cannot be decoded becomes a lone surrogate; counting bytes per character finds it."""
    decoded = data.decode(errors="surrogateescape").encode("utf-32-le", errors="surrogatepass")
    points = np.frombuffer(decoded, dtype=np.uint32)
    is_fault = (points >= 0xDC80) & (points <= 0xDCFF)  # noqa: PLR2004 - the range that PEP 383 uses
    lengths = 1 + (points > 0x7F).astype(np.int64) + (points > 0x7FF) + (points > 0xFFFF)  # noqa: PLR2004
    lengths[is_fault] = 1
    return (np.cumsum(lengths) - lengths)[is_fault]
