"""The command `query`: a question in SQL to the published snapshot."""

from __future__ import annotations

from typing import Annotated

import typer

from mandje.cli.app import ShopFolder, app
from mandje.cli.screens.frames import Format, FormatOption, show_first
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
