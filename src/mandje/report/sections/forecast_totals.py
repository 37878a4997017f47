"""What today's customers are expected to bring, how sure that is, and whether it can be believed."""

from __future__ import annotations

from markupsafe import Markup

from mandje.report.figures import Figures
from mandje.report.section import Report
from mandje.report.written import Value

_TOTALS = """
SELECT
    horizon_days,
    customer_count,
    expected_order_count,
    order_low_count,
    order_high_count,
    expected_spend_amount,
    spend_low_amount,
    spend_high_amount,
    order_window_count AS window_count,
    CASE
        WHEN order_low_count IS NOT NULL THEN 'known_range'
        WHEN interval_reason LIKE '%too much%' THEN 'misses_too_large'
        WHEN interval_reason LIKE 'nothing was expected%' THEN 'empty_period'
        ELSE 'past_too_short'
    END AS total_range_code,
    CASE WHEN season_factor_seen IS NULL THEN 'without_season' ELSE 'with_season' END AS season_code
FROM marts.forecast_totals
WHERE site = '(all)' AND horizon_days IN (30, 90) AND expected_order_count IS NOT NULL
ORDER BY horizon_days
"""
# Forecasts that are over, newest first, and the widest range of tonight.
_VERDICT = """
WITH outcomes AS (
    SELECT total_ratio
    FROM marts.forecast_results
    WHERE is_complete AND churn_band = '(all)' AND horizon_days IN (30, 90) AND total_ratio IS NOT NULL
    ORDER BY as_of_date DESC, horizon_days
    LIMIT 8
),
judged AS (
    SELECT count(*) AS judged_count, count(*) FILTER (WHERE abs(total_ratio - 1) <= 0.15) AS near_count
    FROM outcomes
),
ranges AS (
    SELECT
        min(order_low_count / expected_order_count) - 1 AS lowest_change,
        max(order_high_count / expected_order_count) - 1 AS highest_change
    FROM marts.forecast_totals
    WHERE site = '(all)' AND horizon_days IN (30, 90)
)
SELECT
    CASE
        WHEN judged_count > 0 AND near_count * 2 < judged_count THEN 'doubtful'
        WHEN highest_change IS NULL THEN 'unproven'
        WHEN highest_change > 0.25 THEN 'rough'
        ELSE 'good'
    END AS believed_code,
    judged_count,
    near_count,
    0.15 AS near_ratio,
    lowest_change,
    highest_change
FROM judged, ranges
"""


def verdict(report: Report) -> tuple[Markup, Figures]:
    """Whether the forecasts can be believed, in words, and the figures that say so."""
    found = report.ask("forecast_verdict", _VERDICT)
    told = next(found.records())
    said = report.answer(f"answer_forecasts_believed_{told['believed_code']}")
    if told["judged_count"]:
        near = {name: told[name] for name in ("judged_count", "near_count", "near_ratio")}
        said += report.answer("answer_forecasts_near", **near)
    if told["highest_change"] is not None:
        width = {name: told[name] for name in ("lowest_change", "highest_change")}
        said += report.answer("answer_forecasts_width", **width)
    return said, found


def totals(report: Report) -> tuple[Markup, Figures]:
    """The totals of the next 30 and 90 days with their ranges, or why there are none."""
    found = report.ask("forecast_totals", _TOTALS)
    return Markup().join(_total(report, told) for told in found.records()), found


def _total(report: Report, told: dict[str, Value]) -> Markup:
    said = _line(report, "answer_forecasts_total", told, "expected_order_count")
    if told["expected_spend_amount"] is not None:
        said += _line(report, "answer_forecasts_spend", told, "expected_spend_amount")
    if told["order_low_count"] is not None:
        said += _line(report, "answer_forecasts_range_known", told, "order_low_count", "order_high_count")
    else:
        said += _line(report, f"answer_forecasts_range_{told['total_range_code']}", told, "window_count")
    if told["spend_low_amount"] is not None:
        said += _line(report, "answer_forecasts_spend_range", told, "spend_low_amount", "spend_high_amount")
    if told["season_code"] == "without_season":
        said += _line(report, "answer_forecasts_no_season", told)
    return said


def _line(report: Report, key: str, told: dict[str, Value], *names: str) -> Markup:
    return report.answer(key, **{name: told[name] for name in ("horizon_days", *names)})
