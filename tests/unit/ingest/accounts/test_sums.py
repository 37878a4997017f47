"""Sums of a chunk, which stay in memory while a long delivery is read."""

from __future__ import annotations

from datetime import date

import polars as pl

from mandje.ingest.accounts.batch_totals import summed

WORD = "a text that is too long to lie within a view of it"


def held(frame: pl.DataFrame) -> int:
    """Bytes of all texts that a frame keeps, its own or not."""
    return sum(
        buffer.size
        for column in frame.to_arrow(compat_level=pl.CompatLevel.newest()).columns
        for chunk in column.chunks
        for buffer in chunk.buffers()
        if buffer is not None
    )


def test_they_keep_no_text_of_the_rows_that_they_sum_up() -> None:
    rows = pl.DataFrame(
        {
            "delivery_date": [date(2026, 3, 1)] * 10_000,
            "column_name": [f"{WORD} {number}" for number in range(10_000)],
            "row_count": [1] * 10_000,
        }
    )
    few = rows.filter(pl.col("column_name").str.ends_with(" 7"))
    assert held(few.group_by("column_name").agg(pl.len())) > 10_000  # what a sum would keep by itself
    assert held(summed(few)) < 1_000
    assert summed(few).rows() == [(date(2026, 3, 1), f"{WORD} 7", 1)]
