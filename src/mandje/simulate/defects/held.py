"""Deliveries broken on purpose whose rows come again: which will do, and when they may."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from mandje.contracts.feeds import FEEDS
from mandje.simulate.defects.classes import BREAKAGES, EMPTY, JOINED, MISSING, TWICE
from mandje.simulate.deliver.broken_file import REFUSALS, BrokenFile, PlantedDelivery


@dataclass(frozen=True, slots=True)
class Held:
    """Rows of a delivery that come (again) from day `due` on, and what is planted with them."""

    defect: str
    day: int
    due: int
    rows: pl.DataFrame

    def planted(self, today: int) -> PlantedDelivery:
        """What to tell of it when the rows come on day `today`."""
        return PlantedDelivery(self.defect, self.day, outcome_of(self.defect), self.rows.height, today)


def outcome_of(defect: str) -> str:
    """What becomes of a broken delivery; of a delivery that comes twice, what becomes of its first rows."""
    if defect in BREAKAGES:
        return f"refused:{REFUSALS[BREAKAGES[defect]]}"
    return {TWICE: "duplicate", EMPTY: "empty", MISSING: "missing"}[defect]


def broken_files(defect: str, rows: pl.DataFrame) -> list[BrokenFile]:
    """The files of a delivery on the day that it is broken."""
    if defect == MISSING:
        return []
    if defect == EMPTY:
        return [BrokenFile("", rows.clear())]
    if defect == TWICE:
        return [BrokenFile("", rows.with_columns(outcome=pl.lit("duplicate")))]
    return [BrokenFile("", rows, BREAKAGES[defect])]


def is_fit(feed: str, defect: str, rows: pl.DataFrame) -> bool:
    """Whether rows may come some days later, or once more, without any other row's outcome changing.

    Where rows tell when they were changed, a later delivery outranks only copies: there must be none. Where
    they do not, a later delivery outranks all: the rows must be the last of their keys, or lie before those
    of the very next day. Rows that are planted stay as they are.
    """
    if rows.is_empty() or rows["defect"].null_count() < rows.height:
        return False
    if "updated_at" in FEEDS[feed].names:
        return bool(rows["outcome"].is_in(("kept", "superseded")).all())
    return defect in JOINED or bool((rows["outcome"] == "kept").all())


def may_join(feed: str, held: pl.DataFrame, today: pl.DataFrame) -> bool:
    """Whether held rows may lie in one delivery with those of a day.

    All that a delivery holds of a document is one version of it. So where both hold a document, both must
    hold the same lines of it: a line that only the older has would be kept.
    """
    document, key = FEEDS[feed].document, list(FEEDS[feed].key)
    if document is None:
        return True
    lines = [
        rows.select(key).join(others.select(document).unique(), on=document, how="semi").unique()
        for rows, others in ((held, today), (today, held))
    ]
    both = lines[0].join(lines[1], on=key, how="semi")
    return lines[0].height == lines[1].height == both.height
