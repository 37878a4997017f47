"""Is the data whole: what came, what is missing or refused, and where every row went."""

from __future__ import annotations

from markupsafe import Markup

from mandje.report.figures import Figures
from mandje.report.pictures.bars import Bars, bar_table
from mandje.report.section import Report, Section

_TOTAL = """
SELECT
    $as_of_date - 13 AS first_day,
    $as_of_date AS last_date,
    (SELECT count(*) FROM ops.sources) AS source_count,
    (SELECT count(*) FROM ops.deliveries WHERE state = 'missing') AS missing_count,
    (SELECT count(*) FROM ops.deliveries WHERE state = 'refused') AS refused_count,
    (SELECT min(delivery_date) FROM ops.deliveries) AS since_date,
    (SELECT max(delivery_date) FROM ops.deliveries WHERE state = 'missing') AS newest_missing_date,
    (SELECT max(delivery_date) FROM ops.deliveries WHERE state = 'refused') AS newest_refused_date,
    (SELECT count(*) FROM ops.deliveries WHERE state <> 'loaded' AND night_date = $as_of_date) AS new_count,
    sum(row_count) AS delivered_count,
    sum(row_count) FILTER (WHERE destination NOT LIKE 'rejected:%') AS stored_count,
    coalesce(sum(row_count) FILTER (WHERE destination LIKE 'rejected:%'), 0) AS rejected_count,
    (SELECT count(*) FROM ops.warnings WHERE severity <> 'note') AS warning_count,
    (SELECT count(*) FROM ops.warnings WHERE severity <> 'note' AND is_new) AS new_warning_count
FROM ops.accounts
"""
_SOURCES = """
WITH days AS (
    SELECT unnest(generate_series($as_of_date - 13, $as_of_date, INTERVAL 1 DAY))::DATE AS delivery_date
),

shown AS (
    SELECT
        sources.source,
        string_agg(CASE deliveries.state
            WHEN 'loaded' THEN '■' WHEN 'refused' THEN '✕' WHEN 'missing' THEN '○' ELSE '·'
        END, '' ORDER BY days.delivery_date) AS two_weeks
    FROM ops.sources AS sources
    CROSS JOIN days
    LEFT JOIN ops.deliveries AS deliveries
        ON sources.source = deliveries.source AND days.delivery_date = deliveries.delivery_date
    GROUP BY sources.source
)

SELECT
    sources.source,
    shown.two_weeks,
    last_delivery_date,
    missing_count,
    refused_count,
    loaded_count,
    row_count
FROM ops.sources AS sources
INNER JOIN shown ON sources.source = shown.source
ORDER BY missing_count + refused_count DESC, sources.source
"""
_NOT_LOADED = """
SELECT
    deliveries.source,
    deliveries.delivery_date,
    deliveries.state AS delivery_code,
    CASE WHEN deliveries.night_date = $as_of_date THEN 'new' ELSE 'known' END AS since_code,
    refused.message AS found,
    refused.next_step
FROM ops.deliveries AS deliveries
LEFT JOIN ops.refused_deliveries AS refused
    ON deliveries.state = 'refused' AND deliveries.source = refused.source
    AND deliveries.delivery_date = TRY_CAST(refused.delivery_date AS DATE)
WHERE deliveries.state <> 'loaded'
ORDER BY deliveries.delivery_date DESC, deliveries.source, refused.message NULLS LAST
LIMIT 10
"""
_ACCOUNTS = """
SELECT
    table_name AS feed,
    currency_code,
    sum(row_count) AS delivered_count,
    coalesce(sum(row_count) FILTER (WHERE destination NOT LIKE 'rejected:%'), 0) AS stored_count,
    coalesce(sum(row_count) FILTER (WHERE destination LIKE 'rejected:%'), 0) AS rejected_count,
    coalesce(sum(money_amount) FILTER (WHERE destination NOT LIKE 'rejected:%'), 0) AS stored_value,
    coalesce(sum(money_amount) FILTER (WHERE destination LIKE 'rejected:%'), 0) AS rejected_value
FROM ops.accounts
GROUP BY table_name, currency_code
ORDER BY rejected_count DESC, table_name, currency_code NULLS LAST
LIMIT 12
"""
_WARNINGS = """
SELECT
    sentence,
    CASE WHEN is_new THEN 'new' ELSE 'known' END AS since_code,
    row_count
FROM ops.warnings
WHERE severity <> 'note'
ORDER BY is_new DESC, row_count DESC NULLS LAST, check_name
LIMIT 12
"""
# What sections of the page are about.
_NEEDED = ("orders", "order_lines", "returns", "session_events", "ad_spend")
_SHOWN = ("source", "two_weeks", "missing_count", "refused_count")
_MOST_TOLD = 5
# Said where one of the first two figures is not 0.
_SAID = {
    "answer_whole_missing": ("missing_count", "newest_missing_date", "since_date"),
    "answer_whole_refused": ("refused_count", "newest_refused_date", "since_date"),
    "answer_whole_rows": ("delivered_count", "stored_count", "rejected_count"),
    "answer_whole_warnings": ("warning_count", "new_warning_count"),
}


def whole(report: Report) -> Section:
    """Whether the data is whole."""
    total, sources = report.ask("whole_total", _TOTAL), report.ask("whole_sources", _SOURCES)
    others = [
        report.ask("whole_not_loaded", _NOT_LOADED),
        report.ask("whole_accounts", _ACCOUNTS),
        report.ask("whole_warnings", _WARNINGS),
    ]
    days = next(total.records())
    names = ("first_day", "last_date", "since_date")
    label = report.say("picture_whole", **{name: days[name] for name in names})
    picture = bar_table(report, sources, Bars(_SHOWN), label, label)
    figures = (total, sources, *(one for one in others if one.rows))
    answer = _answer(report, total, others[0]) + _warnings(report, others[2])
    return Section("whole", answer, picture, figures, to_do=_to_do(report, total))


def _to_do(report: Report, total: Figures) -> tuple[Markup, ...]:
    counts = next(total.records())
    tasks = {"to_do_delivery": counts["new_count"], "to_do_warning": counts["new_warning_count"]}
    return tuple(report.say(key) for key, count in tasks.items() if count)


def _warnings(report: Report, warnings: Figures) -> Markup:
    """What each warning says, without the keys of its rows."""
    rows = list(warnings.records())[:_MOST_TOLD]
    told = (
        Markup("<li><b>{}</b> ({})</li>").format(
            one["sentence"], report.written("since_code", one["since_code"])
        )
        for one in rows
    )
    return Markup('<ul class="warnings">{}</ul>').format(Markup().join(told)) if rows else Markup()


def _answer(report: Report, total: Figures, not_loaded: Figures) -> Markup:
    counts = next(total.records())
    said = _tonight(report, not_loaded) or [report.answer("answer_whole_tonight")]
    if lacking := report.lacking(_NEEDED):
        said.append(report.answer("answer_whole_empty", feeds=report.feeds(lacking)))
    said += [
        report.answer(key, **{name: counts[name] for name in names})
        for key, names in _SAID.items()
        if any(counts[name] for name in names[:2])
    ]
    return Markup().join(said)


def _tonight(report: Report, not_loaded: Figures) -> list[Markup]:
    fresh = [one for one in not_loaded.records() if one["since_code"] == "new"]
    names = ("source", "delivery_date", "delivery_code")
    return [
        report.answer("answer_whole_not_loaded", **{name: one[name] for name in names})
        for one in fresh[:_MOST_TOLD]
    ]
