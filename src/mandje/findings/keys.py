"""Which rows failed a check: their keys, listed by one query."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

# Of one check; enough to mend by, and a night that is wrong all over stays small.
MOST_KEYS = 10_000


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys of failing rows as `Finding` holds them, and why there are none or not all."""

    keys: tuple[str, ...]
    note: str = ""


def failing_keys(con: duckdb.DuckDBPyConnection, sql: str, names: Mapping[str, str] | None = None) -> Keys:
    """Run the query that lists failing rows, once. `names` gives columns another name.

    It never raises for what the database says: a check that cannot be told in full is still told.
    """
    ordered = f"SELECT * FROM (\n{sql}\n) ORDER BY ALL NULLS LAST LIMIT {MOST_KEYS + 1}"
    try:
        answer = con.execute(ordered)
        columns = [(names or {}).get(column[0], column[0]) for column in answer.description or ()]
        rows = answer.fetchall()
    except (duckdb.Error, ValueError, OverflowError) as fault:  # the latter: a time that Python cannot hold
        return Keys((), f"its rows could not be listed: {' '.join(str(fault).split())}")
    keys = tuple(_key(columns, row) for row in rows[:MOST_KEYS])
    return Keys(keys, f"only the first {MOST_KEYS:,} are kept" if len(rows) > MOST_KEYS else "")


def _key(columns: Sequence[str], row: Sequence[object]) -> str:
    return json.dumps(dict(zip(columns, map(_plain, row), strict=True)))


def _plain(value: object) -> object:
    """As JSON holds it. An address that strayed into a key is not kept."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):  # a moment too
        return value.isoformat()
    text = value if value is None or isinstance(value, (bool, int, float)) else str(value)
    return "(address)" if isinstance(text, str) and "@" in text else text
