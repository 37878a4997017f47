"""The law of how many order days come in a horizon, exact and without simulation.

Given alive, the future of BG/NBD and MBG/NBD has one law, which needs no t_x; the weight of being alive (or
the order weight in its place) mixes it with no order at all. So laws are tables over distinct (x, T), and a
quantile is a look-up.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mandje.predict.models.closed_forms import stay_shape
from mandje.predict.models.parameters import PurchaseParameters, Vector

Table = NDArray[np.float64]
Places = NDArray[np.intp]

# What is less likely than this to be passed ends a table; the rest stands in its last column.
_END = 1e-7


def order_count_distribution(
    model: PurchaseParameters, x: Vector, age: Vector, horizon: float, most: int
) -> Table:
    """P(exactly n order days in the horizon | alive), one row per history, one column per n from 0 up.

    Args:
        model: the fitted parameters.
        x: repeat order days of each history.
        age: T of each history.
        horizon: in the unit of the fit.
        most: days in the horizon: no more order days can come, and what the model puts beyond stands there.
    """
    k, stay = model.r + x, stay_shape(model, x)
    move = horizon / (model.alpha + age + horizon)
    here, stayed = np.exp(k * np.log1p(-move)), np.ones_like(x)
    columns, beyond_here, beyond = [here], 1 - here, 1 - here
    for n in range(1, most + 1):
        left = model.a / (stay + n - 1) * beyond_here
        here = here * (k + n - 1) / n * move
        stayed = stayed * (stay + n - 1) / (model.a + stay + n - 1)
        exactly = np.minimum(stayed * (here + left), beyond)
        columns.append(exactly)
        beyond_here, beyond = np.maximum(beyond_here - here, 0), np.maximum(beyond - exactly, 0)
        if beyond.max(initial=0) < _END:
            break
    columns[-1] = columns[-1] + beyond
    return np.column_stack(columns)


def exceedance(law: Table) -> Table:
    """P(more than n | alive), summed from the far end, so that small tails keep their digits."""
    at_least = np.cumsum(law[:, ::-1], axis=1)[:, ::-1]
    return np.column_stack([at_least[:, 1:], np.zeros(len(law))])


def count_quantile(beyond: Table, row: Places, weight: Vector, level: float) -> NDArray[np.int64]:
    """The smallest n with P(Y <= n) >= level, where P(Y > n) is `weight` times the table's row."""
    return first_at_most(beyond, row, (1 - level) / np.maximum(weight, 1e-300)).astype(np.int64)


def probability_between(
    beyond: Table, row: Places, weight: Vector, low: NDArray[np.int64], high: NDArray[np.int64]
) -> Vector:
    """P(low <= Y <= high), both within the table's columns."""
    below = np.where(low > 0, 1 - weight * beyond[row, np.maximum(low - 1, 0)], 0.0)
    return np.asarray(1 - weight * beyond[row, high] - below)


def first_at_most(table: Table, row: Places, limit: Vector) -> Places:
    """First column of each listed row, whose entries fall, that is at most the limit; the last if none is."""
    low = np.zeros(len(row), dtype=np.intp)
    high = np.full(len(row), table.shape[1] - 1, dtype=np.intp)
    while (low < high).any():
        middle = (low + high) // 2
        is_there = table[row, middle] <= limit
        high = np.where(is_there, middle, high)
        low = np.where(is_there, low, middle + 1).clip(max=high)
    return low
