"""How unusual the newest weeks of a figure are, against chance and against their own history.

A window of the newest 2 or 4 weeks is compared with the 13 weeks before it. The same comparison is made at
every earlier week whose window does not overlap the newest: its root mean square is how much the figure moves
by itself. The statistic is divided by it (quasi-likelihood: Wedderburn 1974), never by less than chance alone
gives. Trend, season and promotions are in it. What is left is compared with the normal distribution, or with
Student's where there is no theory of chance.

Of an ordinary night's chance of a false sentence every figure has a share, told beforehand, and in it every
comparison that is looked at (a weighted Bonferroni rule: Holm 1979, section 3): two weeks take most, the
whole shop takes half and the other slices the rest in equal parts, the way that somebody must act on takes
four fifths. The chance of as much or more that way is divided by its share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from mandje.report.sentences.compared import Window, means, statistic
from mandje.report.sentences.looked_at import ALL, Figure
from mandje.report.sentences.matters import BASE_WEEKS, Flags, matters
from mandje.report.sentences.weeks import Slice, Sums, Weeks

WINDOWS = {2: 0.8, 4: 0.2}  # weeks, and their share of a figure's chance of a false sentence
_FEWEST_EARLIER = 6
_FEWEST_EVENTS = 12  # in the newest window or expected in it: a figure with fewer is not looked at
_CALMEST_SPEND = 0.06  # a budget that never moved is not unusual for moving by less
_WHOLE_SHARE = 0.5
_BAD_WAY_SHARE = 0.8
_DECIDED = ("spend", "cost")


@dataclass(frozen=True, slots=True)
class Change:
    """A figure that moved: where, in how many of the newest weeks, which way (1 or -1), and how unusual."""

    figure: Figure
    slice: Slice
    weeks: int
    sign: int
    unusual: float


def judged(figure: Figure, weeks: Weeks, share: float) -> list[Change]:
    """How unusual every slice of a figure is, where it moved by enough to matter.

    `share` is the figure's share of a night's chance of a false sentence. `Change.unusual` is explained at
    `Sentence.unusual`.
    """
    found: list[Change] = []
    for length, part in WINDOWS.items():
        if (windows := _windows(weeks, length)) is None:
            continue
        now, before = windows
        enough = _is_enough(figure, now, before)
        statistics = statistic(figure.measure, now, before)
        shares = share * part * _shares(weeks.slices, enough)
        shares *= np.where(statistics[:, 0] * figure.bad_way > 0, _BAD_WAY_SHARE, 1 - _BAD_WAY_SHARE)
        unusual = (np.log(shares) - _log_chance(figure, statistics, length)) / np.log(10)
        first, second = (mean[:, 0] for mean in means(now, before, figure.measure))
        told = enough & matters(figure, weeks, length, now, before)
        found += [
            Change(figure, weeks.slices[at], length, 1 if first[at] > second[at] else -1, float(unusual[at]))
            for at in np.flatnonzero(told).tolist()
        ]
    return found


def _shares(slices: tuple[Slice, ...], enough: Flags) -> Sums:
    is_whole = np.array([one == Slice(ALL, ALL) for one in slices])
    others = int((enough & ~is_whole).sum())
    if not others:
        return np.ones(len(slices))
    return np.where(is_whole, _WHOLE_SHARE, (1 - _WHOLE_SHARE) / others)


def _windows(weeks: Weeks, length: int) -> tuple[Window, Window] | None:
    """The window at every week, the newest first, and what it is compared with; None of a short history."""
    places = weeks.sums["tries"].shape[1] - length - BASE_WEEKS + 1
    if places < length + _FEWEST_EARLIER:
        return None
    ends = {name: np.pad(sums.cumsum(axis=1), ((0, 0), (1, 0))) for name, sums in weeks.sums.items()}
    ago = [slice(start, start + places) for start in (0, length, length + BASE_WEEKS)]
    now = {name: end[:, ago[1]] - end[:, ago[0]] for name, end in ends.items()}
    return now, {name: end[:, ago[2]] - end[:, ago[1]] for name, end in ends.items()}


def _is_enough(figure: Figure, now: Window, before: Window) -> Flags:
    if figure.measure in _DECIDED:
        return np.asarray((now["hits"][:, 0] > 0) & (before["hits"][:, 0] > 0))
    name = "tries" if figure.measure == "value" else "hits"
    expected = before[name][:, 0] * now["tries"][:, 0] / np.maximum(before["tries"][:, 0], 1)
    return np.asarray((np.maximum(now[name][:, 0], expected) >= _FEWEST_EVENTS) & (before["tries"][:, 0] > 0))


def _log_chance(figure: Figure, statistics: Sums, length: int) -> Sums:
    """Natural logarithm of the chance of the newest statistic or more, its way, where nothing changed."""
    earlier = statistics[:, length:]
    moves_by_itself = np.sqrt((earlier**2).mean(axis=1))
    if figure.measure in _DECIDED:
        scaled = np.abs(statistics[:, 0]) / np.maximum(moves_by_itself, _CALMEST_SPEND)
        return np.asarray(np.log(special.stdtr(max(4, earlier.shape[1] // length), -scaled)))
    scaled = np.abs(statistics[:, 0]) / np.maximum(moves_by_itself, 1)
    return np.asarray(special.log_ndtr(-scaled))
