"""The scoreboard of one cut: all forms and baselines on what came after it, from a warehouse or a file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import duckdb
import polars as pl

from mandje.errors import MandjeError
from mandje.predict.back_test.back_test import back_test
from mandje.predict.back_test.contenders import Contender
from mandje.predict.back_test.judge import against_baselines, choose_form
from mandje.predict.back_test.recent_shares import with_recent_shares
from mandje.predict.inputs.cuts import Past, read_holdout, read_patterns
from mandje.predict.inputs.histories import INPUTS, KNOWN_PERSONS, ORDER_CHANGES
from mandje.predict.inputs.learners import find_learners_then
from mandje.predict.models.holdouts import Holdout
from mandje.predict.models.ladder import EARLIER_DAYS
from mandje.predict.models.parameters import PurchaseForm
from mandje.predict.season.year_before import Seasons, find_seasons

COLUMNS = ("customer_id", "order_date", "amount")
_MEASURES = {
    "total": "total_ratio",
    "spend": "total_spend_ratio",
    "AUC": "auc",
    "Brier": "brier",
    "loss": "log_loss",
    "ECE": "calibration_error",
    "MAE": "mean_absolute_error",
    "top": "top_orders_share",
    "PIT": "pit_share",
    "covered": "coverage",
    "told": "coverage_told",
}
_PURCHASE_FORMS: tuple[PurchaseForm, ...] = ("BG/NBD", "MBG/NBD")
# Nothing of a file was late, changed or taken back.
_TABLES = f"""
create schema intermediate;
create table {ORDER_CHANGES} (
    site varchar, person_id varchar not null, order_date date not null, happened_date date not null,
    known_from_date date not null, known_until_date date, net_sales_amount decimal(18, 4) not null
);
insert into {ORDER_CHANGES}
select '', customer_id, order_date, order_date, order_date, null, amount from cells;
create table {INPUTS} as
select min(order_date) as history_start_date, true as is_in_fit from {ORDER_CHANGES};
create table {KNOWN_PERSONS} as
select
    person_id,
    person_id as known_as_person_id,
    true as has_consent,
    null::date as first_seen_date,
    0 as left_truncation_days,
    min(order_date) as known_from_date,
    null::date as known_until_date
from {ORDER_CHANGES}
group by person_id;
"""


@dataclass(frozen=True)
class Scoreboard:
    """What one cut says.

    Attributes:
        cut: last day that the contenders knew.
        horizon_days: forecast.
        customers: known at the cut.
        customers_with_order: of these, with an order in the horizon.
        order_days: that came.
        scores: a row per contender, null where a measure has no meaning for it.
        faults: why a contender has no scores.
        champion: the form that the days up to the cut alone would have chosen, and why.
        warnings: where a baseline did better than that form with its season.
        seasons: by purchase model, what the season does to the horizon, or why nothing.
    """

    cut: date
    horizon_days: int
    customers: int
    customers_with_order: int
    order_days: int
    scores: pl.DataFrame
    faults: list[str]
    champion: tuple[str, str]
    warnings: list[str]
    seasons: dict[PurchaseForm, Seasons]


def read_orders(path: Path) -> duckdb.DuckDBPyConnection:
    """A database in memory with the orders of a CSV file, as the back-tests read them from a warehouse.

    Raises:
        MandjeError: a column is missing, or a cell is no date or amount.
    """
    con = duckdb.connect()
    try:
        con.register(
            "cells",
            pl.read_csv(path, columns=list(COLUMNS), infer_schema=False, raise_if_empty=False, glob=False),
        )
        con.execute(_TABLES)
    except (pl.exceptions.PolarsError, duckdb.Error) as fault:
        raise MandjeError(
            "the orders cannot be read",
            file=str(path),
            found=str(fault).splitlines()[0],
            expected=f"CSV with columns {', '.join(COLUMNS)}; days as YYYY-MM-DD",
            next_step="mend that line or column of the file",
        ) from None
    return con


def score_cut(
    con: duckdb.DuckDBPyConnection, cut: date | None, horizon_days: int, *, is_age_elapsed: bool = False
) -> Scoreboard:
    """Score every contender on the horizon after a cut, by default the latest with its whole horizon.

    Args:
        con: the warehouse.
        cut: last day known.
        horizon_days: days after it.
        is_age_elapsed: count a customer's age to the cut day, as published tables do, not to its end.

    Raises:
        MandjeError: nobody had ordered by the cut.
    """
    day, first_day = _days(con, cut, horizon_days)
    age, scope = _elapsed if is_age_elapsed else _whole, find_learners_then(con, day)

    def read(at: date, days: int = horizon_days) -> Holdout:
        return age(read_holdout(con, at, days, scope))

    holdout = read(day)
    at_cut = Past(read, first_day, horizon_days).cut(day, holdout.known)
    seasons = find_seasons(read, day, first_day, horizon_days, _PURCHASE_FORMS)
    earlier = partial(read_patterns, con, day - timedelta(days=EARLIER_DAYS), scope)
    test = back_test(at_cut, holdout, earlier, seasons)
    test = with_recent_shares(con, test, day, first_day, holdout, scope)
    form, why = choose_form(con, day + timedelta(days=1), horizon_days)
    weight = holdout.patterns.weight
    return Scoreboard(
        cut=day,
        horizon_days=horizon_days,
        customers=holdout.patterns.customers,
        customers_with_order=int((weight * holdout.ordered).sum()),
        order_days=int((weight * holdout.orders).sum()),
        scores=_frame(test.contenders),
        faults=[f"{one.name}: {one.fault}" for one in test.contenders if one.fault],
        champion=(form, why),
        warnings=list(against_baselines(form, {one.name: one.scores for one in test.published})),
        seasons=seasons,
    )


def _days(con: duckdb.DuckDBPyConnection, cut: date | None, horizon_days: int) -> tuple[date, date]:
    """The cut, and the first day of the history."""
    range_ = f"select min(order_date), max(happened_date) from {ORDER_CHANGES}"
    first_day, last_day = con.execute(range_).fetchall()[0]
    if first_day is not None:
        day = cut or last_day - timedelta(days=horizon_days)
        if first_day <= day < last_day:
            return day, first_day
    where = cut or f"{horizon_days} days before the end"
    raise MandjeError(
        "there is nothing before the cut, or nothing after it",
        found=f"orders from {first_day} to {last_day}, the cut {where}",
        expected="a cut between the first and the last day",
        next_step="name another day with --cut, or a shorter --horizon",
    )


def _whole(holdout: Holdout) -> Holdout:
    return holdout


def _elapsed(holdout: Holdout) -> Holdout:
    return replace(holdout, patterns=replace(holdout.patterns, age=holdout.patterns.age - 1))


def _frame(contenders: list[Contender]) -> pl.DataFrame:
    rows = [
        {"contender": one.name} | {title: one.scores.get(name) for title, name in _MEASURES.items()}
        for one in contenders
    ]
    return pl.DataFrame(rows, schema={"contender": pl.String()} | dict.fromkeys(_MEASURES, pl.Float64()))
