"""Which models forecast for a shop or a site tonight, or why none do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

import duckdb

from mandje.predict.inputs.contribution import SiteMoney, read_site_money
from mandje.predict.inputs.cuts import read_cut, read_patterns
from mandje.predict.inputs.histories import (
    SHOP,
    Scope,
    read_counts,
    read_purchase_patterns,
    read_spend_patterns,
)
from mandje.predict.inputs.minimum_data import DataCounts, find_shortfall
from mandje.predict.models.ladder import SpendChoice, choose_spend_model
from mandje.predict.models.order_model import OrderChoice, OrderForm, fit_or_fall_back
from mandje.predict.models.recent_shares import RECENT_SHARES
from mandje.predict.scores.last_rung import LastRung, explain, find_last_rung, may_stand_in

# How long before tonight the last rung of the ladder looks.
_EARLIER_DAYS = 30
_NO_SPEND = SpendChoice(None, None, None, None)


@dataclass(frozen=True)
class Choice:
    """The models of the night.

    Attributes:
        as_of_date: the last day known.
        champion: form that the month's back-tests chose.
        scope: the shop, or a site by itself.
        counts: what there was to learn from.
        orders: what forecasts orders, perhaps nothing; None where there was too little to try.
        warnings: which forms failed.
        spend: the spend model, perhaps none.
        money: what orders leave, by home site.
        reason: short name of why numbers are missing, or None.
        explanation: the same in words.
        last_rung: shares that forecast in place of a model, or None.
    """

    as_of_date: date
    champion: OrderForm
    scope: Scope
    counts: DataCounts
    orders: OrderChoice | None
    warnings: list[str]
    spend: SpendChoice
    money: dict[str, SiteMoney]
    reason: str | None
    explanation: str | None
    last_rung: LastRung | None = None

    @property
    def forecaster(self) -> OrderChoice | None:
        """What forecasts orders, or None: no numbers at all."""
        return self.orders if self.orders and self.orders.model else None

    @property
    def order_form(self) -> str | None:
        """What forecasts orders, by name."""
        if self.last_rung:
            return RECENT_SHARES
        return self.orders.form if self.orders and self.orders.model else None

    @property
    def rung(self) -> str | None:
        """Rung of the ladder that holds."""
        if self.last_rung:
            return "last_window"
        return self.orders.ladder.rung if self.orders and self.orders.model else None

    @property
    def spend_model(self) -> str | None:
        """What says how much an order brings, by name."""
        if self.spend.fit:
            return "Gamma-Gamma"
        return "mean of orders" if self.last_rung else None


def choose_models(
    con: duckdb.DuckDBPyConnection,
    as_of_date: date,
    churn_horizon: int,
    champion: OrderForm,
    scope: Scope = SHOP,
) -> Choice:
    """Fit the champion, or what stands in for it, and the spend model; where none can be used, shares.

    Raises:
        MandjeError: a history in the inputs that cannot be.
    """
    choice = _choose_models(con, as_of_date, churn_horizon, champion, scope)
    if choice.reason is None or not may_stand_in(choice.reason, choice.counts):
        return choice
    found = find_last_rung(con, as_of_date, choice.counts, churn_horizon, scope)
    if found is None:
        return choice
    return replace(
        choice,
        last_rung=found,
        spend=choose_spend_model(read_spend_patterns(con, scope)),
        reason="recent_shares",
        explanation=explain(choice.explanation or choice.reason),
    )


def _choose_models(
    con: duckdb.DuckDBPyConnection, as_of_date: date, churn_horizon: int, champion: OrderForm, scope: Scope
) -> Choice:
    counts = read_counts(con, as_of_date, scope)
    chosen = partial(Choice, as_of_date, champion, scope, counts, money=read_site_money(con, scope))
    shortfall = find_shortfall(counts)
    if shortfall:
        reason, explanation = shortfall
        return chosen(orders=None, warnings=[], spend=_NO_SPEND, reason=reason, explanation=explanation)
    first_day = as_of_date - timedelta(days=counts.history_days - 1)
    known = read_purchase_patterns(con, scope)
    cut = read_cut(con, known, as_of_date, first_day, churn_horizon, scope)
    earlier = partial(read_patterns, con, as_of_date - timedelta(days=_EARLIER_DAYS), scope)
    orders, warnings = fit_or_fall_back(champion, cut, earlier)
    chosen = partial(chosen, orders=orders, warnings=warnings)
    if orders.model is None:
        explanation = f"no purchase model fits these customers; the last that was tried: {orders.fault}"
        return chosen(spend=_NO_SPEND, reason="no_purchase_model", explanation=explanation)
    spend = choose_spend_model(read_spend_patterns(con, scope))
    return chosen(spend=spend, reason=spend.reason, explanation=spend.explanation)
