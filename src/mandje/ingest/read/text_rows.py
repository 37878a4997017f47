"""Rows as they stand in a file: every value is text, nothing is interpreted yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from mandje.contracts.types import Table
from mandje.errors import MandjeError

# Rows whose structure is at fault: no value of them is kept.
BROKEN_SCHEMA: dict[str, pl.DataType] = {
    "delivery_line": pl.Int64(),
    "column_name": pl.String(),
    "rule": pl.String(),
    "reason": pl.String(),
}
NOT_TEXT = (
    "found bytes that are no text in UTF-8 (Latin-1 or Windows-1252, perhaps?), expected UTF-8 without NUL"
)
# So many lines without sound structure, more than half of a block, and a file is given up: each costs a
# look of its own, and its delivery would be refused anyhow.
MOST_MALFORMED = 20_000
NEXT_STEP = "mend the file, or have the source write it again"


@dataclass(frozen=True, slots=True)
class Texts:
    """Some rows of one file.

    `rows`: `delivery_line`, then every column of the contract as String, null where the file has none;
    `broken`: BROKEN_SCHEMA, a row for each row of the file that is not in `rows`; `unknown`: columns of the
    file that an open table does not know, as they may be told.
    """

    rows: pl.DataFrame
    broken: pl.DataFrame
    unknown: tuple[str, ...] = ()


class Refused(Exception):  # noqa: N818 - it says what happens to the file
    """Reading a file cannot go on: becomes a FileFault."""

    def __init__(self, reason: str, error: MandjeError) -> None:
        super().__init__(reason)
        self.reason = reason
        self.error = error


def refusal(  # noqa: PLR0913, PLR0917 - the parts of one sentence
    reason: str,
    message: str,
    path: Path,
    found: str,
    expected: str,
    line: int | None = None,
    next_step: str = NEXT_STEP,
) -> Refused:
    """A Refused whose error names file, line, found, expected and the next step."""
    error = MandjeError(
        message, file=str(path), line=line, found=found, expected=expected, next_step=next_step
    )
    return Refused(reason, error)


def mostly_malformed(path: Path, line: int) -> Refused:
    """The refusal of a file with a large block that is mostly malformed, up to this line."""
    found = f"more than {MOST_MALFORMED - 1:,} malformed lines, more than every other one"
    return refusal("too_many_rejected", "most of the file is malformed", path, found, "few such lines", line)


def text_rows(found: pl.DataFrame, lines: npt.NDArray[np.int64] | pl.Series, table: Table) -> pl.DataFrame:
    """The frame of `Texts.rows` from the columns that a file has."""
    absent = pl.lit(None, pl.String)
    own = [pl.col(n) if n in found.columns else absent.alias(n) for n in table.names]
    return found.select(pl.Series("delivery_line", lines, pl.Int64), *own)


def broken_rows(
    lines: npt.NDArray[np.int64] | Sequence[int],
    rule: str,
    reasons: pl.Series | str,
    columns: pl.Series | str | None = None,
) -> pl.DataFrame:
    """The frame of `Texts.broken` for one rule."""
    frame = pl.DataFrame({"delivery_line": pl.Series(lines, dtype=pl.Int64)})
    reason = reasons if isinstance(reasons, pl.Series) else pl.lit(reasons)
    column = columns if isinstance(columns, pl.Series) else pl.lit(columns, pl.String)
    return frame.select(
        "delivery_line", column.alias("column_name"), pl.lit(rule).alias("rule"), reason.alias("reason")
    )


@cache
def no_broken_rows() -> pl.DataFrame:
    """An empty frame of `Texts.broken`; made once, since every small file asks for it."""
    return pl.DataFrame(schema=BROKEN_SCHEMA)


def set_apart(rows: pl.DataFrame, lines: pl.Series, faults: dict[str, pl.Series], table: Table) -> Texts:
    """Texts where rows with a value that is no text (`faults`: true per column and row) are broken."""
    if not faults:
        return Texts(text_rows(rows, lines, table), no_broken_rows())
    marks = pl.DataFrame(faults)
    is_broken = marks.select(pl.any_horizontal(pl.all())).to_series()
    first = [pl.when(pl.col(name)).then(pl.lit(name)) for name in marks.columns]
    names = marks.select(pl.coalesce(first)).to_series().filter(is_broken)
    broken = broken_rows(lines.filter(is_broken).to_list(), "encoding", NOT_TEXT, names)
    return Texts(text_rows(rows.filter(~is_broken), lines.filter(~is_broken), table), broken)


def holds_nul(text: pl.Series) -> pl.Series:
    """True where a text has a NUL, which other tools cut short or refuse."""
    return text.str.contains("\0", literal=True).fill_null(value=False)
