"""BG/NBD and NBD fitted by maximum likelihood, with or without a weak prior."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, expit

from mandje.predict.maximum_likelihood import Optimum, minimise
from mandje.predict.parameters import PurchaseForm, PurchaseParameters, PurchasePatterns, Vector

with warnings.catch_warnings():
    # Importing it sets a pandas option that no longer does anything.
    warnings.filterwarnings("ignore", message="The 'mode.chained_assignment' option is deprecated")
    from lifetimes import BetaGeoFitter

_NAMES = ("r", "alpha", "a", "b")
# In doubles a = e^-700 is the limit in which nobody leaves: BG/NBD's likelihood is then NBD's.
_NOBODY_LEAVES = np.array([-700.0, 0.0])
_LEAVING_LIMITS = (0.001, 0.95)
_R_LIMIT = 50.0


@dataclass(frozen=True)
class PurchaseFit:
    """A fitted purchase model.

    Attributes:
        parameters: where the search ended.
        standard_errors: by name of the parameter, on its own scale; not finite where there are none.
        log_likelihood: of the patterns, without the prior.
        fault: why the fit must not be used, or None.
        customers: how many people it was fitted on.
    """

    parameters: PurchaseParameters
    standard_errors: dict[str, float]
    log_likelihood: float
    fault: str | None
    customers: int


def fit_nbd(patterns: PurchasePatterns) -> PurchaseFit:
    """Fit NBD (nobody leaves); (Ehrenberg 1959), the limit a -> 0 of BG/NBD."""

    def loss(log_parameters: Vector) -> tuple[float, Vector]:
        value, slope = _mean_loss(patterns, np.concatenate([log_parameters, _NOBODY_LEAVES]))
        return value, slope[:2]

    optimum = minimise(loss, _start(patterns)[:2], patterns.customers)
    return _fitted("NBD", optimum, patterns, loss(optimum.log_parameters)[0])


def fit_bg_nbd(patterns: PurchasePatterns, prior_sd: float | None = None) -> PurchaseFit:
    """Fit BG/NBD (Fader, Hardie & Lee 2005, eq. 6).

    Args:
        patterns: what people did; at least one repeat order.
        prior_sd: standard deviation of a prior on the log parameters, ln theta ~ N(ln theta_0, sd²), that
            weighs as much as one person; None for plain maximum likelihood.
    """
    centre = _prior_centre(patterns)

    def loss(log_parameters: Vector) -> tuple[float, Vector]:
        value, slope = _mean_loss(patterns, log_parameters)
        if prior_sd is None:
            return value, slope
        distance = (log_parameters - centre) / prior_sd
        weight = 1 / patterns.customers
        return value + weight * float(distance @ distance) / 2, slope + weight * distance / prior_sd

    optimum = minimise(loss, _start(patterns), patterns.customers)
    return _fitted("BG/NBD", optimum, patterns, _mean_loss(patterns, optimum.log_parameters)[0])


def _start(patterns: PurchasePatterns) -> Vector:
    return np.array(np.log([0.5, 0.5 / _order_rate(patterns), 0.5, 2.0]))


def _prior_centre(patterns: PurchasePatterns) -> Vector:
    return np.array(np.log([0.6, 0.6 / _order_rate(patterns), 0.8, 2.5]))


def _order_rate(patterns: PurchasePatterns) -> float:
    """Repeat orders per person and unit of time."""
    return float((patterns.weight * patterns.frequency).sum() / (patterns.weight * patterns.age).sum())


def _mean_loss(patterns: PurchasePatterns, log_parameters: Vector) -> tuple[float, Vector]:
    """Mean negative log-likelihood and its gradient in (ln r, ln alpha, ln a, ln b)."""
    with warnings.catch_warnings():  # the likelihood changes the warning filters
        value = BetaGeoFitter._negative_log_likelihood(  # noqa: SLF001  # its only door to the likelihood
            log_parameters, patterns.frequency, patterns.recency, patterns.age, patterns.weight, 0.0
        )
    return float(value), _gradient(patterns, np.exp(log_parameters))


def _gradient(patterns: PurchasePatterns, parameters: Vector) -> Vector:
    """Derivative of the mean loss; the two parts of the likelihood weigh as they are likely."""
    r, alpha, a, b = parameters
    x, end, last = patterns.frequency, alpha + patterns.age, alpha + patterns.recency
    later = b + np.maximum(x, 1) - 1
    gone = np.where(x > 0, expit(np.log(a / later) + (r + x) * np.log(end / last)), 0.0)
    by_r = digamma(r + x) - digamma(r) + np.log(alpha / end) + gone * np.log(end / last)
    by_alpha = r / alpha - (r + x) * ((1 - gone) / end + gone / last)
    both = digamma(a + b) - digamma(a + b + x)
    by_a = both + gone / a
    by_b = both + digamma(b + x) - digamma(b) - gone / later
    slopes = np.array([(patterns.weight * by).sum() for by in (by_r, by_alpha, by_a, by_b)])
    return np.asarray(-slopes * parameters / patterns.weight.sum())


def _fitted(
    form: PurchaseForm, optimum: Optimum, patterns: PurchasePatterns, mean_loss: float
) -> PurchaseFit:
    values = np.exp(optimum.log_parameters)
    found = dict(zip(_NAMES, values.tolist(), strict=False))
    errors = dict(zip(_NAMES, (values * optimum.log_standard_errors).tolist(), strict=False))
    parameters = PurchaseParameters(form, **({"a": 0.0, "b": 1.0} | found))
    return PurchaseFit(
        parameters=parameters,
        standard_errors=errors,
        log_likelihood=-mean_loss * patterns.customers,
        fault=optimum.fault() or _implausible(parameters),
        customers=patterns.customers,
    )


def _implausible(parameters: PurchaseParameters) -> str | None:
    if parameters.r > _R_LIMIT:
        return f"all people order at one rate (r {parameters.r:.0f})"
    leaving = parameters.a / (parameters.a + parameters.b)
    low, high = _LEAVING_LIMITS
    if parameters.form != "NBD" and not low <= leaving <= high:
        return f"the leaving probability per order is {leaving:.4f}"
    return None
