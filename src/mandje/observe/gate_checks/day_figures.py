"""Days beside their own weekdays, in tonight's data: which of them lie far below.

A day is set beside the median of the same weekday in the eight weeks before it, at least four of them. Days
that are accounted for (closed, or known to lack a delivery) are neither judged nor compared with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from typing import Any

import duckdb
import polars as pl

from mandje.findings.holds import Hold
from mandje.observe.gate_checks.collapses import is_far_below, plain

WEEKS = 8
_LEAST_WEEKS = 4
# Below so much of its weekday's median a day is held. Christmas sales of Online Retail and 730 days of the
# demo stay above it; a day at a quarter of its volume does not.
DAY_RATIO = 0.4
# Money scatters far more than counts: a tenth of it, or ten times as much (cents for euros), where some
# orders were usual.
MONEY_RATIO = 0.1
LEAST_ORDERS = 10
# A visit brings several pages at once: they scatter as fewer, larger things do.
_TOGETHER = {"page_views": 4}
# An event type that is usual and vanishes is held; below a quarter it is told, as is spend on advertising.
LEAST_EVENTS = 20
EVENT_RATIO = 0.25
# So many times its weekday's median is told too: an export that came twice, or a very good day.
MOST_RATIO = 5

ONE_YEAR = timedelta(days=365)

AccountedFor = Collection[tuple[str, date]]
_SCHEMA = {"feed": pl.String(), "day": pl.Date()}

# measure, feed that it comes from, column of daily_kpis
_MEASURES = (
    ("orders", "orders", "order_count"),
    ("gross_sales", "order_lines", "gross_sales_amount"),
    ("sessions", "session_events", "session_count"),
    ("page_views", "session_events", "page_view_count"),
    ("spend", "ad_spend", "spend_amount"),
)
_OF_KPIS = " UNION ALL ".join(
    f"SELECT '{measure}' AS measure, '{feed}' AS feed, site, kpi_date AS day,"
    f" CAST({column} AS DOUBLE) AS value, CAST(order_count AS DOUBLE) AS orders FROM shown"
    for measure, feed, column in _MEASURES
)
_OF_EVENTS = """
    SELECT 'event_type' || ':' || event_type AS measure, 'session_events' AS feed, site, day,
        CAST(coalesce(count, 0) AS DOUBLE) AS value, CAST(0 AS DOUBLE) AS orders
    FROM (SELECT DISTINCT event_type, site FROM counted)
    CROSS JOIN (SELECT DISTINCT kpi_date AS day FROM shown)
    LEFT JOIN counted USING (event_type, site, day)
"""
_QUERY = f"""
    WITH shown AS (
        SELECT * FROM marts.daily_kpis
        WHERE kpi_date > $first
            AND (site = '(all)' OR (SELECT count(DISTINCT site) FROM marts.daily_kpis) > 2)
    ),
    counted AS (
        SELECT event_type, coalesce(site, '(all)') AS site, event_date AS day, count(*) AS count
        FROM intermediate.int_events_sessionised WHERE event_date > $first
        GROUP BY GROUPING SETS ((event_type, site, event_date), (event_type, event_date))
        HAVING site IS NULL OR site IN (SELECT site FROM shown)
    ),
    sound AS (
        SELECT * FROM ({_OF_KPIS} UNION ALL {_OF_EVENTS}) ANTI JOIN accounted_for USING (feed, day)
        WHERE value IS NOT NULL
    )
    SELECT judged.measure, judged.site, judged.day, judged.value AS now, median(past.value) AS usual,
        median(past.orders) AS usual_orders
    FROM sound AS judged
    INNER JOIN sound AS past ON judged.measure = past.measure AND judged.site = past.site
        AND past.day BETWEEN judged.day - {7 * WEEKS} AND judged.day - 7 AND (judged.day - past.day) % 7 = 0
    WHERE judged.day > $since AND judged.day <= $last
    GROUP BY ALL HAVING count(*) >= {_LEAST_WEEKS} ORDER BY ALL
