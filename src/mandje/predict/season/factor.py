"""A season's factors from one window of the past: what came in it over what its start had expected.

Purchase models know no calendar. A season that lifts everybody's order rate by the same factor g is a change
of clock: H days of it are g H days of the model's time (the time change of a process with proportional
intensities). So g stretches the horizon, and survival, expectation and law of orders all stay of one piece.
Fader & Hardie 2007, "Incorporating time-invariant covariates into the Pareto/NBD and BG/NBD models", has
rates that are multiplied per customer; Bachmann, Meierer & Naef 2021, "The role of time-varying contextual
factors in latent attrition models for customer base analysis", has them change in time, as here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from mandje.predict.models.closed_forms import alive_probability, expected_orders, mean_spend
from mandje.predict.models.holdouts import Holdout
from mandje.predict.models.maximum_likelihood import total
from mandje.predict.models.parameters import SpendParameters, Vector
from mandje.predict.models.purchase_model import PurchaseFit
from mandje.predict.models.spend_model import SpendFit

# Beyond these one window of the past is not believed.
LIMITS = (0.4, 2.5)
_STEP = 1e-6


@dataclass(frozen=True)
class Season:
    """By how much one figure of a horizon is corrected, and what that rests on.

    Attributes:
        factor: what the figure is multiplied by, 0.4 to 2.5, six digits; 1 where nothing is known.
        unshrunk: the same as it was seen, before it is shrunk and limited; None where nothing is known.
        standard_error: of the logarithm of `unshrunk`; None where nothing is known.
        base_day: last day known to the forecast that is compared with what came; the window begins after it.
            None where there is no such day.
        order_days: order days that came in the window.
        reason: why there is no correction, or why it is another's factor, in words; else None.
    """

    factor: float
    unshrunk: float | None
    standard_error: float | None
    base_day: date | None
    order_days: int
    reason: str | None

    @property
    def is_known(self) -> bool:
        """Whether a window of the past speaks, be it for a factor of 1."""
        return self.unshrunk is not None


def uncorrected(base_day: date | None, order_days: int, reason: str) -> Season:
    """A factor of 1, and why."""
    return Season(1.0, None, None, base_day, order_days, reason)


@dataclass(frozen=True)
class Expected:
    """What a fit expects of a window, worked out once for orders and spend.

    Attributes:
        held: those the model was fitted on, and what came in the window; at least one order.
        orders: expected order days of each row.
        log_error: standard error of the logarithm of their total, as the parameters too are estimates.
    """

    held: Holdout
    orders: Vector
    log_error: float


def expected_in(fit: PurchaseFit, windows: Sequence[Holdout]) -> list[Expected]:
    """What a fit expects of windows that begin on one day: they are worked out together.

    Args:
        fit: the purchase model, fitted on what was known on that day.
        windows: those it was fitted on, in the same rows, with what came; ascending in length.
    """
    known, parameters = windows[0].patterns, fit.parameters
    x, age, row = _pairs(known.frequency, known.age)
    horizons = [held.horizon for held in windows]

    def orders(step: Vector) -> NDArray[np.float64]:
        named = zip(parameters.named().items(), step, strict=True)
        model = replace(parameters, **{name: value * np.exp(by) for (name, value), by in named})
        alive = alive_probability(model, known.frequency, known.recency, known.age)
        return np.asarray(alive * expected_orders(model, x, age, horizons)[:, row])

    def log_totals(each: NDArray[np.float64]) -> Vector:
        return np.array([math.log(total(known.weight * one)) for one in each])

    here = orders(np.zeros(len(fit.log_covariance)))
    errors = _unsure(lambda step: log_totals(orders(step)), log_totals(here), fit.log_covariance)
    return [Expected(*each) for each in zip(windows, here, errors, strict=True)]


def season_of_orders(expected: Expected, base_day: date) -> Season:
    """The factor g: order days that came / order days expected, over customers of one window.

    Args:
        expected: of the window.
        base_day: last day known to the fit.
    """
    held = expected.held
    ratio = _ratio(held.orders, expected.orders, held)
    customers = _spread(_share_off(held.orders, expected.orders, held), held)
    return _season(ratio, math.hypot(customers, expected.log_error), held, base_day)


def season_of_spend(expected: Expected, spend: SpendFit, base_day: date) -> Season:
    """The factor v = (spend that came / spend expected) / g: spend per order beside what was expected.

    Its error is smaller than that of both ratios, as who orders more than expected spends more in total.

    Args:
        expected: of the window, in which spend above 0 came in all.
        spend: the spend model, fitted on the same day.
        base_day: last day known to the fits.
    """
    held, orders = expected.held, expected.orders
    money = orders * _mean_spend(spend.parameters, held)
    ratio = _ratio(held.spend, money, held) / _ratio(held.orders, orders, held)
    off = _share_off(held.spend, money, held) - _share_off(held.orders, orders, held)
    return _season(ratio, math.hypot(_spread(off, held), _spend_unsure(orders, spend, held)), held, base_day)


def _season(ratio: float, error: float, held: Holdout, base_day: date) -> Season:
    came = int(total(held.patterns.weight * held.orders))
    factor = float(np.clip(math.exp(_shrunk(math.log(ratio), error)), *LIMITS))
    # As it is published, so that figures are exactly what the published factor gives.
    return Season(float(f"{factor:.6g}"), ratio, error, base_day, came, None)


def _shrunk(log_ratio: float, error: float) -> float:
    """As much of it as is likelier a season than chance: 1 - error² / log_ratio², at least nothing.

    The season's own variance is put at what the square of the logarithm exceeds that of its error by
    (empirical Bayes; the positive part of James & Stein 1961). A factor within one error of 1 becomes 1.
    """
    return log_ratio * max(0.0, 1 - (error / log_ratio) ** 2) if log_ratio else 0.0


def _pairs(x: Vector, age: Vector) -> tuple[Vector, Vector, NDArray[np.intp]]:
    """The distinct pairs, and which of them each row is."""
    counts, count = np.unique(x, return_inverse=True)
    ages, aged = np.unique(age, return_inverse=True)
    pairs, row = np.unique(count * len(ages) + aged, return_inverse=True)
    return counts[pairs // len(ages)], ages[pairs % len(ages)], row


def _mean_spend(model: SpendParameters, held: Holdout) -> Vector:
    return mean_spend(model, held.spend_days, held.mean_spend)


def _ratio(came: Vector, expected: Vector, held: Holdout) -> float:
    weight = held.patterns.weight
    return total(weight * came) / total(weight * expected)


def _share_off(came: Vector, expected: Vector, held: Holdout) -> Vector:
    """How far each customer moves the ratio's logarithm: came less ratio times expected, over all came."""
    weight = held.patterns.weight
    return np.asarray((came - _ratio(came, expected, held) * expected) / total(weight * came))


