"""Commands that look: status, reconcile, rejects, query. They never open the working database."""

from __future__ import annotations

import io
import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import polars as pl
import typer
from rich.table import Table

from mandje.cli.app import ShopFolder, app
from mandje.cli.screens.books import show_books
from mandje.cli.screens.terminal import console, print_data, shown_cell, typed
from mandje.cli.screens.totals import priced_lines, totals_lines
from mandje.errors import ExitCode
from mandje.night.audit import Reconciliation
from mandje.shop.settings import Shop, load_shop
from mandje.system.csv_cells import write_csv

if TYPE_CHECKING:
    pass


class Format(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="table, csv or json.")]


@app.command()
def reconcile(folder: ShopFolder, format_: FormatOption = Format.TABLE) -> None:
    """Show where every delivered row and cent went, and the difference to what was delivered (must be 0)."""
    from mandje.night.audit import reconciliation

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
    limit: Annotated[int, typer.Option(min=1, help="Rows to show as a table.")] = 50,
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


@app.command()
def query(
    folder: ShopFolder,
    sql: Annotated[
        str, typer.Argument(metavar="SQL", help='One SELECT, e.g. "from marts.daily_kpis limit 5".')
    ],
    format_: FormatOption = Format.TABLE,
    limit: Annotated[int, typer.Option(min=0, help="Rows to show as a table; 0: all.")] = 100,
) -> None:
    """Ask the published snapshot a question in SQL."""
    from mandje.publish.query import query_snapshot

    show_first(query_snapshot(load_shop(folder), sql), format_, limit)


def show_first(frame: pl.DataFrame, format_: Format, limit: int) -> None:
    """Print a frame; as a table so many rows of it, and how to see all. Programs get all."""
    if format_ is not Format.TABLE or limit == 0 or frame.height <= limit:
        show(frame, format_)
        return
    show(frame.head(limit), format_)
    console.print(f"{limit:,} of {frame.height:,} rows shown; all: `--limit 0`, or `--format csv`")


def show(frame: pl.DataFrame, format_: Format) -> None:
    """Print a frame as a table for people, or as csv or json for programs."""
    if format_ is Format.CSV:
        lines = io.BytesIO()
        write_csv(frame, lines)
        print_data(lines.getvalue().decode())
        return
    if format_ is Format.JSON:
        typer.echo(json.dumps(frame.to_dicts(), default=str, indent=1))
        return
    if not _fits(frame):
        _show_records(frame)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, kind in frame.schema.items():
        table.add_column(shown_cell(name), justify="right" if kind.is_numeric() else "left", overflow="fold")
    for row in frame.iter_rows():
        table.add_row(*(shown_cell(value) for value in row))
    console.print(table, markup=False)


def _fits(frame: pl.DataFrame) -> bool:
    cells = ((name, *map(shown_cell, frame[name])) for name in frame.columns)
    widths = [max(map(len, column)) + 1 for column in cells]
    return sum(widths) <= console.width


def _show_records(frame: pl.DataFrame) -> None:
    """One block per row, for what is too wide for a table."""
    width = max(map(len, frame.columns), default=0)
    for row in frame.iter_rows(named=True):
        for name, value in row.items():
            console.print(f"{shown_cell(name):{width}}  {shown_cell(value)}", markup=False, highlight=False)
        console.print()
