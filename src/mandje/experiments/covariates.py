"""CUPED: what was known of a unit before it was assigned takes out what the variant cannot have caused.

Deng, Xu, Kohavi & Walker 2013, "Improving the Sensitivity of Online Controlled Experiments by Utilizing
Pre-Experiment Data": y − θ (x − mean of x), θ from all variants together; for several x the least squares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mandje.errors import MandjeError
from mandje.experiments.moments import Numbers

Days = NDArray[np.datetime64]


@dataclass(frozen=True)
class Covariate:
    """Of each unit: what was forecast or counted (NaN where nothing was), and the day it was known on."""

    name: str
    values: Numbers
    known_on: Days


def design(covariates: Sequence[Covariate], assigned_on: Days) -> Numbers:
    """Units × columns: each covariate, with the mean where it is not known, and a column that says so.

    Columns that are the same for all units are left out.

    Raises:
        MandjeError: a covariate was known on the day of assignment or later: the variant may have moved it.
    """
    columns = [column for one in covariates for column in _filled(one, assigned_on)]
    varying = [column for column in columns if np.ptp(column) > 0]
    return np.column_stack(varying) if varying else np.empty((len(assigned_on), 0))


def adjusted(values: Numbers, known_before: Numbers) -> Numbers:
    """Values without what `known_before` (units × columns, see `design`) tells of them; the mean stays."""
    centred = known_before - known_before.mean(axis=0)
    theta = np.linalg.lstsq(centred, values - values.mean(), rcond=None)[0]
    return np.asarray(values - centred @ theta)


def _filled(covariate: Covariate, assigned_on: Days) -> tuple[Numbers, Numbers]:
    is_known = ~np.isnan(covariate.values)
    _check_before(covariate, is_known, assigned_on)
    mean = covariate.values[is_known].mean() if is_known.any() else 0.0
    return np.where(is_known, covariate.values, mean), np.where(is_known, 0.0, 1.0)


def _check_before(covariate: Covariate, is_known: NDArray[np.bool_], assigned_on: Days) -> None:
    late = is_known & ~(covariate.known_on < assigned_on)
    if late.any():
        first = int(np.argmax(late))
        raise MandjeError(
            f"the covariate {covariate.name} is of after the assignment for {int(late.sum())} units",
            found=f"known on {covariate.known_on[first]}, assigned on {assigned_on[first]}",
            expected="known on a day before the assignment: later, the variant itself may have moved it",
            next_step="take what was known the day before each unit was assigned",
        )
