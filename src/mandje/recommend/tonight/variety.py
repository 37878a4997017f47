"""Not ten of one kind: at most three products of a category in a list."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mandje.recommend.models.purchases import Codes, Matrix
from mandje.recommend.models.ranking import LISTED, first

MOST_OF_A_CATEGORY = 3
# So many are ranked at first: mostly ten of them are left.
_RANKED = 40


def has_variety(is_offered: NDArray[np.bool_], category: Codes) -> NDArray[np.bool_]:
    """By row of `is_offered`: whether three of each category there fill a list of ten.

    `is_offered` is of sites × products; `category` is of each product, −1 where it has none.
    """
    counts = [len(np.unique(category[own & (category >= 0)])) for own in is_offered]
    return np.array(counts, dtype=np.int64) * MOST_OF_A_CATEGORY >= LISTED


def first_with_variety(
    scores: Matrix, allowed: NDArray[np.bool_], category: Codes, is_limited: NDArray[np.bool_]
) -> Codes:
    """The best ten of each row, of limited rows at most three of a category; −1 where there are no more.

    Where those ranked at first leave fewer than ten, all that the row allows is ranked.
    """
    listed = varied(first(scores, allowed, _RANKED), category, is_limited)
    is_short = (listed < 0).any(axis=1) & (allowed.sum(axis=1) > _RANKED)
    ranked = first(scores[is_short], allowed[is_short], scores.shape[1])
    listed[is_short] = varied(ranked, category, is_limited[is_short])
    return listed


def varied(ranked: Codes, category: Codes, is_limited: NDArray[np.bool_]) -> Codes:
    """The first ten of each row, of those limited at most three of a category; −1 where there are no more.

    `ranked` holds numbers of products, best first, −1 at the end; `category` is of each product, −1 where it
    has none: such products are not limited.
    """
    rows = np.arange(len(ranked))
    taken = np.zeros(len(ranked), dtype=np.int64)
    of_category = np.zeros((len(ranked), int(category.max(initial=-1)) + 2), dtype=np.int64)
    is_kept = np.zeros(ranked.shape, dtype=np.bool_)
    for place in range(ranked.shape[1]):
        own = category[ranked[:, place]]
        is_free = ~is_limited | (own < 0) | (of_category[rows, own] < MOST_OF_A_CATEGORY)
        is_kept[:, place] = (ranked[:, place] >= 0) & (taken < LISTED) & is_free
        of_category[rows, own] += is_kept[:, place]
        taken += is_kept[:, place]
    order = np.argsort(~is_kept, axis=1, kind="stable")[:, :LISTED]
    found = np.take_along_axis(ranked, order, axis=1)
    return np.where(np.take_along_axis(is_kept, order, axis=1), found, -1)
