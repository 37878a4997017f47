"""What the morning's sentences say of a snapshot: on its own day, and on the ordinary days before it.

Of a day before, only rows up to it are read, but as they are known on the snapshot's day: its late rows have
come, and whose visit it was is known.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from mandje.report.sentences import Sentence, sentences

SHOWN = 5


@dataclass(frozen=True)
class Said:
    """A sentence of a morning, and its place among that morning's."""

    morning: date
    place: int
    sentence: Sentence

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in self.sentence.values.items())
        return f"{self.morning} {self.place}. {self.sentence.kind} ({self.sentence.unusual:.1f}): {told}"


@contextmanager
def snapshot(shop: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published snapshot, read only."""
    with duckdb.connect(shop / "published" / "current" / "mandje.duckdb", read_only=True) as connection:
        yield connection


def newest_day(shop: Path) -> date:
    """As of which day the snapshot stands."""
    manifest = json.loads((shop / "published" / "current" / "manifest.json").read_text(encoding="utf-8"))
    return date.fromisoformat(manifest["as_of_date"])


def said_on(connection: duckdb.DuckDBPyConnection, morning: date) -> list[Said]:
    """The sentences that a reader sees."""
    said = sentences(connection, morning)[:SHOWN]
    return [Said(morning, place, one) for place, one in enumerate(said, start=1)]


def said_until(connection: duckdb.DuckDBPyConnection, last: date, mornings: int) -> list[Said]:
    """Of so many mornings in a row, the last one among them."""
    days = [last - timedelta(days=back) for back in reversed(range(mornings))]
    return [one for day in days for one in said_on(connection, day)]


def by_kind(said: list[Said]) -> Counter[str]:
    return Counter(one.sentence.kind for one in said)
