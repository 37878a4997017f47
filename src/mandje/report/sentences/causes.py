"""One cause, one sentence: what follows from a change that is told already is not told again."""

from __future__ import annotations

from collections.abc import Iterable

from mandje.report.sentences.looked_at import ALL
from mandje.report.sentences.unusual import Change

# Of slices of one figure that are nearly as unusual, the widest is told: all sites rather than each.
_NEARLY = 0.85

# What a loss of orders on the way to them does to each of these.
ON_THE_WAY = {
    "conversion": -1,
    "paid": -1,
    "checkouts": -1,
    "added": -1,
    "orders": -1,
    "carts_left": 1,
    "carts_left_a_visit": 1,
}
# Cause and what follows from it, where that is the same way.
_SAME_WAY = {
    *{("visits", "orders"), ("spend", "visits"), ("cost_a_visit", "spend"), ("orders", "returns")},
    *{("added", "carts_left_a_visit"), ("carts_left_a_visit", "added")},
}
_LAST = ("orders", "returns")  # told only where no cause is


def causes(changes: Iterable[Change]) -> list[Change]:
    """The changes that no other explains, the most unusual first."""
    left = sorted(changes, key=_rank)
    told: list[Change] = []
    while left:
        first = left[0]
        told.append(_widest(first, left))
        left = [one for one in left if not _explains(told[-1], one)]
    return sorted(told, key=lambda one: (-one.unusual, _rank(one)))


def _rank(change: Change) -> tuple[bool, float, str, str, str, int]:
    return (
        change.figure.name in _LAST,
        -change.unusual,
        change.figure.name,
        change.slice.site,
        change.slice.cut,
        change.weeks,
    )


def _widest(change: Change, others: Iterable[Change]) -> Change:
    alike = (
        one
        for one in others
        if (one.figure, one.weeks, one.sign) == (change.figure, change.weeks, change.sign)
        and one.unusual >= _NEARLY * change.unusual
        and one.slice.holds(change.slice)
    )
    return max(alike, key=lambda one: (one.slice.width, one.unusual))


def _explains(cause: Change, other: Change) -> bool:
    if cause.figure == other.figure:
        return cause.sign == other.sign and cause.slice.overlaps(other.slice)
    way = _way(cause.figure.name, other.figure.name)
    if way is None or cause.sign * way != other.sign:
        return False
    if cause.figure.cut == other.figure.cut:
        return cause.slice.overlaps(other.slice)
    if other.figure.cut == "sales_channel" and other.slice.cut not in (ALL, "online"):
        return False  # what visits do moves no store
    return cause.slice.shares_site(other.slice)


def _way(cause: str, other: str) -> int | None:
    if (cause, other) in _SAME_WAY:
        return 1
    if cause in ON_THE_WAY and other in ON_THE_WAY:
        return ON_THE_WAY[cause] * ON_THE_WAY[other]
    return None
