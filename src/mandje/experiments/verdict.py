"""What may be said tonight, in words."""

from __future__ import annotations

from dataclasses import dataclass

from mandje.experiments.difference import ALPHA

# Below so many units in a variant nothing is said: the always-valid interval is right in the limit of many.
FEWEST_UNITS = 100
TOO_FEW = "undecided: too few units yet"


@dataclass(frozen=True)
class Evidence:
    """Of one variant and metric, tonight: what the verdict follows from.

    Both variants have at least `FEWEST_UNITS` units. `p_value` is always-valid and holds for all comparisons
    of the experiment together (`corrections.holm`); `low` and `high` are the always-valid interval of variant
    − control, `smallest_difference` what is worth knowing, both in the metric's unit. `days_needed` is None
    where too few units come.
    """

    difference: float
    p_value: float
    low: float
    high: float
    smallest_difference: float
    days_needed: int | None
    is_more_better: bool


def verdict(seen: Evidence) -> str:
    """One of `better`, `worse`, `no difference ≥ x`, `undecided: …`; of a broken experiment none is asked.

    `no difference` holds with 95 % for this comparison alone: the interval is not corrected for several.

    A difference that is surely there and smaller than what is worth knowing is `better` or `worse`: it is
    there.
    """
    if seen.p_value <= ALPHA:
        return "better" if (seen.difference > 0) == seen.is_more_better else "worse"
    if -seen.smallest_difference < seen.low and seen.high < seen.smallest_difference:
        return f"no difference ≥ {seen.smallest_difference:g}"
    return undecided(seen.days_needed)


def undecided(days: int | None) -> str:
    """With the whole days that it still takes; None where too few units come."""
    if days is None:
        return "undecided: too few units come for an answer"
    return f"undecided: {max(days, 1)} more day{'s' if days > 1 else ''}"
