"""Two tables that must be equal, cell by cell and both ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from mandje.errors import MandjeError

DIFFERENCES = {
    "table": pl.String(),
    "key": pl.String(),
    "column": pl.String(),
    "expected": pl.String(),
    "found": pl.String(),
}
_FOUND = ":found"


@dataclass(frozen=True)
class Compared:
    """What came of comparing a table: how many figures, and those that differ, in the order of their keys.

    `differences` has the columns of DIFFERENCES, values as text; a row that only one side has is one
    difference, in the column `(row)`.
    """

    table: str
    figures: int
    differences: pl.DataFrame

    @property
    def is_equal(self) -> bool:
        """Whether every figure is as expected."""
        return self.differences.is_empty()


def compare_rows(table: str, keys: Sequence[str], expected: pl.DataFrame, found: pl.DataFrame) -> Compared:
    """Compare all columns of `expected` with those of the same name in `found`, row by row.

    Keys must be unique on both sides. Empty equals empty.

    Raises:
        MandjeError: a column is not there, or of another type: equal could mean rounded.
    """
    for name in expected.columns:
        if found.schema.get(name) != expected.schema[name]:
            raise MandjeError(
                f"{table}: a column is missing, or has another type than the truth",
                column=name,
                found=str(found.schema.get(name, "no such column")),
                expected=str(expected.schema[name]),
            )
    columns = [name for name in expected.columns if name not in keys]
    joined = _joined(keys, expected, found, columns)
    is_both = pl.col("is_expected") & pl.col("is_found")
    both = joined.filter(is_both.fill_null(value=False))
    one_sided = joined.filter(~is_both.fill_null(value=False))
    parts = [
        _told(table, keys, both.filter(pl.col(name).ne_missing(pl.col(name + _FOUND))), name)
        for name in columns
    ]
    rows = one_sided.with_columns(
        _presence("is_expected").alias("(row)"), _presence("is_found").alias("(row)" + _FOUND)
    )
    differences = pl.concat([*parts, _told(table, keys, rows, "(row)")])
    return Compared(table, both.height * len(columns) + one_sided.height, differences.sort("key", "column"))


def compare_counts(
    table: str, keys: Sequence[str], expected: pl.DataFrame, found: pl.DataFrame
) -> tuple[Compared, pl.DataFrame]:
    """Compare the column `row_count`; a cell that one side lacks counts 0 there.

    Returns:
        What came of it, and all cells: the keys, `row_count` as expected, `found_count`.
    """
    joined = _joined(keys, expected, found, ["row_count"]).with_columns(
        pl.col("row_count", "row_count" + _FOUND).fill_null(0)
    )
    wrong = joined.filter(pl.col("row_count") != pl.col("row_count" + _FOUND))
    cells = joined.select(*keys, "row_count", pl.col("row_count" + _FOUND).alias("found_count"))
    return Compared(table, joined.height, _told(table, keys, wrong, "row_count").sort("key")), cells


def _joined(
    keys: Sequence[str], expected: pl.DataFrame, found: pl.DataFrame, columns: Sequence[str]
) -> pl.DataFrame:
    values = found.select(*keys, pl.col(columns).name.suffix(_FOUND), pl.lit(value=True).alias("is_found"))
    mine = expected.select(*keys, *columns, pl.lit(value=True).alias("is_expected"))
    return mine.join(
        values,
        on=list(keys),
        how="full",
        coalesce=True,
        nulls_equal=True,
        validate="1:1",
    )


def _presence(flag: str) -> pl.Expr:
    return pl.when(pl.col(flag).fill_null(value=False)).then(pl.lit("a row")).otherwise(pl.lit("no row"))


def _told(table: str, keys: Sequence[str], rows: pl.DataFrame, column: str) -> pl.DataFrame:
    key = pl.concat_str([pl.col(name).cast(pl.String).fill_null("(none)") for name in keys], separator=" ")
    return rows.select(
        pl.lit(table).alias("table"),
        key.alias("key"),
        pl.lit(column).alias("column"),
        pl.col(column).cast(pl.String).fill_null("(empty)").alias("expected"),
        pl.col(column + _FOUND).cast(pl.String).fill_null("(empty)").alias("found"),
    )
