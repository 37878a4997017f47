"""The whole page: strip, sections in the order of a morning, one style sheet; nothing else is needed."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from mandje.report.figures import Figures
from mandje.report.filled import fill, style
from mandje.report.section import Report, Section
from mandje.report.sections import SECTIONS


def build_page(report: Report, strip: Markup) -> str:
    """The page as HTML text; `strip` says whether the night succeeded and stands on top.

    Every name and figure that comes from data is escaped.
    """
    sections = [make(report) for make in SECTIONS]
    return fill(
        report,
        "page.html.j2",
        title=report.say("title", shop=report.shop, night_date=report.as_of_date),
        css=style(),
        strip=strip,
        sections=sections,
        render=lambda section: _section(report, section),
    )


def _section(report: Report, section: Section) -> Markup:
    return fill(report, "section.html.j2", section=section, table=lambda one: figures_table(report, one))


def figures_table(report: Report, figures: Figures, columns: Sequence[str] | None = None) -> Markup:
    """A table of figures as the page shows it, with words of the language over its columns."""
    return fill(report, "table.html.j2", figures=figures if columns is None else figures.only(columns))
