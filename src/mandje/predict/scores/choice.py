"""Which models forecast for a shop or a site tonight, or why none do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from types import MappingProxyType

import duckdb

from mandje.predict.inputs.contribution import SiteMoney, read_site_money
from mandje.predict.inputs.cuts import read_cut, read_holdouts, read_patterns
from mandje.predict.inputs.histories import (
    SHOP,
    Scope,
    read_purchase_patterns,
    read_spend_patterns,
)
from mandje.predict.inputs.learners import Learners, find_learners
from mandje.predict.inputs.minimum_data import DataCounts, find_shortfall
from mandje.predict.models.ladder import EARLIER_DAYS, SpendChoice, choose_spend_model
from mandje.predict.models.order_model import ORDER_FORMS, OrderChoice, fit_or_fall_back, purchase_form
from mandje.predict.models.recent_shares import RECENT_SHARES, MonthForm
from mandje.predict.scores.columns import HORIZONS
from mandje.predict.scores.last_rung import NO_SEASON, LastRung, explain, find_last_rung, may_stand_in
from mandje.predict.season.tonight import no_seasons, seasons_tonight
from mandje.predict.season.year_before import Seasons

_NO_SPEND = SpendChoice(None, None, None, None)
_NO_SEASONS: Mapping[int, Seasons] = MappingProxyType({})


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
        seasons: what corrects each horizon, in days, or why nothing does.
        last_rung: shares that forecast in place of a model, or None.
    """

    as_of_date: date
    champion: MonthForm
    scope: Scope
    counts: DataCounts
    orders: OrderChoice | None
    warnings: list[str]
    spend: SpendChoice
    money: dict[str, SiteMoney]
    reason: str | None
    explanation: str | None
    seasons: Mapping[int, Seasons]
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


def choose_models(  # noqa: PLR0913, PLR0917  # from where, when, how far, by what, of whom, and whose season
    con: duckdb.DuckDBPyConnection,
    as_of_date: date,
    churn_horizon: int,
    champion: MonthForm,
    scope: Scope = SHOP,
    seasons_of_shop: Mapping[int, Seasons] = _NO_SEASONS,
) -> Choice:
    """Fit the champion, or what stands in for it, and the spend model; find the seasons. Else shares.

    Args:
        con: the working warehouse.
        as_of_date: the last day known.
        churn_horizon: days, for which the stack is learnt.
        champion: form that the month's back-tests chose.
        scope: the shop, or a site by itself.
        seasons_of_shop: what a site takes where it knows too little of its own.

    Raises:
        MandjeError: a history in the inputs that cannot be.
    """
    learners = find_learners(con, as_of_date, scope)
    choice = _choose_models(con, as_of_date, churn_horizon, champion, learners, seasons_of_shop)
    choice = replace(choice, warnings=[*learners.warnings, *choice.warnings])
    if choice.reason is None or not may_stand_in(choice.reason, choice.counts):
        return choice
    found = find_last_rung(con, as_of_date, choice.counts, churn_horizon, learners.scope)
    if found is None:
        return choice
    return replace(
        choice,
        last_rung=found,
        spend=choose_spend_model(read_spend_patterns(con, learners.scope)),
        reason="recent_shares",
        explanation=explain(choice.explanation or choice.reason),
        seasons=no_seasons(HORIZONS, NO_SEASON),
    )


def _choose_models(  # noqa: PLR0913, PLR0917  # as `choose_models`, with whom is learnt from
    con: duckdb.DuckDBPyConnection,
    as_of_date: date,
    churn_horizon: int,
    champion: MonthForm,
    learners: Learners,
    seasons_of_shop: Mapping[int, Seasons],
) -> Choice:
    scope, counts = learners.scope, learners.counts
    chosen = partial(Choice, as_of_date, champion, scope, counts, money=read_site_money(con, scope))
    shortfall = find_shortfall(counts)
    if shortfall:
        reason, explanation = shortfall
        chosen = partial(chosen, seasons=no_seasons(HORIZONS, explanation))
        return chosen(orders=None, warnings=[], spend=_NO_SPEND, reason=reason, explanation=explanation)
    first_day = as_of_date - timedelta(days=counts.history_days - 1)
    known = read_purchase_patterns(con, scope)
    cut = read_cut(con, known, as_of_date, first_day, churn_horizon, scope)
    earlier = partial(read_patterns, con, as_of_date - timedelta(days=EARLIER_DAYS), scope)
    form = ORDER_FORMS[0] if champion == RECENT_SHARES else champion
    orders, warnings = fit_or_fall_back(form, cut, earlier)
    chosen = partial(chosen, orders=orders, warnings=warnings)
    if orders.model is None:
        explanation = f"no purchase model fits these customers; the last that was tried: {orders.fault}"
        chosen = partial(chosen, seasons=no_seasons(HORIZONS, explanation))
        return chosen(spend=_NO_SPEND, reason="no_purchase_model", explanation=explanation)
    spend = choose_spend_model(read_spend_patterns(con, scope))
    read = partial(read_holdouts, con, scope=scope)
    purchase = purchase_form(orders.form)
    seasons = seasons_tonight(read, as_of_date, first_day, HORIZONS, purchase, seasons_of_shop)
    return chosen(spend=spend, reason=spend.reason, explanation=spend.explanation, seasons=seasons)
