"""What readers are shown: `query` asks the published snapshot in SQL, `report` makes its page."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from mandje.cli.app import ShopFolder, app
from mandje.cli.screens.frames import Format, FormatOption, show_first
from mandje.cli.screens.terminal import console
from mandje.shop.settings import load_shop


@app.command()
def query(
    folder: ShopFolder,
    sql: Annotated[str, typer.Argument(metavar="SQL", help='One SELECT, e.g. "from daily_kpis limit 5".')],
    format_: FormatOption = Format.TABLE,
    limit: Annotated[int, typer.Option(min=0, help="Rows to show as a table; 0: all.")] = 100,
) -> None:
    """Ask the published snapshot a question in SQL."""
    from mandje.publish.query import query_snapshot

    show_first(query_snapshot(load_shop(folder), sql), format_, limit)


@app.command()
def report(
    folder: ShopFolder,
    is_opened: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Make the morning report of the snapshot that readers see, and say where it is."""
    from mandje.night.morning_page import make_page

    page = make_page(load_shop(folder))
    console.print(str(page), soft_wrap=True, markup=False, highlight=False)
    if is_opened:
        webbrowser.open(page.resolve().as_uri())
