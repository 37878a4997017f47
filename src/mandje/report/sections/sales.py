"""Net sales by week, beside the year before."""

from __future__ import annotations

from mandje.report.pictures.lines import Line, line_chart
from mandje.report.section import Report, Section

_WEEKS = """
SELECT week_start_date, net_sales_amount, year_before_net_sales_amount AS year_before_amount
FROM marts.weekly_kpis
WHERE site = '(all)' AND is_complete
ORDER BY week_start_date DESC
LIMIT 52
"""


def sales(report: Report) -> Section:
    """What the shop sold, week by week."""
    weeks = report.ask("sales_weeks", _WEEKS)
    if not any(weeks.column("net_sales_amount")):
        return Section("sales", waits_for=("orders", "order_lines"))
    newest = next(weeks.records())
    answer = report.say(
        "answer_sales",
        net_sales_amount=newest["net_sales_amount"],
        week_start_date=newest["week_start_date"],
        year_before_amount=newest["year_before_amount"],
    )
    picture = line_chart(
        report,
        weeks.column("week_start_date")[::-1],
        [
            Line("this_year", weeks.column("net_sales_amount")[::-1]),
            Line("year_before", weeks.column("year_before_amount")[::-1]),
        ],
        "question_sales",
    )
    return Section("sales", answer, picture, (weeks,))
