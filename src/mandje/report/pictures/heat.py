"""A table whose ratios are shaded by how high they are: the figure stands in every cell."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from mandje.report.figures import Figures, kind_of
from mandje.report.filled import fill
from mandje.report.section import Report


def heat_table(report: Report, figures: Figures, label: Markup, wide: Sequence[str] = ()) -> Markup:
    """The picture; an unknown ratio is a dot up to the first one after the last that is known, then empty.

    The columns of `wide` are left out where the window is narrow.
    """
    shaded = [place for place, name in enumerate(figures.columns) if kind_of(name) == "ratio"]
    known = [row[place] for row in figures.rows for place in shaded if row[place] is not None]
    highest = max(known, default=1) or 1
    return fill(
        report,
        "heat.html.j2",
        figures=figures,
        label=label,
        wide=wide,
        shaded=shaded,
        shade=lambda value: f"{value / highest:.2f}",
        is_ahead=lambda row, place: place > shaded[0] and all(one is None for one in row[place - 1 :]),
    )
