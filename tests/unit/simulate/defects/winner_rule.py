"""The rule of deliveries that repeat themselves, in plain Python, row by row."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from mandje.contracts.feeds import FEEDS

NEVER = datetime(1, 1, 1, tzinfo=UTC)
Row = dict[str, Any]


def outcomes(feed: str, rows: pl.DataFrame) -> Counter[tuple[date, str]]:
    """Rows by delivery date and outcome; `rows` is all that was loaded of the feed."""
    table = FEEDS[feed]
    documents: dict[Any, list[Row]] = defaultdict(list)
    for row in rows.iter_rows(named=True):
        documents[row[table.document] if table.document else tuple(row[name] for name in table.key)].append(
            row
        )
    counts: Counter[tuple[date, str]] = Counter()
    for group in documents.values():
        for row, outcome in _judged(group, table.key, table.names):
            counts[row["delivery_date"], outcome] += 1
    return counts


def _judged(rows: list[Row], key: tuple[str, ...], content: tuple[str, ...]) -> list[tuple[Row, str]]:
    """Rows of one document, best first: one version wins, and of each key in it the best row."""
    ranked = sorted(rows, key=lambda row: _rank(row, rows), reverse=True)
    winner = ranked[0]["delivery_date"] if "updated_at" in content else None
    judged, seen = [], set()
    keys = set()
    for row in ranked:
        values, own_key = tuple(row[name] for name in content), tuple(row[name] for name in key)
        is_in_version = winner is None or row["delivery_date"] == winner
        if own_key not in keys and is_in_version:
            outcome = "kept"
        else:
            outcome = "duplicate" if values in seen else "superseded"
        judged.append((row, outcome))
        seen.add(values)
        keys.add(own_key)
    return judged


def _rank(row: Row, rows: list[Row]) -> tuple[Any, ...]:
    own = (row["delivery_date"], row["delivery_file"], row["delivery_line"])
    if "updated_at" not in row:
        return own
    of_version = [other for other in rows if other["delivery_date"] == row["delivery_date"]]
    changed = max(other["updated_at"] or NEVER for other in of_version)
    return (changed, row["delivery_date"], row["updated_at"] or NEVER, *own)
