"""From waiting rows to deliveries: every feed day by day, broken as planned, written and accounted."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np
import polars as pl

from mandje.prepare.write import Progress
from mandje.simulate.deliver.broken_file import BrokenFile
from mandje.simulate.deliver.spill import DAY, Spill
from mandje.simulate.deliver.write import write_file
from mandje.simulate.world.clock import Clock

# Rows of a file stand as they happened; the key breaks ties.
ROW_ORDER = {
    "orders": ("updated_at", "order_id"),
    "order_lines": ("updated_at", "order_id", "line_number"),
    "returns": ("updated_at", "returned_at", "return_id", "line_number"),
    "adjustments": ("adjusted_at", "adjustment_id"),
    "payments": ("paid_at", "payment_id"),
    "fulfilments": ("updated_at", "fulfilment_id"),
    "session_events": ("event_at", "event_id"),
    "customers": ("first_seen_at", "customer_id"),
    "products": ("product_id",),
    "ad_spend": ("spend_date", "site", "source", "medium", "campaign"),
    "service_contacts": ("contacted_at", "contact_id"),
    "messages": ("sent_at", "message_id"),
    "message_events": ("event_at", "message_id", "kind"),
    "experiment_assignments": ("assigned_at", "experiment_id", "unit_id"),
    "exchange_rates": ("rate_date", "from_currency", "to_currency"),
}
_WRITERS = 2
# Days that wait for a writer: bounds what is in memory.
_WAITING = 4


class Breaker(Protocol):
    """Decides what becomes of a feed's rows; asked for every day in order."""

    def files(self, day: int, rows: pl.DataFrame) -> list[BrokenFile]:
        """The files of the day's delivery; none: there is no delivery."""


class OutcomeCount(Protocol):
    """Keeps account of what the files hold."""

    def add(self, feed: str, day: int, files: list[BrokenFile]) -> None:
        """Count a delivery."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written; `row_counts` counts rows of files by feed, copies and broken ones too."""

    delivery_count: int
    file_count: int
    byte_count: int
    row_counts: dict[str, int]


def write_exports(
    spill: Spill,
    folder: Path,
    clock: Clock,
    defects: tuple[Mapping[str, Breaker], OutcomeCount],
    progress: Progress,
) -> Written:
    """Write `<feed>/<delivery date>/<files>` for every feed and day, and empty the spill.

    `defects`: who breaks each feed, and who counts; both see every day of a feed in order, feed after feed.
    """
    breakers, outcomes = defects
    days = clock.days * len(breakers)
    row_counts = dict.fromkeys(breakers, 0)
    with ThreadPoolExecutor(_WRITERS) as pool:
        writers = _Writers(pool)
        for number, (feed, breaker) in enumerate(breakers.items()):
            for day, rows in _days(spill, feed):
                files = breaker.files(day, rows)
                outcomes.add(feed, day, files)
                row_counts[feed] += sum(file.rows.height for file in files)
                if files:
                    writers.write(folder / feed / clock.date_of(day).isoformat(), feed, files)
                progress(f"write {feed}", number * clock.days + day + 1, days)
        sizes = writers.close()
    return Written(len(sizes), sum(map(len, sizes)), sum(map(sum, sizes)), row_counts)


def _days(spill: Spill, feed: str) -> Iterator[tuple[int, pl.DataFrame]]:
    """Each day with its rows in the order of the file."""
    for span in spill.spans():
        rows = spill.take(feed, span).sort(DAY, *ROW_ORDER[feed], maintain_order=True)
        edges = rows[DAY].search_sorted(np.arange(span.first, span.end + 1), side="left").to_list()
        for day, (start, end) in enumerate(pairwise(edges), start=span.first):
            yield day, rows[start:end]


@dataclass(slots=True)
class _Writers:
    """Deliveries written side by side, so many at a time that memory stays small."""

    pool: ThreadPoolExecutor
    waiting: deque[Future[list[int]]] = field(default_factory=deque)
    sizes: list[list[int]] = field(default_factory=list)

    def write(self, place: Path, feed: str, files: Sequence[BrokenFile]) -> None:
        self.waiting.append(self.pool.submit(_write_delivery, place, feed, files))
        if len(self.waiting) > _WAITING:
            self.sizes.append(self.waiting.popleft().result())

    def close(self) -> list[list[int]]:
        """Bytes of every file, by delivery."""
        return self.sizes + [each.result() for each in self.waiting]


def _write_delivery(place: Path, feed: str, files: Sequence[BrokenFile]) -> list[int]:
    place.mkdir(parents=True)
    return [write_file(place, feed, file) for file in files]
