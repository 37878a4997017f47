"""Scores per pattern, joined back to persons in SQL.

What a pattern says is rounded to six significant digits first; money is then made from the rounded numbers,
so that expected spend is exactly expected orders times spend per order, on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb
import numpy as np
import polars as pl

from mandje.errors import ExitCode, MandjeError
from mandje.predict.choice import Choice
from mandje.predict.closed_forms import mean_spend
from mandje.predict.expectation_error import log_deviations, log_ratio, spend_model_ends
from mandje.predict.inputs import SHOP, read_scored_histories, read_scored_spend
from mandje.predict.parameters import Vector
from mandje.predict.score_histories import (
    PROBABILITIES,
    SCORES,
    SITE_SCORES,
    YEAR,
    score_histories,
    score_site_histories,
)
from mandje.predict.score_sql import INSERTS, insert_site
from mandje.predict.spend_law import spend_scale
from mandje.predict.tables import create_tables
from mandje.settings import ShopSettings

# From two years on, a year could be held out and compared.
VERIFIED_DAYS = 730
_SPEND_SCORES = ["spend_per_order", "spend_below", "spend_above", "spend_scale"]


def write_scores(
    con: duckdb.DuckDBPyConnection,
    whole: Choice,
    sites: Sequence[Choice],
    settings: ShopSettings,
) -> None:
    """Write all tables of `predictions` anew, in one transaction.

    Args:
        con: the working warehouse.
        whole: models of the shop.
        sites: models of each site by itself; none where the shop has but one.
        settings: the shop's.

    Raises:
        MandjeError: a score that is no probability or no finite number; nothing is then written.
    """
    con.execute("begin transaction")
    try:
        create_tables(con)
        # With one site its customers are the shop's: nothing is fitted twice.
        _insert(con, whole, INSERTS if sites else [*INSERTS, insert_site(SHOP)], settings)
        for choice in sites:
            _insert(con, choice, [insert_site(choice.scope)], settings)
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise


def _insert(
    con: duckdb.DuckDBPyConnection,
    choice: Choice,
    statements: Iterable[str],
    settings: ShopSettings,
) -> None:
    values = _sql_values(choice, settings)
    frames = {
        "history_scores": _history_scores(con, choice, settings),
        "spend_scores": _spend_scores(con, choice),
        "site_money": _site_money(choice),
    }
    for name, frame in frames.items():
        con.register(name, frame)
    try:
        for statement in statements:
            con.execute(statement, {name: value for name, value in values.items() if f"${name}" in statement})
    finally:
        for name in frames:
            con.unregister(name)


def _site_money(choice: Choice) -> pl.DataFrame:
    rows = [
        (site, money.contribution_ratio, money.credibility_amount, money.order_cost_amount)
        for site, money in sorted(choice.money.items())
    ]
    names = ("site_contribution_ratio", "credibility_amount", "site_order_cost_amount")
    return pl.DataFrame(rows, {"home_site": pl.String} | dict.fromkeys(names, pl.Float64), orient="row")


def _sql_values(choice: Choice, settings: ShopSettings) -> dict[str, object]:
    orders = choice.forecaster
    model = orders.model if orders else None
    return {
        "as_of_date": choice.as_of_date,
        "order_form": orders.form if orders else None,
        "purchase_model": model.purchase.form if model else None,
        "purchase_rung": orders.ladder.rung if orders else None,
        "spend_model": "Gamma-Gamma" if choice.spend.fit else None,
        "reason": choice.reason or (None if choice.counts.knows_a_year else "too_short_for_a_year"),
        "verified_days": VERIFIED_DAYS,
        "churn_horizon": settings.customers.churn_horizon_days,
    }


def _history_scores(con: duckdb.DuckDBPyConnection, choice: Choice, settings: ShopSettings) -> pl.DataFrame:
    """One row per distinct history; scores null where no model holds."""
    is_whole = choice.scope == SHOP
    histories, names = read_scored_histories(con, choice.scope), SCORES if is_whole else SITE_SCORES
    if choice.forecaster is None:
        return histories.with_columns(_null(name) for name in names)
    if is_whole:
        scores = score_histories(choice.forecaster, choice.spend.parameters, histories, settings.customers)
    else:
        scores = score_site_histories(choice.forecaster, histories, settings.customers)
    _refuse_impossible(histories, scores)
    hidden = set() if choice.counts.knows_a_year else {name for name in names if name.endswith(f"_{YEAR}d")}
    return histories.with_columns(
        pl.Series(name, scores[name]).round_sig_figs(6) if name in scores.keys() - hidden else _null(name)
        for name in names
    )


def _null(name: str) -> pl.Expr:
    return pl.lit(None, pl.Float64).alias(name)


def _refuse_impossible(patterns: pl.DataFrame, scores: dict[str, Vector]) -> None:
    """Stop before a score leaves that is not finite, is negative, or is a probability above 1."""
    for name, column in scores.items():
        highest = 1.0 if name in PROBABILITIES else np.inf
        wrong = ~(np.isfinite(column) & (column >= 0) & (column <= highest))
        if wrong.any():
            first = int(wrong.argmax())
            raise MandjeError(
                f"the score {name} is not possible",
                found=f"{column[first]} for {patterns.row(first, named=True)}",
                expected="a finite number, 0 or more; a probability at most 1",
                next_step="please report this history with the night's parameters",
                exit_code=ExitCode.NIGHT_STOPPED,
            )


def _spend_scores(con: duckdb.DuckDBPyConnection, choice: Choice) -> pl.DataFrame:
    """One row per distinct (spend_days, mean_spend_amount): expected spend per order, and its error."""
    spend, fit = read_scored_spend(con, choice.scope), choice.spend.fit
    if fit is None or choice.forecaster is None:
        return spend.with_columns(_null(name) for name in _SPEND_SCORES)
    days = spend["spend_days"].cast(pl.Float64).to_numpy()
    observed = spend["mean_spend_amount"].cast(pl.Float64).fill_null(0).to_numpy()
    expected = mean_spend(fit.parameters, days, observed)
    ends = spend_model_ends(fit.parameters, fit.log_covariance)
    sides = ([log_ratio(mean_spend(end, days, observed), expected) for end in both] for both in ends)
    errors = log_deviations((one, other) for one, other in sides)
    columns = (expected, *errors, spend_scale(fit.parameters, days, observed))
    scores = dict(zip(_SPEND_SCORES, columns, strict=True))
    _refuse_impossible(spend, scores)
    rounded = [pl.Series(name, column).round_sig_figs(6) for name, column in scores.items()]
    return spend.with_columns(rounded).with_columns(pl.col("spend_per_order").round(4))
