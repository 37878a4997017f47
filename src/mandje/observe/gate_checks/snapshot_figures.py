"""Tonight beside the snapshot before: tables that shrank, predictions that are gone, history that fell."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path

import duckdb

from mandje.findings.holds import Hold
from mandje.observe.gate_checks.collapses import is_far_below, plain
from mandje.system.literals import text_literal
from mandje.system.own_files import damaged

# A table that lost more than a fifth of its rows, or half of the predictions.
TABLE_RATIO = 0.8
# A day that was shown before and has less than this left.
DAY_RATIO = 0.4
PREDICTION_RATIO = 0.5
_MEND = "move its snapshot out of published/ (not the one that readers see), and run the night again"
_PREDICTIONS = "predictions.customer_predictions"
_HISTORY = (
    ("orders", "order_count"),
    ("sessions", "session_count"),
    ("gross_sales", "gross_sales_amount"),
)


_DAYS = (("orders", "order_count"), ("sessions", "session_count"))
_COLLAPSED = """
    SELECT kpi_date, shown.{column}, coalesce(tonight.{column}, 0)
    FROM before.marts.daily_kpis AS shown LEFT JOIN marts.daily_kpis AS tonight USING (site, kpi_date)
    WHERE site = '(all)' AND kpi_date <= DATE '{last}' AND shown.{column} > coalesce(tonight.{column}, 0)
"""


def compare_snapshot(
    con: duckdb.DuckDBPyConnection, snapshot: Path, snapshot_date: date, tables: Collection[str]
) -> list[Hold]:
    """What tonight's working database lost against the snapshot's database file.

    `tables` are the public state tables as `schema.name`; one that the snapshot lacks is new.

    Raises:
        DamagedFileError: the snapshot is not one that can be opened.
    """
    try:
        con.execute(f"ATTACH {text_literal(snapshot)} AS before (READ_ONLY)")
    except duckdb.Error as fault:
        raise damaged(snapshot, str(fault), _MEND) from None
    try:
        return [
            *_predictions(con),
            *_tables(con, tables),
            *_history(con, snapshot_date),
            *_days(con, snapshot_date),
        ]
    finally:
        con.execute("DETACH before")


def _predictions(con: duckdb.DuckDBPyConnection) -> Iterator[Hold]:
    if not _columns(con, _PREDICTIONS):
        return
    count = "count(*) FILTER (expected_orders_90d IS NOT NULL)"
    before, now = _both(con, count, _PREDICTIONS)
    if is_far_below(now, before, PREDICTION_RATIO):
        yield Hold(
            "predictions", plain(before), plain(now), f"{now:,} persons have predictions, {before:,} before"
        )


def _tables(con: duckdb.DuckDBPyConnection, tables: Collection[str]) -> Iterator[Hold]:
    """Rows of tables; one that lost columns has a new shape, whose rows are others."""
    for table in sorted(tables):
        shown = _columns(con, table)
        if not shown or shown - _columns(con, table, "current_database()"):
            continue
        before, now = _both(con, "count(*)", table)
        if is_far_below(now, before, TABLE_RATIO):
            yield Hold(f"table:{table}", plain(before), plain(now), f"{now:,} rows, {before:,} before")


def _history(con: duckdb.DuckDBPyConnection, last: date) -> Iterator[Hold]:
    """Figures of the days that the snapshot before showed: they move a little, and never by a fifth."""
    known = _columns(con, "marts.daily_kpis")
    for name, column in _HISTORY:
        if column not in known:
            continue
        where = f"marts.daily_kpis WHERE site = '(all)' AND kpi_date <= DATE '{last}'"
        before, now = _both(con, f"coalesce(sum({column}), 0)", where)
        if is_far_below(now, before, TABLE_RATIO):
            told = f"{now:,} {name.replace('_', ' ')} on all days up to {last}, {before:,} before"
            yield Hold(f"history:{name}", plain(before), plain(now), told)


def _days(con: duckdb.DuckDBPyConnection, last: date) -> Iterator[Hold]:
    """Days that the snapshot before showed and that collapsed since, in one hold of each figure."""
    known = _columns(con, "marts.daily_kpis")
    for name, column in _DAYS:
        if column not in known:
            continue
        rows = con.execute(_COLLAPSED.format(column=column, last=last)).fetchall()
        fallen = [row for row in rows if is_far_below(row[2], row[1], DAY_RATIO)]
        if fallen:
            before, now = (sum(row[place] for row in fallen) for place in (1, 2))
            days = sorted({row[0] for row in fallen})
            told = f"{now:,} {name.replace('_', ' ')} on {len(days)} day(s) that had {before:,} before"
            yield Hold(f"days:{name}", plain(before), plain(now), f"{told} ({days[0]} to {days[-1]})")


def _both(con: duckdb.DuckDBPyConnection, figure: str, source: str) -> tuple[float, float]:
    """A figure of the snapshot, and of tonight."""
    row = con.execute(
        f"SELECT (SELECT {figure} FROM before.{source}), (SELECT {figure} FROM {source})"
    ).fetchone()
    before, now = row or (0, 0)
    return before, now


def _columns(con: duckdb.DuckDBPyConnection, table: str, database: str = "'before'") -> set[str]:
    """Names of a table's columns in a database, the snapshot's unless told; none where it lacks the table."""
    schema, name = table.split(".")
    rows = con.execute(
        "SELECT column_name FROM duckdb_columns()"
        f" WHERE database_name = {database} AND schema_name = ? AND table_name = ?",
        [schema, name],
    )
    return {column for (column,) in rows.fetchall()}
