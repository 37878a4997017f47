"""Fit and score: the stage of the night that looks ahead."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

from mandje.predict.inputs import read_counts, read_purchase_patterns, read_spend_patterns
from mandje.predict.ladder import (
    PurchaseChoice,
    Rung,
    SpendChoice,
    choose_purchase_model,
    choose_spend_model,
)
from mandje.predict.minimum_data import DataCounts, find_shortfall
from mandje.predict.rounding import all_six_digits, six_digits
from mandje.predict.score import Scoring, write_scores
from mandje.predict.tables import HORIZONS
from mandje.settings import Shop

_NO_PURCHASE = PurchaseChoice(None, None, [])
_NO_SPEND = SpendChoice(None, None, None, None)


@dataclass(frozen=True)
class Fit:
    """What the night's look ahead found.

    Attributes:
        as_of_date: the last day known.
        reason: short name of why numbers are missing, or None.
        explanation: the same in words.
        purchase_model: BG/NBD or NBD, or None.
        rung: rung of the ladder that holds, or None.
        rungs_tried: every rung tried, with its parameters and fault.
        parameters: of the purchase model, per day; empty without one.
        standard_errors: of these parameters.
        spend_model: Gamma-Gamma, or None.
        spend_parameters: in the reporting currency; empty without a model.
        spend_standard_errors: of these parameters.
        spend_warning: what must be said beside the money, or None.
        frequency_spend_correlation: the spend model takes it to be 0.
        history_days: days of history.
        customers: persons who can be known again.
        customers_scored: those with probabilities.
        customers_in_fit: those learnt from.
        customers_excluded: not learnt from, by reason.
        expected_orders: all persons' expected order days, by horizon (30d, 90d, 365d); None where not known.
        expected_value_365d_amount: all persons' predicted value of the coming year, reporting currency.
        value_at_risk_amount: sum over the customers at risk.
        customers_at_risk: how many; None where not known.
        seconds: how long it took.
    """

    as_of_date: date
    reason: str | None
    explanation: str | None
    purchase_model: str | None
    rung: str | None
    rungs_tried: list[Rung]
    parameters: dict[str, float | None]
    standard_errors: dict[str, float | None]
    spend_model: str | None
    spend_parameters: dict[str, float | None]
    spend_standard_errors: dict[str, float | None]
    spend_warning: str | None
    frequency_spend_correlation: float | None
    history_days: int
    customers: int
    customers_scored: int
    customers_in_fit: int
    customers_excluded: dict[str, int]
    expected_orders: dict[str, Decimal | None]
    expected_value_365d_amount: Decimal | None
    value_at_risk_amount: Decimal | None
    customers_at_risk: int | None
    seconds: float


@dataclass(frozen=True)
class _Choice:
    purchase: PurchaseChoice
    spend: SpendChoice
    reason: str | None
    explanation: str | None


@dataclass(frozen=True)
class _Totals:
    scored: int
    expected_orders: dict[str, Decimal | None]
    expected_value: Decimal | None
    value_at_risk: Decimal | None
    at_risk: int | None


def fit_and_score(con: duckdb.DuckDBPyConnection, shop: Shop, as_of_date: date) -> Fit:
    """Fit the models on `intermediate.int_customer_inputs` and write both tables of `predictions` anew.

    Without enough data, or without a fit that holds, the tables hold the reason in place of numbers.

    Raises:
        MandjeError: a history that cannot be, or a score that is no number; the tables are then untouched.
    """
    began = time.perf_counter()
    counts = read_counts(con, as_of_date)
    choice = _choose(con, counts)
    scoring = Scoring(
        purchase=choice.purchase.parameters,
        rung=choice.purchase.rung,
        spend=choice.spend.parameters,
        knows_a_year=counts.knows_a_year,
        reason=choice.reason,
    )
    write_scores(con, scoring, shop.settings, as_of_date)
    return _report(as_of_date, counts, choice, _totals(con), began)


def _choose(con: duckdb.DuckDBPyConnection, counts: DataCounts) -> _Choice:
    shortfall = find_shortfall(counts)
    if shortfall:
        return _Choice(_NO_PURCHASE, _NO_SPEND, *shortfall)
    purchase = choose_purchase_model(read_purchase_patterns(con))
    if purchase.fit is None:
        last = purchase.rungs[-1]["fault"]
        return _Choice(purchase, _NO_SPEND, "no_purchase_model", f"no rung holds; the last: {last}")
    spend = choose_spend_model(read_spend_patterns(con))
    return _Choice(purchase, spend, spend.reason, spend.explanation)


def _totals(con: duckdb.DuckDBPyConnection) -> _Totals:
    """Sums in decimals, so that their order does not matter."""
    orders = ", ".join(f"sum(cast(expected_orders_{days}d as decimal(24, 10)))" for days in HORIZONS)
    row = con.execute(
        f"select count(alive_probability), sum(predicted_value_365d_amount), {orders} "
        "from predictions.customer_predictions"
    ).fetchall()[0]
    value_at_risk, at_risk = con.execute(
        "select sum(value_at_risk_amount) filter (is_at_risk), "
        "case when count(is_at_risk) > 0 then count(*) filter (is_at_risk) end from predictions.churn_risk"
    ).fetchall()[0]
    by_horizon = {f"{days}d": total for days, total in zip(HORIZONS, row[2:], strict=True)}
    return _Totals(row[0], by_horizon, row[1], value_at_risk, at_risk)


def _report(as_of_date: date, counts: DataCounts, choice: _Choice, totals: _Totals, began: float) -> Fit:
    purchase, spend = choice.purchase, choice.spend
    return Fit(
        as_of_date=as_of_date,
        reason=choice.reason,
        explanation=choice.explanation,
        purchase_model=purchase.fit.parameters.form if purchase.fit else None,
        rung=purchase.rung,
        rungs_tried=purchase.rungs,
        parameters=all_six_digits(purchase.parameters.named()) if purchase.parameters else {},
        standard_errors=all_six_digits(purchase.fit.standard_errors) if purchase.fit else {},
        spend_model="Gamma-Gamma" if spend.fit else None,
        spend_parameters=all_six_digits(spend.parameters.named()) if spend.parameters else {},
        spend_standard_errors=all_six_digits(spend.fit.standard_errors) if spend.fit else {},
        spend_warning=spend.fit.warning if spend.fit else None,
        frequency_spend_correlation=None if spend.correlation is None else six_digits(spend.correlation),
        history_days=counts.history_days,
        customers=counts.customers,
        customers_scored=totals.scored,
        customers_in_fit=counts.customers_in_fit,
        customers_excluded=counts.customers_excluded,
        expected_orders=totals.expected_orders,
        expected_value_365d_amount=totals.expected_value,
        value_at_risk_amount=totals.value_at_risk,
        customers_at_risk=totals.at_risk,
        seconds=round(time.perf_counter() - began, 3),
    )
