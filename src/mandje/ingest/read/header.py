"""Which columns of a file fill which columns of a contract."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from pathlib import Path

from mandje.adapters.recognise.heads import TELLING_NAME
from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import Column, Table
from mandje.ingest.read.text_rows import refusal
from mandje.ingest.values.told_by_header import ToldByHeader

EMAIL = "email"
# Shown in an error only if it looks like a name: a first line of data may hold anything, an address too.
NAME_PATTERN = re.compile(r"[^\W\d][\w ./()#%&+:€$*-]{0,63}")


def match_header(
    found: Sequence[str], table: Table, path: Path, line: int = 1, separator: str = "comma"
) -> dict[str, int]:
    """Contract column → position in `found`; ignored columns and those nobody knows are left out.

    Columns may stand in any order. Only nullable columns of a canonical feed or an open table may be missing.

    Raises:
        Refused: `header`, naming what is missing, unknown or doubled.
    """
    if table.open:
        found = bare_names(found, table)
    else:
        _refuse_nameless(found, table, path, line, separator)
    matched = match_names(found, table, path, line)
    names = names_of(table)
    missing = [names[name] for name in required(table) if name not in matched]
    missing += [" or ".join(group) for group in table.one_of if matched.keys().isdisjoint(group)]
    if missing:
        own = [name for name in found if name in known(table)]
        shown = ", ".join(own) if own else f"{len(found)} fields, none of them a column of {table.name}"
        raise refusal(
            "header",
            f"missing column: {', '.join(missing)}",
            path,
            shown,
            expected(table),
            line,
            f"let the shop's system write {', '.join(missing)} too, under this name",
        )
    return {name: found.index(delivered) for name, delivered in matched.items()}


def match_names(found: Sequence[str], table: Table, path: Path, line: int) -> dict[str, str]:
    """Contract column → delivered name.

    Raises:
        Refused: `header`, for an unknown or doubled name, or both an address and its hash.
    """
    names = known(table)
    unknown = [name for name in found if name not in names]
    if any(name in names for name in found) or not found:
        _refuse([] if table.open else unknown, "unknown column", table, path, line, _renamed(unknown, table))
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
    read = [(target, name) for name in found if (target := names.get(name)) is not None]
    targets = [target for target, _ in read]
    doubled = [name for target, name in read if targets.count(target) > 1]
    _refuse(doubled, "column given twice", table, path, line, "keep one of the two columns")
    return dict(read)


def unknown_names(found: Sequence[str], table: Table) -> tuple[str, ...]:
    """Columns of a file that an open table does not know, each once, as they may be told."""
    names = known(table)
    unknown = (name for name in bare_names(found, table) if name not in names) if table.open else ()
    return tuple(dict.fromkeys(map(shown_name, unknown)))


def bare_names(found: Sequence[str], table: Table) -> list[str]:
    """The names without blanks around them, and without the value that some tell in brackets."""
    names, telling = known(table), {column.in_name_of for column in table.columns if column.in_name_of}
    stripped = [name.strip() for name in found]
    if not telling:
        return stripped
    parts = [TELLING_NAME.fullmatch(name) for name in stripped]
    return [
        part[1] if part and name not in names and names.get(part[1]) in telling else name
        for name, part in zip(stripped, parts, strict=True)
    ]


def told_by_header(found: Sequence[str], table: Table) -> ToldByHeader:
    """What the names of a file's columns say of their cells."""
    bare, names = dict(zip(bare_names(found, table), found, strict=True)), known(table)
    target = {column: name for name in bare if (column := names.get(name))}
    telling = {
        column.name: TELLING_NAME.fullmatch(bare[target[column.in_name_of]].strip())
        for column in table.columns
        if column.in_name_of in target and column.name not in target
    }
    return ToldByHeader(
        values={name: part[2] for name, part in telling.items() if part},
        millionths=tuple(c.name for c in table.columns if target.get(c.name) in c.millionths),
    )


def known(table: Table) -> dict[str, str | None]:
    """Every name that a file may have → contract column, None where it is ignored."""
    address = next((column.name for column in table.columns if column.is_email), None)
    emails = {EMAIL: address} if address is not None and not table.open else {}
    aliases = {
        alias: column.name for column in table.columns for alias in (*column.aliases, *column.millionths)
    }
    own = {name: column for column, name in names_of(table).items()}
    return {**dict.fromkeys(table.ignored), **emails, **aliases, **own}


def names_of(table: Table) -> dict[str, str]:
    """Contract column → the name that it has in a file; columns that no file has are left out."""
    return {column.name: column.at or column.name for column in table.columns if not column.moved_from}


def required(table: Table) -> list[str]:
    """Columns that a file must have: all but the nullable ones of a canonical feed or an open table.

    The feed decides, not the table: a column that single rows may lack is a column of the file all the same.
    """
    if table.open:
        return [name for name in names_of(table) if not _column(table, name).nullable]
    feed = FEEDS.get(table.name)
    if feed is None or feed.names != table.names:
        return list(table.names)
    return [column.name for column in feed.columns if not column.nullable]


def _column(table: Table, name: str) -> Column:
    return next(column for column in table.columns if column.name == name)


def expected(table: Table) -> str:
    """The columns of a contract in words."""
    names, needed = names_of(table), required(table)
    must = [names[name] for name in needed]
    one_of = "".join(f"; {' or '.join(group)}" for group in table.one_of)
    of_groups = {name for group in table.one_of for name in group}
    may = [names[name] for name in names if name not in needed and name not in of_groups]
    return ", ".join(must) + one_of + (f"; and perhaps {', '.join(may)}" if may else "")


def _refuse(  # noqa: PLR0913, PLR0917 - the parts of one sentence
    names: list[str], fault: str, table: Table, path: Path, line: int, next_step: str
) -> None:
    if names:
        shown = ", ".join(map(shown_name, names[:20]))
        raise refusal("header", fault, path, shown, expected(table), line, next_step)


def _refuse_nameless(found: Sequence[str], table: Table, path: Path, line: int, separator: str) -> None:
    empty = [place for place, name in enumerate(found, start=1) if not name.strip()]
    if not empty or len(found) == 1:
        return
    at_end = empty[0] == len(found)
    raise refusal(
        "header",
        "a column has no name",
        path,
        f"field {empty[0]} of {len(found)} is empty" + (f": a {separator} ends the line" if at_end else ""),
        expected(table),
        line,
        f"name that column, or take its {separator} off the header, and off the rows if they have it too"
        if at_end
        else "name the column, or take it out of the header and of every row",
    )


def shown_name(name: str) -> str:
    """A name as it may be told: a first line of data may hold anything."""
    if not name:
        return "(no name)"
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
    meant = ", ".join(f"rename {shown_name(name)} to {column}" for name, column in close.items())
    rest = "take the columns out that this table does not have, or give them its names"
    return f"{meant}; {rest}" if meant and len(close) < len(unknown) else meant or rest
