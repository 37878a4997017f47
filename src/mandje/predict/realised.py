"""What will be seen: quantiles of order days and of net spend, and the probability of exactly one order day.

The laws given alive are tables over distinct (x, T), worked through in blocks of ascending x; histories find
their row in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mandje.predict.order_law import Places, Table, count_quantile, exceedance, order_law
from mandje.predict.parameters import PurchaseParameters, SpendParameters, Vector
from mandje.predict.spend_law import SpendTable, spend_quantiles, spend_table

# 80 % of what will be seen lies between, as far as counts let it.
LOW, HIGH = 0.1, 0.9
_ROWS = 1024


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


@dataclass(frozen=True)
class _Block:
    """Some of the pairs and their histories; laws by horizon, rows counted from the block's first."""

    histories: slice
    row: Places
    laws: list[Table]


def realised_scores(
    model: PurchaseParameters, spend: SpendParameters | None, known: Futures, horizons: Sequence[int]
) -> dict[str, Vector]:
    """Scores by name and horizon, one value per history; spend as a ratio to its scale (see `spend_scale`).

    Args:
        model: the purchase model, per day.
        spend: the spend model, or None: no quantiles of spend.
        known: the histories.
        horizons: days.
    """
    names = ["one_order", "orders_low", "orders_high", *(["spend_low", "spend_high"] if spend else [])]
    scores = {f"{name}_{days}d": np.empty_like(known.weight) for name in names for days in horizons}
    for block in _blocks(model, known.pairs, horizons):
        part, weight = block.histories, known.weight[block.histories]
        for days, law in zip(horizons, block.laws, strict=True):
            scores[f"one_order_{days}d"][part] = weight * law[block.row, 1]
            beyond = exceedance(law)
            for name, level in (("low", LOW), ("high", HIGH)):
                scores[f"orders_{name}_{days}d"][part] = count_quantile(beyond, block.row, weight, level)
        if spend:
            _fill_spend(scores, spend, block, known, horizons)
    return scores


def _blocks(model: PurchaseParameters, pairs: Pairs, horizons: Sequence[int]) -> Iterator[_Block]:
    for first in range(0, len(pairs.x), _ROWS):
        rows = slice(first, first + _ROWS)
        x, age = pairs.x[rows], pairs.age[rows]
        histories = slice(*np.searchsorted(pairs.row, [first, first + len(x)]).tolist())
        laws = [order_law(model, x, age, days, days) for days in horizons]
        yield _Block(histories, pairs.row[histories] - first, laws)


def _fill_spend(
    scores: dict[str, Vector],
    spend: SpendParameters,
    block: _Block,
    known: Futures,
    horizons: Sequence[int],
) -> None:
    """Customers with equally many spend days share a table of spends."""
    most = max(law.shape[1] for law in block.laws) - 1
    spend_days = known.spend_days[block.histories]
    for days_seen in np.unique(spend_days):
        chosen = np.flatnonzero(spend_days == days_seen)
        table = spend_table(spend, float(days_seen), most)
        places = block.histories.start + chosen
        for days, law in zip(horizons, block.laws, strict=True):
            low, high = _spend_interval(table, law, block.row[chosen], known.weight[places])
            scores[f"spend_low_{days}d"][places] = low
            scores[f"spend_high_{days}d"][places] = high


def _spend_interval(table: SpendTable, law: Table, row: Places, weight: Vector) -> tuple[Vector, Vector]:
    rows, place = np.unique(row, return_inverse=True)
    used = law[rows]
    some_order = weight * used[place, 1:].sum(axis=1)
    low, high = spend_quantiles(table, used, place, some_order, (LOW, HIGH))
    return low, high
