"""What a night must be told of: the command `warnings`, and the lines that other commands show of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Annotated

import polars as pl
import typer

from mandje.cli.app import ShopFolder, app
from mandje.cli.look import Format, FormatOption, show
from mandje.cli.screens.terminal import console, typed
from mandje.errors import MandjeError
from mandje.observe.records.nights import nights
from mandje.observe.records.warning_tables import kept_keys, warning_tables
from mandje.observe.records.warnings import NightWarning, night_warnings, warned_night
from mandje.shop.settings import Shop, load_shop, parse_day

# New ones in full on the closing screen (more by name), by name in `status`, all under the gate's verdict.
_IN_FULL, _BY_NAME, _UNDER_VERDICT = 6, 3, 20


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
            console.print(f"{age}  {one.check}: {_line(shop, one)}", markup=False, highlight=False)
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


def screen_lines(shop: Shop, before: date | None) -> Iterator[tuple[str, str]]:
    """For the closing screen: what is new since the night before a day in full, the rest in a line."""
    found = _found(shop, before)
    new = [one for one in found if one.is_new]
    lines = [_line(shop, one) for one in new[:_IN_FULL]]
    if more := [_name(one) for one in new[_IN_FULL:]]:
        lines.append(f"and {len(more)} more new: {', '.join(more)}; {_command(shop)}")
    if len(new) < len(found):
        lines.append(f"{_standing(len(found) - len(new))}: {_command(shop)}")
    yield from (("" if number else "warnings", line) for number, line in enumerate(lines))


def status_line(shop: Shop) -> str:
    """The same in one line of names and counts."""
    found = _found(shop, None)
    new = [one for one in found if one.is_new]
    names = [_name(one) for one in new[:_BY_NAME]]
    more = [f"{len(new) - _BY_NAME} more"] if len(new) > _BY_NAME else []
    parts = [f"{len(new)} new: {', '.join([*names, *more])}"] if new else []
    parts += [_standing(len(found) - len(new))] if len(new) < len(found) else []
    return f"{'; '.join(parts)}; {_command(shop)}" if found else "none"


def verdict_lines(shop: Shop) -> Iterator[str]:
    """For the gate's verdict: every one in full, up to a number that a person reads."""
    found = _found(shop, None)
    if found:
        yield f"Warnings of the night of {warned_night(shop)}:"
    yield from (f"  - {_line(shop, one)}" for one in found[:_UNDER_VERDICT])
    if len(found) > _UNDER_VERDICT:
        yield f"  - and {len(found) - _UNDER_VERDICT} more: {_command(shop)}"


def _found(shop: Shop, before: date | None) -> list[NightWarning]:
    night = warned_night(shop)
    return night_warnings(shop, night, before=before) if night else []


def _name(one: NightWarning) -> str:
    return one.check + ("" if one.count is None else f" ({one.count:,})")


def _standing(count: int) -> str:
    return f"{count} warning{' stands' if count == 1 else 's stand'} since earlier nights"


def _line(shop: Shop, one: NightWarning) -> str:
    return one.line(typed(shop.folder))


def _command(shop: Shop) -> str:
    return f"`mandje warnings {typed(shop.folder)}`"
