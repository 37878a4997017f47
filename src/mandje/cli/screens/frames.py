"""Frames as commands print them: a table for people, csv or json for programs."""

from __future__ import annotations

import io
import json
from enum import StrEnum
from typing import Annotated

import polars as pl
import typer
from rich.table import Table

from mandje.cli.screens.terminal import console, print_data, shown_cell
from mandje.system.csv_cells import write_csv


class Format(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="table, csv or json.")]


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
