"""A table of figures: the answer to one query, which the page shows beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

# What a column holds follows from how its name ends.
_KINDS = {
    "_count": "count",
    "_quantity": "count",
    "_amount": "amount",
    "_ratio": "ratio",
    "_change": "change",
    "_points": "points",
    "_factor": "factor",
    "_days": "days",
    "_date": "date",
    "_day": "day",
    "_month": "month",
    "_value": "value",
    "_code": "code",
    "_money": "cents",
}


def kind_of(column: str) -> str:
    """What a column holds, by its name: `count`, `amount`, `ratio`, … or `text`."""
    return next((kind for ending, kind in _KINDS.items() if f"_{column}".endswith(ending)), "text")


@dataclass(frozen=True, slots=True)
class Figures:
    """The answer to `sql`: column names and rows. `key` names its heading in the table of words."""

    key: str
    sql: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def column(self, name: str) -> list[Any]:
        """The values of one column, from the first row on."""
        place = self.columns.index(name)
        return [row[place] for row in self.rows]

    def only(self, columns: Sequence[str]) -> Figures:
        """The same with some of its columns, in the order given."""
        places = [self.columns.index(name) for name in columns]
        rows = tuple(tuple(row[place] for place in places) for row in self.rows)
        return replace(self, columns=tuple(columns), rows=rows)

    def records(self) -> Iterator[dict[str, Any]]:
        """The rows by column name."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)


def ask(con: duckdb.DuckDBPyConnection, key: str, sql: str) -> Figures:
    """Run a query on the snapshot that `con` has open; `sql` is shown on the page as it stands."""
    cursor = con.execute(sql)
    names = tuple(str(column[0]) for column in cursor.description or ())
    return Figures(key, sql.strip(), names, tuple(cursor.fetchall()))
