"""What changed: at most five sentences, the most unusual first, or the one that nothing did."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from markupsafe import Markup, escape

from mandje.report.figures import Figures, kind_of
from mandje.report.section import Report, Section
from mandje.report.sentences import Sentence, Words, sentences
from mandje.report.words import word
from mandje.report.written import Value

# Ordinary: the average of the 13 times 7 days before the last ones.
_ORDINARY = """
WITH spans AS (
    SELECT
        CAST(floor(($as_of_date - kpi_date) / 7) AS INTEGER) AS weeks_ago,
        sum(net_sales_amount) AS net_sales_amount
    FROM marts.daily_kpis
    WHERE site = '(all)' AND kpi_date BETWEEN $as_of_date - 97 AND $as_of_date
    GROUP BY weeks_ago
    HAVING count(*) = 7
)

SELECT
    max(net_sales_amount) FILTER (WHERE weeks_ago = 0) AS net_sales_amount,
    sum(net_sales_amount) FILTER (WHERE weeks_ago > 0)
    / nullif(count(net_sales_amount) FILTER (WHERE weeks_ago > 0), 0) AS average_amount,
    count(*) FILTER (WHERE weeks_ago > 0) AS span_count
FROM spans
"""
_LEAST_SPANS = 4


def changed(report: Report) -> Section:
    """What is unusual this morning, and where to read on."""
    found = sentences(report.con, report.as_of_date)
    if not found:
        return _nothing(report)
    told = Markup().join(_item(report, one) for one in found)
    figures = tuple(report.ask(f"changed_{place}_", one.sql) for place, one in enumerate(found, 1))
    return Section("changed", Markup("<ol>{}</ol>").format(told), None, figures)


def _nothing(report: Report) -> Section:
    ordinary = report.ask("changed_ordinary", _ORDINARY)
    return Section("changed", _ordinary(report, ordinary), None, (ordinary,))


def _ordinary(report: Report, ordinary: Figures) -> Markup:
    span = next(ordinary.records())
    if span["span_count"] < _LEAST_SPANS or not span["net_sales_amount"]:
        return report.answer("answer_changed_nothing")
    names = ("net_sales_amount", "average_amount")
    return report.answer("answer_changed_ordinary", **{name: span[name] for name in names})


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
    return escape(text) if kind_of(name) == "text" else Markup("<b>{}</b>").format(text)
