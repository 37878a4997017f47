"""The commands `reconcile` and `rejects`: where every delivered row and cent went, and which were refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from mandje.cli.app import ShopFolder, app
from mandje.cli.screens.accounts import show_books
from mandje.cli.screens.frames import Format, FormatOption, show, show_first
from mandje.cli.screens.terminal import console, typed
from mandje.cli.screens.totals import priced_lines, totals_lines
from mandje.errors import ExitCode
from mandje.night.reconciliation import Reconciliation
from mandje.shop.settings import Shop, load_shop


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


@app.command()
def rejects(
    folder: ShopFolder,
    format_: FormatOption = Format.TABLE,
    limit: Annotated[int, typer.Option(min=0, help="Rows to show as a table; 0: all.")] = 50,
    export: Annotated[
        Path | None,
        typer.Option(help="Write the original lines to this new file (mode 600: may hold personal data)."),
    ] = None,
    unseal: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="With --export: a refused delivery's folder in the quarantine."),
    ] = None,
) -> None:
    """List refused rows and deliveries: file, line, column, value, rule and reason."""
    from mandje.ingest.accounts.rejects import rejected_rows
    from mandje.ingest.rules.refusals import newest_first
    from mandje.ingest.store.quarantine import refused_deliveries

    if unseal is not None and export is None:
        raise typer.BadParameter("--unseal goes with --export FOLDER, a new folder for the files")
    shop = load_shop(folder)
    if export is not None:
        _export(shop, export, unseal)
        return
    rows = rejected_rows(shop)
    show_first(rows, format_, limit)
    if format_ is Format.TABLE:
        console.print(f"{rows.height:,} refused row(s)")
        for refusal in newest_first(refused_deliveries(shop)):
            console.print(f"refused: {refusal.as_error()}", style="yellow", markup=False)


def _export(shop: Shop, target: Path, sealed: Path | None) -> None:
    from mandje.ingest.accounts.rejects import export_rejects
    from mandje.ingest.store.quarantine import unseal_delivery

    if sealed is not None:
        console.print(f"{len(unseal_delivery(shop, sealed, target))} file(s) written to {target}")
    else:
        exported = export_rejects(shop, target)
        console.print(f"{exported.rows} line(s) written to {target}")
        for note in exported.notes:
            console.print(f"without original lines: {note}", style="yellow")
