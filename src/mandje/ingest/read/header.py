"""Which columns of a file fill which columns of a contract."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from pathlib import Path

from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import Table
from mandje.ingest.read.text_rows import refusal

EMAIL = "email"
# Shown in an error only if it looks like a name: a first line of data may hold anything, an address too.
NAME_PATTERN = re.compile(r"[A-Za-z_][A-Za-z0-9_ ./()#-]{0,63}")
OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def match_header(found: Sequence[str], table: Table, path: Path) -> dict[str, int]:
    """Contract column → position in `found`; ignored columns are left out.

    Columns may stand in any order. Only nullable columns of a canonical feed may be missing.

    Raises:
        Refused: `header`, naming what is missing, unknown or doubled.
    """
    _refuse_other_separator(found, table, path)
    matched = match_names(found, table, path, line=1)
    missing = [name for name in required(table) if name not in matched]
    missing += [" or ".join(group) for group in table.one_of if matched.keys().isdisjoint(group)]
    if missing:
        names = [name for name in found if name in known(table)]
        shown = ", ".join(names) if names else f"{len(found)} fields, none of them a column of {table.name}"
        raise refusal(
            "header",
            f"missing column: {', '.join(missing)}",
            path,
            shown,
            expected(table),
            1,
            f"let the shop's system write {', '.join(missing)} too, under this name",
        )
    return {name: found.index(delivered) for name, delivered in matched.items()}


def match_names(found: Sequence[str], table: Table, path: Path, line: int) -> dict[str, str]:
    """Contract column → delivered name.

    Raises:
        Refused: `header`, for an unknown or doubled name, or both an address and its hash.
    """
    _refuse_nameless(found, table, path, line)
    names = known(table)
    unknown = [name for name in found if name not in names]
    if any(name in names for name in found) or not found:
        _refuse(unknown, "unknown column", table, path, line, _renamed(unknown, table))
    elif unknown:
        shown = f"{len(found)} fields, none of them a column of {table.name}"
        raise refusal(
            "header",
            "not a header of this table",
            path,
            shown,
            expected(table),
            line,
            f"begin the file with the column names of {table.name}; does it lie under its own source?",
        )
    targets = [names[name] for name in found if names[name] is not None]
    twice = [name for name in dict.fromkeys(targets) if targets.count(name) > 1]
    doubled = [name for name in twice if name is not None]
    _refuse(doubled, "column given twice", table, path, line, "keep one of the two columns")
    return {target: name for name in found if (target := names[name]) is not None}


def known(table: Table) -> dict[str, str | None]:
    """Every name that a file may have → contract column, None where it is ignored."""
    address = next((column.name for column in table.columns if column.is_email), None)
    emails = {EMAIL: address} if address is not None else {}
    return {**dict.fromkeys(table.ignored), **emails, **{name: name for name in table.names}}


def required(table: Table) -> list[str]:
    """Columns that a file must have: all but the nullable ones of a canonical feed.

    The feed decides, not the table: a column that single rows may lack is a column of the file all the same.
    """
    feed = FEEDS.get(table.name)
    if feed is None or feed.names != table.names:
        return list(table.names)
    return [column.name for column in feed.columns if not column.nullable]


def expected(table: Table) -> str:
    """The columns of a contract in words."""
    must = required(table)
    one_of = "".join(f"; {' or '.join(group)}" for group in table.one_of)
    may = [
        name for name in table.names if name not in must and not any(name in group for group in table.one_of)
    ]
    return ", ".join(must) + one_of + (f"; and perhaps {', '.join(may)}" if may else "")


def _refuse(  # noqa: PLR0913, PLR0917 - the parts of one sentence
    names: list[str], fault: str, table: Table, path: Path, line: int, next_step: str
) -> None:
    if names:
        shown = ", ".join(map(_shown, names[:20]))
        raise refusal("header", fault, path, shown, expected(table), line, next_step)


def _refuse_nameless(found: Sequence[str], table: Table, path: Path, line: int) -> None:
    empty = [place for place, name in enumerate(found, start=1) if not name.strip()]
    if not empty or len(found) == 1:
        return
    at_end = empty[0] == len(found)
    raise refusal(
        "header",
        "a column has no name",
        path,
        f"field {empty[0]} of {len(found)} is empty" + (": a comma ends the line" if at_end else ""),
        expected(table),
        line,
        "name that column, or take its comma off the header, and off the rows if they have it too"
        if at_end
        else "name the column, or take it out of the header and of every row",
    )


def _shown(name: str) -> str:
    """A name as it may be told: a first line of data may hold anything."""
    if not NAME_PATTERN.fullmatch(name.strip()):
        return "(not a name)"
    return name if name == name.strip() else f"'{name}' (blanks around it)"


def _renamed(unknown: list[str], table: Table) -> str:
    """What to do about unknown names: where one is nearly a column's, that is said."""
    names = list(known(table))
    close = {
        name: match[0]
        for name in unknown
        if (match := difflib.get_close_matches(name.strip().lower().replace(" ", "_"), names, 1, 0.8))
        and NAME_PATTERN.fullmatch(name.strip())
    }
    meant = ", ".join(f"rename {_shown(name)} to {column}" for name, column in close.items())
    rest = "take the columns out that this table does not have, or give them its names"
    return f"{meant}; {rest}" if meant and len(close) < len(unknown) else meant or rest


def _refuse_other_separator(found: Sequence[str], table: Table, path: Path) -> None:
    if len(found) != 1:
        return
    for separator, name in OTHER_SEPARATORS.items():
        if any(part.strip('" ') in known(table) for part in found[0].split(separator)[1:]):
            raise refusal(
                "header",
                "the fields are not separated by commas",
                path,
                name,
                "a comma between fields",
                1,
                "let the shop's system write commas, and put fields that hold one in quotes",
            )
