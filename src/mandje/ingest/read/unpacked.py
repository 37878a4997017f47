"""What files of a delivery unpack to, counted while they are read: a small file may hold very much."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from mandje.errors import MandjeError
from mandje.ingest.read.parsed import ExportFile
from mandje.ingest.read.text_rows import Refused, Texts

MIB = 2**20
# What a delivery may unpack to unless shop.toml says otherwise.
MOST_UNPACKED_BYTES = 8 * 2**30
# A file unpacks to at most so many times its size, or to so many bytes where it is small. Rows with keys of
# their own never reach it: packed, a row takes two bytes and more.
MOST_TIMES = 100
ALWAYS_ALLOWED_BYTES = 64 * MIB
# What a cell counts at least, an empty one too.
LEAST_CELL_BYTES = 4
# A single line or row longer than this is no export.
MOST_ROW_BYTES = 16 * MIB
# Rows of so many bytes are taken through the rules at once.
MOST_CHUNK_BYTES = 64 * MIB
# Deliveries that are read in one pass: one of them, all of them, and one whose rows cannot be mapped chunk by
# chunk. A byte takes some 17 in memory.
MOST_TOGETHER_BYTES = 64 * MIB
MOST_IN_BATCH_BYTES = 80 * MIB
MOST_WHOLE_BYTES = 512 * MIB

SPLIT = "deliver it in several days' folders, or raise most_unpacked_bytes in shop.toml"
UNPACKED = "deliver it unpacked if it is sound, and run the night again"


class TooMuchTogether(Exception):  # noqa: N818 - it says what is the case
    """The deliveries of a batch are too big to be read in one pass: one of them by itself, or all (None)."""

    def __init__(self, day: date | None) -> None:
        super().__init__(day)
        self.day = day


@dataclass(slots=True)
class Unpacked:
    """Bytes that deliveries unpacked to so far.

    `most`: what one may unpack to; `most_together`, `most_in_batch`: past these the batch is not read in one
    pass (None: it is not).
    """

    most: int = MOST_UNPACKED_BYTES
    most_together: int | None = None
    most_in_batch: int | None = None
    by_day: dict[date, int] = field(default_factory=lambda: defaultdict(int))
    sizes: dict[date, int] = field(default_factory=lambda: defaultdict(int))

    def meter(self, file: ExportFile) -> Meter:
        """What counts one file."""
        size = file.path.stat().st_size
        self.sizes[file.delivery_date] += size
        return Meter(self, file, max(size * MOST_TIMES, ALWAYS_ALLOWED_BYTES))

    def most_of(self, day: date) -> int:
        """What the delivery of a day may unpack to.

        Read chunk by chunk, what lies there unpacked already fills no machine by surprise.
        """
        return max(self.most, self.sizes[day]) if self.most_in_batch is None else self.most


@dataclass(slots=True)
class Meter:
    """Counts what one file unpacks to, and stops it."""

    total: Unpacked
    file: ExportFile
    most: int
    own: int = 0

    def add(self, count: int) -> None:
        """Count bytes that were unpacked.

        Raises:
            Refused: `too_big`, the delivery or the file unpacks to more than it may.
            TooMuchTogether: see there.
        """
        self.check(count)
        self.own += count
        day = self.file.delivery_date
        self.total.by_day[day] += count
        alone, batch = self.total.most_together, self.total.most_in_batch
        if alone is not None and self.total.by_day[day] > alone:
            raise TooMuchTogether(day)
        if batch is not None and sum(self.total.by_day.values()) > batch:
            raise TooMuchTogether(None)

    def add_rows(self, texts: Texts, size: int) -> None:
        """Count rows that were read from so many bytes: an empty one takes its place in every column.

        Raises:
            Refused: as `add`.
            TooMuchTogether: as `add`.
        """
        cells = (texts.rows.height + texts.broken.height) * texts.rows.width
        self.add(max(cells * LEAST_CELL_BYTES - size, 0))

    def check(self, count: int) -> None:
        """Whether so many bytes more may be unpacked; counts nothing.

        Raises:
            Refused: `too_big`.
        """
        before = self.total.by_day[self.file.delivery_date]
        most = self.total.most_of(self.file.delivery_date)
        if before + count > most:
            message = "the delivery unpacks to more than it may"
            raise self._refused(message, before + count, most, SPLIT)
        if self.own + count > self.most:
            message = f"the file unpacks to more than {MOST_TIMES} times its size"
            raise self._refused(message, self.own + count, self.most, UNPACKED)

    def refuse_row(self) -> Refused:
        """The refusal for a row that is too long."""
        message = "a row is longer than any export has"
        return self._refused(message, MOST_ROW_BYTES, MOST_ROW_BYTES, "mend the file")

    def _refused(self, message: str, found: int, most: int, next_step: str) -> Refused:
        error = MandjeError(
            message,
            file=str(self.file.path),
            found=f"more than {found - 1:,} bytes",
            expected=f"at most {most:,} bytes",
            next_step=next_step,
        )
        return Refused("too_big", error)