"""


def compare_days(
    con: duckdb.DuckDBPyConnection, since: date, as_of_date: date, accounted_for: AccountedFor
) -> tuple[list[Hold], list[str]]:
    """Days after `since` up to `as_of_date` that are far below their weekdays: held, and only told.

    `con` is the working database with its marts built; `accounted_for` names (feed, day).
    """
    rows = _compared(con, since, as_of_date, accounted_for)
    return list(_held(rows)), list(_told(rows))


def untracked_before(
    con: duckdb.DuckDBPyConnection, first_night: date, accounted_for: AccountedFor
) -> list[str]:
    """Event types that days of the year before a shop's first night have far too few of, a sentence each.

    Nobody was told of these days yet, and their funnels contradict themselves. Days with few visits are
    quiet, not untracked.
    """
    rows = _compared(con, first_night - ONE_YEAR, first_night - timedelta(days=1), accounted_for)
    quiet = {row["day"] for row in rows if row["measure"] == "sessions" and _is_collapsed(row)}
    days: dict[str, list[date]] = {}
    for row in rows:
        is_few = row["usual"] >= LEAST_EVENTS and row["now"] < EVENT_RATIO * row["usual"]
        if row["measure"].startswith("event_type:") and row["site"] == "(all)" and is_few:
            days.setdefault(row["measure"], []).append(row["day"])
    lacking = {name: sorted(set(found) - quiet) for name, found in days.items()}
    return [_untracked(name, found) for name, found in sorted(lacking.items()) if found]


def _untracked(measure: str, days: list[date]) -> str:
    shown = ", ".join(map(str, days[:3])) + (" and more" if len(days) > 3 else "")  # noqa: PLR2004
    what = measure.removeprefix("event_type:").replace("_", " ")
    return (
        f"{measure}:history: {what} lies below a quarter of its weekday's median on {len(days)} day(s) of "
        f"the history ({shown}), as if it was not tracked: closed funnels of these days end there"
    )


def _compared(
    con: duckdb.DuckDBPyConnection, since: date, last: date, accounted_for: AccountedFor
) -> list[dict[str, Any]]:
    frame = pl.DataFrame(list(accounted_for), schema=_SCHEMA, orient="row")
    con.register("accounted_for", frame.to_arrow())
    first = since - timedelta(days=7 * WEEKS)
    answer = con.sql(_QUERY, params={"first": first, "since": since, "last": last})
    rows = pl.DataFrame(answer.to_arrow_table()).rows(named=True)
    con.unregister("accounted_for")
    return rows


def _held(found: list[dict[str, Any]]) -> Iterator[Hold]:
    for row in found:
        if _is_collapsed(row):
            yield Hold(_name(row), plain(row["usual"]), plain(row["now"]), _sentence(row))


def _is_collapsed(row: dict[str, Any]) -> bool:
    now, usual = row["now"], row["usual"]
    if row["measure"].startswith("event_type:"):
        return bool(now == 0 and usual >= LEAST_EVENTS)
    if row["measure"] == "gross_sales":
        is_far = now < MONEY_RATIO * usual or now > usual / MONEY_RATIO
        return bool(row["usual_orders"] >= LEAST_ORDERS and is_far)
    if row["measure"] == "spend":
        return False  # advertising may well be stopped
    together = _TOGETHER.get(row["measure"], 1)
    return is_far_below(now / together, usual / together, DAY_RATIO)


def _told(found: list[dict[str, Any]]) -> Iterator[str]:
    for row in found:
        if row["usual"] < LEAST_EVENTS or _is_collapsed(row) or row["measure"] == "gross_sales":
            continue
        is_watched = row["measure"].startswith("event_type:") or row["measure"] == "spend"
        least, most = EVENT_RATIO * row["usual"], MOST_RATIO * row["usual"]
        if (is_watched and row["now"] < least) or row["now"] > most:
            yield f"{_name(row)}: {_sentence(row)}"


def _name(row: dict[str, Any]) -> str:
    kind = "" if row["measure"].startswith("event_type:") else "day:"
    return f"{kind}{row['measure']}:{row['day']}:{row['site']}"


def _sentence(row: dict[str, Any]) -> str:
    what = row["measure"].removeprefix("event_type:").replace("_", " ")
    where = "" if row["site"] == "(all)" else f" on site {row['site']}"
    return (
        f"{plain(row['now'])} {what} on {row['day']:%A} {row['day']}{where}, "
        f"usually {plain(row['usual'])} on that weekday"
    )
