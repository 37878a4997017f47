"""BG/NBD, MBG/NBD and NBD fitted by maximum likelihood, with or without a weak prior."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, expit

from mandje.predict.models.maximum_likelihood import (
    Loss,
    Optimum,
    minimise,
    minimise_of_many,
    total,
)
from mandje.predict.models.parameters import PurchaseForm, PurchaseParameters, PurchasePatterns, Vector

with warnings.catch_warnings():
    # Importing it sets a pandas option that no longer does anything.
    warnings.filterwarnings("ignore", message="The 'mode.chained_assignment' option is deprecated")
    from lifetimes import BetaGeoFitter, ModifiedBetaGeoFitter

_FITTERS = {"BG/NBD": BetaGeoFitter, "MBG/NBD": ModifiedBetaGeoFitter}
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
        log_covariance: of the logarithms of the parameters; not finite where there is none.
        log_likelihood: of the patterns, without the prior.
        fault: why the fit must not be used, or None.
        customers: how many people it was fitted on.
    """

    parameters: PurchaseParameters
    log_covariance: NDArray[np.float64]
    log_likelihood: float
    fault: str | None
    customers: int

    @property
    def log_standard_errors(self) -> dict[str, float]:
        """Of the logarithm of each parameter; not finite where there are none."""
        with np.errstate(invalid="ignore"):
            errors = np.sqrt(np.diag(self.log_covariance))
        return dict(zip(self.parameters.named(), errors.tolist(), strict=True))

    @property
    def standard_errors(self) -> dict[str, float]:
        """Of each parameter on its own scale; not finite where there are none."""
        named = self.parameters.named()
        return {name: named[name] * error for name, error in self.log_standard_errors.items()}


def fit_nbd(patterns: PurchasePatterns) -> PurchaseFit:
    """Fit NBD (nobody leaves); (Ehrenberg 1959), the limit a -> 0 of BG/NBD."""
    pairs = _without_recency(patterns)
    whole = mean_loss("BG/NBD", pairs)
    loss = Loss(
        lambda at: whole.value(np.concatenate([at, _NOBODY_LEAVES])),
        lambda at: whole.slope(np.concatenate([at, _NOBODY_LEAVES]))[:2],
    )
    optimum = minimise(loss, _start(pairs)[:2], pairs.customers)
    return _fitted("NBD", optimum, pairs, loss)


def fit_bg_nbd(patterns: PurchasePatterns, prior_sd: float | None = None) -> PurchaseFit:
    """Fit BG/NBD (Fader, Hardie & Lee 2005, eq. 6); arguments as in `fit_leaving`."""
    return fit_leaving("BG/NBD", patterns, prior_sd)


def fit_mbg_nbd(patterns: PurchasePatterns, prior_sd: float | None = None) -> PurchaseFit:
    """Fit MBG/NBD (Batislam, Denizel & Filiztekin 2007, eq. 3); arguments as in `fit_leaving`."""
    return fit_leaving("MBG/NBD", patterns, prior_sd)


def fit_leaving(form: PurchaseForm, patterns: PurchasePatterns, prior_sd: float | None = None) -> PurchaseFit:
    """Fit a form in which customers leave.

    Args:
        form: BG/NBD or MBG/NBD.
        patterns: what people did; at least one repeat order.
        prior_sd: standard deviation of a prior on the log parameters, ln theta ~ N(ln theta_0, sd²), that
            weighs as much as one person; None for plain maximum likelihood.
    """
    likelihood, start, customers = mean_loss(form, patterns), _start(patterns), patterns.customers
    if prior_sd is None:
        rows = len(patterns.weight)
        optimum = minimise_of_many(
            likelihood, lambda some: mean_loss(form, patterns.where(some)), rows, start, customers
        )
    else:
        optimum = minimise(_with_prior(likelihood, patterns, prior_sd), start, customers)
    return _fitted(form, optimum, patterns, likelihood)


def mean_loss(form: PurchaseForm, patterns: PurchasePatterns) -> Loss:
    """Mean negative log-likelihood in (ln r, ln alpha, ln a, ln b)."""
    return Loss(partial(_value, form, patterns), _slope(form, patterns))


