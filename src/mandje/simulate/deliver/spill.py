"""Delivered rows wait on disk until all customers are made: written block by block, read span by span."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

DAY = "delivery_day"
# A span holds the events of about a million rows: with this many customers, one day of them.
_CUSTOMER_DAYS = 10_000_000
_LONGEST = 90
_LENGTH_BYTES = 8


@dataclass(frozen=True, slots=True)
class Span:
    """Days `first` to `end` (exclusive)."""

    first: int
    end: int


class Spill:
    """Frames of delivered rows by feed and span of days, in a private folder.

    One file per feed and span, grown by one piece per block: memory holds a block or a span, never more.
    The rows of a span are the same whatever its length, so nothing written depends on it.
    """

    def __init__(self, folder: Path, customers: int, days: int) -> None:
        self._folder = folder
        self._days = days
        self._schemas: dict[str, pl.Schema] = {}
        self._length = max(1, min(_LONGEST, _CUSTOMER_DAYS // customers))

    def spans(self) -> list[Span]:
        """All days in order."""
        starts = range(0, self._days, self._length)
        return [Span(first, min(first + self._length, self._days)) for first in starts]

    def append(self, feed: str, rows: pl.DataFrame) -> None:
        """Add a block's rows.

        Raises:
            ValueError: a row of a day that is never delivered.
        """
        outside = rows.filter(~pl.col(DAY).is_between(0, self._days - 1).fill_null(value=False))
        if outside.height:
            raise ValueError(
                f"{feed}: {outside.height} rows of days that are never delivered, as {outside.row(0)}"
            )
        self._schemas.setdefault(feed, rows.schema)
        numbered = rows.with_columns((pl.col(DAY) // self._length).alias("_span"))
        parts = numbered.partition_by("_span", as_dict=True, include_key=False, maintain_order=True)
        for (number,), part in parts.items():
            _append(self._place(feed, int(number)), part)

    def take(self, feed: str, span: Span) -> pl.DataFrame:
        """All rows of a feed in a span, blocks in their order, and off the disk."""
        place = self._place(feed, span.first // self._length)
        if not place.is_file():
            return pl.DataFrame(schema=self._schemas[feed])
        rows = pl.concat(_pieces(place), rechunk=True)
        place.unlink()
        return rows

    def _place(self, feed: str, number: int) -> Path:
        return self._folder / feed / f"{number:05}.arrows"


def _append(place: Path, rows: pl.DataFrame) -> None:
    piece = io.BytesIO()
    rows.write_ipc_stream(piece, compression="lz4")
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("ab") as file:
        file.write(piece.tell().to_bytes(_LENGTH_BYTES, "big"))
        file.write(piece.getbuffer())


def _pieces(place: Path) -> Iterator[pl.DataFrame]:
    with place.open("rb") as file:
        while length := file.read(_LENGTH_BYTES):
            yield pl.read_ipc_stream(file.read(int.from_bytes(length, "big")))
