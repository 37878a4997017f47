"""What will be seen: quantiles of order days and of net spend, and the probability of exactly one order day.

The laws given alive are tables over distinct (x, T); histories find their row in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mandje.predict.models.order_count_distribution import (
    Places,
    Table,
    count_quantile,
    exceedance,
    order_count_distribution,
)
from mandje.predict.models.parameters import PurchaseParameters, SpendParameters, Vector
from mandje.predict.models.spend_distribution import SpendTable, spend_quantiles, spend_table

# 80 % of what will be seen lies between, as far as counts let it.
LOW, HIGH = 0.1, 0.9


@dataclass(frozen=True)
class Pairs:
    """Distinct (x, T), ascending, and where each history finds its own.

    Attributes:
        x: repeat order days.
        age: T.
        row: per history, ascending.
    """

    x: Vector
    age: Vector
    row: Places


@dataclass(frozen=True)
class Futures:
    """Histories whose futures are asked for, equally long columns.

    Attributes:
        pairs: their x and T.
        spend_days: repeat days with positive net spend.
        weight: of being alive, or the order weight.
    """

    pairs: Pairs
    spend_days: Vector
    weight: Vector


def realised_scores(
    model: PurchaseParameters, spend: SpendParameters | None, known: Futures, horizons: Mapping[int, float]
) -> dict[str, Vector]:
    """Scores by name and horizon, one value per history; spend as a ratio to its scale (see `spend_scale`).

    Args:
        model: the purchase model, per day.
        spend: the spend model, or None: no quantiles of spend.
        known: the histories.
        horizons: days, and as how many of the model's time they count.
    """
    pairs, weight = known.pairs, known.weight
    laws = {
        days: order_count_distribution(model, pairs.x, pairs.age, time, days)
        for days, time in horizons.items()
    }
    scores = {}
    for days, law in laws.items():
        scores[f"one_order_{days}d"] = weight * law[pairs.row, 1]
        beyond = exceedance(law)
        for name, level in (("low", LOW), ("high", HIGH)):
            scores[f"orders_{name}_{days}d"] = count_quantile(beyond, pairs.row, weight, level)
    return scores | (_spend_scores(spend, laws, known) if spend else {})


def _spend_scores(spend: SpendParameters, laws: Mapping[int, Table], known: Futures) -> dict[str, Vector]:
    """Customers with equally many spend days share a table of spends.

    Its grid reaches as far as the others in the part need: between its points values are right to about 1e-5.
    """
    scores = {
        f"spend_{name}_{days}d": np.empty_like(known.weight) for name in ("low", "high") for days in laws
    }
    most = max(law.shape[1] for law in laws.values()) - 1
    for days_seen in np.unique(known.spend_days):
        places = np.flatnonzero(known.spend_days == days_seen)
        table = spend_table(spend, float(days_seen), most)
        for days, law in laws.items():
            low, high = _spend_interval(table, law, known.pairs.row[places], known.weight[places])
            scores[f"spend_low_{days}d"][places] = low
            scores[f"spend_high_{days}d"][places] = high
    return scores


def _spend_interval(table: SpendTable, law: Table, row: Places, weight: Vector) -> tuple[Vector, Vector]:
    rows, place = np.unique(row, return_inverse=True)
    used = law[rows]
    some_order = weight * used[place, 1:].sum(axis=1)
    low, high = spend_quantiles(table, used, place, some_order, (LOW, HIGH))
    return low, high
