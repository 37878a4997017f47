"""The law of net spend in a horizon: so many orders, each of them Gamma-Gamma.

The sum of n orders over the scale v + x m is BetaPrime(p n, q + p x), so its law needs no m: a table over
(x, T) and spend days serves every customer (Fader & Hardie 2013, note 025, appendix).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, betaincinv, expit, logit

from mandje.predict.models.order_law import Places, Table, first_at_most
from mandje.predict.models.parameters import SpendParameters, Vector

_POINTS = 160
# The grid begins where one order is all but never below, and ends where the most orders seldom are above.
_LEAST, _MOST = 1e-6, 0.05
_NEAREST = 1e-12


@dataclass(frozen=True)
class SpendTable:
    """P(spend > z times the scale | n orders) on a grid of z.

    Attributes:
        log_z: ascending logarithms of z.
        beyond: one row per n from 1 up, one column per z.
    """

    log_z: Vector
    beyond: Table


def spend_table(model: SpendParameters, spend_days: float, most: int) -> SpendTable:
    """The table of customers with so many spend days behind them, for up to `most` orders (1 or more)."""
    shape = model.q + model.p * spend_days
    first, last = _log_quantile(model.p, shape, 1 - _LEAST), _log_quantile(model.p * most, shape, _MOST)
    log_z = np.linspace(first, last, _POINTS)
    orders = np.arange(1, most + 1)[:, None]
    return SpendTable(log_z, np.asarray(betainc(shape, model.p * orders, expit(-log_z)), np.float64))


def _log_quantile(orders_shape: float, shape: float, above: float) -> float:
    """Logarithm of the z that BetaPrime(orders_shape, shape) is above with this probability."""
    return float(-logit(np.clip(betaincinv(shape, orders_shape, above), _NEAREST, 1 - _NEAREST)))


def spend_quantiles(
    table: SpendTable, law: Table, row: Places, some_order: Vector, levels: Sequence[float]
) -> list[Vector]:
    """Quantiles of spend over its scale; 0 where no order is likelier than the level.

    Args:
        table: for at least as many orders as the law has.
        law: P(exactly n orders | alive), by row.
        row: of the law, per customer.
        some_order: P(an order in the horizon) per customer.
        levels: of the quantiles.
    """
    given_order = law[:, 1:] @ table.beyond[: law.shape[1] - 1] / law[:, 1:].sum(axis=1)[:, None]
    beyond = np.asarray(logit(np.clip(given_order, _NEAREST, 1 - _NEAREST)))
    slope = np.gradient(beyond, axis=1)
    quantiles = []
    for level in levels:
        with np.errstate(divide="ignore"):
            share = (1 - level) / some_order
        place = _place(beyond, slope, row, logit(np.clip(share, _NEAREST, 1 - _NEAREST)))
        log_z = table.log_z[0] + (table.log_z[1] - table.log_z[0]) * place
        quantiles.append(np.where(share < 1, np.exp(log_z), 0.0))
    return quantiles


def _place(table: Table, slope: Table, row: Places, limit: Vector) -> Vector:
    """Column, with its fraction, where each row falls to its limit: a line, then a step on the cubic."""
    right = np.maximum(first_at_most(table, row, limit), 1)
    left = right - 1
    high, low = table[row, left], table[row, right]
    part = np.clip((high - limit) / np.maximum(high - low, _NEAREST), 0, 1)
    bend = part * (1 - part)
    early, late = slope[row, left] - (low - high), slope[row, right] - (low - high)
    off = bend * ((1 - part) * early - part * late)
    return np.asarray(left + np.clip(part + off / np.maximum(high - low, _NEAREST), 0, 1))


def spend_scale(model: SpendParameters, spend_days: Vector, observed_mean: Vector) -> Vector:
    """The scale v + x m, in the reporting currency; with x = 0 the mean may be any number."""
    return np.asarray(model.v + spend_days * observed_mean)
