"""Fit and score: the stage of the night that looks ahead."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from mandje.predict.inputs.contribution import SiteMoney
from mandje.predict.inputs.histories import Scope, read_sites
from mandje.predict.models.ladder import Rung, SpendChoice
from mandje.predict.models.order_model import OrderChoice
from mandje.predict.models.recent_shares import MonthForm
from mandje.predict.models.rounding import all_six_digits, six_digits
from mandje.predict.scores.choice import Choice, choose_models
from mandje.predict.scores.columns import HORIZONS
from mandje.predict.scores.score_persons import write_scores
from mandje.predict.season.tonight import season_row
from mandje.predict.season.words import horizon_lines
from mandje.shop.settings import Shop


@dataclass(frozen=True)
class SiteFit:
    """The fit of a site's own orders. Attributes as of `Fit`; `money` is what its orders leave."""

    reason: str | None
    explanation: str | None
    warnings: list[str]
    order_form: str | None
    purchase_model: str | None
    rung: str | None
    rungs_tried: list[Rung]
    parameters: dict[str, float | None]
    spend_model: str | None
    spend_parameters: dict[str, float | None]
    history_days: int
    customers: int
    customers_in_fit: int
    money: SiteMoney | None
    seasons: list[dict[str, object]]
    season: list[str]


@dataclass(frozen=True)
class Fit:
    """What the night's look ahead found.

    Attributes:
        as_of_date: the last day known.
        reason: short name of why numbers are missing, or None.
        explanation: the same in words.
        champion: form that the month's back-tests chose.
        order_form: form that forecasts orders tonight, "recent shares", or None.
        warnings: what must be said about the night's fit.
        purchase_model: BG/NBD, MBG/NBD or NBD, or None.
        rung: rung of the ladder that holds, or None.
        rungs_tried: every rung tried, with its parameters and fault.
        parameters: of the purchase model, per day; empty without one.
        standard_errors: of these parameters.
        log_standard_errors: of their logarithms.
        stack: coefficients of the stack; empty without one.
        spend_model: Gamma-Gamma, "mean of orders" beside recent shares, or None.
        spend_parameters: in the reporting currency; empty without a model.
        spend_standard_errors: of these parameters.
        spend_log_standard_errors: of their logarithms.
        spend_warning: what must be said beside the money, or None.
        frequency_spend_correlation: the spend model takes it to be 0.
        site_money: what orders leave, by home site of the customer.
        sites: fits of each site by itself; with one site, the shop's.
        history_days: days of history.
        customers: persons who can be known again.
        customers_scored: those with probabilities.
        customers_in_fit: those learnt from.
        customers_excluded: not learnt from, by reason.
        expected_orders: all persons' expected order days, by horizon (30d, 90d, 365d); None where not known.
        expected_value_365d_amount: all persons' predicted value of the coming year, reporting currency.
        value_at_risk_amount: sum over the customers at risk.
        customers_at_risk: how many; None where not known.
        seasons: a row per horizon: what corrects it for the season, and what that rests on, or why nothing.
        season: the same in words.
        seconds: how long it took.
    """

    as_of_date: date
    reason: str | None
    explanation: str | None
    champion: MonthForm
    order_form: str | None
    warnings: list[str]
    purchase_model: str | None
    rung: str | None
    rungs_tried: list[Rung]
    parameters: dict[str, float | None]
    standard_errors: dict[str, float | None]
    log_standard_errors: dict[str, float | None]
    stack: dict[str, float | None]
    spend_model: str | None
    spend_parameters: dict[str, float | None]
    spend_standard_errors: dict[str, float | None]
    spend_log_standard_errors: dict[str, float | None]
    spend_warning: str | None
    frequency_spend_correlation: float | None
    site_money: dict[str, SiteMoney]
    sites: dict[str, SiteFit]
    history_days: int
    customers: int
    customers_scored: int
    customers_in_fit: int
    customers_excluded: dict[str, int]
    expected_orders: dict[str, Decimal | None]
    expected_value_365d_amount: Decimal | None
    value_at_risk_amount: Decimal | None
    customers_at_risk: int | None
    seasons: list[dict[str, object]]
    season: list[str]
    seconds: float


@dataclass(frozen=True)
class _Totals:
    scored: int
    expected_orders: dict[str, Decimal | None]
    expected_value: Decimal | None
    value_at_risk: Decimal | None
    at_risk: int | None


