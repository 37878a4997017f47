"""What names of columns say of the cells below them: the currency, or the unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

_WHOLE = r"^\s*[0-9]+\s*$"
_PLACES = 6


@dataclass(frozen=True, slots=True)
class ToldByHeader:
    """What one header says.

    `values`: what stands in every row of a column that the file has not; `millionths`: columns written in
    millionths.
    """

    values: Mapping[str, str]
    millionths: tuple[str, ...]

    def plain(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows of text with the values of columns that the file has not, and in whole units."""
        told = [pl.lit(value).alias(name) for name, value in self.values.items()]
        return rows.with_columns(*told, *map(_from_millionths, self.millionths))


def _from_millionths(name: str) -> pl.Expr:
    """`1234500000` → `1234.500000`; another text is made one that no number is."""
    value = pl.col(name)
    digits = value.str.strip_chars().str.zfill(_PLACES + 1)
    whole = pl.concat_str(digits.str.head(-_PLACES), pl.lit("."), digits.str.tail(_PLACES))
    return pl.when(value.str.contains(_WHOLE)).then(whole).otherwise(value + " millionths").alias(name)
