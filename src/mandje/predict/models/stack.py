"""A logistic correction of the purchase model, learnt from what customers did in windows of the past.

logit P(order in H) = c0 + c1 logit P_model(order in H) + c2 ln(1 + x). It moves probabilities only; put back
in the place of P(alive), as the order weight, it gives one law of orders again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from mandje.predict.models.closed_forms import no_order_probability, some_order_if_alive
from mandje.predict.models.maximum_likelihood import Loss, minimise, total
from mandje.predict.models.parameters import PurchaseParameters, PurchasePatterns, Vector

# Where the correction starts: the model as it is.
_START = np.array([0.0, 1.0, 0.0])
_NEAREST = 1e-12


@dataclass(frozen=True)
class Lesson:
    """What one window of the past teaches.

    Attributes:
        model: the purchase model, fitted on what was known before the window.
        patterns: histories before the window.
        ordered: share of each row's customers to whom an order came in the window, 0..1.
        horizon: its length as the model sees it: stretched where its level is taken out.
    """

    model: PurchaseParameters
    patterns: PurchasePatterns
    ordered: Vector
    horizon: float


@dataclass(frozen=True)
class Stack:
    """A fitted correction.

    Attributes:
        coefficients: c0, c1, c2.
        covariance: of the coefficients.
        horizon: H for which its probabilities hold, in the unit of the purchase model.
        fault: why it must not be used, or None.
    """

    coefficients: Vector
    covariance: NDArray[np.float64]
    horizon: float
    fault: str | None

    def order_probability(self, model: PurchaseParameters, patterns: PurchasePatterns) -> Vector:
        """The corrected P(an order in the horizon)."""
        features = _features(model, patterns, self.horizon)
        return np.asarray(expit((features * self.coefficients).sum(axis=1)))

    def order_weight(self, model: PurchaseParameters, patterns: PurchasePatterns) -> Vector:
        """What gives that probability in P(alive)'s place, as far as the law given alive lets it."""
        room = some_order_if_alive(model, patterns.frequency, patterns.age, self.horizon)
        return np.minimum(1, self.order_probability(model, patterns) / room)

    def named(self) -> dict[str, float]:
        """The coefficients by name."""
        return dict(
            zip(("intercept", "model_logit", "log_frequency"), self.coefficients.tolist(), strict=True)
        )


def fit_stack(lessons: Sequence[Lesson], horizon: float) -> Stack:
    """Learn the correction, each customer of each window counting alike.

    The covariance takes customers of several windows for different ones.

    Args:
        lessons: at least one.
        horizon: for which the correction will be used.
    """
    features = np.concatenate([_features(one.model, one.patterns, one.horizon) for one in lessons])
    ordered = np.concatenate([one.ordered for one in lessons])
    weight = np.concatenate([one.patterns.weight for one in lessons])
    customers = total(weight)

    def value(at: Vector) -> float:
        line = (features * at).sum(axis=1)
        return total(weight * (np.logaddexp(0, line) - ordered * line)) / customers

    def slope(at: Vector) -> Vector:
        off = weight * (expit((features * at).sum(axis=1)) - ordered)
        return np.asarray((features * off[:, None]).sum(axis=0) / customers)

    optimum = minimise(Loss(value, slope), _START, int(customers))
    return Stack(optimum.parameters, optimum.covariance, horizon, optimum.fault())


def _features(model: PurchaseParameters, patterns: PurchasePatterns, horizon: float) -> NDArray[np.float64]:
    x = patterns.frequency
    no_order = no_order_probability(model, x, patterns.recency, patterns.age, horizon)
    likely = np.clip(1 - no_order, _NEAREST, 1 - _NEAREST)
    return np.column_stack([np.ones_like(x), logit(likely), np.log1p(x)])
