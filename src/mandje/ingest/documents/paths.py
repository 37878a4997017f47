"""Where a contract's values stand in a document: paths as a schema of JSON, and as SQL of DuckDB.

A path is a list of names with dots (`billing.email`); `tags[0]` is the first text of a list, `meta_data[_k]`
the value of that key in a list of objects with `key` and `value`, `refunds[*id]` the ids of all objects of a
list with blanks between them, `items[{id,price}]` these keys of all objects as a JSON list, `params[=k]` the
value of a key where the value has a place for each type (VALUES). `^` goes to the object that holds the row.
In fingerprints `params[=]` are all keys with their values, in whatever order they stand.

On the way to a list of rows may be lists or objects (`receipt.items`). A table says only their names; of what
form they are, the documents say (`settled`). From then on the objects before a list belong to its step.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from mandje.contracts.types import Column, Table
from mandje.errors import MandjeError

_STEP = re.compile(r"(?P<name>[^.\[\]]+)(?:\[(?P<item>[^\]]+)\])?")
_PAIRS = [{"key": "VARCHAR", "value": "VARCHAR"}]
_ALL, _TYPED, _OBJECTS = "*", "=", "{"
# Of these one has the value.
VALUES = ("string_value", "int_value", "float_value", "double_value")
_TYPED_PAIRS = [{"key": "VARCHAR", "value": dict.fromkeys(VALUES, "VARCHAR")}]
_VALUE = f"coalesce({', '.join(f'pair.value.{name}' for name in VALUES)})"
Shape = dict[str, Any]
# Between objects and the list after them, in one step.
_INSIDE = "/"
_LOOKED_AT = 1000


@dataclass(frozen=True, slots=True)
class Path:
    """`above`: how many objects up; `steps`: name, and what is taken of a list under it (None: no list)."""

    above: int
    steps: tuple[tuple[str, str | None], ...]


def path_of(column: Column) -> Path:
    """The path of a column: what it says, or its own name."""
    return paths_of(column)[0]


def paths_of(column: Column) -> tuple[Path, ...]:
    """The paths that a value is read from: several of a fingerprint, all from one object on."""
    return tuple(_path(written) for written in column.fingerprint_of or (column.at or column.name,))


def _path(written: str) -> Path:
    bare = written.lstrip("^")
    steps = tuple((step["name"], step["item"]) for step in _STEP.finditer(bare))
    return Path(len(written) - len(bare), steps)


def shape_of(tables: Iterable[Table]) -> str:
    """The shape of a document of one kind, for `from_json`: only what the tables read, every value a text."""
    shape: Shape = {}
    for table, column in [(one, column) for one in tables for column in one.columns]:
        depth = list_steps(table)
        for path in paths_of(column):
            _add(_inside(shape, depth[: max(len(depth) - path.above, 0)]), path)
        if table.part is not None and table.part.linked_by is not None:
            shape |= {"id": "VARCHAR", table.part.linked_by: "VARCHAR"}
    return json.dumps(shape)


def list_steps(table: Table) -> list[str]:
    """The lists that lead from the document to the rows; linked documents have none. See `keys_of`."""
    if table.part is None or table.part.linked_by is not None or not table.part.path:
        return []
    return table.part.path.split(".")


def keys_of(step: str) -> list[str]:
    """The keys of one step: objects, and the list in the last of them."""
    return step.split(_INSIDE)


def settled(tables: Iterable[Table], texts: pl.Series) -> list[Table]:
    """The tables, with the objects on the way to their lists told apart from lists: by documents as text."""
    given = list(tables)
    objects = {
        tuple(name for name, _ in path.steps[:length])
        for table in given
        if not list_steps(table)
        for column in table.columns
        for path in paths_of(column)
        for length in range(1, len(path.steps))
    }
    return [_settled(table, texts, objects) for table in given]


def _settled(table: Table, texts: pl.Series, objects: set[tuple[str, ...]]) -> Table:
    names, path, place = list_steps(table), "", "$"
    if len(names) <= 1 or table.part is None:
        return table
    for number, name in enumerate(names[:-1], start=1):
        place += f"['{name}']"
        is_object = tuple(names[:number]) in objects or _first(texts, place).startswith("{")
        path += name + (_INSIDE if is_object else ".")
        place += "" if is_object else "[*]"
    return replace(table, part=replace(table.part, path=path + names[-1]))


def _first(texts: pl.Series, place: str) -> str:
    """The first value that documents have at a place; empty: none has one."""
    for some in (texts.head(_LOOKED_AT), texts.slice(_LOOKED_AT)):
        found = some.filter(some.str.starts_with("{")).str.json_path_match(place).drop_nulls()
        if written := found.filter(found != "null").head(1).to_list():
            return str(written[0])
    return ""


def _inside(shape: Shape, lists: list[str]) -> Shape:
    for step in lists:
        *objects, name = keys_of(step)
        for one in objects:
            shape = _object(shape, one)
        items = shape.setdefault(name, [{}])
        if not isinstance(items, list) or not isinstance(items[0], dict):
            raise _both(name)
        shape = items[0]
    return shape


def _object(shape: Shape, name: str) -> Shape:
    found = shape.setdefault(name, {})
    if not isinstance(found, dict):
        raise _both(name)
    return found


def _both(name: str) -> MandjeError:
    return MandjeError(
        f"{name} is read in two ways: as a value, as an object or as a list of objects",
        expected="one of these, for all tables that are read from one file",
        next_step=f"look at {name} in the file, and mend the paths and `each` that name it",
    )


def _add(shape: Shape, path: Path) -> None:
    *others, (name, item) = path.steps
    for step, _ in others:
        shape = _object(shape, step)
    if item is None:
        shape.setdefault(name, "VARCHAR")
    elif item.startswith(_ALL):
        shape[name] = [{item.removeprefix(_ALL): "VARCHAR"}]
    elif item.startswith(_OBJECTS):
        shape.setdefault(name, [{}])[0].update(dict.fromkeys(_keys(item), "VARCHAR"))
    elif item.startswith(_TYPED):
        shape[name] = _TYPED_PAIRS
    else:
        shape[name] = ["VARCHAR"] if item.isdecimal() else _PAIRS


def _keys(item: str) -> list[str]:
    return item.strip("{}").split(",")


def value_sql(base: str, column: Column) -> str:
    """The text of a column's value, where `base` is the SQL of the object that its path begins at."""
    if not column.fingerprint_of:
        return _text_sql(base, path_of(column))
    parts = ", ".join(_fingerprint_part(base, path) for path in paths_of(column))
    return f"md5({_plain(f'json_array({parts})::VARCHAR')})"


