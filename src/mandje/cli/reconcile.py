"""The command `reconcile`: where every delivered row and cent went."""

from __future__ import annotations

import json

import polars as pl
import typer

from mandje.cli.app import ShopFolder, app
from mandje.cli.screens.accounts import show_books
from mandje.cli.screens.frames import Format, FormatOption, show
from mandje.cli.screens.terminal import console, typed
from mandje.cli.screens.totals import priced_lines, totals_lines
from mandje.errors import ExitCode
from mandje.night.reconciliation import Reconciliation
from mandje.shop.settings import load_shop


@app.command()
def reconcile(folder: ShopFolder, format_: FormatOption = Format.TABLE) -> None:
    """Show where every delivered row and cent went, and the difference to what was delivered (must be 0)."""
    from mandje.night.reconciliation import reconciliation

    shop = load_shop(folder)
    result = reconciliation(shop)
    if format_ is Format.JSON:
        typer.echo(json.dumps(result.to_json(), indent=1))
    elif format_ is Format.CSV:
        parts = [frame.select(pl.lit(title).alias("part"), pl.all()) for title, frame in result.frames()]
        show(pl.concat(parts, how="diagonal_relaxed"), format_)
    else:
        show_books(result)
        console.print(f"\n{_verdict(result)}")
        for line in (*totals_lines(result, typed(folder)), *priced_lines(result, shop)):
            console.print(line, markup=False, highlight=False)
    if not result.is_equal:
        raise typer.Exit(ExitCode.NOT_EQUAL)


def _verdict(books: Reconciliation) -> str:
    rows, count = books.accounts.delivered["row_count"].sum(), len(list(books.faults()))
    if count:
        return f"{count:,} difference(s) in {rows:,} delivered rows"
    return f"every one of {rows:,} delivered rows has one destination, and money ties: difference 0"
