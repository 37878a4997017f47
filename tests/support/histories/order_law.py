"""The law of how many orders come, one count at a time: slower than the night's tables, by another way."""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, betaln, gammaln

from mandje.predict.models.closed_forms import stay_shape
from mandje.predict.models.parameters import PurchaseParameters, Vector


def order_count_probability(
    model: PurchaseParameters, count: int, x: Vector, age: Vector, horizon: float
) -> Vector:
    """P(exactly `count` orders in the horizon | alive), 0..1.

    With x = T = 0 it is P(X(t) = n) of a new customer (Fader, Hardie & Lee 2005, eq. 8); for others the same
    with the posterior of rate and leaving.
    """
    stay = stay_shape(model, x)
    k, scale = model.r + x, model.alpha + age
    stayed = np.exp(
        gammaln(stay + count) - gammaln(stay) + gammaln(model.a + stay) - gammaln(model.a + stay + count)
    )
    here = _order_count_mass(count, k, horizon / scale)
    if count == 0:
        return np.asarray(here)
    so_many_or_more = betainc(count, k, horizon / (scale + horizon))
    left = model.a / (stay + count - 1) * so_many_or_more
    return np.asarray(stayed * (here + left))


def _order_count_mass(count: int, k: Vector, ahead: Vector) -> Vector:
    """P(exactly `count` orders by t = `ahead` A if nobody leaves), the negative binomial law with shape k."""
    log_mass = count * np.log(ahead / (1 + ahead)) - k * np.log1p(ahead) - betaln(k, count + 1)
    return np.asarray(np.exp(log_mass) / (k + count))
