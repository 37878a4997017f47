"""The whole page: strip, sections in the order of a morning, one style sheet; nothing else is needed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import jinja2
from markupsafe import Markup

from mandje.report.figures import Figures, kind_of
from mandje.report.section import Report, Section
from mandje.report.sections import SECTIONS
from mandje.report.words import word


@cache
def _templates() -> jinja2.Environment:
    loader = jinja2.PackageLoader("mandje.report")
    return jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)


def build_page(report: Report, strip: Markup) -> str:
    """The page as HTML text; `strip` says whether the night succeeded and stands on top.

    Every name and figure that comes from data is escaped.
    """
    sections = [make(report) for make in SECTIONS]
    return _fill(
        report,
        "page.html.j2",
        title=report.say("title", shop=report.shop, night_date=report.as_of_date),
        css=_style(),
        strip=strip,
        sections=sections,
        render=lambda section: _section(report, section),
    )


def _section(report: Report, section: Section) -> Markup:
    return _fill(report, "section.html.j2", section=section, table=lambda one: figures_table(report, one))


def figures_table(report: Report, figures: Figures, columns: Sequence[str] | None = None) -> Markup:
    """A table of figures as the page shows it, with words of the language over its columns."""
    shown = figures if columns is None else figures.only(columns)
    return _fill(report, "table.html.j2", figures=shown)


def _fill(report: Report, template: str, **values: object) -> Markup:
    language = report.numbers.language
    filled = (
        _templates()
        .get_template(template)
        .render(
            language=language,
            word=lambda key: word(key, language),
            say=report.say,
            written=report.written,
            column=lambda name: word(f"column_{name}", language),
            align=lambda name: "text" if kind_of(name) == "text" else "number",
            **values,
        )
    )
    return Markup(filled)  # noqa: S704  the templates escape all that they are given


def _style() -> Markup:
    text = files("mandje.report").joinpath("report.css").read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704  our own file
