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
from mandje.report.strip import Standing, standing_block, strip
from mandje.report.words import word
from mandje.report.written import Numbers


@cache
def _templates() -> jinja2.Environment:
    loader = jinja2.PackageLoader("mandje.report")
    return jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)


def build_page(report: Report) -> str:
    """The page of a snapshot as HTML text: every name and figure that comes from data is escaped."""
    told, figures = strip(report)
    return _fill(
        report.numbers.language,
        "page.html.j2",
        title=report.say("title", shop=report.shop, night_date=report.as_of_date),
        css=_style(),
        strip=told,
        strip_figures=figures,
        table=lambda one: figures_table(report, one),
        sections=[make(report) for make in SECTIONS],
        render=lambda section: _section(report, section),
    )


def build_notice(shop: str, standing: Standing, numbers: Numbers) -> str:
    """The page of a shop of which no night was ever published: why not."""
    told = standing_block(standing, numbers)
    return _fill(
        numbers.language,
        "page.html.j2",
        title=shop,
        css=_style(),
        strip=told,
        strip_figures=None,
        sections=[],
    )


def _section(report: Report, section: Section) -> Markup:
    return _fill(
        report.numbers.language,
        "section.html.j2",
        section=section,
        say=report.say,
        table=lambda one: figures_table(report, one),
    )


def figures_table(report: Report, figures: Figures, columns: Sequence[str] | None = None) -> Markup:
    """A table of figures as the page shows it, with words of the language over its columns."""
    shown = figures if columns is None else figures.only(columns)
    return _fill(report.numbers.language, "table.html.j2", figures=shown, written=report.written)


def _fill(language: str, template: str, **values: object) -> Markup:
    filled = (
        _templates()
        .get_template(template)
        .render(
            language=language,
            word=lambda key: word(key, language),
            column=lambda name: word(f"column_{name}", language),
            align=lambda name: "text" if kind_of(name) == "text" else "number",
            **values,
        )
    )
    return Markup(filled)  # noqa: S704  the templates escape all that they are given


def _style() -> Markup:
    text = files("mandje.report").joinpath("report.css").read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704  our own file
