"""The first ten by score: the same wherever scores are the same to a millionth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mandje.recommend.models.purchases import Codes, Matrix

LISTED = 10
_PLACES = 1_000_000


def first(scores: Matrix, allowed: NDArray[np.bool_], listed: int = LISTED) -> Codes:
    """The best products of each row, best first; −1 where a row allows fewer.

    Scores are rounded to a millionth: their last digits differ with the number of threads. Of equal scores
    the product of the smaller id comes first.
    """
    products = scores.shape[1]
    # Each row's keys are all different, so that any way to sort gives the same.
    keys = np.rint(scores * _PLACES).astype(np.int64) * products + np.arange(products - 1, -1, -1)
    keys[~allowed] = -1
    listed = min(listed, products)
    best = np.argpartition(keys, products - listed, axis=1)[:, products - listed :]
    found = np.take_along_axis(keys, best, axis=1)
    order = np.argsort(-found, axis=1)
    best = np.take_along_axis(best, order, axis=1)
    return np.where(np.take_along_axis(found, order, axis=1) < 0, -1, best)
