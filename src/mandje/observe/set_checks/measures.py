"""What an expectation cannot see in one column: history, other feeds, repeated keys. Measured in SQL.

A measure is one row (`observed`, `unexpected`); `observed` is NULL where there is too little to judge by.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from mandje.contracts.feeds import FEEDS
from mandje.observe.set_checks.expected import Kind, SetCheck

# Too few rows or dates say nothing about a normal day.
_LEAST_ROWS = 20
_LEAST_DATES = 7


def measure_sql(check: SetCheck, as_of_date: date) -> str | None:
    """The query that measures a check on the views `feed_<name>`; None where one column says it all."""
    write = _MEASURES.get(check.kind)
    return write(check, as_of_date) if write else None


def _unique(check: SetCheck, _as_of_date: date) -> str:
    keys = ", ".join(check.columns)
    return f"""
        SELECT CAST(count(*) AS DOUBLE) AS observed, count(*) AS unexpected
        FROM (SELECT {keys} FROM feed_{check.feed} GROUP BY {keys} HAVING count(*) > 1)"""


def _linked(check: SetCheck, _as_of_date: date) -> str:
    column, other = check.columns[0], str(check.other)
    # Of a feed that a shop need not have, no row means that it has none; who sells must have orders, who only
    # tells of visits need not.
    may_be_empty = FEEDS[other].optional or check.feed == "session_events"
    judged = f"(SELECT count(*) FROM feed_{other}) > 0" if may_be_empty else "true"
    return f"""
        SELECT CASE WHEN {judged} THEN count(*) FILTER (is_linked) / nullif(count(*), 0) END AS observed,
            CASE WHEN {judged} THEN count(*) FILTER (NOT is_linked) END AS unexpected
        FROM (
            SELECT {column} IN (SELECT {FEEDS[other].key[0]} FROM feed_{other}) AS is_linked
            FROM feed_{check.feed} WHERE {column} IS NOT NULL
        )"""


def _fill_drop(check: SetCheck, _as_of_date: date) -> str:
    column = check.columns[0]
    return f"""
        SELECT CASE
            WHEN least(count(*) FILTER (is_newest), count(*) FILTER (NOT is_newest)) >= {_LEAST_ROWS}
            THEN count({column}) FILTER (NOT is_newest) / count(*) FILTER (NOT is_newest)
                - count({column}) FILTER (is_newest) / count(*) FILTER (is_newest) END AS observed,
            count(*) FILTER (is_newest AND {column} IS NULL) AS unexpected
        FROM ({_with_newest(check)})"""


def _seen_before(check: SetCheck, _as_of_date: date) -> str:
    column = check.columns[0]
    return f"""
        WITH marked AS ({_with_newest(check)}),
        earlier AS (SELECT {column} FROM marked WHERE NOT is_newest AND {column} IS NOT NULL GROUP BY ALL),
        newest AS (
            SELECT {column} IN (SELECT {column} FROM earlier) AS is_seen
            FROM marked WHERE is_newest AND {column} IS NOT NULL
        )
        SELECT CASE WHEN count(*) >= {_LEAST_ROWS}
            AND (SELECT count(DISTINCT delivery_date) FROM marked) > {_LEAST_DATES}
            THEN count(*) FILTER (is_seen) / count(*) END AS observed,
            count(*) FILTER (NOT is_seen) AS unexpected
        FROM newest"""


def _with_newest(check: SetCheck) -> str:
    return (
        f"SELECT delivery_date, {check.columns[0]}, {newest_sql(check)} AS is_newest FROM feed_{check.feed}"
    )


def newest_sql(check: SetCheck) -> str:
    """The condition that a row of the view `feed_<name>` came with the feed's newest delivery."""
    return f"delivery_date = (SELECT max(delivery_date) FROM feed_{check.feed})"


def _fresh(check: SetCheck, as_of_date: date) -> str:
    newest = f"CAST(max({check.columns[0]}) AS DATE)"
    return f"""
        SELECT CAST(DATE '{as_of_date}' - {newest} AS DOUBLE) AS observed, CAST(NULL AS BIGINT) AS unexpected
        FROM feed_{check.feed}"""


_MEASURES: dict[Kind, Callable[[SetCheck, date], str]] = {
    "unique": _unique,
    "linked": _linked,
    "fill_drop": _fill_drop,
    "seen_before": _seen_before,
    "fresh": _fresh,
}
