"""Tables as CSV that no spreadsheet runs: every CSV file or answer that Mandje gives is written here."""

from __future__ import annotations

from typing import IO

import polars as pl

# What a spreadsheet takes for a formula, also after blanks, and what makes it cut a cell in two.
RUNS = r"^[\s\u{feff}\u{200b}]*[=+\-@＝＋－＠]|^[^\S\t\r\n]*[\t\r\n]"
MARK = "'"


def write_csv(frame: pl.DataFrame, file: IO[bytes]) -> None:
    """Write rows with a header; a text that a spreadsheet would run gets `'` before it, numbers stay."""
    texts = frame.select(_flat(column) for column in frame.get_columns())
    names = pl.DataFrame({"name": texts.columns}).select(_harmless("name")).to_series().to_list()
    cells = texts.select(
        _harmless(name) if kind == pl.String else pl.col(name) for name, kind in texts.schema.items()
    )
    cells.rename(dict(zip(texts.columns, names, strict=True))).write_csv(file)


def _harmless(name: str) -> pl.Expr:
    text = pl.col(name)
    return pl.when(text.str.contains(RUNS)).then(MARK + text).otherwise(text).alias(name)


def _flat(column: pl.Series) -> pl.Series:
    """Lists, records, bytes and the like as text: a cell holds one value."""
    kind = column.dtype
    if kind == pl.String or kind.is_numeric() or kind.is_temporal() or kind == pl.Boolean:
        return column
    values = [None if value is None else str(value) for value in column.to_list()]
    return pl.Series(column.name, values, dtype=pl.String)
