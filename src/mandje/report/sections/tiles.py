"""Eight tiles: the last 7 days beside the week before and the year before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from mandje.report.figures import Figures
from mandje.report.filled import fill
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
    compared: list[tuple[str, str, str]]


def tiles(report: Report) -> Section:
    """The last 7 days at a glance."""
    figures, changes = report.ask("tiles", _FIGURES), report.ask("tile_changes", _CHANGES)
    weeks = report.ask("tile_weeks", _WEEKS)
    now = next((one for one in figures.records() if one["period_code"] == "last_7_days"), None)
    if now is None or (now["order_count"] is None and now["session_count"] is None):
        return Section("tiles", waits_for=("orders", "order_lines", "session_events"))
    shown = [_shown(report, one, now[one.value], changes, weeks) for one in _TILES]
    picture = fill(report, "tiles.html.j2", tiles=shown)
    return Section("tiles", _answer(report, now, changes), picture, (figures, changes, weeks))


def _answer(report: Report, now: dict[str, Value], changes: Figures) -> Markup:
    said = [report.answer("answer_tiles")]
    if not changes.rows:
        said.append(report.answer("answer_tiles_too_young"))
    if now["missing_day_count"]:
        said.append(report.answer("answer_tiles_missing", missing_day_count=now["missing_day_count"]))
    return Markup().join(said)


def _shown(report: Report, tile: _Tile, value: Value, changes: Figures, weeks: Figures) -> _Shown:
    known = [float(one) for one in weeks.column(tile.value) if one is not None]
    line = line_path(weeks.column(tile.value)[::-1], max(known), min(known)) if len(known) > 1 else ""
    return _Shown(tile.value, value, tile.feed, line, list(_compared(report, tile, changes)))


def _compared(report: Report, tile: _Tile, changes: Figures) -> Iterator[tuple[str, str, str]]:
    """Sign, change and period of every comparison of a tile."""
    for one in changes.records():
        change = one[tile.change]
        if change is not None:
            tone = f"up {tile.more_is}" if change > 0 else f"down {_OTHER[tile.more_is]}"
            period = report.written("period_code", one["period_code"])
            yield tone if change else "near", report.written(tile.change, change), period


_OTHER = {"good": "bad", "bad": "good"}
