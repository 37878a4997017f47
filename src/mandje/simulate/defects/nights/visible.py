"""Whether a shop is large enough to show what is planted of a night."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt
from statistics import median

from mandje.errors import MandjeError

_WEEKS, _LEAST_WEEKS = 8, 4
# Below so much of what is usual a day is no day as any other, and counts scatter by their square root: what a
# plant leaves must lie clearly below both, else a pipeline that overlooked it would be right.
_CLEARLY_LESS = 0.33
_CLEARLY_OUTSIDE = 3.5
# An event type of which so many are usual on a weekday is missed.
LEAST_EVENTS = 25
# A silence is nothing new where such a one was there before, and nothing at all where few rows are lacking.
_LONGEST_GAP = 5
_LEAST_ROWS = 24


def usual_count(counts: Sequence[int], day: int) -> float:
    """Median of the same weekday in the eight weeks before a day; 0 where fewer than four are known."""
    before = [counts[day - 7 * week] for week in range(1, _WEEKS + 1) if day >= 7 * week]
    return median(before) if len(before) >= _LEAST_WEEKS else 0.0


def check_less(defect: str, what: str, count: int, usual: float) -> None:
    """Refuse a plant that nobody could see.

    Raises:
        MandjeError: the day is not clearly below what is usual.
    """
    if count > _CLEARLY_LESS * usual or usual - count <= _CLEARLY_OUTSIDE * sqrt(usual):
        raise too_small(defect, f"{count} {what} would be left, {usual:g} are usual on that weekday")


def check_silence(feed: str, counts: Sequence[int], silent_days: int) -> None:
    """Refuse a silence that nobody could see; `counts` are the rows of each day before it.

    Raises:
        MandjeError: too few rows would be lacking, or the feed has been silent for days before.
    """
    days = [day for day, count in enumerate(counts) if count]
    gaps = [later - day - 1 for day, later in pairwise([*days, len(counts)])]
    usual = sum(counts) / (len(counts) - days[0]) if days else 0.0
    if usual * silent_days < _LEAST_ROWS or max(gaps) > _LONGEST_GAP:
        found = f"{usual:.1f} rows of {feed} a day, and up to {max(gaps, default=0)} days without one before"
        raise too_small("vanished_sources", found)


def too_small(defect: str, found: str) -> MandjeError:
    """The error of a shop that cannot show a plant."""
    return MandjeError(
        f"this shop is too small to show {defect}",
        found=found,
        next_step=f"simulate more customers or days, or set {defect} = 0 under [nights] in simulation.toml",
    )
