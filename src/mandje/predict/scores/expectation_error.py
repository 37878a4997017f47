"""How far expectations may be off because the parameters are estimates: 80 % intervals.

The logarithms of the parameters are normal around the fit. Along each principal axis of their covariance
all is computed anew at +-1.2816 standard deviations; the axes are independent, so their deviations add up as
squares, upward and downward by themselves. It is what thousands of draws of the parameters give, at the cost
of two evaluations per parameter, and without chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from mandje.predict.models.order_model import OrderModel
from mandje.predict.models.parameters import PurchaseParameters, SpendParameters, Vector

Table = NDArray[np.float64]
_REACH = float(ndtri(0.9))
_LEAST_Q = 1.001


def log_deviations(moves: Iterable[tuple[Table, Table]]) -> tuple[Table, Table]:
    """How far below and above what is expected the interval ends, as logarithms of ratios, 0 or more.

    Args:
        moves: how far the logarithm moves at both ends of each axis.
    """
    below, above = np.zeros(1), np.zeros(1)
    for one, other in moves:
        below = below + np.minimum(np.minimum(one, other), 0) ** 2
        above = above + np.maximum(np.maximum(one, other), 0) ** 2
    return np.sqrt(below), np.sqrt(above)


def log_ratio(moved: Table, centre: Table) -> Table:
    """Logarithm of moved over centre; 0 where either is nothing."""
    is_some = (moved > 0) & (centre > 0)
    return np.log(np.where(is_some, moved, 1) / np.where(is_some, centre, 1))


def order_model_ends(model: OrderModel, log_covariance: Table) -> Iterator[tuple[OrderModel, OrderModel]]:
    """The model at both ends of each axis: of its purchase model, then of its stack."""
    for axis in _axes(log_covariance):
        one, other = (replace(model, purchase=_moved(model.purchase, side * axis)) for side in (1, -1))
        yield one, other
    if model.stack is not None:
        stack = model.stack
        for axis in _axes(stack.covariance):
            up, down = (replace(stack, coefficients=stack.coefficients + side * axis) for side in (1, -1))
            yield replace(model, stack=up), replace(model, stack=down)


def spend_model_ends(
    model: SpendParameters, log_covariance: Table
) -> Iterator[tuple[SpendParameters, SpendParameters]]:
    """The spend model at both ends of each axis; q stays above 1, where a mean exists."""
    for axis in _axes(log_covariance):
        one, other = (_moved_spend(model, side * axis) for side in (1, -1))
        yield one, other


def _axes(covariance: Table) -> Table:
    """One row per principal axis, as long as the interval reaches."""
    sizes, axes = np.linalg.eigh(covariance)
    return np.asarray(_REACH * np.sqrt(np.maximum(sizes, 0))[:, None] * axes.T)


def _moved(model: PurchaseParameters, step: Vector) -> PurchaseParameters:
    moved = {name: value * np.exp(by) for (name, value), by in zip(model.named().items(), step, strict=True)}
    return replace(model, **moved)


def _moved_spend(model: SpendParameters, step: Vector) -> SpendParameters:
    p, q, v = (value * float(np.exp(by)) for value, by in zip(model.named().values(), step, strict=True))
    return SpendParameters(p, max(q, _LEAST_Q), v)
