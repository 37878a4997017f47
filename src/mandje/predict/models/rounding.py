"""How numbers of the models are given: six significant digits, which every machine agrees on."""

from __future__ import annotations

import math


def six_digits(value: float) -> float | None:
    """`value` to six significant digits; None where it is no finite number."""
    return float(f"{value:.6g}") if math.isfinite(value) else None


def all_six_digits(values: dict[str, float]) -> dict[str, float | None]:
    """Each value to six significant digits."""
    return {name: six_digits(value) for name, value in values.items()}
