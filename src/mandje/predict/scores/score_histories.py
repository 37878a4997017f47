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
from mandje.predict.season.clock import Clock
from mandje.shop.sections import Customers

YEAR = 365
_DAYS_PER_YEAR = 365.25
_NEXT = {"next_low": 0.1, "next_median": 0.5, "next_high": 0.9}
PROBABILITIES = ["alive", "order_weight", "no_order_churn", "no_order_steady"]
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
    choice: OrderChoice,
    spend: SpendParameters | None,
    histories: pl.DataFrame,
    settings: Customers,
    clock: Clock,
) -> dict[str, Vector]:
    """Every score of `SCORES` that can be given, one value per row.

    Args:
        choice: the form of the night, with a model.
        spend: the spend model, or None: no quantiles of spend.
        histories: distinct frequency, age_days, recency_days, spend_days, ascending in that order.
        settings: churn horizon and discount rate.
        clock: how the season stretches the horizons.
    """
    if choice.model is None or choice.ladder.fit is None:
        return {}
    model, known = choice.model, _histories(histories)
    weight = _weight(model, known)
    times = {days: clock.model_time(days) for days in HORIZONS}
    futures = Futures(known.pairs, known.spend_days, weight)
    return (
        _probabilities(model, known, weight, settings.churn_horizon_days, clock)
        | _expectations(model, choice.ladder.fit.log_covariance, known, settings, clock)
        | realised_scores(model.purchase, spend, futures, times)
        | _next_order(model, known, clock)
    )


def score_site_histories(
    choice: OrderChoice, histories: pl.DataFrame, settings: Customers, clock: Clock
) -> dict[str, Vector]:
    """The scores of `SITE_SCORES` that can be given; arguments as for `score_histories`."""
    if choice.model is None:
        return {}
    model, known = choice.model, _histories(histories)
    weight, row = _weight(model, known), known.pairs.row
    rates = (0.0, daily_rate(settings))
    tables = [weight * _given_alive(model, known, rate, clock)[:, row] for rate in rates]
    expected = [table[HORIZONS.index(days)] for days in SITE_HORIZONS for table in tables]
    return {
        "alive": alive_probability(model.purchase, known.x, known.t_x, known.age),
        "order_weight": weight,
        "no_order_churn": _no_order(model, known, weight, clock.model_time(settings.churn_horizon_days)),
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
    model: OrderModel, known: _Histories, weight: Vector, churn_horizon: int, clock: Clock
) -> dict[str, Vector]:
    """With the season, and that of churn without it too: bands do not move with the season."""
    return {
        "alive": alive_probability(model.purchase, known.x, known.t_x, known.age),
        "order_weight": weight,
        "no_order_churn": _no_order(model, known, weight, clock.model_time(churn_horizon)),
        "no_order_steady": _no_order(model, known, weight, churn_horizon),
    } | {f"no_order_{days}d": _no_order(model, known, weight, clock.model_time(days)) for days in HORIZONS}


def _no_order(model: OrderModel, known: _Histories, weight: Vector, time: float) -> Vector:
    pairs = known.pairs
    some = some_order_if_alive(model.purchase, pairs.x, pairs.age, time)[pairs.row]
    return np.asarray(1 - weight * some)


def _expectations(
    model: OrderModel, covariance: NDArray[np.float64], known: _Histories, settings: Customers, clock: Clock
) -> dict[str, Vector]:
    weight, row = _weight(model, known), known.pairs.row
    given_alive = _given_alive(model, known, 0.0, clock)
    plain = weight * given_alive[:, row]
    discounted = weight * _given_alive(model, known, daily_rate(settings), clock)[:, row]

    def move(moved: OrderModel) -> NDArray[np.float64]:
        of_pair = log_ratio(_given_alive(moved, known, 0.0, clock), given_alive)
        return log_ratio(_weight(moved, known), weight) + of_pair[:, row]

    ends = order_model_ends(model, covariance)
    below, above = log_deviations((move(one), move(other)) for one, other in ends)
    tables = (plain, discounted, below, above, plain * np.exp(-below), plain * np.exp(above))
    columns = dict(zip(_EXPECTED, tables, strict=True))
    by_days = list(enumerate(HORIZONS))
    return {f"{name}_{days}d": table[at] for at, days in by_days for name, table in columns.items()}


def _weight(model: OrderModel, known: _Histories) -> Vector:
    return model.weight(known.x, known.t_x, known.age)


def _given_alive(model: OrderModel, known: _Histories, rate: float, clock: Clock) -> NDArray[np.float64]:
    """Expected orders given alive, by horizon and pair; discounted by days of the calendar."""
    times = [clock.model_time(days) for days in HORIZONS]
    return expected_orders(model.purchase, known.pairs.x, known.pairs.age, times, rate, HORIZONS)


def daily_rate(settings: Customers) -> float:
    """The discount rate per day, continuously."""
    return math.log1p(float(settings.discount_rate_per_year)) / _DAYS_PER_YEAR


def _next_order(model: OrderModel, known: _Histories, clock: Clock) -> dict[str, Vector]:
    """In days of the calendar: a quantile of time stays one on another clock."""
    pairs, year = known.pairs, clock.model_time(YEAR)
    times = {
        name: next_order_after(model.purchase, pairs.x, pairs.age, year, level)
        for name, level in _NEXT.items()
    }
    return {f"{name}_{YEAR}d": clock.calendar_days(time)[pairs.row] for name, time in times.items()}