def _text_sql(base: str, path: Path) -> str:
    place, item = _place(base, path)
    if item is None:
        return place
    if item.isdecimal():
        return f"list_extract({place}, {int(item) + 1})"
    if item.startswith(_ALL):
        return f"array_to_string(list_transform({place}, lambda one: one.\"{item.removeprefix(_ALL)}\"), ' ')"
    if item.startswith(_OBJECTS):
        chosen = ", ".join(f"'{key}': one.\"{key}\"" for key in _keys(item))
        return f"to_json(list_transform({place}, lambda one: {{{chosen}}}))::VARCHAR"
    if item.startswith(_TYPED):
        # DuckDB computes both lists once, however many columns ask for a key.
        keys = f"list_transform({place}, lambda pair: pair.key)"
        values = f"list_transform({place}, lambda pair: {_VALUE})"
        return f"list_extract({values}, list_position({keys}, {_quoted(item.removeprefix(_TYPED))}))"
    return f"list_extract(list_filter({place}, lambda pair: pair.key = {_quoted(item)}), 1).value"


def _fingerprint_part(base: str, path: Path) -> str:
    """What one path tells, whatever the order of keys; a list that is not there is one of nothing."""
    place, item = _place(base, path)
    if item == _TYPED:
        pairs = f"list_transform({place}, lambda pair: concat(pair.key, '=', {_VALUE}))"
        return f"coalesce(list_sort({pairs}), [])"
    if item is not None and item.startswith(_OBJECTS):
        values = ", ".join(f'one."{key}"' for key in _keys(item))
        return f"coalesce(list_transform({place}, lambda one: [{values}]), [])"
    return _text_sql(base, path)


def _place(base: str, path: Path) -> tuple[str, str | None]:
    *others, (name, item) = path.steps
    return ".".join([base, *(f'"{step}"' for step, _ in others), f'"{name}"']), item


def _plain(texts: str) -> str:
    """A JSON list of texts, numbers in it without zeros at their end: one format writes them, another not."""
    number = r"""'(-?[0-9]+)(?:\.0+|(\.[0-9]*[1-9])0+)"'"""
    without = rf"""regexp_replace({texts}, {number}, '\1\2"', 'g')"""
    return f"""CASE WHEN {texts} LIKE '%.%0"%' THEN {without} ELSE {texts} END"""


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def first_lists(tables: Iterable[Table]) -> Iterator[str]:
    """Steps to lists in a document that hold rows, each once."""
    yield from dict.fromkeys(steps[0] for table in tables if (steps := list_steps(table)))
