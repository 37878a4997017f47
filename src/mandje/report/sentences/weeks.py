"""The figures as sums of whole weeks that end at the as-of day, so that every week has the same weekdays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import numpy.typing as npt

from mandje.report.sentences.looked_at import ALL, COLUMNS, Figure

Sums = npt.NDArray[np.float64]

MOST_WEEKS = 80  # a year, and what a window of that time is compared with

_WHOLE = "SELECT kpi_date AS day FROM marts.daily_kpis WHERE site = '(all)' AND NOT has_missing_delivery"
# What a person decides on is told by another system: days that it did not tell of yet are unknown.
_TOLD = " INTERSECT SELECT day FROM daily"
_BEGUN = "SELECT min(day) FROM daily WHERE day <= DATE '{as_of_date}'"
_DAYS = """
SELECT date_diff('day', day, DATE '{as_of_date}') // 7 AS week, count(*) AS days
FROM whole
WHERE day BETWEEN DATE '{as_of_date}' - {most_days} + 1 AND DATE '{as_of_date}'
GROUP BY week
"""
_SUMS = """
SELECT
    CASE WHEN grouping(site) = 0 THEN site ELSE '(all)' END AS site,
    CASE WHEN grouping(cut) = 0 THEN cut ELSE '(all)' END AS cut,
    date_diff('day', day, DATE '{as_of_date}') // 7 AS week,
    {sums}
FROM daily
INNER JOIN whole USING (day)
WHERE day BETWEEN DATE '{as_of_date}' - {most_days} + 1 AND DATE '{as_of_date}'
GROUP BY GROUPING SETS ((week), (site, week), (cut, week), (site, cut, week))
"""


@dataclass(frozen=True, slots=True, order=True)
class Slice:
    """A site or all, and a value of the cut or all."""

    site: str
    cut: str

    @property
    def width(self) -> int:
        """0 of one value at one site, 2 of all."""
        return [self.site, self.cut].count(ALL)

    def holds(self, other: Slice) -> bool:
        """Whether every event of the other counts in this one."""
        return self.site in (ALL, other.site) and self.cut in (ALL, other.cut)

    def overlaps(self, other: Slice) -> bool:
        """Whether one event can count in both."""
        return self.shares_site(other) and (ALL in (self.cut, other.cut) or self.cut == other.cut)

    def shares_site(self, other: Slice) -> bool:
        """Whether an event of one can be at the site of the other."""
        return ALL in (self.site, other.site) or self.site == other.site


@dataclass(frozen=True, slots=True)
class Weeks:
    """Sums by slice and week, the newest week first; as many weeks as the figure has a history of.

    Beside what its measure adds up: `days`, the whole days; they are the `tries` of what has none.
    """

    slices: tuple[Slice, ...]
    sums: dict[str, Sums]


def with_days(figure: Figure, as_of_date: date) -> str:
    """What every query on a figure begins with: its days, and the days that are whole.

    Days on which a part of an expected delivery lacks are left out of every figure.
    """
    whole = _WHOLE + (_TOLD if figure.measure in ("spend", "cost") else "")
    return f"WITH daily AS ({figure.daily.format(as_of_date=as_of_date)}), whole AS ({whole})"


def weeks_of(con: duckdb.DuckDBPyConnection, figure: Figure, as_of_date: date) -> Weeks | None:
    """The figure's weeks up to the as-of day; None where it has not a week of history."""
    days_first = with_days(figure, as_of_date)
    (begun,) = con.execute(f"{days_first} {_BEGUN.format(as_of_date=as_of_date)}").fetchone() or (None,)
    count = 0 if begun is None else min(((as_of_date - begun).days + 1) // 7, MOST_WEEKS)
    if not count:
        return None
    columns = COLUMNS[figure.measure]
    names = ", ".join(f"CAST(sum({name}) AS DOUBLE) AS {name}" for name in columns)
    words = {"as_of_date": as_of_date, "most_days": 7 * count, "sums": names}
    rows = con.execute(f"{days_first} {_SUMS.format(**words)}").fetchall()
    slices = _without_doubles({Slice(row[0], row[1]) for row in rows})
    sums = {name: np.zeros((len(slices), count)) for name in columns}
    place = {one: number for number, one in enumerate(slices)}
    for site, cut, week, *values in rows:
        if (at := place.get(Slice(site, cut))) is not None:
            for name, value in zip(columns, values, strict=True):
                sums[name][at, week] = value or 0.0
    days = np.zeros(count)
    for week, whole in con.execute(f"{days_first} {_DAYS.format(**words)}").fetchall():
        days[week] = whole
    sums["days"] = np.tile(days, (len(slices), 1))
    sums.setdefault("tries", sums["days"])
    return Weeks(slices, sums)


def _without_doubles(slices: set[Slice]) -> tuple[Slice, ...]:
    """A shop's only site, and the only value of a cut, are what all are."""
    sites, cuts = {one.site for one in slices} - {ALL}, {one.cut for one in slices} - {ALL}
    kept = (
        one for one in slices if (len(sites) > 1 or one.site == ALL) and (len(cuts) > 1 or one.cut == ALL)
    )
    return tuple(sorted(kept))
