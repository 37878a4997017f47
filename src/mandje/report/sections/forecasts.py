"""Can the forecasts be believed: what forecasts, what is expected, and what earlier forecasts came to."""

from __future__ import annotations

from markupsafe import Markup

from mandje.report.figures import Figures
from mandje.report.pictures.bars import Bars, bar_table
from mandje.report.section import Report, Section
from mandje.report.sections.forecast_totals import totals, verdict

_NOW = """
SELECT
    order_form,
    spend_model,
    count(*) AS customer_count,
    sum(predicted_value_365d_amount) AS next_year_amount
FROM marts.customer_value
WHERE order_form IS NOT NULL
GROUP BY order_form, spend_model
ORDER BY customer_count DESC, order_form, spend_model
LIMIT 3
"""
_REASONS = """
SELECT reason AS reason_code, count(*) AS customer_count
FROM marts.customer_value
WHERE reason IS NOT NULL
GROUP BY reason
ORDER BY customer_count DESC, reason
LIMIT 8
"""
# Tests on the past: what the form that forecasts now would have told on an earlier day.
_TESTS = """
SELECT
    cut_date,
    horizon_days,
    contender AS order_form,
    customer_count,
    total_ratio - 1 AS orders_change,
    total_spend_ratio - 1 AS spend_change,
    auc AS ranked_ratio,
    coalesce(warning, fault) AS warning
FROM marts.model_quality
WHERE is_current AND (is_champion OR cut_date IS NULL)
ORDER BY cut_date DESC NULLS FIRST, contender
LIMIT 8
"""
_RANGE = """
SELECT
    count(total_ratio) AS test_count,
    count(season_factor) AS corrected_count,
    min(total_ratio) - 1 AS lowest_change,
    max(total_ratio) - 1 AS highest_change,
    count(*) FILTER (WHERE is_worse_than_baseline) AS beaten_count
FROM marts.model_quality
WHERE is_current AND is_champion
"""
_TENTHS = """
SELECT
    11 - TRY_CAST(bin_name AS INTEGER) AS tenth, customer_count, told_probability AS told_ratio, came_ratio,
    cut_date, horizon_days
FROM marts.model_calibration
WHERE is_current AND kind = 'tenth'
ORDER BY tenth
"""
_RESULTS = """
SELECT
    as_of_date AS told_date,
    horizon_days,
    customer_count,
    expected_order_count,
    order_count,
    total_ratio - 1 AS orders_change,
    expected_spend_amount,
    net_sales_amount,
    deviation_score AS deviation_value
FROM marts.forecast_results
WHERE is_complete AND churn_band = '(all)'
ORDER BY as_of_date DESC, horizon_days
LIMIT 8
"""


def forecasts(report: Report) -> Section:
    """Whether the forecasts can be believed."""
    now, reasons = report.ask("forecast_now", _NOW), report.ask("forecast_reasons", _REASONS)
    if not now.rows and not reasons.rows:
        return Section("forecasts", waits_for=("orders",))
    tests, spread = report.ask("forecast_tests", _TESTS), report.ask("forecast_range", _RANGE)
    tenths, results = report.ask("forecast_tenths", _TENTHS), report.ask("forecast_results", _RESULTS)
    (believed, judged), (expected, ahead) = verdict(report), totals(report)
    said = [_now(report, now, reasons), expected, _tested(report, tests, spread), _came(report, results)]
    answer = Markup().join([believed, *said] if now.rows else said)
    figures = (judged, ahead, now, reasons, spread, tests, tenths, results)
    return Section("forecasts", answer, _picture(report, tenths), tuple(one for one in figures if one.rows))


def _now(report: Report, now: Figures, reasons: Figures) -> Markup:
    first = next(now.records(), None)
    if first is None:
        why = next(reasons.records())
        count, reason = why["customer_count"], why["reason_code"]
        return report.answer("answer_forecasts_none", customer_count=count, reason_code=reason)
    return report.answer(
        "answer_forecasts_now", customer_count=first["customer_count"], order_form=first["order_form"]
    )


def _tested(report: Report, tests: Figures, spread: Figures) -> Markup:
    told = next(spread.records())
    if not told["test_count"]:
        why = next((one["warning"] for one in tests.records() if one["warning"]), None)
        return report.answer("answer_forecasts_untested", warning=why) if why else Markup()
    names = ("test_count", "corrected_count", "lowest_change", "highest_change")
    said = report.answer("answer_forecasts_tested", **{name: told[name] for name in names})
    if told["beaten_count"]:
        said += report.answer("answer_forecasts_beaten", beaten_count=told["beaten_count"])
    return said


def _came(report: Report, results: Figures) -> Markup:
    last = next(results.records(), None)
    if last is None:
        return report.answer("answer_forecasts_none_over")
    names = ("told_date", "horizon_days", "expected_order_count", "order_count")
    return report.answer("answer_forecasts_came", **{name: last[name] for name in names})


def _picture(report: Report, tenths: Figures) -> Markup | None:
    if not tenths.rows:
        return None
    said = report.say("picture_forecasts")
    bars = Bars(("tenth", "customer_count", "told_ratio", "came_ratio"), bar="came_ratio", mark="told_ratio")
    return bar_table(report, tenths, bars, said, said)
