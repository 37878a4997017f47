"""Which form forecasts this month: chosen from cuts of the past alone, without memory of earlier choices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from mandje.predict.back_test.contenders import BackTest
from mandje.predict.back_test.measures import mean
from mandje.predict.models.order_model import ORDER_FORMS, OrderForm
from mandje.predict.models.parameters import Vector
from mandje.predict.models.rounding import six_digits

_CUTS = 4
# Of the cuts, at which share a later form must be better.
_MAJORITY = 0.75
_STANDARD_ERRORS = 2.0
# Of the log-loss, where all customers share the one window that was tried: its season is in every gain.
_LEAST_GAIN_OF_ONE_CUT = 0.005
_TOTAL_RATIOS = (0.85, 1.15)


@dataclass(frozen=True)
class Duel:
    """A later form against the one that holds so far.

    Attributes:
        challenger: the later form.
        holder: the form that held.
        gain: how much lower the challenger's mean log-loss is, on average over the cuts, with the totals of
            both put right; None without cuts.
        standard_error: of the gain: over customers, paired, or over cuts, whichever is larger.
        cuts_won: at how many cuts it is lower.
        wins: whether the challenger takes over.
        why: the reason in words.
    """

    challenger: OrderForm
    holder: OrderForm
    gain: float | None
    standard_error: float | None
    cuts_won: int
    wins: bool
    why: str


def end_of_month_before(as_of_date: date) -> date:
    """The last day that a month's choice looks at, the same for every night of the month."""
    return as_of_date.replace(day=1) - timedelta(days=1)


def cut_days(as_of_date: date, first_day: date, horizon_days: int, least_history_days: int) -> list[date]:
    """The cuts that decide for the month of `as_of_date`, newest first: at most 4, none overlapping another.

    Each has the whole horizon after it by the end of the month before, and enough history up to it.
    """
    known = end_of_month_before(as_of_date)
    cuts = [known - timedelta(days=horizon_days * number) for number in range(1, _CUTS + 1)]
    return [cut for cut in cuts if (cut - first_day).days + 1 >= least_history_days]


def choose_champion(tests: Sequence[BackTest]) -> tuple[OrderForm, list[Duel]]:
    """The simplest form, unless later ones are surely better; and how each was compared."""
    champion, duels = ORDER_FORMS[0], []
    for form in ORDER_FORMS[1:]:
        duel = _duel(form, champion, tests)
        duels.append(duel)
        champion = form if duel.wins else champion
    return champion, duels


def _duel(challenger: OrderForm, holder: OrderForm, tests: Sequence[BackTest]) -> Duel:
    losses = [(test.of(holder).log_losses, test.of(challenger).log_losses, test.weight) for test in tests]
    if not losses or any(ours is None for _, ours, _ in losses):
        return Duel(challenger, holder, None, None, 0, wins=False, why="not fitted at every cut")
    known = [
        (theirs, ours, weight) for theirs, ours, weight in losses if theirs is not None and ours is not None
    ]
    if len(known) < len(losses):
        return Duel(challenger, holder, None, None, 0, wins=True, why=f"{holder} is not fitted at every cut")
    gains, errors = zip(*(_paired_gain(*columns) for columns in known), strict=True)
    gain, error = sum(gains) / len(gains), max(math.hypot(*errors) / len(errors), _error_between(gains))
    won = sum(each > 0 for each in gains)
    why = _reason_against(gain, error, won, len(tests)) or _total_against(challenger, holder, tests)
    numbers = (six_digits(gain), six_digits(error), won)
    return Duel(challenger, holder, *numbers, wins=why is None, why=why or "surely better")


def _paired_gain(theirs: Vector, ours: Vector, weight: Vector) -> tuple[float, float]:
    """Mean of the holder's loss less the challenger's, and its standard error, over customers of one cut."""
    gains = theirs - ours
    gain = mean(gains, weight)
    return gain, math.sqrt(mean(np.square(gains - gain), weight) / weight.sum())


def _error_between(gains: Sequence[float]) -> float:
    """Standard error of the mean gain over cuts, each a draw of time; 0 of one cut, which cannot tell."""
    return float(np.std(gains, ddof=1)) / math.sqrt(len(gains)) if len(gains) > 1 else 0.0


def _reason_against(gain: float, error: float, won: int, cuts: int) -> str | None:
    if gain <= 0:
        return "its log-loss is not lower"
    better = f"better by {gain:.4f} (log-loss)"
    if cuts == 1 and gain < _LEAST_GAIN_OF_ONE_CUT:
        return f"{better}, but tried on one day of the past only, where {_LEAST_GAIN_OF_ONE_CUT} is needed"
    if gain <= _STANDARD_ERRORS * error:
        return f"{better}, which may be chance: more than {_STANDARD_ERRORS * error:.4f} is needed"
    return f"better at {won} of {cuts} cuts only" if won < _MAJORITY * cuts else None


def _total_against(challenger: OrderForm, holder: OrderForm, tests: Sequence[BackTest]) -> str | None:
    ours, theirs = (_total_ratio(form, tests) for form in (challenger, holder))
    if is_about_right(ours) or abs(ours - 1) < abs(theirs - 1):
        return None
    return f"its total is {ours:.2f} of what came"


def is_about_right(total_ratio: float) -> bool:
    """Whether a total, expected over came, is near enough to 1 not to speak against a form."""
    low, high = _TOTAL_RATIOS
    return low <= total_ratio <= high


def _total_ratio(form: OrderForm, tests: Sequence[BackTest]) -> float:
    """Total expected over total actual, on average over the cuts; infinite where nothing came."""
    ratios = [test.of(form).scores["total_ratio"] for test in tests]
    return sum(math.inf if ratio is None else ratio for ratio in ratios) / len(ratios)
