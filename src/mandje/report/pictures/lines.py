"""Lines over time: one this year, one dashed the year before. The drawing stretches, its words do not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from mandje.report.filled import fill
from mandje.report.section import Report
from mandje.report.written import Number

_MOST_MONTHS = 6
_TICKS = (("50", 0.5), ("0", 1.0))
_ROUND = (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10, 20)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the picture; `key` names it in the table of words and in the style sheet."""

    key: str
    values: Sequence[Number | None]


@dataclass(frozen=True, slots=True)
class Marked:
    """Days of the picture that carry a mark; `key` names it in the table of words and in the style sheet."""

    key: str
    days: frozenset[date]


@dataclass(frozen=True, slots=True)
class _Drawn:
    key: str
    path: str


@dataclass(frozen=True, slots=True)
class _Tick:
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class _Point:
    key: str
    x: str
    y: str


def line_chart(
    report: Report, days: Sequence[date], lines: Sequence[Line], label: Markup, marked: Sequence[Marked] = ()
) -> Markup:
    """Amounts by day, first day left. A value that is unknown breaks its line; the axis begins at 0."""
    top = _round_up(
        max((float(one) for line in lines for one in line.values if one is not None), default=0.0)
    )
    return fill(
        report,
        "lines.html.j2",
        label=label,
        lines=[_Drawn(line.key, line_path(line.values, top)) for line in lines],
        ticks=[_Tick("100", "0"), *(_Tick(place, _money(report, share * top)) for place, share in _TICKS)],
        times=list(_months(report, days)),
        marks=[point for one in marked for point in _points(one, days, lines[0].values, top)],
    )


def _money(report: Report, amount: float) -> str:
    return report.numbers.amount(round(amount, 2))


def line_path(values: Sequence[Number | None], top: float, bottom: float = 0.0) -> str:
    """A line through a square of 100 by 100, as SVG writes it."""
    steps, is_broken = [], True
    for place, value in enumerate(values):
        if value is not None:
            y = 100 * (1 - (float(value) - bottom) / ((top - bottom) or 1.0))
            steps.append(f"{'M' if is_broken else 'L'}{_x(place, len(values))} {y:.1f}")
        is_broken = value is None
    return "".join(steps)


def _points(
    marked: Marked, days: Sequence[date], values: Sequence[Number | None], top: float
) -> Iterator[_Point]:
    for place, day in enumerate(days):
        if day in marked.days:
            yield _Point(
                marked.key, _x(place, len(days)), f"{100 * (1 - float(values[place] or 0) / top):.1f}"
            )


def _months(report: Report, days: Sequence[date]) -> Iterator[_Tick]:
    firsts = [place for place in range(1, len(days)) if days[place].month != days[place - 1].month]
    year = 0
    for place in firsts[:: max(1, math.ceil(len(firsts) / _MOST_MONTHS))]:
        month = report.numbers.month(days[place])
        yield _Tick(_x(place, len(days)), month[:3] if days[place].year == year else month)
        year = days[place].year


def _x(place: int, count: int) -> str:
    return f"{100 * place / max(1, count - 1):.1f}"


def _round_up(highest: float) -> float:
    """The next number whose half is round too."""
    power = 10.0 ** math.floor(math.log10(highest)) if highest > 0 else 1.0
    return next(part * power for part in _ROUND if part * power >= highest)
