"""Net sales by week, beside the year before. A week is 7 days that end as the page's last 7 days do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from markupsafe import Markup

from mandje.report.figures import Figures
from mandje.report.pictures.lines import Line, Marked, line_chart
from mandje.report.section import Report, Section

# The year before is 52 such weeks earlier: the same days of the week.
_WEEKS = """
WITH spans AS (
    SELECT
        CAST(floor(($as_of_date - kpi_date) / 7) AS INTEGER) AS weeks_ago,
        min(kpi_date) AS first_day,
        max(kpi_date) AS last_date,
        sum(net_sales_amount) AS net_sales_amount,
        bool_or(has_missing_delivery) AS has_missing_delivery
    FROM marts.daily_kpis
    WHERE site = '(all)' AND kpi_date <= $as_of_date AND kpi_date > $as_of_date - 7 * 105
    GROUP BY weeks_ago
    HAVING count(*) = 7
),

moved AS (
    SELECT
        CAST(floor(($as_of_date - kpi_date) / 7) AS INTEGER) AS weeks_ago,
        count(DISTINCT kpi_date) AS restated_day_count
    FROM marts.restatements
    WHERE site = '(all)' AND kpi_name = 'net_sales_amount'
    GROUP BY weeks_ago
)

SELECT
    now.first_day,
    now.last_date,
    now.net_sales_amount,
    last_year.net_sales_amount AS year_before_amount,
    now.net_sales_amount / nullif(before.net_sales_amount, 0) - 1 AS week_before_change,
    now.net_sales_amount / nullif(last_year.net_sales_amount, 0) - 1 AS year_before_change,
    coalesce(moved.restated_day_count, 0) AS restated_day_count,
    CASE WHEN now.has_missing_delivery THEN 'delivery_missing' ELSE 'whole' END AS state_code
FROM spans AS now
LEFT JOIN spans AS before ON now.weeks_ago + 1 = before.weeks_ago
LEFT JOIN spans AS last_year ON now.weeks_ago + 52 = last_year.weeks_ago
LEFT JOIN moved ON now.weeks_ago = moved.weeks_ago
WHERE now.weeks_ago < 52
ORDER BY now.last_date DESC
"""
_DAY = """
SELECT kpi_date AS day_date, net_sales_amount, order_count
FROM marts.daily_kpis
WHERE site = '(all)' AND kpi_date = $as_of_date
"""
_SITES = """
SELECT site, sum(net_sales_amount) AS net_sales_amount
FROM marts.daily_kpis
WHERE site <> '(all)' AND kpi_date BETWEEN $as_of_date - 6 AND $as_of_date
GROUP BY site
ORDER BY net_sales_amount DESC NULLS LAST, site
LIMIT 5
"""


def sales(report: Report) -> Section:
    """What the shop sold, week by week."""
    weeks, day = report.ask("sales_weeks", _WEEKS), report.ask("sales_day", _DAY)
    sites = report.ask("sales_sites", _SITES)
    if not any(weeks.column("net_sales_amount")) and not any(day.column("order_count")):
        return Section("sales", waits_for=("orders", "order_lines"))
    figures = (weeks, day, *([sites] if len(sites.rows) > 1 else []))
    return Section(
        "sales", _answer(report, *figures), _picture(report, weeks) if weeks.rows else None, figures
    )


def _answer(report: Report, weeks: Figures, day: Figures, sites: Figures | None = None) -> Markup:
    newest = next(weeks.records(), None)
    said = [_week(report, newest) if newest else report.answer("answer_sales_no_week")]
    if sites is not None:
        said.append(report.listed("answer_sales_sites", "answer_sales_site", sites.records()))
    said += [report.answer("answer_sales_day", **one) for one in day.records() if None not in one.values()]
    if newest and newest["state_code"] != "whole":
        said.append(report.answer("answer_sales_lacking"))
    return Markup().join(said)


def _week(report: Report, newest: dict[str, Any]) -> Markup:
    names = ["net_sales_amount", "first_day", "last_date"]
    key = "answer_sales_alone"
    if newest["week_before_change"] is not None:
        names.append("week_before_change")
        key = "answer_sales_week_before"
    if newest["year_before_change"] is not None and newest["week_before_change"] is not None:
        names.append("year_before_change")
        key = "answer_sales"
    return report.answer(key, **{name: newest[name] for name in names})


def _picture(report: Report, weeks: Figures) -> Markup:
    days = weeks.column("last_date")[::-1]
    lines = [Line("this_year", weeks.column("net_sales_amount")[::-1])]
    year_before = weeks.column("year_before_amount")[::-1]
    if sum(one is not None for one in year_before) > 1:
        lines.append(Line("year_before", year_before))
    marked = [
        Marked("undelivered", _weeks(weeks, lambda one: one["state_code"] == "delivery_missing")),
        Marked("restated", _weeks(weeks, lambda one: one["restated_day_count"] > 0)),
    ]
    return line_chart(report, days, lines, report.say("question_sales"), marked)


def _weeks(weeks: Figures, is_marked: Callable[[dict[str, Any]], bool]) -> frozenset[date]:
    return frozenset(one["last_date"] for one in weeks.records() if is_marked(one))
