"""Checks of sets that failed, as findings: what was found in plain words, and the keys of the rows."""

from __future__ import annotations

from collections.abc import Callable

import duckdb

from mandje.contracts.feeds import FEEDS
from mandje.findings.finding import Finding
from mandje.findings.keys import Keys, failing_keys
from mandje.observe.set_checks.expected import Kind, SetCheck
from mandje.observe.set_checks.measures import newest_sql
from mandje.observe.set_checks.where_from import where_from

# What a kind fails by. Shares are given as per cent, {observed} and {expected} else as they are measured.
_TOLD: dict[Kind, str] = {
    "unique": "{count} key(s) of {feed} ({columns}) stand more than once.",
    "filled": "{count} row(s) of {feed} have no {columns}.",
    "known": "{columns} of {count} row(s) of {feed} is none that the contract allows.",
    "linked": "{columns} of {count} row(s) of {feed} is not in {other}: {share} are, {expected} expected.",
    "fill_drop": "{count} row(s) of the newest {feed} have no {columns}: the share with a value fell"
    " by {share}, {expected} expected.",
    "seen_before": "{columns} of {count} row(s) of the newest {feed} was in no delivery before: {share} were,"
    " {expected} expected.",
    "fresh": "The newest {columns} of {feed} is {observed} day(s) before the night, {expected} expected.",
}
_SHARES: frozenset[Kind] = frozenset({"linked", "fill_drop", "seen_before"})


def finding_of(
    con: duckdb.DuckDBPyConnection, check: SetCheck, observed: float | None, count: int | None
) -> Finding:
    """What is told of a check that failed, from its measure and from the views `feed_<name>`.

    Of one that holds the gate: also which deliveries its rows came with, for a person to mend.
    """
    condition = _rows_condition(check)
    keys = failing_keys(con, _rows_sql(check, condition)) if condition else Keys(())
    told = [_sentence(check, observed, count)]
    if condition and check.severity == "hold":
        told += where_from(con, check, condition)
    return Finding(
        check=check.name,
        origin="set check",
        severity=check.severity,
        sentence=" ".join(told),
        count=count,
        keys=keys.keys,
        note=keys.note,
    )


def _sentence(check: SetCheck, observed: float | None, count: int | None) -> str:
    value = "no answer" if observed is None else f"{round(observed, 4):g}"
    told = _TOLD.get(check.kind, f"{check.sentence} Found {{observed}}, expected {{expected}}.")
    return told.format(
        count="Some" if count is None else f"{count:,}",
        feed=check.feed,
        columns=", ".join(check.columns),
        other=check.other,
        observed=value,
        share=value if observed is None else f"{100 * observed:.1f} %",
        expected=_per_cent(check) if check.kind in _SHARES else check.expected,
    )


def _per_cent(check: SetCheck) -> str:
    if check.minimum is not None:
        return f"at least {100 * check.minimum:g} %"
    return f"at most {100 * (check.maximum or 0):g} %"


def _rows_sql(check: SetCheck, condition: str) -> str:
    """The query that lists the rows which a check counts as unexpected."""
    if check.kind == "unique":
        keys = ", ".join(check.columns)
        return f"SELECT {keys}, count(*) AS row_count FROM feed_{check.feed} WHERE {condition} GROUP BY ALL"
    columns = ", ".join(dict.fromkeys([*FEEDS[check.feed].key, *check.columns]))
    return f"SELECT {columns} FROM feed_{check.feed} WHERE {condition}"


def _rows_condition(check: SetCheck) -> str | None:
    """What is true of these rows; None where a check counts none."""
    write = _CONDITIONS.get(check.kind)
    return write(check) if write else None


def _unique(check: SetCheck) -> str:
    keys = ", ".join(check.columns)
    return f"({keys}) IN (SELECT ({keys}) FROM feed_{check.feed} GROUP BY ALL HAVING count(*) > 1)"


def _filled(check: SetCheck) -> str:
    return f"{check.columns[0]} IS NULL"


def _known(check: SetCheck) -> str:
    allowed = ", ".join("'" + value.replace("'", "''") + "'" for value in check.allowed)
    return f"{check.columns[0]} NOT IN ({allowed})"


def _linked(check: SetCheck) -> str:
    other = str(check.other)
    return f"{check.columns[0]} NOT IN (SELECT {FEEDS[other].key[0]} FROM feed_{other})"


def _fill_drop(check: SetCheck) -> str:
    return f"{newest_sql(check)} AND {check.columns[0]} IS NULL"


def _seen_before(check: SetCheck) -> str:
    column = check.columns[0]
    return (
        f"{newest_sql(check)} AND {column} NOT IN"
        f" (SELECT {column} FROM feed_{check.feed} WHERE NOT ({newest_sql(check)}) AND {column} IS NOT NULL)"
    )


_CONDITIONS: dict[Kind, Callable[[SetCheck], str]] = {
    "unique": _unique,
    "filled": _filled,
    "known": _known,
    "linked": _linked,
    "fill_drop": _fill_drop,
    "seen_before": _seen_before,
}
