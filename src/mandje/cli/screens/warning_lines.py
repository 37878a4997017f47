"""What a night must be told of, in lines: for the closing screen, `status` and the gate's verdict."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from mandje.cli.screens.terminal import typed
from mandje.observe.records.warnings import NightWarning, night_warnings, warned_night
from mandje.shop.settings import Shop

# New ones in full on the closing screen (more by name), by name in `status`, all under the gate's verdict.
_IN_FULL, _BY_NAME, _UNDER_VERDICT = 6, 3, 20


def screen_lines(shop: Shop, before: date | None) -> Iterator[tuple[str, str]]:
    """For the closing screen: what is new since the night before a day in full, the rest in a line."""
    found = _found(shop, before)
    new = [one for one in found if one.is_new]
    lines = [warning_line(shop, one) for one in new[:_IN_FULL]]
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
    yield from (f"  - {warning_line(shop, one)}" for one in found[:_UNDER_VERDICT])
    if len(found) > _UNDER_VERDICT:
        yield f"  - and {len(found) - _UNDER_VERDICT} more: {_command(shop)}"


def _found(shop: Shop, before: date | None) -> list[NightWarning]:
    """What a person must look at: notes stand in the list of all alone."""
    night = warned_night(shop)
    found = night_warnings(shop, night, before=before) if night else []
    return [one for one in found if one.severity != "note"]


def _name(one: NightWarning) -> str:
    return one.check + ("" if one.count is None else f" ({one.count:,})")


def _standing(count: int) -> str:
    return f"{count} warning{' stands' if count == 1 else 's stand'} since earlier nights"


def warning_line(shop: Shop, one: NightWarning) -> str:
    """One warning in full, with the command that shows its rows."""
    return one.line(typed(shop.folder))


def _command(shop: Shop) -> str:
    return f"`mandje warnings {typed(shop.folder)}`"
