"""Tables whose rows carry a bar under their name: as long as one of the figures, with a mark at another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from mandje.report.figures import Figures
from mandje.report.filled import fill
from mandje.report.section import Report
from mandje.report.written import Value


@dataclass(frozen=True, slots=True)
class Bars:
    """Which columns a table of bars shows, first the row's name.

    `bar` is the column that the bar is as long as, `mark` one that a mark stands at, `note` a code that is
    told beside the row's name, but where it is `plain`. `longest` is the value of a whole bar; where left
    out, the greatest one. The columns of `wide` are left out where the window is narrow.
    """

    columns: Sequence[str]
    bar: str | None = None
    mark: str | None = None
    note: str | None = None
    plain: str | None = None
    longest: float | None = None
    wide: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    values: Sequence[Value]
    width: str | None
    mark: str | None
    note: str | None


def bar_table(report: Report, figures: Figures, bars: Bars, label: Markup, caption: str = "") -> Markup:
    """The picture; `label` names it for those who hear the page."""
    rows = list(_rows(report, figures, bars))
    shown = figures.only(bars.columns)
    wide = bars.wide
    return fill(report, "bars.html.j2", figures=shown, rows=rows, label=label, caption=caption, wide=wide)


def _rows(report: Report, figures: Figures, bars: Bars) -> Iterator[_Row]:
    drawn = [name for name in (bars.bar, bars.mark) if name is not None]
    sizes = (_size(value) for name in drawn for value in figures.column(name))
    longest = bars.longest or max(sizes, default=0.0)
    for record in figures.records():
        note = bars.note and record[bars.note]
        yield _Row(
            values=[record[name] for name in bars.columns],
            width=_percent(bars.bar and record[bars.bar], longest),
            mark=_percent(bars.mark and record[bars.mark], longest),
            note=report.written("note_code", note) if note and note != bars.plain else None,
        )


def _percent(value: Value, longest: float) -> str | None:
    return None if value is None else f"{min(100.0, 100 * _size(value) / (longest or 1.0)):.1f}"


def _size(value: Value) -> float:
    """How long a bar is; a loss or an unknown has none."""
    return max(0.0, float(value)) if isinstance(value, (int, float, Decimal)) else 0.0
