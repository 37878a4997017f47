"""Eight tiles: the last 7 days beside the week before and the year before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from mandje.report.figures import Figures, kind_of
from mandje.report.filled import fill
from mandje.report.noise import is_within_noise
from mandje.report.pictures.lines import line_path
from mandje.report.section import Report, Section
from mandje.report.written import Value

_PERIODS = """
WITH days AS (
    SELECT
        *,
        CASE
            WHEN kpi_date > $as_of_date - 7 THEN 'last_7_days'
            WHEN kpi_date BETWEEN $as_of_date - 13 AND $as_of_date - 7 THEN 'week_before'
            WHEN kpi_date BETWEEN $as_of_date - 370 AND $as_of_date - 364 THEN 'year_before'
        END AS period_code
    FROM marts.daily_kpis
    WHERE site = '(all)' AND kpi_date <= $as_of_date
),

periods AS (
    SELECT
        period_code,
        sum(net_sales_amount) AS net_sales_amount,
        sum(order_count) AS order_count,
        sum(session_count) AS session_count,
        CAST(sum(order_session_count) AS DOUBLE) / nullif(sum(session_count), 0) AS conversion_ratio,
        sum(gross_sales_amount - discount_amount) / nullif(sum(order_count), 0) AS order_value_amount,
        CAST(sum(abandoned_cart_count) AS DOUBLE)
        / nullif(sum(ordered_cart_count + recovered_cart_count + abandoned_cart_count), 0) AS cart_left_ratio,
        sum(new_customer_count) AS new_customer_count,
        sum(spend_amount) / nullif(sum(new_customer_count), 0) AS cpa_amount,
        count(*) FILTER (WHERE has_missing_delivery) AS missing_day_count
    FROM days
    WHERE period_code IS NOT NULL
    GROUP BY period_code
    HAVING period_code = 'last_7_days' OR count(*) = 7
)
"""
_FIGURES = f"""{_PERIODS}
SELECT * FROM periods ORDER BY period_code
"""
_CHANGES = f"""{_PERIODS}
SELECT
    earlier.period_code,
    CAST(now.net_sales_amount / nullif(earlier.net_sales_amount, 0) - 1 AS DOUBLE) AS net_sales_change,
    CAST(now.order_count AS DOUBLE) / nullif(earlier.order_count, 0) - 1 AS order_change,
    CAST(now.session_count AS DOUBLE) / nullif(earlier.session_count, 0) - 1 AS session_change,
    now.conversion_ratio - earlier.conversion_ratio AS conversion_points,
    CAST(now.order_value_amount / nullif(earlier.order_value_amount, 0) - 1 AS DOUBLE) AS order_value_change,
    now.cart_left_ratio - earlier.cart_left_ratio AS cart_left_points,
    CAST(now.new_customer_count AS DOUBLE) / nullif(earlier.new_customer_count, 0) - 1 AS new_customer_change,
    CAST(now.cpa_amount / nullif(earlier.cpa_amount, 0) - 1 AS DOUBLE) AS cpa_change
FROM periods AS earlier
CROSS JOIN (SELECT * FROM periods WHERE period_code = 'last_7_days') AS now
WHERE earlier.period_code <> 'last_7_days'
ORDER BY earlier.period_code
"""
_WEEKS = """
SELECT
    week_start_date,
    net_sales_amount,
    order_count,
    session_count,
    conversion_ratio,
    average_order_value_amount AS order_value_amount,
    cart_abandonment_ratio AS cart_left_ratio,
    new_customer_count,
    cpa_amount
FROM marts.weekly_kpis
WHERE site = '(all)' AND is_complete AND week_start_date <= $as_of_date - 6
ORDER BY week_start_date DESC
LIMIT 12
"""
# The same 7 days of up to 52 weeks before; a week that lacks a delivery is unknown.
_HISTORY = """
SELECT
    sum(net_sales_amount) AS net_sales_amount,
    sum(order_count) AS order_count,
    sum(session_count) AS session_count,
    CAST(sum(order_session_count) AS DOUBLE) / nullif(sum(session_count), 0) AS conversion_ratio,
    sum(gross_sales_amount - discount_amount) / nullif(sum(order_count), 0) AS order_value_amount,
    CAST(sum(abandoned_cart_count) AS DOUBLE)
    / nullif(sum(ordered_cart_count + recovered_cart_count + abandoned_cart_count), 0) AS cart_left_ratio,
    sum(new_customer_count) AS new_customer_count,
    sum(spend_amount) / nullif(sum(new_customer_count), 0) AS cpa_amount
