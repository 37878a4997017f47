"""When the next order comes, if it comes within a horizon."""

from __future__ import annotations

import numpy as np

from mandje.predict.models.closed_forms import some_order_if_alive
from mandje.predict.models.parameters import PurchaseParameters, Vector


def next_order_after(
    model: PurchaseParameters, x: Vector, age: Vector, horizon: float, level: float
) -> Vector:
    """Quantile of the time to the next order, given that it comes within the horizon.

    A ((1 - u (1 - S(H)))^(-1/k) - 1): the order rate of who is alive is Gamma(k, A), and who is not does not
    order. The mean without the condition is infinite, so none is given.
    """
    shrink = np.log1p(-level * some_order_if_alive(model, x, age, horizon))
    return np.asarray((model.alpha + age) * np.expm1(-shrink / (model.r + x)))
