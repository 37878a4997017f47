"""Commands that look: status, reconcile, rejects, query. They never open the working database."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import polars as pl
import typer
from rich.table import Table

from mandje.cli.app import ShopFolder, app
from mandje.cli.forecasts import forecast_lines
from mandje.cli.terminal import console, near, print_data, shown_cell
from mandje.cli.totals import totals_lines
from mandje.csv_cells import write_csv
from mandje.errors import ExitCode, MandjeError
from mandje.evidence import Reconciliation
from mandje.observe.clock import check_clock
from mandje.observe.nights import last_record, newest_night, stopped_night, unfinished_night, unmaking
from mandje.pipeline import due_nights
from mandje.settings import Shop, load_shop

if TYPE_CHECKING:
    from mandje.ingest.discover import Days, Discovery


_KINDS = ("new", "changed", "gone", "refused", "missing", "empty")


class Format(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="table, csv or json.")]


@app.command()
def status(folder: ShopFolder) -> None:
    """Say what is loaded, due, changed, gone, refused or missing, and which snapshot readers see."""
    from mandje.cli.warned import status_line
    from mandje.ingest.deliveries import delivery_dates
    from mandje.ingest.discover import discover
    from mandje.publish.shelf import current_snapshot, read_pin

    shop = load_shop(folder)
    snapshot, pin, dates = current_snapshot(shop), read_pin(shop), delivery_dates(shop)
    console.print(f"newest night     {newest_night(shop) or 'none yet'}")
    console.print(f"unfinished night {unfinished_night(shop) or 'none'}")
    for line in _trouble(shop):
        console.print(line, style="yellow", markup=False, highlight=False)
    console.print(f"nights due       {', '.join(map(str, due_nights(shop))) or 'none'}")
    console.print(
        f"readers see      {snapshot.name if snapshot else 'nothing yet'}{' (pinned)' if pin else ''}"
    )
    console.print(f"events rebuilt   {_rebuilt(shop)}")
    for title, text in forecast_lines(shop):
        console.print(f"{title:16} {text}", markup=False, highlight=False)
    console.print(f"warnings         {status_line(shop)}", markup=False, highlight=False)
    if dates:
        discovery = discover(shop, _told_until(shop, dates[-1]))
        for line in _source_lines(discovery):
            console.print(line, markup=False, highlight=False)
        for entry in discovery.unexpected:
            console.print(f"not read: {entry}", markup=False, highlight=False)
    for line in _refused_lines(shop):
        console.print(line, style="yellow", markup=False, highlight=False)


def _trouble(shop: Shop) -> Iterator[str]:
    """Why the last night stopped, a clock that is wrong, a night that is being unmade."""
    if (stopped := stopped_night(shop)) is not None:
        yield f"stopped          {stopped['run_date']} in {stopped['stage']}: {stopped['line']}"
    try:
        check_clock(shop)
    except MandjeError as fault:
        yield f"clock            {fault}"
    if plan := unmaking(shop):
        yield f"being unmade     {plan['night']}: `mandje unmake {shop.folder.name} {plan['night']}` ends it"


def _told_until(shop: Shop, newest_delivery: date) -> date:
    """The day up to which deliveries are due: yesterday where nights run by themselves."""
    yesterday = datetime.now(ZoneInfo(shop.settings.time_zone)).date() - timedelta(days=1)
    return max(newest_delivery, yesterday) if shop.settings.schedule.is_on else newest_delivery


def _rebuilt(shop: Shop) -> str:
    """How far the last build went back into sessions, and why, where it was all of them."""
    record = last_record(shop, "build")
    days = record["result"].get("event_days") if record else None
    if days is None:
        return "never"
    return f"all days: {days['why_all']}" if days["why_all"] else f"{days['rebuilt']} day(s)"


def _source_lines(discovery: Discovery) -> Iterator[str]:
    """A line per source: how often it comes, how much came until when, and what is not as it should be."""
    for source in discovery.sources:
        counted = ((kind, getattr(source, kind)) for kind in _KINDS)
        notes = [f"{days.count} {kind} (last {_last(days)})" for kind, days in counted if days.count]
        came = (
            f"{source.delivered.count:,} to {_last(source.delivered)}" if source.delivered.count else "none"
        )
        rhythm = "" if source.expected == "any" else f" {source.expected}"
        yield f"{source.source:24}{', '.join([came + rhythm, *notes])}"


def _last(days: Days) -> str:
    return (days.last or days.first)[-1]


def _refused_lines(shop: Shop) -> Iterator[str]:
    from mandje.ingest.quarantine import mended_deliveries, refused_deliveries
    from mandje.ingest.refusals import NAMED, newest_first

    refused = newest_first(refused_deliveries(shop))
    for one in refused[:NAMED]:
        yield f"refused: {one.file or f'{one.source} {one.delivery_date}'}: {one.message}"
    if len(refused) > NAMED:
        yield f"and {len(refused) - NAMED} more refused deliveries: `mandje rejects SHOP` lists all"
    if mended := mended_deliveries(shop):
        yield f"refused once and mended since: {mended}"


@app.command()
def reconcile(folder: ShopFolder, format_: FormatOption = Format.TABLE) -> None:
    """Show where every delivered row and cent went, and the difference to what was delivered (must be 0)."""
    from mandje.evidence import reconciliation

    result = reconciliation(load_shop(folder))
    if format_ is Format.JSON:
        typer.echo(json.dumps(result.to_json(), indent=1))
    elif format_ is Format.CSV:
        parts = [frame.select(pl.lit(title).alias("part"), pl.all()) for title, frame in result.frames()]
        show(pl.concat(parts, how="diagonal_relaxed"), format_)
    else:
        for title, frame in result.frames():
            console.print(f"\n{title}")
            show(frame, format_)
        console.print(f"\n{_verdict(result)}")
        for line in totals_lines(result, near(folder)):
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
    from mandje.ingest.quarantine import refused_deliveries
    from mandje.ingest.refusals import newest_first
    from mandje.ingest.rejects import rejected_rows

    shop = load_shop(folder)
    if export is not None:
        _export(shop, export, unseal)
        return
    rows = rejected_rows(shop)
    show(rows.head(limit) if format_ is Format.TABLE else rows, format_)
    if format_ is Format.TABLE:
        console.print(f"{rows.height} refused row(s)" + (f", {limit} shown" if rows.height > limit else ""))
        for refusal in newest_first(refused_deliveries(shop)):
            console.print(f"refused: {refusal.as_error()}", style="yellow", markup=False)


def _export(shop: Shop, target: Path, sealed: Path | None) -> None:
    from mandje.ingest.quarantine import unseal_delivery
    from mandje.ingest.rejects import export_rejects

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
) -> None:
    """Ask the published snapshot a question in SQL."""
    from mandje.publish.query import query_snapshot

    show(query_snapshot(load_shop(folder), sql), format_)


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