def _spread(moves: Vector, held: Holdout) -> float:
    """Standard deviation of a sum over customers who are independent."""
    return math.sqrt(total(held.patterns.weight * moves**2))


def _spend_unsure(orders: Vector, spend: SpendFit, held: Holdout) -> float:
    """The part of the error that the spend model's parameters bring; orders are as they are."""

    def log_total(step: Vector) -> Vector:
        named = spend.parameters.named().values()
        moved = SpendParameters(*(value * math.exp(by) for value, by in zip(named, step, strict=True)))
        return np.array([math.log(total(held.patterns.weight * orders * _mean_spend(moved, held)))])

    here = log_total(np.zeros(len(spend.log_covariance)))
    return float(_unsure(log_total, here, spend.log_covariance)[0])


def _unsure(
    log_totals: Callable[[Vector], Vector], here: Vector, log_covariance: NDArray[np.float64]
) -> Vector:
    """Standard errors of logarithms by the delta method, their slopes from differences."""
    steps = _STEP * np.eye(len(log_covariance))
    slopes = np.array([(log_totals(step) - here) / _STEP for step in steps])
    squares = (slopes[:, None] * log_covariance[:, :, None] * slopes).sum(axis=(0, 1))
    return np.asarray(np.sqrt(np.maximum(squares, 0.0)))
