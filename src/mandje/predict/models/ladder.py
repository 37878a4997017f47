"""Which fit is used tonight: rungs tried in a fixed order, each with its numbers; none is hidden."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain

from mandje.predict.models.parameters import (
    PurchaseForm,
    PurchaseParameters,
    PurchasePatterns,
    SpendParameters,
    SpendPatterns,
)
from mandje.predict.models.purchase_model import PurchaseFit, fit_leaving, fit_nbd
from mandje.predict.models.rounding import all_six_digits, six_digits
from mandje.predict.models.spend_model import SpendFit, fit_gamma_gamma, frequency_spend_correlation

# Twice the gain in log-likelihood that leaving must bring: the 5 % point where it may also bring none.
_LEAVING_GAIN = 2.7
# How long before the day of the fit the rung `earlier_date` looks.
EARLIER_DAYS = 30
_PRIORS = (("weak_prior", 3.0), ("stronger_prior", 1.5))

Rung = dict[str, object]
Candidate = tuple[str, Callable[[], PurchaseFit]]


@dataclass(frozen=True)
class PurchaseChoice:
    """The purchase model of the night.

    Attributes:
        rung: name of the rung that holds, or None: no numbers tonight.
        fit: its fit, or None.
        rungs: every rung tried, in order: name, model, parameters, log-likelihood, fault.
    """

    rung: str | None
    fit: PurchaseFit | None
    rungs: list[Rung]

    @property
    def parameters(self) -> PurchaseParameters | None:
        """Parameters of the rung that holds."""
        return self.fit.parameters if self.fit else None


@dataclass(frozen=True)
class SpendChoice:
    """The spend model of the night.

    Attributes:
        fit: its fit, or None: no money tonight.
        reason: why there is none, as a short name, or None.
        explanation: the same in words.
        correlation: of order count and mean spend, which the model takes to be 0.
    """

    fit: SpendFit | None
    reason: str | None
    explanation: str | None
    correlation: float | None

    @property
    def parameters(self) -> SpendParameters | None:
        """Parameters of the fit, if there is one."""
        return self.fit.parameters if self.fit else None


def choose_purchase_model(
    patterns: PurchasePatterns, earlier: Callable[[], PurchasePatterns], form: PurchaseForm = "BG/NBD"
) -> PurchaseChoice:
    """Maximum likelihood; NBD if nobody is seen to leave; priors; an earlier as-of date; else nothing.

    Args:
        patterns: what people did.
        earlier: gives the patterns as they were some time before; read only if all other rungs fail.
        form: in which people leave, BG/NBD or MBG/NBD.
    """
    if not _has_repeats(patterns):
        return PurchaseChoice(None, None, [{"rung": "maximum_likelihood", "fault": "nobody ordered twice"}])
    most_likely, no_leaving = fit_leaving(form, patterns), fit_nbd(patterns)
    gain = 2 * (most_likely.log_likelihood - no_leaving.log_likelihood)
    rungs = [_rung("maximum_likelihood", most_likely) | {"leaving_gain": six_digits(gain)}]
    if gain >= _LEAVING_GAIN and most_likely.fault is None:
        return PurchaseChoice("maximum_likelihood", most_likely, rungs)
    lower = chain(_with_priors(form, patterns), _at_earlier_date(form, earlier))
    if gain >= _LEAVING_GAIN:
        return _first_that_holds(rungs, lower)
    rungs[0]["fault"] = (
        f"nobody is seen to leave (leaving adds {max(gain, 0):.2f} to twice the log-likelihood)"
    )
    return _first_that_holds(rungs, chain([("no_leaving", lambda: no_leaving)], lower))


def choose_spend_model(patterns: SpendPatterns) -> SpendChoice:
    """Gamma-Gamma by maximum likelihood, or the reason why there is none."""
    if patterns.customers == 0:
        return SpendChoice(None, "no_repeat_spend", "nobody spent anything on a repeat order", None)
    fit, correlation = fit_gamma_gamma(patterns), frequency_spend_correlation(patterns)
    if fit.fault is not None:
        return SpendChoice(None, "no_spend_model", fit.fault, correlation)
    return SpendChoice(fit, None, None, correlation)


def _has_repeats(patterns: PurchasePatterns) -> bool:
    return bool((patterns.weight * patterns.frequency).sum() > 0)


def _with_priors(form: PurchaseForm, patterns: PurchasePatterns) -> Iterator[Candidate]:
    return ((name, partial(fit_leaving, form, patterns, prior_sd=sd)) for name, sd in _PRIORS)


def _at_earlier_date(form: PurchaseForm, earlier: Callable[[], PurchasePatterns]) -> Iterator[Candidate]:
    patterns = earlier()
    if _has_repeats(patterns):
        yield "earlier_date", partial(fit_leaving, form, patterns)


def _first_that_holds(rungs: list[Rung], candidates: Iterable[Candidate]) -> PurchaseChoice:
    for name, fit_one in candidates:
        fit = fit_one()
        rungs.append(_rung(name, fit))
        if fit.fault is None:
            return PurchaseChoice(name, fit, rungs)
    return PurchaseChoice(None, None, rungs)


def _rung(name: str, fit: PurchaseFit) -> Rung:
    return {
        "rung": name,
        "model": fit.parameters.form,
        "parameters": all_six_digits(fit.parameters.named()),
        "log_likelihood": six_digits(fit.log_likelihood),
        "fault": fit.fault,
    }
