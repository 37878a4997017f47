"""What follows from fitted parameters, exact, for whole columns of histories.

x is repeat order days, t_x first to last order day, T first order day to the end of observation, k = r + x,
A = alpha + T, and H the horizon after T, all in the unit of the fit. Sources: BG/NBD is Fader, Hardie & Lee
2005, "Counting Your Customers the Easy Way"; MBG/NBD is Batislam, Denizel & Filiztekin 2007; Gamma-Gamma is
Fader & Hardie 2013, note 025. Given alive, the order rate is Gamma(k, A) and the leaving probability
Beta(a, B), B = b + x (BG) or b + x + 1 (MBG), independent of each other; only P(alive) needs t_x.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, expit, gammainccinv, log_expit

from mandje.predict.models.parameters import PurchaseParameters, SpendParameters, Vector

# In u = ln(1 + t/A) the integrand has no singularity near the real line.
_TIME_NODES, _TIME_WEIGHTS = np.polynomial.legendre.leggauss(8)
_LEAVING_NODES = 96
_CHUNK = 2048


def alive_probability(model: PurchaseParameters, x: Vector, t_x: Vector, age: Vector) -> Vector:
    """P(alive | x, t_x, T), 0..1: Fader, Hardie & Lee 2008, note 021; MBG: Batislam et al. 2007, eq. 5."""
    if model.form == "NBD":
        return np.ones_like(x)
    odds_by_time = (model.r + x) * np.log((model.alpha + age) / (model.alpha + t_x))
    if model.form == "MBG/NBD":
        return np.asarray(expit(np.log((model.b + x) / model.a) - odds_by_time))
    later = model.b + np.maximum(x, 1) - 1
    return np.where(x > 0, expit(np.log(later / model.a) - odds_by_time), 1.0)


def no_order_probability(
    model: PurchaseParameters, x: Vector, t_x: Vector, age: Vector, horizon: float
) -> Vector:
    """P(no order in the horizon) = 1 - P(alive) (1 - S(H)), 0..1."""
    alive = alive_probability(model, x, t_x, age)
    return np.asarray(1 - alive * some_order_if_alive(model, x, age, horizon))


def some_order_if_alive(model: PurchaseParameters, x: Vector, age: Vector, horizon: float) -> Vector:
    """P(an order in the horizon | alive) = 1 - S(H), S(H) = (A / (A + H))^k, 0..1."""
    return np.asarray(-np.expm1(-(model.r + x) * np.log1p(horizon / (model.alpha + age))))


def expected_orders(  # noqa: PLR0913, PLR0917  # model and histories, how far, at which discount, on which days
    model: PurchaseParameters,
    x: Vector,
    age: Vector,
    horizons: Sequence[float],
    rate: float = 0.0,
    days: Sequence[float] | None = None,
) -> NDArray[np.float64]:
    """E[orders in each horizon | alive], discounted at `rate` per unit of time: shape (horizons, histories).

    Undiscounted it is Fader, Hardie & Lee 2005, eq. 10, in a form that also stands at a = 1 and a + b = 1;
    discounted, by parts, e^(-rate D) E(H) + rate times the integral of e^(-rate t) E(h(t)) over 0..D, where
    h(t) is the model's time at day t and H = h(D). Times P(alive) it is what a history expects.

    Args:
        model: the fitted parameters.
        x: repeat order days of each history.
        age: T of each history.
        horizons: ascending, above 0.
        rate: continuous discount rate.
        days: when the horizons end on the calendar, by which is discounted, with straight lines between them;
            where it is not given, calendar and model keep one time.
    """
    parts = [slice(first, first + _CHUNK) for first in range(0, len(x), _CHUNK)]
    ends = horizons if days is None else days
    pieces = [_expected_orders_of_some(model, x[part], age[part], horizons, rate, ends) for part in parts]
    return np.concatenate([np.empty((len(horizons), 0)), *pieces], axis=1)


def mean_spend(model: SpendParameters, spend_days: Vector, observed_mean: Vector) -> Vector:
    """E[M | x, m], mean spend per order (Fader & Hardie 2013, note 025, eq. 5).

    With x = 0 it is the population's mean, whatever `observed_mean` says (but it must be a number).
    """
    p, q, v = model.p, model.q, model.v
    return np.asarray(p * (v + spend_days * observed_mean) / (p * spend_days + q - 1))


def mean_spend_quantile(
    model: SpendParameters, spend_days: Vector, observed_mean: Vector, level: float
) -> Vector:
    """Quantile of M = p / nu, mean spend per order, where nu | x, m is Gamma(q + p x, v + x m)."""
    p, q, v = model.p, model.q, model.v
    return np.asarray(p * (v + spend_days * observed_mean) / gammainccinv(q + p * spend_days, level))


def stay_shape(model: PurchaseParameters, x: Vector) -> Vector:
    """B, the second shape of the leaving probability's Beta given alive."""
    return model.b + x + (1 if model.form == "MBG/NBD" else 0)


