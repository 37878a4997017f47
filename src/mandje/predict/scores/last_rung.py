"""The last rung: shares of customers alike, where there are customers enough and no purchase model holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import numpy as np
import polars as pl
from scipy.special import exprel

from mandje.predict.inputs.histories import SHOP, Scope
from mandje.predict.inputs.minimum_data import DataCounts, lacks_repeats_only
from mandje.predict.inputs.recent_windows import read_mean_order, read_recent_windows
from mandje.predict.models.parameters import PurchasePatterns, Vector
from mandje.predict.models.recent_shares import RECENT_SHARES, RecentShares, fit_recent_shares
from mandje.predict.scores.columns import HORIZONS
from mandje.predict.scores.score_histories import daily_rate
from mandje.shop.sections import Customers

# Why the purchase models cannot be used, where shares can.
_REPLACES = ("too_few_repeat_customers", "no_purchase_model")
_LEAST_HORIZONS = (30, 90)
NO_SEASON = f"{RECENT_SHARES} are those of a whole year"


@dataclass(frozen=True)
class LastRung:
    """Shares that forecast tonight.

    Attributes:
        shares: by horizon in days; 30 and 90 always, others where a window as long fits into the history.
        mean_order: net spend per order day of all customers, reporting currency.
    """

    shares: Mapping[int, RecentShares]
    mean_order: float


def may_stand_in(reason: str, counts: DataCounts) -> bool:
    """Whether all that is missing is customers who came back often enough for a purchase model."""
    return reason in _REPLACES and lacks_repeats_only(counts)


def find_last_rung(
    con: duckdb.DuckDBPyConnection,
    as_of_date: date,
    counts: DataCounts,
    churn_horizon: int,
    scope: Scope = SHOP,
) -> LastRung | None:
    """Fit the shares of every horizon; None where nobody was known before the windows of 30 or 90 days.

    Args:
        con: the warehouse.
        as_of_date: the last day known.
        counts: of the scope.
        churn_horizon: days.
        scope: the shop or a site.
    """
    first_day = as_of_date - timedelta(days=counts.history_days - 1)
    shares = {}
    for days in sorted({*HORIZONS, churn_horizon}):
        seen = read_recent_windows(con, as_of_date, first_day, days, scope)
        found = fit_recent_shares(seen) if seen else None
        if found:
            shares[days] = found
    if not shares.keys() >= set(_LEAST_HORIZONS):
        return None
    return LastRung(shares, read_mean_order(con, as_of_date, scope))


def explain(why: str) -> str:
    """Tonight's forecast in words.

    Args:
        why: what keeps the purchase models from being used.
    """
    return f"{why}; orders are forecast by {RECENT_SHARES}: what customers alike did within the last year"


def score_shares(
    shares: Mapping[int, RecentShares], settings: Customers, histories: pl.DataFrame
) -> dict[str, Vector]:
    """The scores that shares can give, by the names that those of a model have, one value per row.

    Orders are discounted as if they came evenly over the horizon. No horizon says less than a shorter one.

    Args:
        shares: by horizon in days.
        settings: churn horizon and discount rate.
        histories: frequency, age_days, recency_days of distinct histories.
    """
    names = ("frequency", "recency_days", "age_days")
    x, t_x, age = (histories[name].cast(pl.Float64).to_numpy() for name in names)
    known = PurchasePatterns(x, t_x, age, np.ones_like(x))
    scores: dict[str, Vector] = {}
    some, orders = np.zeros(len(histories)), np.zeros(len(histories))
    for days, found in sorted(shares.items()):
        some = np.maximum(some, found.some_order(known))
        orders = np.maximum(orders, some * found.given_some(known))
        if days == settings.churn_horizon_days:
            scores["no_order_churn"] = scores["no_order_steady"] = 1 - some
        scores |= {
            f"no_order_{days}d": 1 - some,
            f"expected_orders_{days}d": orders,
            f"discounted_orders_{days}d": orders * float(exprel(-daily_rate(settings) * days)),
        }
    return scores
