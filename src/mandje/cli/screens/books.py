"""The accounts for a person: totals first, then a section each, as tables that fit a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import polars as pl
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table

from mandje.cli.screens.terminal import console, wrapped
from mandje.night.audit import Reconciliation

_ANY_WIDTH = 1000

# Names that leave room for amounts.
_HEADINGS = {
    "row_count": "rows",
    "money_amount": "money",
    "currency_code": "",
    "missing_row_count": "rows lost",
    "missing_money_amount": "money lost",
    "table_name": "table",
    "order_count": "orders",
    "total_amount": "totals",
    "lines_amount": "lines",
    "other_parts_amount": "other parts",
    "difference_amount": "difference",
    "untied_count": "untied",
}


def show_books(books: Reconciliation) -> None:
    """Totals of all deliveries, then every section."""
    for line in total_lines(books):
        for part in wrapped(line):
            console.print(part, markup=False, highlight=False)
    for title, frame in books.frames():
        console.print(f"\n{title}", markup=False, highlight=False)
        show_section(frame)


def total_lines(books: Reconciliation) -> Iterator[str]:
    """What came, where it went, and whether anything is missing: the answer before its parts."""
    accounts = books.accounts
    kind = pl.col("destination").str.extract(r"^(skipped|rejected)").fill_null("loaded")
    sums = dict(accounts.destinations.group_by(kind).agg(pl.col("row_count").sum()).iter_rows())
    rows = accounts.delivered["row_count"].sum()
    parts = ", ".join(f"{sums.get(name, 0):,} {name}" for name in ("loaded", "skipped", "rejected"))
    yield f"delivered: {rows:,} rows in {accounts.deliveries:,} deliveries: {parts}"
    if accounts.refusals:
        yield f"refused whole, in no sum below: {len(accounts.refusals):,} deliveries (`mandje rejects`)"
    faults = list(books.faults())
    yield f"difference: {len(faults):,} place(s)" if faults else "difference: 0 rows, 0 money"
    yield from (f"  {fault}" for fault in faults)


@dataclass(frozen=True)
class _Whole:
    """A table with longer lines than the terminal's rather than a figure without its last digits."""

    table: Table

    def __rich_console__(self, on: Console, options: ConsoleOptions) -> RenderResult:
        least = on.measure(self.table, options=options.update(width=_ANY_WIDTH)).minimum
        yield from on.render(self.table, options.update(width=max(options.max_width, least)))


def show_section(frame: pl.DataFrame) -> None:
    """A table with a heading per source, and without columns that only say the heading again."""
    by_source = frame.columns[:1] == ["source"]
    columns = [name for name in frame.columns if not (by_source and _says_source(frame, name))]
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold")
    for name in columns:
        is_number, heading = frame.schema[name].is_numeric(), _HEADINGS.get(name, name)
        side: Literal["left", "right"] = "right" if is_number else "left"
        table.add_column(heading, justify=side, overflow="fold", no_wrap=is_number)
    for row in _rows(frame, columns, by_source=by_source):
        table.add_row(*row)
    console.print(_Whole(table), markup=False, soft_wrap=False, crop=False)


def _says_source(frame: pl.DataFrame, name: str) -> bool:
    return name == "source" or (
        name in {"table_name", "feed"} and bool((frame[name] == frame["source"]).all())
    )


def _rows(frame: pl.DataFrame, columns: list[str], *, by_source: bool) -> Iterator[list[str]]:
    heading = None
    for row in frame.iter_rows(named=True):
        cells = [_cell(row[name]) for name in columns]
        if by_source and row["source"] != heading:
            heading = row["source"]
            yield [str(heading), *[""] * (len(columns) - 1)]
        yield [f"  {cells[0]}", *cells[1:]] if by_source else cells


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int | Decimal) else str(value)
