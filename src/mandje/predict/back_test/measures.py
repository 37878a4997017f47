"""How good forecasts were, over weighted customers; None where a measure has no meaning."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mandje.predict.models.order_law import Places, Table
from mandje.predict.models.parameters import Vector

_NEAREST = 1e-12
_BINS = 10
_TOP = 0.1
_PIT = (0.1, 0.9)


def total_ratio(expected: Vector, actual: Vector, weight: Vector) -> float | None:
    """Total expected over total actual."""
    came = float((weight * actual).sum())
    return float((weight * expected).sum()) / came if came > 0 else None


def auc(score: Vector, event: Vector, weight: Vector) -> float | None:
    """P(who has the event scores higher than who has not), ties half."""
    _, place = np.unique(score, return_inverse=True)
    yes, no = np.bincount(place, weight * event), np.bincount(place, weight * (1 - event))
    pairs = yes.sum() * no.sum()
    return float((yes * (np.cumsum(no) - no / 2)).sum() / pairs) if pairs > 0 else None


def brier(probability: Vector, event: Vector, weight: Vector) -> float:
    """Mean squared distance of probability and event."""
    return float((weight * (probability - event) ** 2).sum() / weight.sum())


def log_losses(probability: Vector, event: Vector) -> Vector:
    """-ln of the probability given to what happened, per customer."""
    told = np.clip(np.where(event > 0, probability, 1 - probability), _NEAREST, 1)
    return np.asarray(-np.log(told))


def mean(column: Vector, weight: Vector) -> float:
    """Weighted mean."""
    return float((weight * column).sum() / weight.sum())


def mean_absolute_error(expected: Vector, actual: Vector, weight: Vector) -> float:
    """Mean distance of expected and actual."""
    return mean(np.abs(expected - actual), weight)


def equal_count_bins(score: Vector, weight: Vector) -> NDArray[np.int64]:
    """Number of the tenth, 0..9 by ascending score, that each customer is in; ties in the order given."""
    order = np.argsort(score, kind="stable")
    sorted_weight = weight[order]
    middle = np.cumsum(sorted_weight) - sorted_weight / 2
    bins = np.empty(len(score), dtype=np.int64)
    bins[order] = np.minimum(_BINS * middle / weight.sum(), _BINS - 1).astype(np.int64)
    return bins


@dataclass(frozen=True)
class Bin:
    """Customers who were told about the same: how many, what they were told on average, and what came.

    Attributes:
        customers: how many.
        told: mean probability.
        came: share with the event.
    """

    customers: int
    told: float
    came: float


def bins_of(probability: Vector, event: Vector, weight: Vector, place: NDArray[np.int64]) -> dict[int, Bin]:
    """The bins that have customers, by number, ascending."""
    sizes = np.bincount(place, weight)
    sums = [np.bincount(place, weight * column) for column in (probability, event)]
    return {
        int(number): Bin(int(sizes[number]), *(float(each[number] / sizes[number]) for each in sums))
        for number in np.flatnonzero(sizes)
    }


def calibration_error(probability: Vector, event: Vector, weight: Vector) -> float:
    """Mean distance of mean probability and share of events over ten bins of equally many customers.

    Customers who are told the same share what came to them: no order of rows tells them apart.
    """
    bins = equal_count_bins(probability, weight)
    off = np.bincount(bins, weight * (probability - _shared(probability, event, weight)), _BINS)
    return float(np.abs(off).sum() / weight.sum())


def top_share(score: Vector, actual: Vector, weight: Vector) -> float | None:
    """Share of what came that the tenth of customers (rounded up) with the highest scores brought.

    Where equal scores lie on both sides of the border, each brings their mean.
    """
    order = np.argsort(-score, kind="stable")
    before = np.cumsum(weight[order]) - weight[order]
    counted = np.clip(math.ceil(_TOP * weight.sum()) - before, 0, weight[order])
    came = float((weight * actual).sum())
    return float((counted * _shared(score, actual, weight)[order]).sum()) / came if came > 0 else None


def _shared(score: Vector, actual: Vector, weight: Vector) -> Vector:
    """What came on average to those of one score."""
    _, tie = np.unique(score, return_inverse=True)
    shared: Vector = (np.bincount(tie, weight * actual) / np.bincount(tie, weight))[tie]
    return shared


def pit_inside(beyond: Table, row: Places, alive: Vector, actual: Vector) -> Vector:
    """P(the randomised probability integral transform lies in [0.1, 0.9]) per customer: 0.8 if all is well.

    The chance in it is integrated out: what came covers the stretch from P(Y < y) to P(Y <= y), of which the
    part inside counts (Czado, Gneiting & Held 2009).
    """
    place = np.minimum(actual, beyond.shape[1] - 1).astype(np.intp)
    below = np.where(place > 0, 1 - alive * beyond[row, np.maximum(place - 1, 0)], 0.0)
    until = 1 - alive * beyond[row, place]
    inside = np.minimum(until, _PIT[1]) - np.maximum(below, _PIT[0])
    return np.asarray(np.clip(inside / np.maximum(until - below, _NEAREST), 0, 1))
