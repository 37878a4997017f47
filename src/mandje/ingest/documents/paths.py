"""Where a contract's values stand in a document: paths as a schema of JSON, and as SQL of DuckDB.

A path is a list of names with dots (`billing.email`); `tags[0]` is the first text of a list, `meta_data[_k]`
the value of that key in a list of objects with `key` and `value`, `refunds[*id]` the ids of all objects of a
list with blanks between them. `^` goes to the object that holds the row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from mandje.contracts.types import Column, Table

_STEP = re.compile(r"(?P<name>[^.\[\]]+)(?:\[(?P<item>[^\]]+)\])?")
_PAIRS = [{"key": "VARCHAR", "value": "VARCHAR"}]
_ALL = "*"
Shape = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Path:
    """`above`: how many objects up; `steps`: name, and what is taken of a list under it (None: no list)."""

    above: int
    steps: tuple[tuple[str, str | None], ...]


def path_of(column: Column) -> Path:
    """The path of a column: what it says, or its own name."""
    written = column.at or column.name
    bare = written.lstrip("^")
    steps = tuple((step["name"], step["item"]) for step in _STEP.finditer(bare))
    return Path(len(written) - len(bare), steps)


def shape_of(tables: Iterable[Table]) -> str:
    """The shape of a document of one kind, for `from_json`: only what the tables read, every value a text."""
    shape: Shape = {}
    for table, column in [(one, column) for one in tables for column in one.columns]:
        path, depth = path_of(column), list_steps(table)
        _add(_inside(shape, depth[: max(len(depth) - path.above, 0)]), path)
        if table.part is not None and table.part.linked_by is not None:
            shape |= {"id": "VARCHAR", table.part.linked_by: "VARCHAR"}
    return json.dumps(shape)


def list_steps(table: Table) -> list[str]:
    """Names of the lists that lead from the document to the rows; linked documents have none."""
    if table.part is None or table.part.linked_by is not None or not table.part.path:
        return []
    return table.part.path.split(".")


def _inside(shape: Shape, lists: list[str]) -> Shape:
    for name in lists:
        shape = shape.setdefault(name, [{}])[0]
    return shape


def _add(shape: Shape, path: Path) -> None:
    *others, (name, item) = path.steps
    for step, _ in others:
        shape = shape.setdefault(step, {})
    if item is None:
        shape.setdefault(name, "VARCHAR")
    elif item.startswith(_ALL):
        shape[name] = [{item.removeprefix(_ALL): "VARCHAR"}]
    else:
        shape[name] = ["VARCHAR"] if item.isdecimal() else _PAIRS


def value_sql(base: str, column: Column) -> str:
    """The text of a column's value, where `base` is the SQL of the object that its path begins at."""
    *others, (name, item) = path_of(column).steps
    place = ".".join([base, *(f'"{step}"' for step, _ in others), f'"{name}"'])
    if item is None:
        return place
    if item.isdecimal():
        return f"list_extract({place}, {int(item) + 1})"
    if item.startswith(_ALL):
        return f"array_to_string(list_transform({place}, lambda one: one.\"{item.removeprefix(_ALL)}\"), ' ')"
    key = item.replace("'", "''")
    return f"list_extract(list_filter({place}, lambda pair: pair.key = '{key}'), 1).value"


def first_lists(tables: Iterable[Table]) -> Iterator[str]:
    """Names of lists in a document that hold rows, each once."""
    yield from dict.fromkeys(steps[0] for table in tables if (steps := list_steps(table)))
