"""What changed: at most five sentences, the most unusual first, or the one that nothing did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup, escape

from mandje.report.figures import Figures, kind_of
from mandje.report.section import Report, Section, bold
from mandje.report.sections.tiles import unusual_figures
from mandje.report.sentences import Sentence, Words, sentences
from mandje.report.words import word
from mandje.report.written import Value

# Every week of 7 days that end as the page's do, beside the mean of the 13 before it; ordinary is what nine
# in ten of the last year's weeks made of theirs. A week that lacks a delivery is no measure of any.
_ORDINARY = """
WITH weeks AS (
    SELECT
        CAST(floor(($as_of_date - kpi_date) / 7) AS INTEGER) AS weeks_ago,
        min(kpi_date) AS first_day,
        max(kpi_date) AS last_date,
        sum(net_sales_amount) AS net_sales_amount
    FROM marts.daily_kpis
    WHERE site = '(all)' AND kpi_date BETWEEN $as_of_date - 461 AND $as_of_date
    GROUP BY weeks_ago
    HAVING count(*) = 7 AND (weeks_ago = 0 OR NOT bool_or(has_missing_delivery))
),

compared AS (
    SELECT
        *,
        sum(net_sales_amount) OVER before / nullif(count(net_sales_amount) OVER before, 0) AS average_amount,
        CAST(net_sales_amount / nullif(sum(net_sales_amount) OVER before, 0)
            * count(net_sales_amount) OVER before - 1 AS DOUBLE) AS average_change,
        count(net_sales_amount) OVER before AS before_count
    FROM weeks
    WINDOW before AS (ORDER BY weeks_ago ROWS BETWEEN 1 FOLLOWING AND 13 FOLLOWING)
),

ordinary AS (
    SELECT
        quantile_cont(average_change, 0.05) AS low_change,
        quantile_cont(average_change, 0.95) AS high_change,
        count(*) AS week_count
    FROM compared
    WHERE weeks_ago BETWEEN 1 AND 52 AND before_count >= 4
)

SELECT
    first_day,
    last_date,
    net_sales_amount,
    average_amount,
    average_change,
    CAST(average_amount AS DOUBLE) * (1 + low_change) AS low_amount,
    CAST(average_amount AS DOUBLE) * (1 + high_change) AS high_amount,
    week_count,
    CASE WHEN average_change BETWEEN low_change AND high_change THEN 'inside' ELSE 'outside' END AS range_code
FROM compared AS now
CROSS JOIN ordinary
WHERE weeks_ago = 0
"""
_LEAST_WEEKS = 10


def changed(report: Report) -> Section:
    """What is unusual this morning, and where to read on."""
    found = sentences(report.con, report.as_of_date)
    if not found:
        return _nothing(report)
    told = Markup().join(_item(report, one) for one in found)
    figures = tuple(report.ask(f"changed_{place}_", one.sql) for place, one in enumerate(found, 1))
    return Section(
        "changed", Markup("<ol>{}</ol>").format(told), None, figures, to_do=(report.say("to_do_changed"),)
    )


def _nothing(report: Report) -> Section:
    ordinary = report.ask("changed_ordinary", _ORDINARY)
    return Section("changed", _ordinary(report, ordinary), None, (ordinary,))


def _ordinary(report: Report, ordinary: Figures) -> Markup:
    week = next(ordinary.records(), None)
    if week is None or not week["average_change"] or week["week_count"] < _LEAST_WEEKS:
        return report.answer("answer_changed_nothing")
    names = ("first_day", "last_date", "net_sales_amount", "average_change", "average_amount")
    sales = report.answer("answer_changed_sales", **{name: week[name] for name in names})
    is_inside, unusual = week["range_code"] == "inside", unusual_figures(report)
    first = report.answer("answer_changed_none" if is_inside and not unusual else "answer_changed_unsure")
    key = "answer_changed_inside" if is_inside else "answer_changed_outside"
    amounts = {name: week[name] for name in ("low_amount", "high_amount")}
    return first + sales + report.answer(key, **amounts) + _unusual(report, unusual)


def _unusual(report: Report, figures: Mapping[str, Value]) -> Markup:
    """What is unusual for one week, and no change yet."""
    if not figures:
        return Markup()
    told = Markup(", ").join(
        Markup('<a href="#tiles">{}</a> {}').format(
            report.say(f"column_{name}"), bold(name, report.written(name, value))
        )
        for name, value in figures.items()
    )
    return Markup("<p>{} {}</p>\n").format(report.say("answer_changed_unusual"), told)


def _item(report: Report, sentence: Sentence) -> Markup:
    language = report.numbers.language
    link = Markup('<a href="#{}">{}</a>').format(sentence.section, word(f"nav_{sentence.section}", language))
    said = _said(report, sentence.kind, sentence.values.items())
    return Markup("<li>{} {}</li>\n").format(said, link)


def _said(report: Report, key: str, values: Iterable[tuple[str, Any]]) -> Markup:
    """Words of a sentence; some of its values are words themselves."""
    written = {
        name: _said(report, value.key, value.values.items())
        if isinstance(value, Words)
        else _written(report, name, value)
        for name, value in values
    }
    return escape(word(key, report.numbers.language)).format(**written)


def _written(report: Report, name: str, value: Value) -> Markup:
    text = report.written(name, value)
    return escape(text) if kind_of(name) == "text" else bold(name, text)
