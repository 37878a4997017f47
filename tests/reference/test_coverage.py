"""Simulated shops whose future is known: intervals and the PIT hold as often as the model itself says.

Fitted on day summaries at a cut, scored on what the same simulated customers did afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy.special import ndtri

from histories import AS_OF, order_days, shop_warehouse
from mandje.predict.back_test.forecasts import forecast_holdout
from mandje.predict.inputs.cuts import read_holdout
from mandje.predict.models.holdouts import Holdout
from mandje.predict.models.order_count_distribution import order_count_distribution
from mandje.predict.models.order_model import OrderModel
from mandje.predict.models.purchase_model import fit_bg_nbd
from mandje.predict.models.spend_distribution import spend_scale
from mandje.predict.models.spend_model import fit_gamma_gamma
from mandje.predict.scores.realised import Futures, Pairs, realised_scores

Column = NDArray[np.float64]
SHOPS = {
    "occasional": (0.5, 120.0, 0.6, 2.0),
    "regular": (0.6, 60.0, 0.8, 2.5),
    "loyal": (1.2, 50.0, 0.5, 6.0),
}
HORIZONS = (90, 365)
CASES = [
    pytest.param(name, days, id=f"{name} {days}", marks=() if name == "regular" else pytest.mark.full)
    for name in SHOPS
    for days in HORIZONS
]


@dataclass(frozen=True)
class Seen:
    """Customers at the cut, sorted by (x, T); what the model says of them and what came."""

    holdout: Holdout
    model: OrderModel
    weight: Column
    some_order: Column
    told: dict[str, Column]
    scale: Column
    law: Column
    row: NDArray[np.intp]


@cache
def seen(name: str, days: int) -> Seen:
    orders = order_days(30_000, SHOPS[name], 730 + days, seed=31)
    holdout = read_holdout(shop_warehouse(orders), AS_OF - timedelta(days=days), days)
    model = OrderModel(fit_bg_nbd(holdout.known).parameters)
    spend = fit_gamma_gamma(holdout.known_spend).parameters
    known = holdout.patterns
    places, row = np.unique(np.column_stack([known.frequency, known.age]), axis=0, return_inverse=True)
    order = np.argsort(row, kind="stable")
    holdout = holdout.where(order)
    known, row = holdout.patterns, row[order]
    pairs = Pairs(places[:, 0].copy(), places[:, 1].copy(), row)
    weight = model.weight(known.frequency, known.recency, known.age)
    told = realised_scores(model.purchase, spend, Futures(pairs, holdout.spend_days, weight), {days: days})
    law = order_count_distribution(model.purchase, pairs.x, pairs.age, days, days)
    scale = spend_scale(spend, holdout.spend_days, holdout.mean_spend)
    return Seen(holdout, model, weight, weight * (1 - law[row, 0]), told, scale, law, row)


def bands(some_order: Column) -> NDArray[np.int64]:
    return np.digitize(1 - some_order, [0.5, 0.8, 0.9])


@pytest.mark.parametrize(("name", "days"), CASES)
def test_the_pit_is_uniform(name: str, days: int) -> None:
    found = seen(name, days)
    pit = forecast_holdout(found.model, found.holdout).pit
    share = np.average(pit, weights=found.holdout.patterns.weight)
    assert 0.78 <= share <= 0.82


@pytest.mark.parametrize(("name", "days"), CASES)
def test_intervals_of_orders_cover_what_the_model_says(name: str, days: int) -> None:
    found = seen(name, days)
    low, high = found.told[f"orders_low_{days}d"], found.told[f"orders_high_{days}d"]
    came = found.holdout.orders
    inside = (low <= came) & (came <= high)
    table = np.cumsum(found.law, axis=1)
    until = 1 - found.weight * (1 - table[found.row, high.astype(int)])
    below = np.where(
        low > 0, 1 - found.weight * (1 - table[found.row, np.maximum(low.astype(int) - 1, 0)]), 0
    )
    _assert_covered(found, inside, until - below)


@pytest.mark.parametrize(("name", "days"), CASES)
def test_intervals_of_spend_cover_what_the_model_says(name: str, days: int) -> None:
    found = seen(name, days)
    low, high = (found.told[f"spend_{end}_{days}d"] * found.scale for end in ("low", "high"))
    inside = (low <= found.holdout.spend + 1e-9) & (found.holdout.spend <= high + 1e-9)
    says = np.where(found.some_order > 0.1, 0.9, 1.0) - np.where(found.some_order > 0.9, 0.1, 0.0)
    says = np.where(found.some_order > 0.1, says, 1 - found.some_order)
    _assert_covered(found, inside, says)


@pytest.mark.parametrize(("name", "days"), CASES)
def test_totals_of_groups_of_1000_are_covered(name: str, days: int) -> None:
    """80 % intervals of the sum, each customer's mean and variance being the model's."""
    found = seen(name, days)
    counts = np.arange(found.law.shape[1])
    mean = found.weight * (found.law @ counts)[found.row]
    variance = found.weight * (found.law @ counts**2)[found.row] - mean**2
    person = np.repeat(np.arange(len(mean)), found.holdout.patterns.weight.astype(int))
    random, inside = np.random.default_rng(3), []
    for _ in range(1000):
        group = random.choice(person, 1000, replace=False)
        off = found.holdout.orders[group].sum() - mean[group].sum()
        inside.append(abs(off) <= ndtri(0.9) * np.sqrt(variance[group].sum()))
    assert 0.75 <= np.mean(inside) <= 0.85


def _assert_covered(found: Seen, inside: NDArray[np.bool_], says: Column) -> None:
    """Within 0.01, or 3 standard errors in a small band, per band of P(no order) and over all."""
    frame = pl.DataFrame(
        {
            "band": bands(found.some_order),
            "inside": inside.astype(np.float64),
            "says": says,
            "weight": found.holdout.patterns.weight,
        }
    )
    for group in [frame, *(part for _, part in frame.group_by("band", maintain_order=True))]:
        weight = group["weight"].to_numpy()
        came, told = (np.average(group[name].to_numpy(), weights=weight) for name in ("inside", "says"))
        assert came == pytest.approx(told, abs=max(0.01, 3 * np.sqrt(told * (1 - told) / weight.sum())))
