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
# What a column is called as it was found.
FOUND = ":found"


@dataclass(frozen=True)
class Compared:
    """What came of comparing a table: how many rows and figures, and those that differ, by their keys.

    `differences` has the columns of DIFFERENCES, values as text; a row that only one side has is one
    difference, in the column `(row)`.
    """

    table: str
    rows: int
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
    return compared(table, keys, columns, joined, joined.height)


def compared(
    table: str, keys: Sequence[str], columns: Sequence[str], joined: pl.DataFrame, rows: int
) -> Compared:
    """What comes of `rows` rows side by side, of which `joined` has all that differ.

    `joined` has the keys, `is_expected` and `is_found` (empty = false), and of each of `columns` what is
    expected and, with FOUND at the end of its name, what is found.
    """
    is_both = (pl.col("is_expected") & pl.col("is_found")).fill_null(value=False)
    both, one_sided = joined.filter(is_both), joined.filter(~is_both)
    parts = [
        _told(table, keys, both.filter(pl.col(name).ne_missing(pl.col(name + FOUND))), name)
        for name in columns
    ]
    sides = one_sided.with_columns(
        _presence("is_expected").alias("(row)"), _presence("is_found").alias("(row)" + FOUND)
    )
    differences = pl.concat([*parts, _told(table, keys, sides, "(row)")])
    figures = (rows - one_sided.height) * len(columns) + one_sided.height
    return Compared(table, rows, figures, differences.sort("key", "column"))


def compare_counts(
    table: str, keys: Sequence[str], expected: pl.DataFrame, found: pl.DataFrame
) -> tuple[Compared, pl.DataFrame]:
    """Compare the column `row_count`; a cell that one side lacks counts 0 there.

    Returns:
        What came of it, and all cells: the keys, `row_count` as expected, `found_count`.
    """
    joined = _joined(keys, expected, found, ["row_count"]).with_columns(
        pl.col("row_count", "row_count" + FOUND).fill_null(0)
    )
    wrong = joined.filter(pl.col("row_count") != pl.col("row_count" + FOUND))
    cells = joined.select(*keys, "row_count", pl.col("row_count" + FOUND).alias("found_count"))
    return Compared(
        table, joined.height, joined.height, _told(table, keys, wrong, "row_count").sort("key")
    ), cells


def _joined(
    keys: Sequence[str], expected: pl.DataFrame, found: pl.DataFrame, columns: Sequence[str]
) -> pl.DataFrame:
    values = found.select(*keys, pl.col(columns).name.suffix(FOUND), pl.lit(value=True).alias("is_found"))
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
        pl.col(column + FOUND).cast(pl.String).fill_null("(empty)").alias("found"),
    )
