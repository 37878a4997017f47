"""The command `truth`, and what the closing screen says of it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence

import typer

from mandje.cli.app import ShopFolder, app
from mandje.cli.look import Format, FormatOption, show
from mandje.cli.screens.terminal import console
from mandje.errors import ExitCode, MandjeError
from mandje.night.audit import Reconciliation, reconciliation
from mandje.shop.settings import Shop, load_shop
from mandje.truth.classes import fewer_than_set
from mandje.truth.compare import Comparison, compare
from mandje.truth.estimates import Estimate, estimates
from mandje.truth.nights import stands_at
from mandje.truth.tables.files import has_truth, load_truth, was_simulated

SHOWN = 10
_UNPUBLISHED = {"held": "is held at the gate", "waits": "waits for deliveries"}


@app.command()
def truth(folder: ShopFolder, format_: FormatOption = Format.TABLE) -> None:
    """Compare a simulated shop's snapshot with its truth: every count equal, estimates beside it."""
    shop = load_shop(folder)
    known = load_truth(shop)
    result = compare(shop, known, reconciliation(shop))
    figures = estimates(shop, known) if result.has_figures else []
    if format_ is Format.JSON:
        told = result.to_json() | {"estimates": [dataclasses.asdict(one) for one in figures]}
        typer.echo(json.dumps(told, indent=1))
    elif format_ is Format.CSV:
        show(result.differences, format_)
    else:
        _show(result, figures, shop.settings.reporting_currency)
    if not result.is_equal:
        raise typer.Exit(ExitCode.NOT_EQUAL)


def _show(result: Comparison, figures: Sequence[Estimate], currency: str) -> None:
    console.print(
        "\nDefects by class: instances set and planted; of their rows, or deliveries, what was found"
    )
    show(result.classes, Format.TABLE)
    if (few := fewer_than_set(result.classes)) is not None:
        console.print(few, markup=False)
    console.print("\nCounted, compared figure by figure")
    show(result.summary(), Format.TABLE)
    if result.has_figures:
        console.print("\nExpected of the customers that have predictions")
        for line in estimate_lines(figures, currency):
            console.print(line, markup=False)
    console.print()
    for line in verdict_lines(result):
        console.print(line, markup=False)


def truth_lines(shop: Shop, books: Reconciliation) -> Iterator[str]:
    """Estimates and counts beside the truth of a simulated shop, or one line on why there is nothing."""
    if not (has_truth(shop) or was_simulated(shop)):
        return
    try:
        yield from _compared_lines(shop, books)
    except MandjeError as fault:
        yield f"not compared: {fault}"


def _compared_lines(shop: Shop, books: Reconciliation) -> Iterator[str]:
    known = load_truth(shop)
    if (day := stands_at(shop)) != known.as_of_date:
        yield f"not compared: the truth is of {known.as_of_date}, published is {day or 'no whole build'}"
        return
    yield from estimate_lines(estimates(shop, known), shop.settings.reporting_currency)
    yield from verdict_lines(compare(shop, known, books))


def estimate_lines(figures: Sequence[Estimate], currency: str) -> Iterator[str]:
    """One line per figure: the estimate, what the true rates say, what came."""
    for one in figures:
        unit = f" {currency}" if one.is_money else ""
        parts = [f"{_number(one.estimated, one)}{unit} estimated"]
        if one.by_rates is not None:
            parts.append(f"{_number(one.by_rates, one)} by the true rates")
        if one.came_true is not None:
            parts.append(
                f"{_number(one.came_true, one)} {'came' if one.by_rates is not None else 'in truth'}"
            )
        off = "" if one.difference is None else f" ({100 * one.difference:+.1f} %)"
        yield f"{one.figure}: {', '.join(parts)}{off}"
    if not figures:
        yield "nobody has predictions yet"


def verdict_lines(result: Comparison) -> Iterator[str]:
    """Whether everything counted equals the truth, and the first differences."""
    if result.is_equal and not result.has_figures:
        yield f"the night of {result.night} {_UNPUBLISHED[result.outcome]}, as it must: no figure is compared"
    elif result.is_equal:
        yield f"everything counted equals the truth: {result.figures:,} figures compared"
        sessions, carts = result.rows_of("sessions"), result.rows_of("carts")
        yield f"among them channels and steps of {sessions:,} sessions, fate and worth of {carts:,} carts"
    else:
        faults = list(result.faults())
        yield f"NOT EQUAL to the truth: {len(faults):,} differences in {result.figures:,} figures compared"
        yield from faults[:SHOWN]


def _number(value: float, one: Estimate) -> str:
    return f"{value:,.2f}" if one.is_money else f"{value:,.0f}"
