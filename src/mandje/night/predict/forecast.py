"""The stage that looks ahead: the month's form, tonight's fit and scores, and what is kept of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb

from mandje.observe.records.judgements import judgements, keep_judgement, kept_judgement
from mandje.observe.records.nights import Record, nights, read_record
from mandje.predict.back_test.judge import judge_forms
from mandje.predict.back_test.judgement_key import judgement_key
from mandje.predict.back_test.past_totals import read_past_totals
from mandje.predict.back_test.tables import show_back_tests
from mandje.predict.drift import parameter_drift, season_began
from mandje.predict.fit import Fit, fit_and_score
from mandje.predict.journal import keep_predictions, show_predictions
from mandje.predict.totals.forecast_totals import find_totals, show_totals
from mandje.predict.totals.largest_customers import largest_customers
from mandje.shop.settings import Shop
from mandje.warehouse.connection import open_warehouse


def look_ahead(shop: Shop, as_of_date: date) -> dict[str, Any]:
    """Fit with the month's champion, score, journal, show back-tests and totals; give what is recorded."""
    with open_warehouse(shop) as con:
        judgement = _judgement(con, shop, as_of_date)
        fit = fit_and_score(con, shop, as_of_date, champion=judgement["champion"])
        keep_predictions(con, shop, as_of_date)
        show_predictions(con, shop)
        show_back_tests(con, judgements(shop, "back_tests"))
        totals = find_totals(con, as_of_date, read_past_totals(judgement["past_totals"]))
        show_totals(con, totals)
        largest = largest_customers(con)
    warnings = [*judgement["warnings"], *fit.warnings, *_moved(shop, fit)]
    told = {"month": judgement["month"], "why": judgement["why"], "reason": judgement["reason"]}
    found = {"warnings": warnings, "judgement": told, "totals": totals, "largest_customers": largest}
    return vars(fit) | found


def _judgement(con: duckdb.DuckDBPyConnection, shop: Shop, as_of_date: date) -> Record:
    """The month's, from its file while that still holds: other nights, in any order, come to the same."""
    horizon = shop.settings.customers.churn_horizon_days
    month, key = as_of_date.replace(day=1), judgement_key(con, as_of_date, horizon)
    kept = kept_judgement(shop, "back_tests", month, key)
    return kept or keep_judgement(shop, "back_tests", month, key, judge_forms(con, as_of_date, horizon))


def _moved(shop: Shop, fit: Fit) -> list[str]:
    """How tonight's fit differs from earlier ones: parameters from an earlier month's, and the season."""
    then = next(_earlier_fits(shop, fit.as_of_date.replace(day=1)), None)
    moved = parameter_drift(vars(fit), then) if then else ()
    return [*moved, *season_began(vars(fit), _earlier_fits(shop, fit.as_of_date))]


def _earlier_fits(shop: Shop, before: date) -> Iterator[Record]:
    """Fits with parameters, of nights before a day, newest first."""
    records = (read_record(shop, night, "predict") for night in reversed(nights(shop)) if night < before)
    fits = (record["result"] for record in records if record)
    return (one for one in fits if one["parameters"] and one["as_of_date"] < before.isoformat())
