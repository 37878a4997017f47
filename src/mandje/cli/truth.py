"""The command `truth`: a simulated shop's snapshot beside what is true."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence

import typer

from mandje.cli.app import ShopFolder, app
from mandje.cli.screens.frames import Format, FormatOption, show
from mandje.cli.screens.terminal import console
from mandje.cli.screens.truth_lines import estimate_lines, verdict_lines
from mandje.errors import ExitCode
from mandje.night.reconciliation import reconciliation
from mandje.shop.settings import load_shop
from mandje.truth.classes import fewer_than_set
from mandje.truth.compare import Comparison, compare
from mandje.truth.estimates import Estimate, estimates
from mandje.truth.tables.files import load_truth


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
