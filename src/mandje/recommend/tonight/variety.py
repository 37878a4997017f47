"""Not ten of one kind: at most three products of a category in a list."""

from __future__ import annotations

import numpy as np

from mandje.recommend.models.purchases import Codes
from mandje.recommend.models.ranking import LISTED

MOST_OF_A_CATEGORY = 3


def varied(ranked: Codes, category: Codes) -> Codes:
    """The first ten of each row with at most three of a category, best first; −1 where there are no more.

    `ranked` holds numbers of products, best first, −1 at the end; `category` is of each product, −1 where it
    has none: such products are not limited. Nor are any where there are too few categories to fill a list.
    """
    count = int(category.max(initial=-1)) + 1
    if count * MOST_OF_A_CATEGORY < LISTED:
        return ranked[:, :LISTED]
    rows = np.arange(len(ranked))
    taken = np.zeros(len(ranked), dtype=np.int64)
    of_category = np.zeros((len(ranked), count + 1), dtype=np.int64)
    is_kept = np.zeros(ranked.shape, dtype=np.bool_)
    for place in range(ranked.shape[1]):
        own = category[ranked[:, place]]
        is_free = (own < 0) | (of_category[rows, own] < MOST_OF_A_CATEGORY)
        is_kept[:, place] = (ranked[:, place] >= 0) & (taken < LISTED) & is_free
        of_category[rows, own] += is_kept[:, place]
        taken += is_kept[:, place]
    order = np.argsort(~is_kept, axis=1, kind="stable")[:, :LISTED]
    found = np.take_along_axis(ranked, order, axis=1)
    return np.where(np.take_along_axis(is_kept, order, axis=1), found, -1)
