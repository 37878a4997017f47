"""The strip on top: did the night succeed, is its data whole, and what has somebody to do.

The standing (published, kept because a night stopped, held by hand) is a block of its own in the page: beside
`current` another one takes its place, while the figures stay those of the snapshot.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup, escape

from mandje.report.figures import Figures
from mandje.report.section import Report
from mandje.report.words import word
from mandje.report.written import Numbers, Value

_FIGURES = """
WITH night AS (SELECT max(run_date) AS run_date FROM ops.stages)
SELECT
    (SELECT count(*) FILTER (WHERE passed) FROM ops.checks JOIN night USING (run_date)) AS passed_count,
    (SELECT count(*) FROM ops.checks JOIN night USING (run_date)) AS check_count,
    (SELECT count(*) FROM ops.warnings WHERE severity <> 'note') AS warning_count,
    (SELECT count(*) FROM ops.warnings WHERE severity <> 'note' AND is_new) AS new_warning_count,
    (SELECT count(*) FROM ops.deliveries WHERE delivery_date = {day} AND state = 'loaded') AS loaded_count,
    (SELECT count(*) FROM ops.deliveries WHERE delivery_date = {day} AND state = 'missing') AS missing_count,
    (SELECT count(*) FROM ops.deliveries WHERE delivery_date = {day} AND state = 'refused') AS refused_count,
    (SELECT coalesce(sum(abs(missing_row_count)), 0) FROM ops.delivered) AS lost_row_count,
    (SELECT coalesce(sum(abs(missing_money_amount)), 0) FROM ops.delivered)::DECIMAL(18, 2) AS lost_money,
    (SELECT count(DISTINCT kpi_date) FROM marts.restatements) AS restated_day_count
"""
# Where one of these is not 0 somebody must act; a check that failed and held nothing is a warning.
_TROUBLE = ("missing_count", "refused_count", "lost_row_count", "lost_money")
_LEADS_TO = {"strip_warnings": "whole", "strip_deliveries": "whole", "strip_restated": "moved"}
_STANDING = re.compile(r"<!--standing-->.*?<!--/standing-->", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the page stands to the newest night.

    `kind`: published; kept (a night stopped, `reasons` say why); broken_off (a night began and did not end);
    pinned (a person went back); none (the first night stopped); empty (no night stands). `night_date` is the
    day that readers see, `stopped_date` that of the night that did not come to its end.
    """

    kind: str
    night_date: date | None = None
    stopped_date: date | None = None
    reasons: tuple[str, ...] = ()


def strip(report: Report) -> tuple[Markup, Figures]:
    """The strip of a snapshot's own page, and the figures that it shows."""
    figures = report.ask("strip", _FIGURES.format(day=f"DATE '{report.as_of_date}'"))
    values = next(figures.records())
    standing = standing_block(Standing("published", report.as_of_date), report.numbers)
    told = Markup().join(_items(report, values))
    return Markup('{}<ul class="facts">{}</ul>').format(standing, told), figures


def _items(report: Report, values: dict[str, Value]) -> Sequence[Markup]:
    shown = {
        "strip_checks": ("passed_count", "check_count"),
        "strip_warnings": ("warning_count", "new_warning_count"),
        "strip_deliveries": ("loaded_count", "missing_count", "refused_count"),
        "strip_difference": ("lost_row_count", "lost_money"),
        "strip_restated": ("restated_day_count",),
    }
    return [
        Markup("<li{}>{}</li>").format(
            Markup(' class="trouble"') if any(values[name] for name in names if name in _TROUBLE) else "",
            _leading(report, key, report.say(key, **{name: values[name] for name in names})),
        )
        for key, names in shown.items()
    ]


def _leading(report: Report, key: str, said: Markup) -> Markup:
    """The item, and a link to the question that says more of it, where there is one."""
    if key not in _LEADS_TO:
        return said
    section = _LEADS_TO[key]
    return Markup('{} · <a href="#{}">{}</a>').format(said, section, report.say(f"question_{section}"))


def standing_block(standing: Standing, numbers: Numbers) -> Markup:
    """Whether the night was published, as a block that `with_standing` finds again."""
    dates = {
        "night_date": escape(numbers.write("date", standing.night_date)),
        "stopped_date": escape(numbers.write("date", standing.stopped_date)),
    }
    told = escape(word(f"standing_{standing.kind}", numbers.language)).format(**dates)
    reasons = Markup().join(Markup("<li>{}</li>").format(reason) for reason in standing.reasons)
    why = Markup("<p>{}</p><ul>{}</ul>").format(word("standing_why", numbers.language), reasons)
    return Markup(
        '<!--standing--><div class="standing {}" role="status"><p><strong>{}</strong></p>{}</div>{}'
    ).format(standing.kind, told, why if reasons else "", Markup("<!--/standing-->"))


def with_standing(page: str, standing: Standing, numbers: Numbers) -> str:
    """A page that was made earlier, under another standing."""
    block = str(standing_block(standing, numbers))
    return _STANDING.sub(lambda _found: block, page, count=1)
