"""Gamma-Gamma, the model of what people spend per order, fitted by maximum likelihood."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.special import digamma

from mandje.predict.maximum_likelihood import Optimum, minimise
from mandje.predict.parameters import SpendParameters, SpendPatterns, Vector

with warnings.catch_warnings():
    # Importing it sets a pandas option that no longer does anything.
    warnings.filterwarnings("ignore", message="The 'mode.chained_assignment' option is deprecated")
    from lifetimes import GammaGammaFitter

_NAMES = ("p", "q", "v")
_START_SHAPE = 4.0


@dataclass(frozen=True)
class SpendFit:
    """A fitted spend model.

    Attributes:
        parameters: where the search ended.
        standard_errors: by name of the parameter, on its own scale; not finite where there are none.
        log_likelihood: of the patterns.
        fault: why the fit must not be used, or None.
        warning: what must be said beside its numbers, or None.
        customers: how many people it was fitted on.
    """

    parameters: SpendParameters
    standard_errors: dict[str, float]
    log_likelihood: float
    fault: str | None
    warning: str | None
    customers: int


def fit_gamma_gamma(patterns: SpendPatterns) -> SpendFit:
    """Fit Gamma-Gamma (Fader & Hardie 2013, note 025, eq. 1a) on at least one pattern."""

    def loss(log_parameters: Vector) -> tuple[float, Vector]:
        return _mean_loss(patterns, log_parameters)

    optimum = minimise(loss, _start(patterns), patterns.customers)
    return _fitted(optimum, patterns, loss(optimum.log_parameters)[0])


def frequency_spend_correlation(patterns: SpendPatterns) -> float | None:
    """Correlation of order count and mean spend over people with repeat spend; None where either is constant.

    Gamma-Gamma takes it to be 0.
    """
    weight = patterns.weight / patterns.weight.sum()
    x = patterns.spend_days - (weight * patterns.spend_days).sum()
    m = patterns.mean_spend - (weight * patterns.mean_spend).sum()
    spread = float(np.sqrt((weight * x * x).sum() * (weight * m * m).sum()))
    return float((weight * x * m).sum()) / spread if spread > 0 else None


def _start(patterns: SpendPatterns) -> Vector:
    """Shapes p = q = 4, and the v that gives the mean of the means."""
    mean = float((patterns.weight * patterns.mean_spend).sum() / patterns.weight.sum())
    return np.array(np.log([_START_SHAPE, _START_SHAPE, mean * (_START_SHAPE - 1) / _START_SHAPE]))


def _mean_loss(patterns: SpendPatterns, log_parameters: Vector) -> tuple[float, Vector]:
    """Mean negative log-likelihood and its gradient in (ln p, ln q, ln v)."""
    with warnings.catch_warnings():  # the likelihood changes the warning filters
        value = GammaGammaFitter._negative_log_likelihood(  # noqa: SLF001  # its only door to the likelihood
            log_parameters, patterns.spend_days, patterns.mean_spend, patterns.weight, 0.0
        )
    return float(value), _gradient(patterns, np.exp(log_parameters))


def _gradient(patterns: SpendPatterns, parameters: Vector) -> Vector:
    p, q, v = parameters
    x, total = patterns.spend_days, patterns.spend_days * patterns.mean_spend
    shape = digamma(p * x + q)
    by_p = x * (shape - digamma(p * x) + np.log(total / (total + v)))
    by_q = shape - digamma(q) + np.log(v / (total + v))
    by_v = q / v - (p * x + q) / (total + v)
    slopes = np.array([(patterns.weight * by).sum() for by in (by_p, by_q, by_v)])
    return np.asarray(-slopes * parameters / patterns.weight.sum())


def _fitted(optimum: Optimum, patterns: SpendPatterns, mean_loss: float) -> SpendFit:
    values = np.exp(optimum.log_parameters)
    parameters = SpendParameters(*values.tolist())
    return SpendFit(
        parameters=parameters,
        standard_errors=dict(zip(_NAMES, (values * optimum.log_standard_errors).tolist(), strict=True)),
        log_likelihood=-mean_loss * patterns.customers,
        fault=optimum.fault() or _no_mean(parameters),
        warning=_wide(parameters),
        customers=patterns.customers,
    )


def _no_mean(parameters: SpendParameters) -> str | None:
    return f"mean spend is infinite (q {parameters.q:.2f}, at most 1)" if parameters.q <= 1 else None


def _wide(parameters: SpendParameters) -> str | None:
    variance_is_finite = parameters.q > 2  # noqa: PLR2004  # the variance of nu's inverse needs q > 2
    return None if variance_is_finite else f"spend varies without bound (q {parameters.q:.2f}, at most 2)"
