"""The whole page: strip, sections in the order of a morning, one style sheet; nothing else is needed."""

from __future__ import annotations

from markupsafe import Markup

from mandje.report.figures import Figures
from mandje.report.filled import fill, fill_plain, style
from mandje.report.section import Report, Section
from mandje.report.sections import SECTIONS
from mandje.report.strip import Standing, standing_block, strip
from mandje.report.words import word
from mandje.report.written import Numbers


def build_page(report: Report) -> str:
    """The page of a snapshot as HTML text: every name and figure that comes from data is escaped."""
    told, figures = strip(report)
    sections = [make(report) for make in SECTIONS]
    page = fill(
        report,
        "page.html.j2",
        title=report.say("title", shop=report.shop, night_date=report.as_of_date),
        css=style(),
        strip=told,
        strip_figures=figures,
        table=lambda one: figures_table(report, one),
        sections=sections,
        to_do=[(section.name, task) for section in sections for task in section.to_do],
        render=lambda section: _section(report, section),
    )
    return str(page)


def build_notice(shop: str, standing: Standing, numbers: Numbers, *, is_unmade: bool = False) -> str:
    """A page without sections: no night was ever published, or its page could not be made."""
    told = standing_block(standing, numbers)
    if is_unmade:
        told += Markup("<p>{}</p>").format(word("page_unmade", numbers.language))
    page = fill_plain(
        numbers.language,
        "page.html.j2",
        title=shop,
        css=style(),
        strip=told,
        strip_figures=None,
        sections=[],
        to_do=[],
    )
    return str(page)


def figures_table(report: Report, figures: Figures) -> Markup:
    """A table of figures as the page shows it, with words of the language over its columns."""
    return fill(report, "table.html.j2", figures=figures)


def _section(report: Report, section: Section) -> Markup:
    return fill(
        report,
        "section.html.j2",
        section=section,
        lacking=report.feeds(report.lacking(section.waits_for)),
        table=lambda one: figures_table(report, one),
    )
