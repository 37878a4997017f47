"""Where visitors stop: the steps from a visit to an order, phones beside desktops."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from markupsafe import Markup

from mandje.report.figures import Figures
from mandje.report.pictures.bars import Bars, bar_table
from mandje.report.section import Report, Section
from mandje.report.written import Value

# A step counts only after all earlier ones. A change is beyond chance from three standard errors on, and near
# it from two on: of a dozen steps one is so on every second morning.
_STEPS = """
WITH visits AS (
    SELECT
        device_category AS device_code,
        session_date > $as_of_date - 28 AS is_now,
        count(DISTINCT session_date) AS day_count,
        sum(session_count) AS visit,
        sum(closed_product_view_session_count) AS product_view,
        sum(closed_add_to_cart_session_count) AS add_to_cart,
        sum(closed_begin_checkout_session_count) AS begin_checkout,
        sum(closed_add_shipping_session_count) AS add_shipping,
        sum(closed_add_payment_session_count) AS add_payment,
        sum(closed_purchase_session_count) AS purchase
    FROM marts.daily_funnel
    WHERE site = '(all)' AND channel = '(all)' AND visitor_kind = '(all)'
        AND device_category IN ('mobile', 'desktop', '(all)')
        AND session_date > $as_of_date - 56 AND session_date <= $as_of_date
    GROUP BY ALL
),

steps AS (
    SELECT
        *,
        list_position(['visit', 'product_view', 'add_to_cart', 'begin_checkout', 'add_shipping',
            'add_payment', 'purchase'], step_code) AS step_number
    FROM visits
    UNPIVOT (visit_count FOR step_code IN (visit, product_view, add_to_cart, begin_checkout, add_shipping,
        add_payment, purchase))
),

ratios AS (
    SELECT
        *,
        lag(step_code) OVER device AS from_step_code,
        lag(visit_count) OVER device AS from_count,
        CAST(visit_count AS DOUBLE) / nullif(lag(visit_count) OVER device, 0) AS step_ratio
    FROM steps
    WINDOW device AS (PARTITION BY device_code, is_now ORDER BY step_number)
),

compared AS (
    SELECT
        now.device_code, now.step_number, now.step_code, now.from_step_code, now.from_count,
        now.visit_count, now.step_ratio,
        earlier.step_ratio AS earlier_ratio,
        now.step_ratio - earlier.step_ratio AS step_points,
        sqrt((now.visit_count + earlier.visit_count) / (now.from_count + earlier.from_count)
            * greatest(0, 1 - (now.visit_count + earlier.visit_count) / (now.from_count + earlier.from_count))
            * (1.0 / nullif(now.from_count, 0) + 1.0 / nullif(earlier.from_count, 0))) AS standard_error,
        row_number() OVER (PARTITION BY now.device_code ORDER BY now.step_ratio NULLS LAST, now.step_number)
            AS loss_rank
    FROM ratios AS now
    LEFT JOIN ratios AS earlier
        ON now.device_code = earlier.device_code AND now.step_code = earlier.step_code
        AND NOT earlier.is_now AND earlier.day_count = 28
    WHERE now.is_now
)

SELECT
    device_code, step_code, from_step_code, from_count, visit_count, step_ratio, earlier_ratio, step_points,
    CASE WHEN loss_rank = 1 AND step_ratio < 1 THEN 'biggest_loss' END AS loss_code,
    CASE
        WHEN step_points IS NULL THEN NULL
        WHEN abs(step_points) > 3 * standard_error THEN 'beyond_chance'
        WHEN abs(step_points) > 2 * standard_error THEN 'near_chance'
        ELSE 'within_chance'
    END AS chance_code
FROM compared
ORDER BY device_code = '(all)', device_code = 'desktop', step_number
"""
# Orders count where they were placed on the sites; in the steps only visits that went through all of them.
_PERIOD = """
SELECT
    $as_of_date - 27 AS first_day,
    $as_of_date AS last_date,
    (
        SELECT sum(closed_purchase_session_count)
        FROM marts.daily_funnel
        WHERE site = '(all)' AND channel = '(all)' AND visitor_kind = '(all)' AND device_category = '(all)'
            AND session_date BETWEEN $as_of_date - 27 AND $as_of_date
    ) AS closed_visit_count,
    sum(online_order_count) AS online_order_count
FROM marts.daily_kpis
WHERE site = '(all)' AND kpi_date BETWEEN $as_of_date - 27 AND $as_of_date
"""
_SHOWN = ("step_code", "visit_count", "step_ratio", "step_points")


def funnel(report: Report) -> Section:
    """Where visitors stop on phones and on desktops."""
    steps = report.ask("funnel_steps", _STEPS)
    period, devices = report.ask("funnel_period", _PERIOD), _devices(steps)
    if not devices:
        return Section("funnel", waits_for=("session_events",))
    drawn = Markup().join(_bars(report, steps, device) for device in devices)
    picture = Markup('<div class="beside">{}</div>').format(drawn)
    return Section("funnel", _answer(report, steps, period, devices), picture, (steps, period))


def _devices(steps: Figures) -> list[Value]:
    """Phones and desktops where visits tell of them, else all visits."""
    found = dict.fromkeys(one["device_code"] for one in steps.records() if one["visit_count"])
    return [one for one in found if one != "(all)"] or list(found)


def _bars(report: Report, steps: Figures, device: Value) -> Markup:
    place = steps.columns.index("device_code")
    own = replace(steps, rows=tuple(row for row in steps.rows if row[place] == device))
    bars = Bars(_SHOWN, bar="step_ratio", note="loss_code", longest=1.0)
    label = report.say("picture_funnel", device_code=device)
    caption = report.written("device_code", device)
    return Markup("<div>{}</div>").format(bar_table(report, own, bars, label, caption))


def _answer(report: Report, steps: Figures, period: Figures, devices: list[Value]) -> Markup:
    records = [one for one in steps.records() if one["device_code"] in devices]
    names = ("from_count", "device_code", "from_step_code", "step_ratio", "step_code")
    said = [
        report.answer("answer_funnel_loss", **{name: one[name] for name in names})
        for one in records
        if one["loss_code"]
    ]
    return Markup().join([*said, _changed(report, records), _period(report, period)])


def _period(report: Report, period: Figures) -> Markup:
    days = next(period.records())
    said = report.answer("answer_funnel_period", first_day=days["first_day"], last_date=days["last_date"])
    if (days["closed_visit_count"] or 0) >= (days["online_order_count"] or 0):
        return said + report.answer("answer_funnel_steps")
    names = ("closed_visit_count", "online_order_count")
    return said + report.answer("answer_funnel_closed", **{name: days[name] for name in names})


def _changed(report: Report, records: list[dict[str, Any]]) -> Markup:
    known = [one for one in records if one["step_points"] is not None]
    if not known:
        return report.answer("answer_funnel_too_young")
    beyond = [one for one in known if one["chance_code"] == "beyond_chance"]
    if beyond:
        return Markup().join(_step(report, "answer_funnel_changed", one) for one in beyond)
    near = [one for one in known if one["chance_code"] == "near_chance"]
    if near:
        return _step(report, "answer_funnel_near", max(near, key=lambda one: abs(one["step_points"])))
    return report.answer("answer_funnel_as_before")


def _step(report: Report, key: str, step: dict[str, Any]) -> Markup:
    names = ("device_code", "step_code", "step_points", "earlier_ratio", "step_ratio")
    return report.answer(key, **{name: step[name] for name in names})
