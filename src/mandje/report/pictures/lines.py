"""Lines over time: one this year, one dashed the year before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup, escape

from mandje.report.section import Report
from mandje.report.written import Number

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 720, 220, 56, 24


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the picture; `key` names it in the table of words and in the style sheet."""

    key: str
    values: Sequence[Number | None]


def line_chart(report: Report, days: Sequence[date], lines: Sequence[Line], title: str) -> Markup:
    """Amounts by day, first day left. A value that is unknown breaks its line; the axis begins at 0."""
    highest = max((float(value) for line in lines for value in line.values if value is not None), default=0.0)
    drawn = Markup().join(_path(line, highest) for line in lines)
    axes = Markup().join([*_amounts(report, highest), *_months(report, days)])
    legend = Markup().join(
        Markup('<span class="key {}">{}</span>').format(line.key, report.say(f"line_{line.key}"))
        for line in lines
    )
    return Markup(
        '<p class="legend">{}</p><svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>'
    ).format(legend, _WIDTH, _HEIGHT, report.say(title), axes, drawn)


def _path(line: Line, highest: float) -> Markup:
    steps, is_broken = [], True
    for place, value in enumerate(line.values):
        if value is not None:
            steps.append(
                f"{'M' if is_broken else 'L'}{_x(place, len(line.values)):.1f} {_y(value, highest):.1f}"
            )
        is_broken = value is None
    return Markup('<path class="line {}" d="{}"/>').format(line.key, "".join(steps))


def _amounts(report: Report, highest: float) -> Iterator[Markup]:
    for part in (0, 0.5, 1):
        y = _y(part * highest, highest)
        yield Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(
            _LEFT, _WIDTH, y, y
        )
        yield Markup('<text x="{}" y="{:.1f}" text-anchor="end">{}</text>').format(
            _LEFT - 6, y + 4, escape(report.numbers.amount(round(part * highest)))
        )


def _months(report: Report, days: Sequence[date]) -> Iterator[Markup]:
    firsts = [place for place in range(1, len(days)) if days[place].month != days[place - 1].month]
    for place in firsts[:: max(1, len(firsts) // 6)]:
        yield Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(
            _x(place, len(days)), _HEIGHT - 4, report.numbers.month(days[place])[:3]
        )


def _x(place: int, count: int) -> float:
    return _LEFT + (_WIDTH - _LEFT - 4) * place / max(1, count - 1)


def _y(value: Number, highest: float) -> float:
    return 8 + (_HEIGHT - _BOTTOM - 8) * (1 - float(value) / (highest or 1.0))
