"""A file without columns that a mapping reads: which table and key read them, and what the file has."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from mandje.adapters.mapping.source_tables import kinds_of, source_tables
from mandje.adapters.recognise.heads import heads_of
from mandje.ingest.read.header import shown_name
from mandje.shop.mapping_file import MappingFile, TableMap, Value

# As alike as a name must be to be offered.
_LIKENESS = 0.5
_MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class Lack:
    """What is told of it: the names that the file has, and what to mend."""

    found: str
    next_step: str


def lack_of(path: Path, mapping: MappingFile, name: str) -> Lack | None:
    """What a file lacks that a mapping reads; None: nothing of it can be told, or it lacks nothing."""
    kinds = [
        one for one in kinds_of(mapping, source_tables(mapping, None)) if fnmatchcase(path.name, one.file)
    ]
    heads = [(len(kind.needed & head.names), kind, head) for kind in kinds for head in heads_of(path)]
    count, kind, head = max(heads, key=lambda one: one[0], default=(0, None, None))
    if not count or kind is None or head is None or head.form == "json":
        return None
    names = sorted(head.names)
    tables = [
        (number, one) for number, one in enumerate(mapping.tables, 1) if mapping.file_of(one) == kind.file
    ]
    told = [
        f"tables[{number}].{key} reads {read}{_near(read, names)}"
        for number, table in tables
        for key, read in _reads(table)
        if read in kind.needed and read not in head.names
    ]
    if not told:
        return None
    more = [f"{len(told) - _MOST_NAMED} more"] if len(told) > _MOST_NAMED else []
    mend = f"mend mappings/{name}.toml: {', '.join([*told[:_MOST_NAMED], *more])}"
    return Lack(
        ", ".join(dict.fromkeys(map(shown_name, names))),
        f"{mend}; or let the shop's system write the columns under these names",
    )


def _near(read: str, names: list[str]) -> str:
    close = [one for one in difflib.get_close_matches(read, names, 2, _LIKENESS) if shown_name(one) == one]
    return f" (did you mean {' or '.join(close)}?)" if close else ""


def _reads(table: TableMap) -> Iterator[tuple[str, str]]:
    """Key and column of all that a table reads."""
    if table.first_of is not None:
        yield "first_of", table.first_of
    if table.unpack is not None:
        yield "unpack", table.unpack.column
    yield from (("columns_to_rows", name) for name in _wide(table))
    yield from (("only_if", one.column) for one in table.only_if)
    for key, value in table.columns.items():
        yield from ((key, read) for read in dict.fromkeys(_read_by(value)))


def _wide(table: TableMap) -> tuple[str, ...]:
    wide = table.columns_to_rows
    return (wide.columns or ()) if wide is not None else ()


def _read_by(value: Value) -> Iterator[str]:
    yield from (*value.reads, *value.less)
    yield from (one for one in (*value.factors, value.ex_tax) if isinstance(one, str))
