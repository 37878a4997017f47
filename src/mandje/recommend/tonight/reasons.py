"""Why a product is in a list: which of the products beside it says most for it."""

from __future__ import annotations

import numpy as np

from mandje.recommend.models.forms import Model
from mandje.recommend.models.purchases import Codes, Rows

_PLACES = 6


def because(model: Model, beside: Rows, listed: Codes) -> Codes:
    """By row and place of `listed`: the product beside it with the strongest relation; −1 where none has any.

    `beside` holds rows × products that the scores were made from. Of equals the smaller number.
    """
    if model.relations is None:
        return np.full(listed.shape, -1, dtype=np.int64)
    row = np.repeat(np.arange(len(listed)), np.diff(beside.indptr))
    product = beside.indices.astype(np.int64)[:, None]
    relation = np.round(model.relations[product, listed[row]], _PLACES)
    strongest = np.zeros(listed.shape)
    np.maximum.at(strongest, row, relation)
    none = model.relations.shape[0]
    found = np.full(listed.shape, none, dtype=np.int64)
    np.minimum.at(found, row, np.where(relation == strongest[row], product, none))
    return np.where((strongest > 0) & (listed >= 0), found, -1)
