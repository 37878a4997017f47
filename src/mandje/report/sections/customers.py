"""Customers: who will stay, who comes back, who holds the value, and who moved."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from mandje.report.figures import Figures
from mandje.report.pictures.bars import Bars, bar_table
from mandje.report.pictures.heat import heat_table
from mandje.report.section import Report, Section

_BANDS = """
WITH came AS (
    SELECT bin_name, horizon_days, told_probability, came_ratio
    FROM marts.model_calibration
    WHERE is_current AND kind = 'churn_band'
)

SELECT
    churn_band AS band_code,
    count(*) AS customer_count,
    max(came.told_probability) AS told_ratio,
    max(came.came_ratio) AS came_ratio,
    max(came.horizon_days) AS horizon_days,
    sum(predicted_value_365d_amount) AS next_year_amount,
    sum(value_at_risk_amount) AS at_risk_amount
FROM marts.customer_value
LEFT JOIN came ON customer_value.churn_band = came.bin_name
WHERE churn_band IS NOT NULL
GROUP BY churn_band
ORDER BY list_position(['low', 'medium', 'high'], churn_band)
"""
_RATIOS = ",\n    ".join(
    f"max(retention_ratio) FILTER (WHERE is_complete AND months_since_first_order = {n}) AS month_{n}_ratio"
    for n in range(1, 13)
)
_COHORTS = f"""
SELECT
    cohort_start_date AS cohort_month,
    max(customer_count) AS customer_count,
    {_RATIOS}
FROM marts.monthly_cohorts
WHERE site = '(all)' AND cohort_kind = '(all)' AND cohort_start_date >= $as_of_date - INTERVAL 13 MONTH
GROUP BY cohort_start_date
ORDER BY cohort_start_date
"""
_TENTHS = """
SELECT
    decile AS tenth,
    customer_count,
    value_amount,
    value_ratio,
    cumulative_value_ratio,
    value_kind AS value_code
FROM marts.value_concentration
WHERE value_kind = (SELECT max(value_kind) FROM marts.value_concentration WHERE value_amount IS NOT NULL)
ORDER BY decile
"""
_MOVES = """
SELECT
    from_segment AS from_segment_code,
    to_segment AS to_segment_code,
    person_count AS customer_count,
    current_value_amount AS next_year_amount,
    published_as_of_date AS since_date
FROM marts.segment_moves
WHERE is_move
ORDER BY person_count DESC, from_segment, to_segment
LIMIT 8
"""
_LEAST_TOLD = 20
_WIDE = ("customer_count", *(f"month_{n}_ratio" for n in (4, 5, 7, 8, 9, 10, 11)))
_SHOWN = ("band_code", "customer_count", "told_ratio", "came_ratio", "next_year_amount")


def customers(report: Report) -> Section:
    """Who stays, who comes back, who holds the value."""
    bands, cohorts = report.ask("customer_bands", _BANDS), report.ask("customer_cohorts", _COHORTS)
    tenths, moves = report.ask("customer_tenths", _TENTHS), report.ask("customer_moves", _MOVES)
    figures = tuple(one for one in (bands, cohorts, tenths, moves) if one.rows)
    if not figures:
        return Section("customers", waits_for=("orders",))
    answer = Markup().join(
        [_stay(report, bands), _come_back(report, cohorts), _hold(report, tenths), _move(report, moves)]
    )
    return Section("customers", answer, _pictures(report, bands, cohorts, tenths), figures)


def _stay(report: Report, bands: Figures) -> Markup:
    high = next((one for one in bands.records() if one["band_code"] == "high"), None)
    if high is None:
        return report.answer("answer_customers_no_bands")
    said = report.answer(
        "answer_customers_high",
        customer_count=high["customer_count"],
        next_year_amount=high["next_year_amount"],
    )
    if high["came_ratio"] is None:
        return said + report.answer("answer_customers_untested")
    names = ("horizon_days", "told_ratio", "came_ratio")
    return said + report.answer("answer_customers_came", **{name: high[name] for name in names})


def _come_back(report: Report, cohorts: Figures) -> Markup:
    known = [one for one in cohorts.records() if one["month_1_ratio"] is not None]
    if not known:
        return report.answer("answer_customers_no_cohort")
    names = ("cohort_month", "customer_count", "month_1_ratio")
    return report.answer("answer_customers_cohort", **{name: known[-1][name] for name in names})


def _hold(report: Report, tenths: Figures) -> Markup:
    first = next(tenths.records(), None)
    if first is None or first["value_ratio"] is None:
        return Markup()
    return report.answer(
        "answer_customers_hold", value_ratio=first["value_ratio"], value_code=first["value_code"]
    )


def _move(report: Report, moves: Figures) -> Markup:
    first: dict[str, Any] | None = next(moves.records(), None)
    if first is None or first["customer_count"] < _LEAST_TOLD:
        return Markup()
    names = ("customer_count", "from_segment_code", "to_segment_code", "since_date")
    return report.answer("answer_customers_move", **{name: first[name] for name in names})


def _pictures(report: Report, bands: Figures, cohorts: Figures, tenths: Figures) -> Markup:
    drawn = []
    if bands.rows:
        said = report.say("picture_customer_bands")
        drawn.append(bar_table(report, bands, Bars(_SHOWN, bar="customer_count"), said, said))
    if cohorts.rows:
        drawn.append(heat_table(report, cohorts, report.say("figures_customer_cohorts"), _WIDE))
    if tenths.rows:
        said = report.say("picture_customer_tenths")
        bars = Bars(("tenth", "value_amount", "value_ratio", "cumulative_value_ratio"), bar="value_ratio")
        drawn.append(bar_table(report, tenths, bars, said, said))
    return Markup().join(drawn)
