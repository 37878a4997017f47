"""Shares of customers alike on days of the past: beside the forms in every back-test, and their totals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial

import duckdb
import numpy as np

from mandje.predict.back_test import measures
from mandje.predict.back_test.contenders import BackTest, Contender, scored
from mandje.predict.back_test.forecasts import Forecast, Law
from mandje.predict.back_test.past_totals import PastTotal, windows_before
from mandje.predict.inputs.cuts import read_holdout
from mandje.predict.inputs.histories import SHOP, Scope
from mandje.predict.inputs.recent_windows import read_mean_order, read_recent_windows
from mandje.predict.models.closed_forms import mean_spend
from mandje.predict.models.holdouts import Holdout
from mandje.predict.models.ladder import choose_spend_model
from mandje.predict.models.maximum_likelihood import total
from mandje.predict.models.order_model import ORDER_FORMS
from mandje.predict.models.parameters import Vector
from mandje.predict.models.recent_shares import RECENT_SHARES, RecentShares, fit_recent_shares, groups
from mandje.predict.models.rounding import six_digits

_NO_WINDOW = "no window as long lies within the history before the cut"


def with_recent_shares(  # noqa: PLR0913, PLR0917  # from where, beside what, when, and of whom
    con: duckdb.DuckDBPyConnection,
    test: BackTest,
    day: date,
    first_day: date,
    holdout: Holdout,
    scope: Scope = SHOP,
) -> BackTest:
    """The back-test with one contender more, behind the forms: shares as known at the end of its day.

    Args:
        con: the warehouse.
        test: of the forms.
        day: its cut.
        first_day: of the history.
        holdout: everybody at the cut, and what came.
        scope: whom is learnt from.
    """
    shares = _fitted(con, day, first_day, holdout.most_orders, scope)
    if shares is None:
        found = Contender(RECENT_SHARES, _NO_WINDOW, {}, None)
    else:
        spend = _spend_per_order(con, day, holdout, scope)
        found = _scored(shares, holdout, spend)
    forms = len(ORDER_FORMS)
    return replace(test, contenders=[*test.contenders[:forms], found, *test.contenders[forms:]])


def shares_totals(
    con: duckdb.DuckDBPyConnection, known_until: date, first_day: date, scope: Scope = SHOP
) -> list[PastTotal]:
    """What shares would have expected of all customers in the windows that `past_totals` looks at.

    Args:
        con: the warehouse.
        known_until: end of the newest window.
        first_day: of the history.
        scope: whom is learnt from.
    """
    found = [
        one
        for cut, lengths in windows_before(known_until, first_day).items()
        for days in lengths
        for one in _total(con, cut, first_day, days, scope)
    ]
    return sorted(found, key=lambda one: (one.horizon_days, known_until - one.cut))


def forecast(shares: RecentShares, holdout: Holdout) -> Forecast:
    """What shares say of every row; who orders at all orders geometrically often."""
    some = shares.some_order(holdout.patterns, holdout.horizon)
    again = 1 - 1 / shares.mean_orders
    beyond = again[:, None] ** np.arange(holdout.most_orders + 1)
    law = Law(beyond, groups(holdout.patterns)[1], some)
    return law.forecast(some, some * shares.given_some(holdout.patterns), holdout.orders)


def _fitted(
    con: duckdb.DuckDBPyConnection, day: date, first_day: date, horizon_days: int, scope: Scope
) -> RecentShares | None:
    seen = read_recent_windows(con, day, first_day, horizon_days, scope)
    return fit_recent_shares(seen) if seen else None


def _scored(shares: RecentShares, holdout: Holdout, spend: Vector) -> Contender:
    """The money is that of a plain mean where no spend model fits, so it is scored here."""
    found, weight = scored(RECENT_SHARES, partial(forecast, shares), holdout, None), holdout.patterns.weight
    expected = forecast(shares, holdout).orders * spend
    money = {
        "total_spend_ratio": measures.total_ratio(expected, holdout.spend, weight),
        "top_spend_share": measures.top_share(expected, holdout.spend, weight),
    }
    rounded = {name: None if value is None else six_digits(value) for name, value in money.items()}
    return replace(found, scores=found.scores | rounded)


def _spend_per_order(con: duckdb.DuckDBPyConnection, day: date, holdout: Holdout, scope: Scope) -> Vector:
    model = choose_spend_model(holdout.known_spend).parameters
    if model is None:
        return np.full_like(holdout.orders, read_mean_order(con, day, scope))
    return mean_spend(model, holdout.spend_days, holdout.mean_spend)


def _total(
    con: duckdb.DuckDBPyConnection, cut: date, first_day: date, horizon_days: int, scope: Scope
) -> Iterator[PastTotal]:
    shares = _fitted(con, cut, first_day, horizon_days, scope)
    if shares is None:
        return
    held = read_holdout(con, cut, horizon_days, scope)
    weight, orders = held.patterns.weight, forecast(shares, held).orders
    yield PastTotal(
        horizon_days=horizon_days,
        cut=cut,
        expected_orders=six_digits(total(weight * orders)),
        orders=int(total(weight * held.orders)),
        expected_spend=six_digits(total(weight * orders * _spend_per_order(con, cut, held, scope))),
        spend=round(total(weight * held.spend), 2),
        seasonal_orders=None,
        seasonal_spend=None,
    )
