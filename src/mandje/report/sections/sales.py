"""Net sales by week, beside the year before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from markupsafe import Markup

from mandje.report.figures import Figures
from mandje.report.pictures.lines import Line, Marked, line_chart
from mandje.report.section import Report, Section

_WEEKS = """
SELECT
    week_start_date,
    net_sales_amount,
    year_before_net_sales_amount AS year_before_amount,
    net_sales_amount / nullif(previous_net_sales_amount, 0) - 1 AS week_before_change,
    net_sales_amount / nullif(year_before_net_sales_amount, 0) - 1 AS year_before_change,
    (SELECT count(DISTINCT kpi_date) FROM marts.restatements AS moved
        WHERE moved.site = '(all)' AND moved.kpi_name = 'net_sales_amount'
        AND moved.kpi_date BETWEEN weeks.week_start_date AND weeks.week_start_date + 6) AS restated_day_count,
    CASE
        WHEN has_missing_delivery THEN 'delivery_missing' WHEN is_complete THEN 'whole' ELSE 'cut'
    END AS state_code
FROM marts.weekly_kpis AS weeks
WHERE site = '(all)' AND week_start_date <= $as_of_date - 6
ORDER BY week_start_date DESC
LIMIT 52
"""


def sales(report: Report) -> Section:
    """What the shop sold, week by week."""
    weeks = report.ask("sales_weeks", _WEEKS)
    if not any(weeks.column("net_sales_amount")):
        return Section("sales", waits_for=("orders", "order_lines"))
    return Section("sales", _answer(report, weeks), _picture(report, weeks), (weeks,))


def _answer(report: Report, weeks: Figures) -> Markup:
    newest = next((one for one in weeks.records() if one["state_code"] == "whole"), None)
    if newest is None:
        return report.answer("answer_sales_no_week")
    names = ["net_sales_amount", "week_start_date"]
    key = "answer_sales_alone"
    if newest["week_before_change"] is not None:
        names.append("week_before_change")
        key = "answer_sales_week_before"
    if newest["year_before_change"] is not None and newest["week_before_change"] is not None:
        names.append("year_before_change")
        key = "answer_sales"
    return report.answer(key, **{name: newest[name] for name in names})


def _picture(report: Report, weeks: Figures) -> Markup:
    days = weeks.column("week_start_date")[::-1]
    lines = [
        Line("this_year", weeks.column("net_sales_amount")[::-1]),
        Line("year_before", weeks.column("year_before_amount")[::-1]),
    ]
    marked = [
        Marked("undelivered", _weeks(weeks, lambda one: one["state_code"] == "delivery_missing")),
        Marked("restated", _weeks(weeks, lambda one: one["restated_day_count"] > 0)),
    ]
    return line_chart(report, days, lines, report.say("question_sales"), marked)


def _weeks(weeks: Figures, is_marked: Callable[[dict[str, Any]], bool]) -> frozenset[date]:
    return frozenset(one["week_start_date"] for one in weeks.records() if is_marked(one))
