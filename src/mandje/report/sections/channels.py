"""Channels: what a new customer cost, beside what one may cost, and what came back of the spend."""

from __future__ import annotations

from markupsafe import Markup

from mandje.report.figures import Figures
from mandje.report.pictures.bars import Bars, bar_table
from mandje.report.section import Report, Section

_CHANNELS = """
SELECT
    channel,
    cpa_amount,
    max_acquisition_cost_amount AS may_cost_amount,
    cpa_amount / nullif(greatest(max_acquisition_cost_amount, 0), 0) AS limit_ratio,
    paid_back_ratio AS paid_back_factor,
    spend_amount,
    acquired_customer_count,
    valued_new_customer_count,
    CASE
        WHEN coalesce(acquired_customer_count, 0) = 0 THEN 'brought_nobody'
        WHEN max_acquisition_cost_amount IS NULL THEN 'no_limit_yet'
        WHEN cpa_amount > max_acquisition_cost_amount THEN 'costs_more'
        WHEN paid_back_ratio < 1 THEN 'not_back_yet'
        ELSE 'earns'
    END AS verdict_code
FROM marts.value_by_channel
WHERE channel <> '(all)' AND spend_amount > 0
ORDER BY
    max_acquisition_cost_amount IS NOT NULL AND cpa_amount > max_acquisition_cost_amount DESC,
    limit_ratio DESC NULLS LAST, channel
LIMIT 12
"""
_MOST_TOLD = 3
_SHOWN = ("channel", "cpa_amount", "may_cost_amount", "paid_back_factor", "spend_amount")
_SAID = {
    "costs_more": ("channel", "cpa_amount", "may_cost_amount", "valued_new_customer_count"),
    "brought_nobody": ("channel", "spend_amount"),
    "not_back_yet": ("channel", "paid_back_factor", "spend_amount"),
}


def channels(report: Report) -> Section:
    """What a new customer costs, and what one may cost."""
    spent = report.ask("channels", _CHANNELS)
    if not spent.rows:
        return Section("channels", waits_for=("ad_spend",))
    bars = Bars(_SHOWN, bar="cpa_amount", mark="may_cost_amount", note="verdict_code", plain="earns")
    picture = bar_table(report, spent, bars, report.say("picture_channels"))
    too_much = [one for one in spent.records() if one["verdict_code"] == "costs_more"]
    to_do = tuple(report.say("to_do_channels", channel=one["channel"]) for one in too_much[:_MOST_TOLD])
    return Section("channels", _answer(report, spent), picture, (spent,), to_do=to_do)


def _answer(report: Report, spent: Figures) -> Markup:
    rows = list(spent.records())
    said = [
        report.answer(f"answer_channels_{verdict}", **{name: one[name] for name in names})
        for verdict, names in _SAID.items()
        for one in rows
        if one["verdict_code"] == verdict
    ]
    if not any(one["verdict_code"] in {"costs_more", "brought_nobody"} for one in rows):
        said.insert(0, _none_costs_more(report, spent))
    return Markup().join([*said, report.answer("answer_channels_how")])


def _none_costs_more(report: Report, spent: Figures) -> Markup:
    nearest = next(spent.records())
    if nearest["limit_ratio"] is None or any(
        one["verdict_code"] == "no_limit_yet" for one in spent.records()
    ):
        return report.answer("answer_channels_no_limit")
    names = ("channel", "cpa_amount", "may_cost_amount")
    return report.answer("answer_channels_earn", **{name: nearest[name] for name in names})