def fit_and_score(
    con: duckdb.DuckDBPyConnection, shop: Shop, as_of_date: date, champion: MonthForm = "BG/NBD"
) -> Fit:
    """Fit the models on `intermediate.int_customer_inputs` and make the views of `predictions` anew.

    Without enough data, or without a fit that holds, they hold the reason in place of numbers.

    Args:
        con: the working warehouse.
        shop: whose settings hold.
        as_of_date: the last day known.
        champion: form that the month's back-tests chose; a simpler one stands in where it fails tonight.

    Raises:
        MandjeError: a history that cannot be, or a score that is no number; the views are then untouched.
    """
    began = time.perf_counter()
    horizon = shop.settings.customers.churn_horizon_days
    whole = choose_models(con, as_of_date, horizon, champion)
    names = read_sites(con)
    scopes = [Scope(name) for name in names] if len(names) > 1 else []
    sites = [choose_models(con, as_of_date, horizon, champion, scope, whole.seasons) for scope in scopes]
    write_scores(con, whole, sites, shop.settings)
    by_site = {name: _of_site(choice) for name, choice in zip(names, sites or [whole], strict=False)}
    return _report(whole, by_site, _totals(con), began)


def _totals(con: duckdb.DuckDBPyConnection) -> _Totals:
    """Sums in decimals, so that their order does not matter."""
    orders = ", ".join(f"sum(cast(expected_orders_{days}d as decimal(24, 10)))" for days in HORIZONS)
    row = con.execute(
        f"select count(expected_orders_90d), sum(predicted_value_365d_amount), {orders} "
        "from predictions.customer_predictions"
    ).fetchall()[0]
    value_at_risk, at_risk = con.execute(
        "select sum(value_at_risk_amount) filter (is_at_risk), "
        "case when count(is_at_risk) > 0 then count(*) filter (is_at_risk) end from predictions.churn_risk"
    ).fetchall()[0]
    by_horizon = {f"{days}d": total for days, total in zip(HORIZONS, row[2:], strict=True)}
    return _Totals(row[0], by_horizon, row[1], value_at_risk, at_risk)


def _report(choice: Choice, sites: dict[str, SiteFit], totals: _Totals, began: float) -> Fit:
    counts = choice.counts
    return Fit(
        as_of_date=choice.as_of_date,
        reason=choice.reason,
        explanation=choice.explanation,
        champion=choice.champion,
        warnings=choice.warnings,
        **_of_models(choice),
        site_money=choice.money,
        sites=sites,
        history_days=counts.history_days,
        customers=counts.customers,
        customers_scored=totals.scored,
        customers_in_fit=counts.customers_in_fit,
        customers_excluded=counts.customers_excluded,
        expected_orders=totals.expected_orders,
        expected_value_365d_amount=totals.expected_value,
        value_at_risk_amount=totals.value_at_risk,
        customers_at_risk=totals.at_risk,
        seasons=[season_row(each) for each in choice.seasons.values()],
        season=horizon_lines(choice.seasons),
        seconds=round(time.perf_counter() - began, 3),
    )


def _of_site(choice: Choice) -> SiteFit:
    told = _of_models(choice)
    counts = choice.counts
    return SiteFit(
        reason=choice.reason,
        explanation=choice.explanation,
        warnings=choice.warnings,
        history_days=counts.history_days,
        customers=counts.customers,
        customers_in_fit=counts.customers_in_fit,
        money=next(iter(choice.money.values()), None),
        seasons=[season_row(each) for each in choice.seasons.values()],
        season=horizon_lines(choice.seasons),
        **{name: told[name] for name in told if name in SiteFit.__dataclass_fields__},
    )


def _of_models(choice: Choice) -> dict[str, Any]:
    """What the report says of what forecasts."""
    names = {"order_form": choice.order_form, "rung": choice.rung, "spend_model": choice.spend_model}
    return names | _of_orders(choice.orders) | _of_spend(choice.spend)


def _of_orders(orders: OrderChoice | None) -> dict[str, Any]:
    """What the report says of the order model."""
    fit = orders.ladder.fit if orders and orders.model else None
    stack = orders.model.stack if orders and orders.model else None
    return {
        "purchase_model": fit.parameters.form if fit else None,
        "rungs_tried": orders.ladder.rungs if orders else [],
        "parameters": all_six_digits(fit.parameters.named()) if fit else {},
        "standard_errors": all_six_digits(fit.standard_errors) if fit else {},
        "log_standard_errors": all_six_digits(fit.log_standard_errors) if fit else {},
        "stack": all_six_digits(stack.named()) if stack else {},
    }


def _of_spend(spend: SpendChoice) -> dict[str, Any]:
    """What the report says of the spend model."""
    fit = spend.fit
    return {
        "spend_parameters": all_six_digits(fit.parameters.named()) if fit else {},
        "spend_standard_errors": all_six_digits(fit.standard_errors) if fit else {},
        "spend_log_standard_errors": all_six_digits(fit.log_standard_errors) if fit else {},
        "spend_warning": fit.warning if fit else None,
        "frequency_spend_correlation": None if spend.correlation is None else six_digits(spend.correlation),
    }
