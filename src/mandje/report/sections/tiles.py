"""Eight tiles: the last 7 days beside the week before and the year before."""

from __future__ import annotations

import re
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

# A week is 7 days that end with the day of the page, or 7, 14, … days before it.
_SUMS = """
        sum(net_sales_amount) AS net_sales_amount,
        sum(returned_amount) AS returned_amount,
        sum(order_count) AS order_count,
        sum(session_count) AS session_count,
        CAST(sum(order_session_count) AS DOUBLE) / nullif(sum(session_count), 0) AS conversion_ratio,
        sum(gross_sales_amount - discount_amount) / nullif(sum(order_count), 0) AS order_value_amount,
        CAST(sum(abandoned_cart_count) AS DOUBLE)
        / nullif(sum(ordered_cart_count + recovered_cart_count + abandoned_cart_count), 0) AS cart_left_ratio,
        sum(new_customer_count) AS new_customer_count,
        -- Cost often comes a day later than orders: days after the last that tells any do not count.
        sum(spend_amount) / nullif(sum(new_customer_count) FILTER (
            WHERE kpi_date <= (SELECT max(kpi_date) FROM marts.daily_kpis WHERE spend_amount > 0)
        ), 0) AS cpa_amount,
        count(*) FILTER (WHERE has_missing_delivery) AS missing_day_count"""
_PERIODS = f"""
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
        min(kpi_date) AS first_day,
        max(kpi_date) AS last_date,{_SUMS}
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
    -- Who ordered first in the first 60 days of a history may be a customer of long before it.
    CASE WHEN earlier.first_day >= (SELECT min(kpi_date) + 60 FROM marts.daily_kpis) THEN
        CAST(now.new_customer_count AS DOUBLE) / nullif(earlier.new_customer_count, 0) - 1
    END AS new_customer_change,
    CASE WHEN earlier.first_day >= (SELECT min(kpi_date) + 60 FROM marts.daily_kpis) THEN
        CAST(now.cpa_amount / nullif(earlier.cpa_amount, 0) - 1 AS DOUBLE)
    END AS cpa_change
FROM periods AS earlier
CROSS JOIN (SELECT * FROM periods WHERE period_code = 'last_7_days') AS now
WHERE earlier.period_code <> 'last_7_days'
ORDER BY earlier.period_code
"""
_WEEKS = f"""
SELECT
        max(kpi_date) AS last_date,{_SUMS}
FROM marts.daily_kpis
WHERE site = '(all)' AND kpi_date BETWEEN $as_of_date - {{days}} AND $as_of_date
GROUP BY CAST(floor(($as_of_date - kpi_date) / 7) AS INTEGER)
HAVING count(*) = 7
ORDER BY last_date DESC
"""
_SITES = f"""
SELECT
        site,{_SUMS}
FROM marts.daily_kpis
WHERE site <> '(all)' AND kpi_date BETWEEN $as_of_date - 6 AND $as_of_date
GROUP BY site
ORDER BY net_sales_amount DESC NULLS LAST, site
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
    returned: Value
    line: str
    end: str
    is_unusual: bool
    compared: list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the tiles are made from: the last 7 days, and what they are compared with."""

    now: dict[str, Any]
    figures: Figures
    changes: Figures
    weeks: Figures
    history: Figures


def tiles(report: Report) -> Section:
    """The last 7 days at a glance."""
    facts, sites = _facts(report), report.ask("tile_sites", _SITES)
    if facts is None:
        return Section("tiles", waits_for=("orders", "order_lines", "session_events"))
    folded = _folded(report, facts)
    told = [one for one in _TILES if not any(one.value in columns for columns in folded.values())]
    tiles = [_shown(report, one, facts) for one in told]
    picture = fill(report, "tiles.html.j2", tiles=tiles, folded=folded)
    shown = (facts.figures, facts.changes, facts.weeks, *([sites] if len(sites.rows) > 1 else []))
    return Section("tiles", _answer(report, facts.now, facts.changes), picture, shown)


def unusual_figures(report: Report) -> dict[str, Value]:
    """The figures of the tiles that are not grey, by column."""
    facts = _facts(report)
    if facts is None:
        return {}
    return {one.value: facts.now[one.value] for one in _TILES if _is_unusual(one, facts)}


def _folded(report: Report, facts: _Facts) -> dict[str, list[str]]:
    """Figures that no delivery tells of, by the feed in words that they wait for."""
    unknown = [one for one in _TILES if facts.now[one.value] is None]
    lacking = report.lacking(tuple(dict.fromkeys(one.feed for one in unknown)))
    return {report.feeds((feed,)): [one.value for one in unknown if one.feed == feed] for feed in lacking}


def _facts(report: Report) -> _Facts | None:
    """What the tiles are made from; nothing where the last 7 days tell of no order and no visit."""
    figures = report.ask("tiles", _FIGURES)
    now = next((one for one in figures.records() if one["period_code"] == "last_7_days"), None)
    if now is None or (now["order_count"] is None and now["session_count"] is None):
        return None
    return _Facts(
        now=now,
        figures=figures,
        changes=report.ask("tile_changes", _CHANGES),
        weeks=report.ask("tile_weeks", _WEEKS.format(days=12 * 7 - 1)),
        history=report.ask("tile_history", _WEEKS.format(days=53 * 7 - 1)),
    )


def _answer(report: Report, now: dict[str, Value], changes: Figures) -> Markup:
    said = [report.answer("answer_tiles", first_day=now["first_day"], last_date=now["last_date"])]
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
    earlier = [one for one in facts.history.records() if one["last_date"] < facts.now["last_date"]]
    known = [
        None if one[tile.value] is None or one["missing_day_count"] else float(one[tile.value])
        for one in reversed(earlier)
    ]
    return not is_within_noise(known, float(value), is_count=kind_of(tile.value) == "count")


def _shown(report: Report, tile: _Tile, facts: _Facts) -> _Shown:
    """A tile with its line; the line ends with the figure shown, where a dot stands."""
    values = facts.weeks.column(tile.value)[::-1]
    known = [float(one) for one in values if one is not None]
    line = line_path(values, max(known), min(known)) if len(known) > 1 else ""
    end = line.rpartition("L")[2] if values and values[-1] is not None else ""
    is_unusual, compared = _is_unusual(tile, facts), list(_compared(report, tile, facts))
    returned = facts.now["returned_amount"] if tile.value == "net_sales_amount" else None
    return _Shown(tile.value, facts.now[tile.value], returned, line, end, is_unusual, compared)


def _compared(report: Report, tile: _Tile, facts: _Facts) -> Iterator[tuple[str, str, str]]:
    """Look, change and period of every comparison of a tile: grey where it is nothing unusual."""
    is_unusual = _is_unusual(tile, facts)
    for one in facts.changes.records():
        change = one[tile.change]
        if change is not None:
            text = report.written(tile.change, change)
            sign = ("up" if change > 0 else "down") if re.search("[1-9]", text) else "near"
            tone = tile.more_is if change > 0 else _OTHER[tile.more_is]
            look = f"{sign} {tone}" if is_unusual and sign != "near" else sign
            yield look, text, report.written("period_code", one["period_code"])


_OTHER = {"good": "bad", "bad": "good"}
