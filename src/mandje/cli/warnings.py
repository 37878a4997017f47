"""The command `warnings`: which checks failed on a night, and on which rows."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated

import polars as pl
import typer

from mandje.cli.app import ShopFolder, app
from mandje.cli.screens.frames import Format, FormatOption, show
from mandje.cli.screens.terminal import console
from mandje.cli.screens.warning_lines import warning_line
from mandje.errors import MandjeError
from mandje.observe.records.nights import nights
from mandje.observe.records.warning_tables import kept_keys, warning_tables
from mandje.observe.records.warnings import NightWarning, night_warnings, warned_night
from mandje.shop.settings import Shop, load_shop, parse_day


@app.command()
def warnings(
    folder: ShopFolder,
    check: Annotated[
        str | None,
        typer.Argument(metavar="[CHECK]", help="List the keys of all rows that failed this check."),
    ] = None,
    date_: Annotated[
        str | None, typer.Option("--date", help="The night's date, YYYY-MM-DD; default: the last one built.")
    ] = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """List the checks that failed on a night, also where its gate is closed; with CHECK, the rows of one."""
    shop = load_shop(folder)
    night = _night(shop, date_)
    found = night_warnings(shop, night)
    if check is not None:
        _show_keys(shop, night, found, check, format_)
    elif format_ is Format.TABLE:
        console.print(f"{len(found)} warning(s) of the night of {night}")
        for one in found:
            age = "new" if one.is_new else "old"
            console.print(f"{age}  {one.check}: {warning_line(shop, one)}", markup=False, highlight=False)
    else:
        show(warning_tables(shop, night)["warnings"], format_)


def _night(shop: Shop, day: str | None) -> date:
    newest = warned_night(shop)
    if newest is None:
        raise MandjeError("no night was built yet", next_step="run one: `mandje night SHOP`")
    night = parse_day(day) if day else newest
    if night not in nights(shop):
        raise MandjeError("no such night", found=str(night), expected=f"such as {newest}, the last one built")
    return night


def _show_keys(shop: Shop, night: date, found: list[NightWarning], check: str, format_: Format) -> None:
    told = next((one for one in found if one.check == check), None)
    if told is None:
        names = ", ".join(one.check for one in found)
        raise MandjeError(
            "this check did not fail on that night",
            found=f"{check} on {night}",
            expected=f"one of {names}" if names else "no failed check: all passed",
        )
    kept = kept_keys(shop, night).filter(pl.col("check_name") == check).sort("row_number")
    if kept.height:
        show(pl.DataFrame([json.loads(key) for key in kept["keys"]], infer_schema_length=None), format_)
    if format_ is Format.TABLE:
        note = f"; {told.note}" if told.note else ""
        console.print(f"{told.sentence} {kept.height:,} row(s) listed{note}", markup=False, highlight=False)
