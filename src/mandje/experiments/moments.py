"""What is known of a variant: how many units, the mean of their values, and how much these vary."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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


def ratio_values(top: Numbers, bottom: Numbers) -> Numbers:
    """One value a unit whose mean is Σ top ÷ Σ bottom, and whose variance is that of the ratio.

    R + (top − R × bottom) ÷ mean(bottom), R = Σ top ÷ Σ bottom: the delta method over units, which are drawn,
    and not over lines, which are not independent (Deng, Knoblich & Lu 2018, "Applying the Delta Method in
    Metric Analytics", section 3). Of one variant at a time, whose bottom adds up to more than 0.
    """
    size = bottom.mean(axis=-1, keepdims=True)
    ratio = top.mean(axis=-1, keepdims=True) / size
    return np.asarray(ratio + (top - ratio * bottom) / size)
