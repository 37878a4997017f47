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
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from mandje.predict.models.closed_forms import alive_probability, expected_orders, mean_spend
from mandje.predict.models.holdouts import Holdout
from mandje.predict.models.maximum_likelihood import total
from mandje.predict.models.parameters import PurchaseParameters, SpendParameters, Vector
from mandje.predict.models.purchase_model import PurchaseFit
from mandje.predict.models.spend_model import SpendFit

# Beyond these one window of the past is not believed.
LIMITS = (0.4, 2.5)
_STEP = 1e-4


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


def season_of_orders(fit: PurchaseFit, held: Holdout, base_day: date) -> Season:
    """The factor g: order days that came / order days expected, over customers of one window.

    Args:
        fit: the purchase model, fitted on what was known on the base day.
        held: those it was fitted on, and what came in the window; at least one order.
        base_day: last day known to the fit.
    """
    expectation = _Expectation(held)
    expected = expectation.of(fit.parameters)
    ratio = _ratio(held.orders, expected, held)
    customers = _spread(_share_off(held.orders, expected, held), held)
    return _season(ratio, math.hypot(customers, _orders_unsure(fit, expectation)), held, base_day)


def season_of_spend(fit: PurchaseFit, spend: SpendFit, held: Holdout, base_day: date) -> Season:
    """The factor v = (spend that came / spend expected) / g: spend per order beside what was expected.

    Its error is smaller than that of both ratios, as who orders more than expected spends more in total.

    Args:
        fit: the purchase model, as of `season_of_orders`.
        spend: the spend model, fitted on the same day.
        held: the same customers; spend above 0 came in all.
        base_day: last day known to the fits.
    """
    orders = _Expectation(held).of(fit.parameters)
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


class _Expectation:
    """Expected order days in the horizon per row, for any parameters; (x, T) are paired once."""

    def __init__(self, held: Holdout) -> None:
        known = held.patterns
        pairs, self._row = np.unique(
            np.column_stack([known.frequency, known.age]), axis=0, return_inverse=True
        )
        self._x, self._age = pairs[:, 0].copy(), pairs[:, 1].copy()
        self._held = held

    def of(self, model: PurchaseParameters) -> Vector:
        """Of each row."""
        known = self._held.patterns
        given_alive = expected_orders(model, self._x, self._age, [self._held.horizon])[0]
        alive = alive_probability(model, known.frequency, known.recency, known.age)
        return np.asarray(alive * given_alive[self._row])

    def log_total(self, model: PurchaseParameters) -> float:
        """The logarithm of the sum over customers."""
        return math.log(total(self._held.patterns.weight * self.of(model)))


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


def _orders_unsure(fit: PurchaseFit, expectation: _Expectation) -> float:
    """The part of the error that the parameters bring: they too are estimates."""

    def log_total(step: Vector) -> float:
        named = zip(fit.parameters.named().items(), step, strict=True)
        moved = {name: value * np.exp(by) for (name, value), by in named}
        return expectation.log_total(replace(fit.parameters, **moved))

    return _unsure(log_total, fit.log_covariance)


def _spend_unsure(orders: Vector, spend: SpendFit, held: Holdout) -> float:
    """The same of the spend model; orders are as they are."""

    def log_total(step: Vector) -> float:
        named = spend.parameters.named().values()
        moved = SpendParameters(*(value * math.exp(by) for value, by in zip(named, step, strict=True)))
        return math.log(total(held.patterns.weight * orders * _mean_spend(moved, held)))

    return _unsure(log_total, spend.log_covariance)


def _unsure(log_total: Callable[[Vector], float], log_covariance: NDArray[np.float64]) -> float:
    """Standard error of a logarithm by the delta method, its slopes from differences."""
    steps = _STEP * np.eye(len(log_covariance))
    slopes = np.array([(log_total(step) - log_total(-step)) / (2 * _STEP) for step in steps])
    return math.sqrt(max(float((slopes[:, None] * log_covariance * slopes).sum()), 0.0))
