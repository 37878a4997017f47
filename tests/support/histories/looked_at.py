"""Drawn experiments as a night after the other sees them: sums of all units that were assigned by then."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drawn_experiments import Values
from mandje.experiments.difference import Difference, difference
from mandje.experiments.moments import Moments


def differences_by_look(values: Values, is_treated: NDArray[np.bool_], looks: NDArray[np.int_]) -> Difference:
    """Draws × looks: the difference of the means of all units up to each look (units, ascending)."""
    return difference(_by_look(values, is_treated, looks), _by_look(values, ~is_treated, looks))


def counts_by_look(is_treated: NDArray[np.bool_], looks: NDArray[np.int_]) -> Values:
    """Draws × looks × (control, treated)."""
    treated = np.cumsum(is_treated, axis=-1)[:, looks - 1]
    return np.stack([looks - treated, treated], axis=-1).astype(float)


def _by_look(values: Values, is_in: NDArray[np.bool_], looks: NDArray[np.int_]) -> Moments:
    parts = (is_in * 1.0, values * is_in, values**2 * is_in)
    count, total, of_squares = (np.cumsum(part, axis=-1)[:, looks - 1] for part in parts)
    mean = total / count
    return Moments(count, mean, (of_squares - count * mean**2) / (count - 1))