FROM marts.daily_kpis
WHERE site = '(all)' AND kpi_date BETWEEN $as_of_date - 370 AND $as_of_date - 7
GROUP BY CAST(floor(($as_of_date - kpi_date) / 7) AS INTEGER)
HAVING count(*) = 7 AND NOT bool_or(has_missing_delivery)
ORDER BY CAST(floor(($as_of_date - kpi_date) / 7) AS INTEGER) DESC
"""


@dataclass(frozen=True, slots=True)
class _Tile:
    """A figure of the tiles: its columns, whether more of it is good, and the feed that it needs."""

    value: str
    change: str
    more_is: str
    feed: str


_TILES = (
    _Tile("net_sales_amount", "net_sales_change", "good", "orders"),
    _Tile("order_count", "order_change", "good", "orders"),
    _Tile("session_count", "session_change", "good", "session_events"),
    _Tile("conversion_ratio", "conversion_points", "good", "session_events"),
    _Tile("order_value_amount", "order_value_change", "good", "orders"),
    _Tile("cart_left_ratio", "cart_left_points", "bad", "session_events"),
    _Tile("new_customer_count", "new_customer_change", "good", "orders"),
    _Tile("cpa_amount", "cpa_change", "bad", "ad_spend"),
)


@dataclass(frozen=True, slots=True)
class _Shown:
    value: str
    amount: Value
    feed: str
    line: str
    is_unusual: bool
    compared: list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the tiles are made from: the last 7 days, and what they are compared with."""

    now: dict[str, Any]
    changes: Figures
    weeks: Figures
    history: Figures


def tiles(report: Report) -> Section:
    """The last 7 days at a glance."""
    figures, changes = report.ask("tiles", _FIGURES), report.ask("tile_changes", _CHANGES)
    weeks, history = report.ask("tile_weeks", _WEEKS), report.ask("tile_history", _HISTORY)
    now = next((one for one in figures.records() if one["period_code"] == "last_7_days"), None)
    if now is None or (now["order_count"] is None and now["session_count"] is None):
        return Section("tiles", waits_for=("orders", "order_lines", "session_events"))
    facts = _Facts(now, changes, weeks, history)
    picture = fill(report, "tiles.html.j2", tiles=[_shown(report, one, facts) for one in _TILES])
    return Section("tiles", _answer(report, now, changes), picture, (figures, changes, weeks))


def _answer(report: Report, now: dict[str, Value], changes: Figures) -> Markup:
    said = [report.answer("answer_tiles")]
    if not changes.rows:
        said.append(report.answer("answer_tiles_too_young"))
    if now["missing_day_count"]:
        said.append(report.answer("answer_tiles_missing", missing_day_count=now["missing_day_count"]))
    return Markup().join(said)


def _is_unusual(tile: _Tile, facts: _Facts) -> bool:
    """Whether the last 7 days are further from the weeks before than the figure goes by itself."""
    value = facts.now[tile.value]
    if value is None:
        return False
    known = [None if one is None else float(one) for one in facts.history.column(tile.value)]
    return not is_within_noise(known, float(value), is_count=kind_of(tile.value) == "count")


def _shown(report: Report, tile: _Tile, facts: _Facts) -> _Shown:
    known = [float(one) for one in facts.weeks.column(tile.value) if one is not None]
    line = line_path(facts.weeks.column(tile.value)[::-1], max(known), min(known)) if len(known) > 1 else ""
    compared = list(_compared(report, tile, facts))
    return _Shown(tile.value, facts.now[tile.value], tile.feed, line, _is_unusual(tile, facts), compared)


def _compared(report: Report, tile: _Tile, facts: _Facts) -> Iterator[tuple[str, str, str]]:
    """Look, change and period of every comparison of a tile: grey where it is nothing unusual."""
    is_unusual = _is_unusual(tile, facts)
    for one in facts.changes.records():
        change = one[tile.change]
        if change is not None:
            sign = "up" if change > 0 else "down" if change < 0 else "near"
            tone = tile.more_is if change > 0 else _OTHER[tile.more_is]
            look = f"{sign} {tone}" if is_unusual and change else sign
            yield look, report.written(tile.change, change), report.written("period_code", one["period_code"])


_OTHER = {"good": "bad", "bad": "good"}
