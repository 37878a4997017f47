"""Templates of the page, filled in the report's language; every value from data is escaped."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from importlib.resources import files

import jinja2
from markupsafe import Markup

from mandje.report.figures import kind_of
from mandje.report.section import Report
from mandje.report.words import word
from mandje.report.written import Value


def fill(report: Report, template: str, **values: object) -> Markup:
    """A template of `templates/` with these values, and with what the report writes with."""
    return fill_plain(
        report.numbers.language,
        template,
        say=report.say,
        written=report.written,
        column=lambda name: heading(report, f"column_{name}"),
        named=lambda figures: heading(report, f"figures_{figures.key}"),
        **values,
    )


def fill_plain(language: str, template: str, **values: object) -> Markup:
    """A template of `templates/` with these values, and with the words of the language."""
    shared = {"language": language, "word": lambda key: word(key, language), "look": look}
    filled = _templates().get_template(template).render(**shared, **values)
    return Markup(filled)  # noqa: S704  the templates escape all that they are given


def heading(report: Report, key: str) -> Markup:
    """The words over a column or table; a numbered one (`month_3_ratio`) has those of `month_n_ratio`."""
    found = re.search(r"_(\d+)_", key)
    if found is None:
        return report.say(key)
    return report.say(key.replace(found[0], "_n_"), n_count=int(found[1]))


def look(column: str, value: Value = None) -> Markup:
    """How a cell looks, as an attribute: text stands left; a change has a sign of more or less."""
    kind = kind_of(column)
    if kind in {"text", "code"}:
        return Markup(' class="text"')
    if kind in {"change", "points"} and isinstance(value, float | Decimal) and value:
        return Markup(' class="up"') if value > 0 else Markup(' class="down"')
    return Markup()


def style() -> Markup:
    """The style sheet, which stands in the page itself."""
    text = files("mandje.report").joinpath("report.css").read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704  our own file


@cache
def _templates() -> jinja2.Environment:
    loader = jinja2.PackageLoader("mandje.report")
    return jinja2.Environment(
        loader=loader,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
