"""The search for the most likely parameters, and the signs that there are none.

Parameters are those of the search: for the purchase and spend models, which have positive ones, their
logarithms. A loss is the mean negative log-likelihood, so that tolerances mean the same for ten people and
ten million.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from mandje.predict.models.parameters import Vector


@dataclass(frozen=True)
class Loss:
    """A mean negative log-likelihood.

    Attributes:
        value: of the loss at some parameters.
        slope: its gradient there.
    """

    value: Callable[[Vector], float]
    slope: Callable[[Vector], Vector]


# The search stays this near to its start, on a log scale a factor e^16: what runs away ends there, finite,
# and is told apart.
_REACH = 16.0
# L-BFGS-B brings it near; Newton then doubles the digits with every step.
_NEAR_GRADIENT, _NEAR_GAIN = 1e-6, 1e-11
_GRADIENT_AIM = 1e-12
_GRADIENT_LIMIT = 1e-6
_CURVATURE_LIMIT = 1e-8
_STANDARD_ERROR_LIMIT = 2.0
_NEWTON_STEPS = 10
# Where each of these rows stands for so many others, the search is done on them alone.
_SOME_ROWS, _MANY, _NEARER_STEPS = 5000, 4, 15
_DIFFERENCE = 1e-5


@dataclass(frozen=True)
class Optimum:
    """Where the search ended.

    Attributes:
        parameters: the parameters.
        gradient: largest absolute slope of the loss there.
        curvature: smallest eigenvalue of the loss's Hessian there; not finite where there is none.
        covariance: of the parameters; not finite where there is none.
    """

    parameters: Vector
    gradient: float
    curvature: float
    covariance: NDArray[np.float64]

    @property
    def standard_errors(self) -> Vector:
        """Of the parameters; not finite where there are none."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.sqrt(np.diag(self.covariance)))

    def fault(self) -> str | None:
        """Why this is no maximum that can be used, or None."""
        if not np.isfinite([*self.parameters, self.gradient, self.curvature]).all():
            return "the fit is not finite"
        if self.gradient > _GRADIENT_LIMIT:
            return f"the search did not settle (slope {self.gradient:.1e})"
        if self.curvature <= _CURVATURE_LIMIT:
            return f"the likelihood is flat (curvature {self.curvature:.1e})"
        widest = float(self.standard_errors.max())
        if not widest <= _STANDARD_ERROR_LIMIT:
            return f"a parameter is all but unknown (standard error {widest:.1f})"
        return None


def total(column: Vector) -> float:
    """The sum, pairwise and on one thread: the same bits on every machine, unlike a threaded dot product."""
    return float(column.sum())


def minimise(loss: Loss, start: Vector, customers: int) -> Optimum:
    """L-BFGS-B from `start`, then Newton until the slope is below 1e-12 or falls no more.

    Args:
        loss: mean negative log-likelihood at some parameters.
        start: parameters to start from.
        customers: how many people the mean is over; standard errors need it.
    """
    with np.errstate(all="ignore"):
        found = minimize(
            loss.value,
            start,
            jac=loss.slope,
            method="L-BFGS-B",
            bounds=[(value - _REACH, value + _REACH) for value in start],
            options={"maxiter": 1000, "ftol": _NEAR_GAIN, "gtol": _NEAR_GRADIENT},
        )
        return _polish(loss, np.asarray(found.x, dtype=np.float64), customers)


def minimise_of_many(
    loss: Loss, of_some: Callable[[slice], Loss], rows: int, start: Vector, customers: int
) -> Optimum:
    """The same of a loss over so many rows that every look takes long: the search is done on some of them.

    Every n-th row, in their fixed order, leads to within its own error of the whole's optimum, and has nearly
    the whole's curvature: a few steps by that, and the slope is below 1e-12 here, too. Where this ends in no
    maximum that can be used, all rows are searched.

    Args:
        loss: over all rows.
        of_some: gives the loss over some rows.
        rows: how many there are.
        start: parameters to start from.
        customers: how many people the mean is over.
    """
    step = rows // _SOME_ROWS
    if step >= _MANY:
        near = minimise(of_some(slice(None, None, step)), start, customers)
        if near.fault() is None:
            with np.errstate(all="ignore"):
                found = _polish(loss, _nearer(loss, near, customers), customers)
            if found.fault() is None and found.gradient < _GRADIENT_AIM:
                return found
    return minimise(loss, start, customers)


def _nearer(loss: Loss, near: Optimum, customers: int) -> Vector:
    """By Newton's steps with the curvature of another optimum nearby, which is not worked out anew."""
    point, inverse = near.parameters, near.covariance * customers
    for _ in range(_NEARER_STEPS):
        slope = loss.slope(point)
        if not np.isfinite(slope).all() or np.abs(slope).max() < _GRADIENT_AIM:
            break
        point = point - inverse @ slope
    return point


def _polish(loss: Loss, point: Vector, customers: int) -> Optimum:
    slope = loss.slope(point)
    hessian = hessian_at(loss, point)
    for _ in range(_NEWTON_STEPS):
        if not np.isfinite(hessian).all() or np.abs(slope).max() < _GRADIENT_AIM:
            break
        nearer = point - np.linalg.pinv(hessian) @ slope
        nearer_slope = loss.slope(nearer)
        if not np.abs(nearer_slope).max() < np.abs(slope).max():
            break
        point, slope = nearer, nearer_slope
        hessian = hessian_at(loss, point)
    return _optimum(point, slope, hessian, customers)


def _optimum(point: Vector, slope: Vector, hessian: NDArray[np.float64], customers: int) -> Optimum:
    nothing = np.full_like(hessian, np.nan)
    if not np.isfinite(hessian).all():
        return Optimum(point, float(np.abs(slope).max()), float("nan"), nothing)
    curvature = float(np.linalg.eigvalsh(hessian).min())
    covariance = np.linalg.inv(hessian) / customers if curvature > 0 else nothing
    return Optimum(point, float(np.abs(slope).max()), curvature, covariance)


def hessian_at(loss: Loss, point: Vector) -> NDArray[np.float64]:
    """Central differences of the gradient, made symmetric: right to about ten digits."""
    steps = np.eye(len(point)) * _DIFFERENCE
    rows = np.array(
        [(loss.slope(point + step) - loss.slope(point - step)) / (2 * _DIFFERENCE) for step in steps]
    )
    return np.asarray((rows + rows.T) / 2)
