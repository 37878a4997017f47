"""Where failing rows came from: the newest files that hold them, and rows whose rejection made them fail."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from mandje.contracts.feeds import FEEDS
from mandje.observe.set_checks.expected import SetCheck

_NAMED = 3
_FILE = "concat(delivery_source, '/', delivery_date, '/', delivery_file, ' line ', {line})"


def where_from(con: duckdb.DuckDBPyConnection, check: SetCheck, condition: str) -> Iterator[str]:
    """Sentences about the rows of the view `feed_<name>` of which the condition is true.

    Reads raw rows of schema `work.raw`. It never raises for what the database says of them.
    """
    queries = {"They came with": _files_sql(check, condition)}
    if check.kind == "linked":
        queries["Rejected as they were read:"] = _rejected_sql(check, condition)
    for said, sql in queries.items():
        try:
            rows = [str(told) for (told,) in con.execute(sql).fetchall()]
        except duckdb.Error as fault:
            rows = [f"files that could not be listed ({' '.join(str(fault).split())})"]
        if rows:
            more = f" and {len(rows) - _NAMED:,} more" if len(rows) > _NAMED else ""
            yield f"{said} {', '.join(rows[:_NAMED])}{more}."


def _files_sql(check: SetCheck, condition: str) -> str:
    """Files of these rows, newest first, each with the first of its lines."""
    place = ", ".join((*FEEDS[check.feed].key, "delivery_source", "delivery_date"))
    return f"""
        SELECT {_FILE.format(line="min(delivery_line)")}
        FROM work.raw.{check.feed}
        WHERE ({place}) IN (SELECT ({place}) FROM feed_{check.feed} WHERE {condition})
        GROUP BY delivery_source, delivery_date, delivery_file
        ORDER BY delivery_date DESC, delivery_source, delivery_file"""


def _rejected_sql(check: SetCheck, condition: str) -> str:
    """Rejected rows of the documents that these rows name, newest first; of another feed's table none is."""
    column = check.columns[0]
    others = ", ".join(f"'{feed}'" for feed in FEEDS if feed != check.other)
    return f"""
        SELECT concat(
            document_id, ' in ', {_FILE.format(line="delivery_line")}, ' (', column_name, ': ', reason, ')')
        FROM work.raw.rejected_rows
        WHERE table_name NOT IN ({others})
            AND document_id IN (SELECT {column} FROM feed_{check.feed} WHERE {condition})
        ORDER BY delivery_date DESC, delivery_source, delivery_file, delivery_line"""