def _expected_orders_of_some(  # noqa: PLR0913, PLR0917  # as its caller
    model: PurchaseParameters,
    x: Vector,
    age: Vector,
    horizons: Sequence[float],
    rate: float,
    days: Sequence[float],
) -> NDArray[np.float64]:
    k, scale, stay = model.r + x, model.alpha + age, stay_shape(model, x)
    grid = _leaving_grid(model.a, stay, k * horizons[-1] / scale)
    mean = model.a / (model.a + stay)
    plain = np.array([_until(k, t / scale, mean, *grid) for t in horizons])
    if rate == 0:
        return plain
    waited, waits = np.zeros_like(x), []
    for (low, high), (begin, end) in zip(pairwise([0.0, *horizons]), pairwise([0.0, *days]), strict=True):
        pace = (end - begin) / (high - low)
        for node, weight in zip(_TIME_NODES, _TIME_WEIGHTS, strict=True):
            u = np.log1p(low / scale) + (node + 1) / 2 * np.log((scale + high) / (scale + low))
            t = scale * np.expm1(u)
            step = weight / 2 * np.log((scale + high) / (scale + low)) * (scale + t) * pace
            day = t + ((begin - low) + (pace - 1) * (t - low))
            waited = waited + step * np.exp(-rate * day) * _until(k, t / scale, mean, *grid)
        waits.append(waited)
    return np.asarray(np.exp(-rate * np.array(days))[:, None] * plain + rate * np.array(waits))


def _until(
    k: Vector,
    ahead: Vector,
    leaving_mean: Vector,
    leaving: NDArray[np.float64],
    weight: NDArray[np.float64],
) -> Vector:
    """E over p of g(p) = (1 - (1 + p t/A)^-k) / p, the expected orders until t = `ahead` A.

    g falls and is convex, so h(p) = g(0) + p (g(1) - g(0)) - g(p) is never negative and 0 at both ends: the
    straight line is exact, and h is summed without loss however small a or B.
    """
    at_zero = k * ahead
    fall = at_zero + np.expm1(-k * np.log1p(ahead))
    at_nodes = -np.expm1(-k[:, None] * np.log1p(leaving * ahead[:, None])) / leaving
    bulge = (weight * (at_zero[:, None] - leaving * fall[:, None] - at_nodes)).sum(axis=1)
    return np.asarray(at_zero - leaving_mean * fall - bulge)


def _leaving_grid(
    a: float, stay: Vector, steepness: Vector
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and weights for expectations over Beta(a, stay), shape (histories, nodes).

    The midpoint rule on the logit of p converges exponentially; the range reaches to where h times the
    density is below e^-30 of its peak on either side, `steepness` being how fast g falls at p = 0. Above
    1 / steepness h is all but constant, and only the density falls.
    """
    middle = np.log((a + 0.5) / (stay + 0.5))
    spread = 7 * np.sqrt(1 / (a + 1) + 1 / (stay + 1))
    low = np.minimum(middle, -np.log(steepness)) - 30 / (a + 1) - spread
    low = np.maximum(low, middle - 30 / a - spread) if a > 0 else low
    high = middle + 30 / (stay + 1) + spread
    step = (high - low) / _LEAVING_NODES
    logit = low[:, None] + step[:, None] * (np.arange(_LEAVING_NODES) + 0.5)
    log_density = a * log_expit(logit) + stay[:, None] * log_expit(-logit) - betaln(a, stay)[:, None]
    return np.asarray(expit(logit)), np.asarray(step[:, None] * np.exp(log_density))
