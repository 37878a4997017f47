"""When a figure has collapsed, and what tonight's comparison came to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import sqrt

from mandje.findings.holds import Hold

# Counts scatter by their square root (Poisson): a fall within so many of them says nothing.
NOISE_WIDTHS = 3


@dataclass(frozen=True, slots=True)
class Comparison:
    """Tonight beside the snapshot before (`compared_with`, None without one) and its own weekdays.

    `holds` close the gate until each is passed; `told` are warnings in one line each.
    """

    as_of_date: date
    compared_with: str | None
    holds: tuple[Hold, ...]
    told: tuple[str, ...]


def is_far_below(now: float | Decimal, before: float | Decimal, ratio: float) -> bool:
    """Whether a count fell below `ratio` of what it was, and further than chance would take it."""
    least, most = float(now), float(before)
    return least < ratio * most and most - least > NOISE_WIDTHS * sqrt(most)


def plain(value: float | Decimal) -> str:
    """A number as text: whole where it is whole, else with two decimals."""
    return str(int(value)) if value == int(value) else f"{value:.2f}"