def _with_prior(loss: Loss, patterns: PurchasePatterns, prior_sd: float) -> Loss:
    centre, weight = _prior_centre(patterns), 1 / patterns.customers

    def value(at: Vector) -> float:
        distance = (at - centre) / prior_sd
        return loss.value(at) + weight * float(distance @ distance) / 2

    def slope(at: Vector) -> Vector:
        return np.asarray(loss.slope(at) + weight * (at - centre) / prior_sd**2)

    return Loss(value, slope)


def _start(patterns: PurchasePatterns) -> Vector:
    return np.array(np.log([0.5, 0.5 / _order_rate(patterns), 0.5, 2.0]))


def _prior_centre(patterns: PurchasePatterns) -> Vector:
    return np.array(np.log([0.6, 0.6 / _order_rate(patterns), 0.8, 2.5]))


def _order_rate(patterns: PurchasePatterns) -> float:
    """Repeat orders per person and unit of time."""
    return float((patterns.weight * patterns.frequency).sum() / (patterns.weight * patterns.age).sum())


def _without_recency(patterns: PurchasePatterns) -> PurchasePatterns:
    """Distinct (x, T): where nobody leaves the last order tells nothing."""
    last = np.where(patterns.frequency > 0, patterns.age, 0.0)
    return replace(patterns, recency=last).grouped()


def _value(form: PurchaseForm, patterns: PurchasePatterns, log_parameters: Vector) -> float:
    with warnings.catch_warnings():  # the likelihood changes the warning filters
        value = _FITTERS[form]._negative_log_likelihood(  # noqa: SLF001  # its only door to the likelihood
            log_parameters, patterns.frequency, patterns.recency, patterns.age, patterns.weight, 0.0
        )
    return float(value)


def _slope(form: PurchaseForm, patterns: PurchasePatterns) -> Callable[[Vector], Vector]:
    """The gradient of the mean loss; the two parts of the likelihood weigh as they are likely.

    What depends on x alone is summed over distinct x. In MBG people may leave once more, before the first
    repeat order, so that `chances` to leave are x + 1.
    """
    x, weight = patterns.frequency, patterns.weight
    chances = x + 1 if form == "MBG/NBD" else x
    counts, place = np.unique(x, return_inverse=True)
    sizes, count_chances = np.bincount(place, weight), np.unique(chances)
    has_chance, customers = chances > 0, total(weight)

    def slope(log_parameters: Vector) -> Vector:
        r, alpha, a, b = np.exp(log_parameters)
        end, last = alpha + patterns.age, alpha + patterns.recency
        later = b + np.maximum(chances, 1) - 1
        log_end = np.log(end)
        stretch = log_end - np.log(last)
        gone = weight * np.where(has_chance, expit(np.log(a / later) + (r + x) * stretch), 0.0)
        stays = digamma(a + b + count_chances) - digamma(a + b)
        by_r = total(sizes * (digamma(r + counts) - digamma(r))) + total(weight * (np.log(alpha) - log_end))
        by_r += total(gone * stretch)
        by_alpha = r * customers / alpha - total((r + x) * ((weight - gone) / end + gone / last))
        by_a = total(gone) / a - total(sizes * stays)
        by_b = total(sizes * (digamma(b + count_chances) - digamma(b) - stays)) - total(gone / later)
        return np.asarray(-np.array([by_r, by_alpha, by_a, by_b]) * np.exp(log_parameters) / customers)

    return slope


def _fitted(form: PurchaseForm, optimum: Optimum, patterns: PurchasePatterns, loss: Loss) -> PurchaseFit:
    found = dict(zip(_NAMES, np.exp(optimum.parameters).tolist(), strict=False))
    parameters = PurchaseParameters(form, **({"a": 0.0, "b": 1.0} | found))
    return PurchaseFit(
        parameters=parameters,
        log_covariance=optimum.covariance,
        log_likelihood=-loss.value(optimum.parameters) * patterns.customers,
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
