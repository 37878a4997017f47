"""Which form recommends: the simplest, unless a later one is surely better on windows of the past."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mandje.recommend.models.forms import FORMS, Form, Task
from mandje.recommend.models.purchases import Codes, Vector

# Of the windows, on which share a later form must be better.
_MAJORITY = 0.75
_STANDARD_ERRORS = 2.0


@dataclass(frozen=True)
class Recalls:
    """Recall at ten of each form on one window, by unit, and whose each unit is."""

    by_form: Mapping[Form, Vector]
    owner: Codes


@dataclass(frozen=True)
class Duel:
    """A later form against the one that holds so far.

    Attributes:
        challenger: the later form.
        holder: the form that held.
        gain: how much higher the challenger's recall at ten is, on average over the windows.
        standard_error: of the gain: over persons, paired, or between windows, whichever is larger.
        windows_won: on how many windows it is higher.
        wins: whether the challenger takes over.
        why: the reason in words.
    """

    challenger: Form
    holder: Form
    gain: float
    standard_error: float
    windows_won: int
    wins: bool
    why: str


def choose_champion(task: Task, windows: Sequence[Recalls]) -> tuple[Form, list[Duel]]:
    """The simplest form, unless later ones are surely better; and how each was compared."""
    forms = FORMS[task]
    champion, duels = forms[0], []
    for form in forms[1:] if windows else ():
        duel = _duel(form, champion, windows)
        duels.append(duel)
        champion = form if duel.wins else champion
    return champion, duels


def paired_gain(holder: Vector, challenger: Vector, owner: Codes) -> tuple[float, float]:
    """Mean gain in recall over units, and its standard error: a person's units are one chance together."""
    gains = challenger - holder
    gain = float(gains.mean())
    by_person = np.bincount(owner, gains - gain)
    return gain, math.sqrt(float(np.square(by_person).sum())) / len(gains)


def _duel(challenger: Form, holder: Form, windows: Sequence[Recalls]) -> Duel:
    pairs = [(one.by_form[holder], one.by_form[challenger], one.owner) for one in windows]
    gains, errors = zip(*(paired_gain(*pair) for pair in pairs), strict=True)
    gain, error = sum(gains) / len(gains), max(math.hypot(*errors) / len(errors), _error_between(gains))
    won = sum(each > 0 for each in gains)
    why = _reason_against(gain, error, won, len(windows))
    return Duel(challenger, holder, round(gain, 6), round(error, 6), won, why is None, why or "surely better")


def _error_between(gains: Sequence[float]) -> float:
    """Standard error of the mean gain over windows, each a draw of time; one alone cannot tell: 0."""
    return float(np.std(gains, ddof=1)) / math.sqrt(len(gains)) if len(gains) > 1 else 0.0


def _reason_against(gain: float, error: float, won: int, windows: int) -> str | None:
    if gain <= 0:
        return "it finds no more of what is bought"
    if gain <= _STANDARD_ERRORS * error:
        needed = f"more than {_STANDARD_ERRORS * error:.4f} is needed"
        return f"it finds {gain:.4f} more, which may be chance: {needed}"
    return f"better on {won} of {windows} windows only" if won < _MAJORITY * windows else None
