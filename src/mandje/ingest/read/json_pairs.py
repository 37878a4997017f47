"""Keys and values of flat JSON objects, found in whole columns of bytes."""

from __future__ import annotations

import numpy as np
import polars as pl

from mandje.ingest.read.byte_slices import (
    COMMA,
    NEWLINE,
    QUOTE,
    Bytes,
    Places,
    as_array,
    cut_out,
    merged,
    outside,
    places_of,
    without,
)

BACKSLASH, COLON, CLOSING_BRACE = 92, 58, 125


def find_pairs(data: bytes) -> pl.DataFrame:
    """Every key with its value in lines that each hold one flat JSON object.

    Columns: `row` (number of the line, from 0), `key`, `value` (text of a string, or a number, true or false
    as written; null for null), `is_string`.
    """
    array = as_array(data)
    quotes = _quotes(array)
    colons, commas, braces = (outside(places_of(array, b), quotes) for b in (COLON, COMMA, CLOSING_BRACE))
    stops = merged(commas, braces)
    ends = stops[np.searchsorted(stops, colons)] if colons.size else colons
    nth = np.searchsorted(quotes, colons)  # the first quote after each colon
    value_open = np.append(quotes, [array.size] * 2)[nth]
    value_close = np.append(quotes, [array.size] * 2)[nth + 1]
    is_string = value_open < ends
    starts = np.where(is_string, value_open + 1, colons + 1)
    values = cut_out(array, starts, np.where(is_string, value_close, ends))
    return pl.DataFrame(
        {
            "row": np.searchsorted(places_of(array, NEWLINE), colons),
            "key": _unescaped(cut_out(array, quotes[nth - 2] + 1, quotes[nth - 1])),
            "value": _values(values, pl.Series(is_string)),
            "is_string": is_string,
        }
    )


def _quotes(array: Bytes) -> Places:
    """Quotes that open or close a string: those not escaped by an odd run of backslashes."""
    quotes, slashes = places_of(array, QUOTE), places_of(array, BACKSLASH)
    if not slashes.size:
        return quotes
    is_first = np.diff(slashes, prepend=-2) > 1
    is_last = np.diff(slashes, append=array.size + 1) > 1
    run_length = slashes[is_last] - slashes[is_first] + 1
    escaped = slashes[is_last][run_length % 2 == 1] + 1
    return without(quotes, escaped, array.size)


def _values(texts: pl.Series, is_string: pl.Series) -> pl.Series:
    bare = texts.str.strip_chars(" \t\r")
    written = bare.set(bare == "null", None)
    return _unescaped(texts).zip_with(is_string, written)


def _unescaped(texts: pl.Series) -> pl.Series:
    escaped = texts.str.contains("\\", literal=True)
    if not escaped.any():
        return texts
    quoted = '"' + texts.filter(escaped) + '"'
    return texts.scatter(escaped.arg_true(), quoted.str.json_decode(pl.String))
