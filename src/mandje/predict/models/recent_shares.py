"""What became of customers like this one: shares, where no law of orders can be fitted.

Customers are alike whose last order is about as long ago and who ordered on as many days: once, twice, more.
Of each group is counted how many ordered in the windows of the last year (`inputs/recent_windows`). Few ever
come back to such a shop, so that a group's own share says little. It is drawn to a coarser one, m:

1. Those with an order as long ago, to a curve that falls as 1 / (alpha + days since the last order): so does
   what NBD expects of who bought once, r H / (alpha + T) (Morrison & Schmittlein 1988, Generalizing the NBD
   model for customer purchases, JBES 6). alpha is the likeliest of a few, the total is what came.
2. Those with as many order days, to what their times since the last order let expect.
3. The groups, to the product of both.

As if a share were drawn from Beta(k m, k (1 - m)) it becomes (came + k m) / (customers + k) (empirical Bayes:
Morris 1983, Parametric empirical Bayes inference, JASA 78). k m is one order: once one customer has ordered,
a group has as much to say as the coarser share (a prior worth one observation: Kass & Wasserman 1995, JASA
90). The longer ago the last order, the lower the share: neighbours that say otherwise are taken together
(isotonic regression: Barlow, Bartholomew, Bremner & Brunk 1972, Statistical Inference under Order
Restrictions).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from mandje.predict.models.order_model import OrderForm
from mandje.predict.models.parameters import PurchasePatterns, Vector

Table = NDArray[np.float64]

# As a form that forecasts orders; never one of those that the back-tests choose from.
RECENT_SHARES: Literal["recent shares"] = "recent shares"
MonthForm = OrderForm | Literal["recent shares"]
# Days since the last order at which a group ends, and order days from which customers are told apart no more.
SINCE_LIMITS = (3, 7, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365, 540, 730)
MOST_TIMES = 3
# About the middle of each group, and the curves that are tried: half of the way down after so many days.
_ENDS = np.array((1, *SINCE_LIMITS, 2 * SINCE_LIMITS[-1]), dtype=np.float64)
_SINCE = np.sqrt(_ENDS[:-1] * _ENDS[1:])
_ALPHAS = np.array((7, 15, 30, 60, 120, 240, 480), dtype=np.float64)
# The coarser share weighs as much as the customers among whom it lets one order come.
_ORDERS = 1.0
_LEAST_CAME = 0.5
_LOWEST, _HIGHEST = 1e-12, 1 - 1e-6
# Customers with an order at which half of a group's mean is its own.
_MEAN_WEIGHT = 10.0


@dataclass(frozen=True)
class Seen:
    """What came of the groups, tables of (since the last order, order days), windows taken together.

    Attributes:
        customers: at the begin of the windows.
        with_order: of these, with an order in their window.
        order_days: that came.
        horizon: length of a window, in days.
    """

    customers: Table
    with_order: Table
    order_days: Table
    horizon: int


@dataclass(frozen=True)
class RecentShares:
    """A share and a mean per group.

    Attributes:
        share: P(an order in the horizon), by days since the last order and order days so far.
        mean_orders: order days of those who order at all, by order days so far; 1 or more.
        horizon: days.
    """

    share: Table
    mean_orders: Vector
    horizon: int

    def some_order(self, patterns: PurchasePatterns, horizon: float | None = None) -> Vector:
        """P(an order) within the horizon, or within another one at the same pace.

        Args:
            patterns: histories in days.
            horizon: days; the fitted ones where None.
        """
        stretch = 1.0 if horizon is None else horizon / self.horizon
        return np.asarray(1 - (1 - self.share[groups(patterns)]) ** stretch)

    def given_some(self, patterns: PurchasePatterns) -> Vector:
        """Expected order days of who orders at all; their number is taken to be geometric."""
        return np.asarray(self.mean_orders[groups(patterns)[1]])


def groups(patterns: PurchasePatterns) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Group of each history: by days since the last order, and by order days."""
    since = np.maximum(patterns.age - 1 - patterns.recency, 0)
    times = np.minimum(patterns.frequency, MOST_TIMES - 1)
    return np.digitize(since, SINCE_LIMITS), times.astype(np.int64)


def fit_recent_shares(seen: Seen) -> RecentShares | None:
    """Shares per group, drawn to coarser groups; None where there was nobody at the begin of any window.

    Where nobody ordered in any window, half an order stands for what may come (Jeffreys' prior).
    """
    came, of = seen.with_order, seen.customers
    if not of.sum() > 0:
        return None
    by_since = _by_since(came.sum(axis=1), of.sum(axis=1))
    expected = (of * by_since[:, None]).sum(axis=0)
    ratio = (came.sum(axis=0) + _ORDERS) / (expected + _ORDERS)
    share, weight = _drawn(by_since[:, None] * ratio, came, of)
    falling = [_falling(share[:, times], weight[:, times]) for times in range(MOST_TIMES)]
    return RecentShares(np.column_stack(falling), _mean_orders(seen), seen.horizon)


def _by_since(came: Vector, of: Vector) -> Vector:
    """Shares by days since the last order, drawn to the curve under which what came is likeliest."""
    curves = 1 / (_ALPHAS[:, None] + _SINCE)
    curves /= (curves * of).sum(axis=1, keepdims=True)
    likeliest = curves[np.argmax((came * np.log(curves)).sum(axis=1))]
    return _falling(*_drawn(likeliest * max(came.sum(), _LEAST_CAME), came, of))


def _drawn(coarser: Table, came: Table, of: Table) -> tuple[Table, Table]:
    """Shares drawn to the coarser ones, and what each rests on: its customers and k."""
    k = _ORDERS / np.clip(coarser, _LOWEST, _HIGHEST)
    return (came + _ORDERS) / (of + k), of + k


def _falling(share: Vector, weight: Vector) -> Vector:
    """The nearest shares that do not rise with time since the last order."""
    return np.asarray(isotonic_regression(share, weights=weight, increasing=False).x)


def _mean_orders(seen: Seen) -> Vector:
    """Order days per customer who ordered; the mean of all weighs as many as ten customers."""
    came, of = seen.order_days.sum(axis=0), seen.with_order.sum(axis=0)
    whole = came.sum() / of.sum() if of.sum() > 0 else 1.0
    return np.asarray(np.maximum((came + _MEAN_WEIGHT * whole) / (of + _MEAN_WEIGHT), 1.0))
