"""What a sample shop's system drops: rows of one file name, each with the day it is dropped on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Drop:
    """Files named `file_name` of one source, one per day.

    `rows` has the text column `delivery_date` (YYYY-MM-DD), which is not written, then the file's columns.
    """

    source: str
    file_name: str
    rows: pl.DataFrame

    def days(self) -> Iterator[tuple[str, pl.DataFrame]]:
        """Each day with its rows, in the order of the days; rows keep their order."""
        parts = self.rows.sort("delivery_date", maintain_order=True).partition_by(
            "delivery_date", as_dict=True, include_key=False, maintain_order=True
        )
        for (day,), part in parts.items():
            yield str(day), part
