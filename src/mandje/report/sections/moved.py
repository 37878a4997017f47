"""Published figures that moved since, and why."""

from __future__ import annotations

from markupsafe import Markup

from mandje.report.figures import Figures
from mandje.report.pictures.bars import Bars, bar_table
from mandje.report.section import Report, Section

# A return explains a figure by order date only as far as it came after the publication.
_CAUSES = """
WITH came_back AS (
    SELECT order_date, sum(returned_amount) AS returned_amount
    FROM marts.returns
    WHERE is_counted AND return_date > (SELECT max(published_as_of_date) FROM marts.restatements)
    GROUP BY order_date
),

moved AS (
    SELECT
        restated.*,
        CASE
            WHEN published_value IS NULL THEN 'came_late'
            WHEN is_moved_by_returns AND abs(change_value + returned_amount) < 0.01 THEN 'return'
            WHEN is_moved_by_returns AND returned_amount IS NOT NULL THEN 'return_and_rows'
            WHEN is_moved_by_recovery THEN 'cart_ordered'
            WHEN is_moved_by_silence THEN 'cart_silent'
            ELSE 'late_or_corrected'
        END AS cause_code
    FROM marts.restatements AS restated
    LEFT JOIN came_back ON restated.kpi_date = came_back.order_date
    WHERE site = '(all)'
)
"""
_BY_CAUSE = f"""{_CAUSES}
SELECT
    cause_code,
    count(*) AS figure_count,
    count(DISTINCT kpi_date) AS day_count,
    min(kpi_date) AS first_date,
    max(kpi_date) AS last_date,
    max(published_as_of_date) AS published_date
FROM moved
GROUP BY cause_code
ORDER BY cause_code NOT IN ('late_or_corrected', 'came_late'), figure_count DESC, cause_code
"""
_LARGEST = f"""{_CAUSES}
SELECT
    kpi_name AS kpi_code,
    kpi_date AS day_date,
    published_value,
    current_value,
    change_value,
    cause_code
FROM moved
ORDER BY abs(change_value) / nullif(abs(published_value), 0) DESC NULLS FIRST, kpi_date DESC, kpi_name
LIMIT 10
"""


_TOTAL = f"""{_CAUSES}
SELECT
    max(published_as_of_date) AS published_date,
    count(*) AS figure_count,
    count(DISTINCT kpi_date) AS day_count
FROM moved
"""
_SHOWN = ("kpi_code", "day_date", "published_value", "current_value", "cause_code")


def moved(report: Report) -> Section:
    """Which published figures moved, and why."""
    causes = report.ask("moved_causes", _BY_CAUSE)
    if not causes.rows:
        return Section("moved", report.answer("answer_moved_none"), None, (causes,))
    total, largest = report.ask("moved_total", _TOTAL), report.ask("moved_figures", _LARGEST)
    said = report.say("picture_moved")
    picture = bar_table(report, largest, Bars(_SHOWN), said, said)
    return Section("moved", _answer(report, total, causes), picture, (total, causes, largest))


def _answer(report: Report, total: Figures, causes: Figures) -> Markup:
    names = ("cause_code", "figure_count")
    records = ({name: one[name] for name in names} for one in causes.records())
    reasons = report.listed("answer_moved_causes", "answer_moved_cause", records)
    return report.answer("answer_moved", **next(total.records())) + reasons
