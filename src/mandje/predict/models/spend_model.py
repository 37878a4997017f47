"""Gamma-Gamma, the model of what people spend per order, fitted by maximum likelihood."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma

from mandje.predict.models.maximum_likelihood import Loss, Optimum, minimise_of_many, total
from mandje.predict.models.parameters import SpendParameters, SpendPatterns, Vector

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
        log_covariance: of the logarithms of the parameters; not finite where there is none.
        log_likelihood: of the patterns.
        fault: why the fit must not be used, or None.
        warning: what must be said beside its numbers, or None.
        customers: how many people it was fitted on.
    """

    parameters: SpendParameters
    log_covariance: NDArray[np.float64]
    log_likelihood: float
    fault: str | None
    warning: str | None
    customers: int

    @property
    def log_standard_errors(self) -> dict[str, float]:
        """Of the logarithm of each parameter; not finite where there are none."""
        with np.errstate(invalid="ignore"):
            errors = np.sqrt(np.diag(self.log_covariance))
        return dict(zip(_NAMES, errors.tolist(), strict=True))

    @property
    def standard_errors(self) -> dict[str, float]:
        """Of each parameter on its own scale; not finite where there are none."""
        named = self.parameters.named()
        return {name: named[name] * error for name, error in self.log_standard_errors.items()}


def fit_gamma_gamma(patterns: SpendPatterns) -> SpendFit:
    """Fit Gamma-Gamma (Fader & Hardie 2013, note 025, eq. 1a) on at least one pattern."""
    loss = mean_loss(patterns)
    optimum = minimise_of_many(
        loss,
        lambda some: mean_loss(patterns.where(some)),
        len(patterns.weight),
        _start(patterns),
        patterns.customers,
    )
    return _fitted(optimum, patterns, loss)


def mean_loss(patterns: SpendPatterns) -> Loss:
    """Mean negative log-likelihood in (ln p, ln q, ln v)."""
    return Loss(partial(_value, patterns), _slope(patterns))


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


def _value(patterns: SpendPatterns, log_parameters: Vector) -> float:
    with warnings.catch_warnings():  # the likelihood changes the warning filters
        value = GammaGammaFitter._negative_log_likelihood(  # noqa: SLF001  # its only door to the likelihood
            log_parameters, patterns.spend_days, patterns.mean_spend, patterns.weight, 0.0
        )
    return float(value)


def _slope(patterns: SpendPatterns) -> Callable[[Vector], Vector]:
    """The gradient of the mean loss; what depends on x alone is summed over distinct x."""
    x, weight = patterns.spend_days, patterns.weight
    spent, customers = x * patterns.mean_spend, total(weight)
    counts, place = np.unique(x, return_inverse=True)
    sizes = np.bincount(place, weight)
    log_spent = total(weight * x * np.log(spent))

    def slope(log_parameters: Vector) -> Vector:
        p, q, v = np.exp(log_parameters)
        log_scale = weight * np.log(spent + v)
        shape = digamma(p * counts + q)
        by_p = total(sizes * counts * (shape - digamma(p * counts))) + log_spent - total(x * log_scale)
        by_q = total(sizes * (shape - digamma(q))) + np.log(v) * customers - total(log_scale)
        by_v = customers * q / v - total(weight * (p * x + q) / (spent + v))
        return np.asarray(-np.array([by_p, by_q, by_v]) * np.exp(log_parameters) / customers)

    return slope


def _fitted(optimum: Optimum, patterns: SpendPatterns, loss: Loss) -> SpendFit:
    parameters = SpendParameters(*np.exp(optimum.parameters).tolist())
    return SpendFit(
        parameters=parameters,
        log_covariance=optimum.covariance,
        log_likelihood=-loss.value(optimum.parameters) * patterns.customers,
        fault=optimum.fault() or _no_mean(parameters),
        warning=_wide(parameters),
        customers=patterns.customers,
    )


def _no_mean(parameters: SpendParameters) -> str | None:
    return f"mean spend is infinite (q {parameters.q:.2f}, at most 1)" if parameters.q <= 1 else None


def _wide(parameters: SpendParameters) -> str | None:
    variance_is_finite = parameters.q > 2  # noqa: PLR2004  # the variance of nu's inverse needs q > 2
    return None if variance_is_finite else f"spend varies without bound (q {parameters.q:.2f}, at most 2)"
