"""Whether a figure moved by enough to matter, still does, and is not moved by a season or by another figure.

- It moved by what the figure asks for.
- It stands against either half of the 13 weeks before: what only comes back from a season is as one of them.
- It is not over: the newest week goes the same way, by a quarter of it at least.
- Where the same weeks of the year before are known, it stands once the change of that time is off. Where
  they are not, more is asked: of what somebody decides on and of a level 40 %, and of a change for the better
  that it doubles, since a young shop grows.
- The level of a part stands once the change of the whole is taken off. A ratio of what is wished for stands
  for the number a day, too: more visits with as many orders are news of visits.

A change stands where at least half of it is left.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mandje.report.sentences.compared import Window, means
from mandje.report.sentences.looked_at import ALL, Figure
from mandje.report.sentences.weeks import Slice, Sums, Weeks

BASE_WEEKS = 13
_NEWER_HALF = 6
_YEAR = 52
_LARGE, _DOUBLE = 0.40, 1.0

Flags = npt.NDArray[np.bool_]


def matters(figure: Figure, weeks: Weeks, length: int, now: Window, before: Window) -> Flags:
    """Which slices' newest window of `length` weeks matters; windows of every week, the newest first."""
    first, second = means(now, before, figure.measure)
    moved = _moved(first, second)
    newest = moved[:, 0]
    is_large = np.abs(newest) >= np.log1p(figure.smallest_change)
    is_large &= np.abs(first[:, 0] - second[:, 0]) >= figure.smallest_points
    told = is_large & _is_lasting(figure, weeks, length, newest) & _is_its_own(figure, weeks, now, before)
    if moved.shape[1] > _YEAR:
        return np.asarray(told & _stands(newest, newest - moved[:, _YEAR]))
    return np.asarray(told & (np.abs(newest) >= _asked_without_a_year(figure, newest)))


def _is_lasting(figure: Figure, weeks: Weeks, length: int, newest: Sums) -> Flags:
    middle, end = length + _NEWER_HALF, length + BASE_WEEKS
    now, newer, older = _span(weeks, 0, length), _span(weeks, length, middle), _span(weeks, middle, end)
    lasting = _stands(newest / 2, _between(figure, _span(weeks, 0, 1), _span(weeks, length, end), newest))
    for half in (newer, older):
        lasting &= _stands(newest, _between(figure, now, half, newest))
    return lasting


def _span(weeks: Weeks, first: int, end: int) -> Window:
    return {name: sums[:, first:end].sum(axis=1, keepdims=True) for name, sums in weeks.sums.items()}


def _between(figure: Figure, now: Window, before: Window, unknown: Sums) -> Sums:
    """By how much two spans differ; `unknown` where one of them has no whole day."""
    is_known = ((now["tries"] > 0) & (before["tries"] > 0))[:, 0]
    return np.where(is_known, _moved(*means(now, before, figure.measure))[:, 0], unknown)


def _is_its_own(figure: Figure, weeks: Weeks, now: Window, before: Window) -> Flags:
    newest = _moved(*means(now, before, figure.measure))[:, 0]
    if figure.measure == "level":
        whole = [weeks.slices.index(Slice(one.site, ALL)) for one in weeks.slices]
        return np.asarray(_stands(newest, newest - newest[whole]) | (np.arange(len(whole)) == whole))
    if figure.measure == "ratio" and figure.bad_way < 0:
        a_day = (window["hits"][:, 0] / np.maximum(window["days"][:, 0], 1) for window in (now, before))
        return _stands(newest, _moved(*a_day))
    return np.ones(len(newest), dtype=bool)


def _asked_without_a_year(figure: Figure, newest: Sums) -> Sums:
    for_the_worse = 0.0 if figure.measure in ("ratio", "per") else np.log1p(_LARGE)
    return np.where(newest * figure.bad_way > 0, for_the_worse, np.log1p(_DOUBLE))


def _stands(moved: Sums, rest: Sums) -> Flags:
    return np.asarray(rest * np.sign(moved) >= np.abs(moved) / 2)


def _moved(first: Sums, second: Sums) -> Sums:
    """The logarithm of the ratio; of what began or ended, that of a factor of a thousand."""
    return np.log(np.clip(first, 1e-12, None) / np.clip(second, 1e-12, None)).clip(-6.9, 6.9)
