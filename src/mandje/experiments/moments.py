"""What is known of a variant: how many units, the mean of their values, and how much these vary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mandje.errors import MandjeError

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """Units, mean and sample variance (n − 1) of a variant; arrays of one shape, such as draws × looks."""

    count: Numbers
    mean: Numbers
    variance: Numbers


def moments(values: Numbers) -> Moments:
    """Of one value a unit, along the last axis. Below two units the variance is not a number."""
    count = values.shape[-1]
    mean = values.mean(axis=-1) if count else np.full(values.shape[:-1], np.nan)
    spread = ((values - mean[..., np.newaxis]) ** 2).sum(axis=-1)
    variance = spread / (count - 1) if count > 1 else np.full_like(spread, np.nan)
    return Moments(np.full_like(spread, count), np.asarray(mean), variance)


def moments_of_sums(count: Numbers, total: Numbers, total_of_squares: Numbers) -> Moments:
    """Of sums that were kept instead of values: Σ 1, Σ y, Σ y²; at least two units each."""
    mean = total / count
    return Moments(count, mean, (total_of_squares - count * mean**2) / (count - 1))


def ratio_values(top: Numbers, bottom: Numbers) -> Numbers:
    """One value a unit whose mean is Σ top ÷ Σ bottom, and whose variance is that of the ratio.

    R + (top − R × bottom) ÷ mean(bottom), R = Σ top ÷ Σ bottom: the delta method over units, which are drawn,
    and not over lines, which are not independent (Deng, Knoblich & Lu 2018, "Applying the Delta Method in
    Metric Analytics", section 3). Of one variant at a time.

    Raises:
        MandjeError: the bottom adds up to 0.
    """
    size: Any = bottom.mean(axis=-1, keepdims=True) if bottom.shape[-1] else np.zeros(1)
    if not np.all(size > 0):
        raise MandjeError(
            "a ratio has nothing to divide by",
            found=f"{bottom.shape[-1]} units whose bottom adds up to {bottom.sum():g}",
            expected="a sum above 0 in every variant",
            next_step="wait until there is something to count",
        )
    ratio = top.mean(axis=-1, keepdims=True) / size
    return np.asarray(ratio + (top - ratio * bottom) / size)
