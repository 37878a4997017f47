"""Ids that a typed file holds as numbers with a point: whole ones are the integers that they are."""

from __future__ import annotations

import polars as pl

from mandje.contracts.ids import EXACT_FLOATS, SHORT_FLOAT
from mandje.ingest.values.merge import merge

# Whole numbers below these are exact in a float of so many bits.
_EXACT: dict[object, int] = {pl.Float64(): EXACT_FLOATS, pl.Float32(): 2**24, pl.Float16(): 2**11}
_NUMBER = r"^-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$"
# So much a float of 64 bits may be and have digits alone.
_MOST_DIGITS = 10**18


def number_ids(values: pl.Series) -> pl.Series:
    """Floats or decimals as text.

    A whole float that is not exact is written with `.0`, by which the rules refuse its row.
    """
    if values.dtype.is_decimal():
        return values.cast(pl.String).str.replace(r"\.0+$", "")
    whole = values.is_finite() & (values == values.round(0))
    exact = (values.abs() < _EXACT[values.dtype]) & whole
    large = (whole & ~exact).fill_null(value=False)
    digits = values.set(~exact.fill_null(value=False), None).cast(pl.Int64).cast(pl.String)
    return digits.fill_null(values.cast(pl.String)).zip_with(~large, _large(values))


def _large(values: pl.Series) -> pl.Series:
    """Floats that are not exact, in a form that the rules of a row refuse."""
    mark = "" if values.dtype == pl.Float64() else SHORT_FLOAT
    digits = values.cast(pl.Float64).clip(-_MOST_DIGITS, _MOST_DIGITS).cast(pl.Int64, strict=False)
    return digits.cast(pl.String) + f".0{mark}"


def written_ids(texts: pl.Series) -> pl.Series:
    """The same for numbers as JSON writes them; what has neither point nor exponent stays as it is."""
    is_float = (texts.str.contains(_NUMBER) & texts.str.contains(r"[.eE]")).fill_null(value=False)
    if not is_float.any():
        return texts
    return merge(texts, is_float, number_ids(texts.filter(is_float).cast(pl.Float64)))
