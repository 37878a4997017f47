"""Scores per distinct history: what the models say before any money is known.

What is worked through at once is a part of the histories, so that tables stay small and threads share them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mandje.predict.models.closed_forms import alive_probability, expected_orders, some_order_if_alive
from mandje.predict.models.order_model import OrderChoice, OrderModel
from mandje.predict.models.parameters import SpendParameters, Vector
from mandje.predict.scores.columns import HORIZONS, SITE_HORIZONS
from mandje.predict.scores.expectation_error import log_deviations, log_ratio, order_model_ends
from mandje.predict.scores.next_order import next_order_after
from mandje.predict.scores.realised import Futures, Pairs, realised_scores
from mandje.shop.sections import Customers

YEAR = 365
_DAYS_PER_YEAR = 365.25
_NEXT = {"next_low": 0.1, "next_median": 0.5, "next_high": 0.9}
PROBABILITIES = ["alive", "order_weight", "no_order_churn"]
PROBABILITIES += [f"{name}_{days}d" for days in HORIZONS for name in ("no_order", "one_order")]
_EXPECTED = ["expected_orders", "discounted_orders", "orders_below", "orders_above"]
_EXPECTED += ["orders_expected_low", "orders_expected_high"]
_REALISED = ["orders_low", "orders_high", "spend_low", "spend_high"]
_NAMES = [f"{name}_{days}d" for days in HORIZONS for name in [*_EXPECTED, *_REALISED]]
_SITE_EXPECTED = [f"{name}_{days}d" for days in SITE_HORIZONS for name in _EXPECTED[:2]]
SITE_SCORES = ["alive", "order_weight", "no_order_churn", *_SITE_EXPECTED]
SCORES = [*PROBABILITIES, *_NAMES, *[f"{name}_{YEAR}d" for name in _NEXT]]
# A pair of x and T, which has rows in tables, costs about as much as so many of its histories.
_PAIR_COST, _PART_COST = 16, 32_768


@dataclass(frozen=True)
class _Histories:
    x: Vector
    t_x: Vector
    age: Vector
    spend_days: Vector
    pairs: Pairs


def parts(histories: pl.DataFrame) -> list[slice]:
    """Rows to be scored together, those of a pair of x and T never apart; what is there alone decides.

    Args:
        histories: as `score_histories` has them.
    """
    first = np.flatnonzero(_is_new_pair(*(histories[name].to_numpy() for name in ("frequency", "age_days"))))
    cost = first + _PAIR_COST * np.arange(len(first))
    starts = first[np.diff(cost // _PART_COST, prepend=-1) != 0].tolist()
    return [slice(*ends) for ends in pairwise([*starts, len(histories)])]


def score_histories(
    choice: OrderChoice, spend: SpendParameters | None, histories: pl.DataFrame, settings: Customers
) -> dict[str, Vector]:
    """Every score of `SCORES` that can be given, one value per row.

    Args:
        choice: the form of the night, with a model.
        spend: the spend model, or None: no quantiles of spend.
        histories: distinct frequency, age_days, recency_days, spend_days, ascending in that order.
        settings: churn horizon and discount rate.
    """
    if choice.model is None or choice.ladder.fit is None:
        return {}
    model, known = choice.model, _histories(histories)
    weight = _weight(model, known)
    realised = realised_scores(
        model.purchase, spend, Futures(known.pairs, known.spend_days, weight), HORIZONS
    )
    return (
        _probabilities(model, known, weight, settings.churn_horizon_days)
        | _expectations(model, choice.ladder.fit.log_covariance, known, settings)
        | realised
        | _next_order(model, known)
    )


def score_site_histories(
    choice: OrderChoice, histories: pl.DataFrame, settings: Customers
) -> dict[str, Vector]:
    """The scores of `SITE_SCORES` that can be given; arguments as for `score_histories`."""
    if choice.model is None:
        return {}
    model, known = choice.model, _histories(histories)
    weight, row = _weight(model, known), known.pairs.row
    rates = (0.0, daily_rate(settings))
    tables = [weight * _given_alive(model, known, rate, SITE_HORIZONS)[:, row] for rate in rates]
    expected = [table[at] for at in range(len(SITE_HORIZONS)) for table in tables]
    return {
        "alive": alive_probability(model.purchase, known.x, known.t_x, known.age),
        "order_weight": weight,
        "no_order_churn": _no_order(model, known, weight, settings.churn_horizon_days),
    } | dict(zip(_SITE_EXPECTED, expected, strict=True))


def _histories(frame: pl.DataFrame) -> _Histories:
    columns = ("frequency", "recency_days", "age_days", "spend_days")
    x, t_x, age, spend_days = (frame[name].cast(pl.Float64).to_numpy() for name in columns)
    is_new = _is_new_pair(x, age)
    pairs = Pairs(x[is_new], age[is_new], np.cumsum(is_new) - 1)
    return _Histories(x, t_x, age, spend_days, pairs)


def _is_new_pair(x: NDArray[Any], age: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray((np.diff(x, prepend=-1) != 0) | (np.diff(age, prepend=-1) != 0))


def _probabilities(
    model: OrderModel, known: _Histories, weight: Vector, churn_horizon: int
) -> dict[str, Vector]:
    found = {f"no_order_{days}d": _no_order(model, known, weight, days) for days in HORIZONS}
    alive = alive_probability(model.purchase, known.x, known.t_x, known.age)
    churn = _no_order(model, known, weight, churn_horizon)
    return {"alive": alive, "order_weight": weight, "no_order_churn": churn} | found


def _no_order(model: OrderModel, known: _Histories, weight: Vector, days: int) -> Vector:
    pairs = known.pairs
    some = some_order_if_alive(model.purchase, pairs.x, pairs.age, days)[pairs.row]
    return np.asarray(1 - weight * some)


def _expectations(
    model: OrderModel, covariance: NDArray[np.float64], known: _Histories, settings: Customers
) -> dict[str, Vector]:
    weight, row = _weight(model, known), known.pairs.row
    given_alive = _given_alive(model, known, 0.0)
    plain = weight * given_alive[:, row]
    discounted = weight * _given_alive(model, known, daily_rate(settings))[:, row]

    def move(moved: OrderModel) -> NDArray[np.float64]:
        of_pair = log_ratio(_given_alive(moved, known, 0.0), given_alive)
        return log_ratio(_weight(moved, known), weight) + of_pair[:, row]

    ends = order_model_ends(model, covariance)
    below, above = log_deviations((move(one), move(other)) for one, other in ends)
    tables = (plain, discounted, below, above, plain * np.exp(-below), plain * np.exp(above))
    columns = dict(zip(_EXPECTED, tables, strict=True))
    by_days = list(enumerate(HORIZONS))
    return {f"{name}_{days}d": table[at] for at, days in by_days for name, table in columns.items()}


def _weight(model: OrderModel, known: _Histories) -> Vector:
    return model.weight(known.x, known.t_x, known.age)


def _given_alive(
    model: OrderModel, known: _Histories, rate: float, horizons: tuple[int, ...] = HORIZONS
) -> NDArray[np.float64]:
    """Expected orders given alive, by horizon and pair."""
    return expected_orders(model.purchase, known.pairs.x, known.pairs.age, horizons, rate)


def daily_rate(settings: Customers) -> float:
    """The discount rate per day, continuously."""
    return math.log1p(float(settings.discount_rate_per_year)) / _DAYS_PER_YEAR


def _next_order(model: OrderModel, known: _Histories) -> dict[str, Vector]:
    pairs = known.pairs
    return {
        f"{name}_{YEAR}d": next_order_after(model.purchase, pairs.x, pairs.age, YEAR, level)[pairs.row]
        for name, level in _NEXT.items()
    }
