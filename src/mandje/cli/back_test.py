"""The command `backtest`: how good the forecasts would have been at a day of the past."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from mandje.cli.app import app
from mandje.cli.screens.frames import Format, FormatOption, show
from mandje.cli.screens.terminal import console
from mandje.errors import MandjeError
from mandje.predict.back_test.scoreboard import Scoreboard, read_orders, score_cut
from mandje.predict.season.words import season_lines
from mandje.shop.settings import load_shop, parse_day
from mandje.warehouse.connection import open_warehouse

_USUAL_HORIZON = 90
_FINE = {"AUC", "Brier", "loss", "ECE"}
# How far the intervals hold, in a table of their own: one of all would be too wide.
_INTERVALS = ["PIT", "covered", "told"]


@app.command()
def backtest(  # noqa: PLR0913  options, not arguments
    folder: Annotated[Path | None, typer.Argument(metavar="SHOP", help="The shop's folder.")] = None,
    *,
    cut: Annotated[str | None, typer.Option(help="Last day known, YYYY-MM-DD; default: the latest.")] = None,
    horizon: Annotated[
        int | None, typer.Option(min=1, help="Days after it; default: the churn horizon of the shop, or 90.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="In place of a shop: CSV with columns customer_id, order_date, amount."),
    ] = None,
    elapsed_age: Annotated[
        bool, typer.Option("--elapsed-age", help="Count ages to the cut day, as published tables do.")
    ] = False,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Score every form of the model and every plain baseline on what came after a day of the past."""
    day = parse_day(cut) if cut else None
    if (folder is None) == (file is None):
        raise MandjeError("one thing is tested at a time", expected="a shop's folder, or --file")
    if file is not None:
        result = score_cut(read_orders(file), day, horizon or _USUAL_HORIZON, is_age_elapsed=elapsed_age)
    elif folder is not None:
        shop = load_shop(folder)
        days = horizon or shop.settings.customers.churn_horizon_days
        with open_warehouse(shop, read_only=True) as connection:
            result = score_cut(connection, day, days, is_age_elapsed=elapsed_age)
    _show(result, format_)


def _show(result: Scoreboard, format_: Format) -> None:
    if format_ is not Format.TABLE:
        show(result.scores, format_)
        return
    _table(result, [one for one in result.scores.columns[1:] if one not in _INTERVALS])
    console.print(
        f"\nForecast after {result.cut}, {result.horizon_days} days: {result.customers_with_order:,} of "
        f"{result.customers:,} customers ordered, on {result.order_days:,} days.\n"
        "total, spend: expected over come. AUC, top (orders of the tenth ranked first): more is better.\n"
        "Brier, loss (logarithmic), ECE (calibration), MAE: less is better.\n"
    )
    _table(result, _INTERVALS)
    console.print(
        "\nPIT: customers with orders in the middle 80 % of their forecast; 0.8 is right, less is too sure.\n"
        "covered: with orders from the published low to high; as orders are whole, it is more than 0.8.\n"
        "told: what covered is by the forecast itself; where covered is below it, intervals are too narrow.\n"
    )
    form, why = result.champion
    scored = set(_scored(result)["contender"])
    instead = "" if form in scored else "; it could not be fitted here, so it has no row above"
    console.print(f"By what was known then, {form} would forecast{instead}: {why}.", markup=False)
    for line in season_lines(result.seasons):
        console.print(line, markup=False)
    for fault in result.faults:
        console.print(f"not scored: {fault}", markup=False)
    for line in result.warnings:
        console.print(f"mind: {line}", markup=False)


def _table(result: Scoreboard, columns: list[str]) -> None:
    """These columns of the contenders that have any of them."""
    shown = result.scores.filter(pl.any_horizontal(pl.col(columns).is_not_null()))
    rounded = (pl.col(one).round(4 if one in _FINE else 3) for one in columns)
    show(shown.select("contender", *rounded), Format.TABLE)


def _scored(result: Scoreboard) -> pl.DataFrame:
    """Without those that could not be fitted: they have no scores."""
    return result.scores.filter(pl.any_horizontal(pl.all().exclude("contender").is_not_null()))
