"""The search for the most likely parameters, and the signs that there are none.

All parameters are positive and searched on the log scale; a loss is the mean negative log-likelihood, so that
tolerances mean the same for ten people and ten million.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from mandje.predict.parameters import Vector

Loss = Callable[[Vector], tuple[float, Vector]]

# The search stays within a factor e^16 of its start: what runs away ends there, finite, and is told apart.
_REACH = 16.0
_GRADIENT_AIM = 1e-12
_GRADIENT_LIMIT = 1e-6
_CURVATURE_LIMIT = 1e-8
_LOG_STANDARD_ERROR_LIMIT = 2.0
_NEWTON_STEPS = 10
_DIFFERENCE = 1e-5


@dataclass(frozen=True)
class Optimum:
    """Where the search ended.

    Attributes:
        log_parameters: logarithms of the parameters.
        gradient: largest absolute slope of the loss there.
        curvature: smallest eigenvalue of the loss's Hessian there; not finite where there is none.
        log_standard_errors: of the logarithms of the parameters; not finite where there are none.
    """

    log_parameters: Vector
    gradient: float
    curvature: float
    log_standard_errors: Vector

    def fault(self) -> str | None:
        """Why this is no maximum that can be used, or None."""
        if not np.isfinite([*self.log_parameters, self.gradient, self.curvature]).all():
            return "the fit is not finite"
        if self.gradient > _GRADIENT_LIMIT:
            return f"the search did not settle (slope {self.gradient:.1e})"
        if self.curvature <= _CURVATURE_LIMIT:
            return f"the likelihood is flat (curvature {self.curvature:.1e})"
        widest = float(self.log_standard_errors.max())
        if not widest <= _LOG_STANDARD_ERROR_LIMIT:
            return f"a parameter is all but unknown (standard error of its logarithm {widest:.1f})"
        return None


def minimise(loss: Loss, start: Vector, customers: int) -> Optimum:
    """L-BFGS-B from `start` (log parameters), then Newton until the slope is below 1e-12 or falls no more.

    Args:
        loss: mean negative log-likelihood and its gradient at log parameters.
        start: log parameters to start from.
        customers: how many people the mean is over; standard errors need it.
    """
    with np.errstate(all="ignore"):
        found = minimize(
            loss,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=[(value - _REACH, value + _REACH) for value in start],
            options={"maxiter": 1000, "ftol": 1e-15, "gtol": 1e-10},
        )
        return _polish(loss, np.asarray(found.x, dtype=np.float64), customers)


def _polish(loss: Loss, point: Vector, customers: int) -> Optimum:
    slope = loss(point)[1]
    hessian = _hessian(loss, point)
    for _ in range(_NEWTON_STEPS):
        if not np.isfinite(hessian).all() or np.abs(slope).max() < _GRADIENT_AIM:
            break
        nearer = point - np.linalg.pinv(hessian) @ slope
        nearer_slope = loss(nearer)[1]
        if not np.abs(nearer_slope).max() < np.abs(slope).max():
            break
        point, slope = nearer, nearer_slope
        hessian = _hessian(loss, point)
    return _optimum(point, slope, hessian, customers)


def _optimum(point: Vector, slope: Vector, hessian: NDArray[np.float64], customers: int) -> Optimum:
    nothing = np.full_like(point, np.nan)
    if not np.isfinite(hessian).all():
        return Optimum(point, float(np.abs(slope).max()), float("nan"), nothing)
    curvature = float(np.linalg.eigvalsh(hessian).min())
    errors = np.sqrt(np.diag(np.linalg.inv(hessian)) / customers) if curvature > 0 else nothing
    return Optimum(point, float(np.abs(slope).max()), curvature, errors)


def _hessian(loss: Loss, point: Vector) -> NDArray[np.float64]:
    """Central differences of the gradient, made symmetric: right to about ten digits."""
    steps = np.eye(len(point)) * _DIFFERENCE
    rows = np.array([(loss(point + step)[1] - loss(point - step)[1]) / (2 * _DIFFERENCE) for step in steps])
    return np.asarray((rows + rows.T) / 2)
