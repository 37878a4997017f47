"""Scores per pattern, joined back to persons in SQL.

What a pattern says is rounded to six significant digits first; money is then made from the rounded numbers,
so that expected spend is exactly expected orders times spend per order, on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import duckdb
import numpy as np
import polars as pl

from mandje.errors import ExitCode, MandjeError
from mandje.predict.inputs.histories import read_scored_histories, read_scored_spend, read_sites
from mandje.predict.models.closed_forms import mean_spend
from mandje.predict.models.parameters import Vector
from mandje.predict.models.spend_distribution import spend_scale
from mandje.predict.scores.choice import Choice
from mandje.predict.scores.columns import DESCRIPTIONS, TABLES
from mandje.predict.scores.expectation_error import log_deviations, log_ratio, spend_model_ends
from mandje.predict.scores.last_rung import score_shares
from mandje.predict.scores.score_histories import (
    PROBABILITIES,
    SCORES,
    SITE_SCORES,
    YEAR,
    parts,
    score_histories,
    score_site_histories,
)
from mandje.predict.scores.score_sql import VIEWS, persons
from mandje.predict.season.clock import clock_of
from mandje.predict.season.tonight import SEASON_COLUMNS, season_row
from mandje.shop.settings import ShopSettings
from mandje.system.literals import text_literal

# Each part that is worked on holds tables of its own: memory must not grow with the cores.
_MOST_PARTS = 8
_SPEND_SCORES = ["spend_per_order", "spend_below", "spend_above", "spend_scale"]


def write_scores(
    con: duckdb.DuckDBPyConnection,
    whole: Choice,
    sites: Sequence[Choice],
    settings: ShopSettings,
) -> None:
    """Write the tables of `scores` and the views of `predictions` anew, in one transaction.

    Args:
        con: the working warehouse.
        whole: models of the shop.
        sites: models of each site by itself; none where the shop has but one.
        settings: the shop's.

    Raises:
        MandjeError: a score that is no probability or no finite number; nothing is then written.
    """
    choices = [whole, *sites]
    frames = {
        "histories": _of_scopes(_history_scores(con, choice, settings) for choice in choices),
        "spends": _of_scopes(_spend_scores(con, choice) for choice in choices),
        "site_money": _of_scopes(_site_money(choice) for choice in choices),
        # With one site its customers are the shop's: nothing is fitted twice.
        "models": _of_scopes(
            _models(choice, choice.scope.site if sites else _only_site(con), settings) for choice in choices
        ),
        "seasons": _of_scopes(_seasons(choice) for choice in choices),
    }
    con.execute("begin transaction")
    try:
        _write(con, frames, choices)
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise


def _of_scopes(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """All rows, with the number of their scope; 0 is the shop."""
    numbered = [frame.with_columns(scope=pl.lit(number)) for number, frame in enumerate(frames)]
    return pl.concat(numbered, how="diagonal")


def _write(
    con: duckdb.DuckDBPyConnection, frames: dict[str, pl.DataFrame], choices: Sequence[Choice]
) -> None:
    for schema in ("predictions", "scores"):
        con.execute(f"create schema if not exists {schema}")
    keys = {"histories": "history", "spends": "spend"}
    for name, frame in frames.items():
        con.register("rows", frame.with_row_index(keys[name]) if name in keys else frame)
        con.execute(f"create or replace table scores.{name} as select * from rows")
        con.unregister("rows")
    con.execute(persons(choice.scope for choice in choices))
    for view in VIEWS:
        con.execute(view)
    for table, columns in TABLES.items():
        con.execute(f"comment on view {table} is {text_literal(DESCRIPTIONS[table])}")
        for name, (_, comment) in columns.items():
            con.execute(f"comment on column {table}.{name} is {text_literal(comment)}")


def _site_money(choice: Choice) -> pl.DataFrame:
    rows = [
        (site, money.contribution_ratio, money.credibility_amount, money.order_cost_amount)
        for site, money in sorted(choice.money.items())
    ]
    names = ("site_contribution_ratio", "credibility_amount", "site_order_cost_amount")
    return pl.DataFrame(rows, {"home_site": pl.String} | dict.fromkeys(names, pl.Float64), orient="row")


def _seasons(choice: Choice) -> pl.DataFrame:
    """One row per horizon: what corrects it, and what that rests on."""
    rows = [{"site": choice.scope.site or "(all)", **season_row(each)} for each in choice.seasons.values()]
    return pl.DataFrame(rows, {"site": pl.String(), "horizon_days": pl.Int64()} | SEASON_COLUMNS)


def _only_site(con: duckdb.DuckDBPyConnection) -> str | None:
    return next(iter(read_sites(con)), None)


def _models(choice: Choice, site: str | None, settings: ShopSettings) -> pl.DataFrame:
    """One row: what forecasts in this scope, and on which site, if it is one."""
    orders = choice.forecaster
    model = orders.model if orders else None
    told: dict[str, tuple[object, pl.DataType]] = {
        "site": (site, pl.String()),
        "as_of_date": (choice.as_of_date, pl.Date()),
        "churn_horizon_days": (settings.customers.churn_horizon_days, pl.Int64()),
        "order_form": (choice.order_form, pl.String()),
        "purchase_model": (model.purchase.form if model else None, pl.String()),
        "purchase_rung": (choice.rung, pl.String()),
        "spend_model": (choice.spend_model, pl.String()),
        "missing_reason": (
            choice.reason or (None if choice.counts.knows_a_year else "too_short_for_a_year"),
            pl.String(),
        ),
    }
    return pl.DataFrame([pl.Series(name, [value], kind) for name, (value, kind) in told.items()])


def _history_scores(con: duckdb.DuckDBPyConnection, choice: Choice, settings: ShopSettings) -> pl.DataFrame:
    """One row per distinct history; scores null where no model holds."""
    histories, orders = read_scored_histories(con, choice.scope), choice.forecaster
    names = SCORES if choice.scope.site is None else SITE_SCORES
    if choice.last_rung:
        return _scored(partial(score_shares, choice.last_rung.shares, settings.customers), names, histories)
    if orders is None:
        return histories.with_columns(_null(name) for name in names)
    spend, clock = choice.spend.parameters, clock_of(choice.seasons)

    def score(part: pl.DataFrame) -> dict[str, Vector]:
        if choice.scope.site is None:
            return score_histories(orders, spend, part, settings.customers, clock)
        return score_site_histories(orders, part, settings.customers, clock)

    hidden = [] if choice.counts.knows_a_year else [name for name in names if name.endswith(f"_{YEAR}d")]
    (threads,) = con.execute("select current_setting('threads')").fetchall()[0]
    with ThreadPoolExecutor(min(threads, _MOST_PARTS)) as pool:
        tables = pool.map(partial(_scored, score, names), (histories[rows] for rows in parts(histories)))
        return pl.concat(tables).with_columns(_null(name) for name in hidden)


def _scored(
    score: Callable[[pl.DataFrame], dict[str, Vector]], names: Sequence[str], part: pl.DataFrame
) -> pl.DataFrame:
    scores = score(part)
    _refuse_impossible(part, scores)
    return part.with_columns(
        pl.Series(name, scores[name]).round_sig_figs(6) if name in scores else _null(name) for name in names
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
    if fit is None and choice.last_rung:
        mean = pl.lit(choice.last_rung.mean_order).alias("spend_per_order")
        return spend.with_columns(mean, *(_null(name) for name in _SPEND_SCORES[1:]))
    if fit is None or choice.order_form is None:
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
