"""A mapping compared with the feeds that it makes: what is wrong with it, and what it takes over itself."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator
from datetime import date, datetime
from decimal import Decimal

from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import Column, Table
from mandje.shop.mapping_file import Constant, MappingFile, TableMap, Value

# What an order says for its lines and returns, where their table does not.
TAKEN_OVER = ("order_id", "site", "currency_code")
# Feeds whose `tax_amount` is what ex_tax took out of the row, unless said otherwise.
_TAX_GIVEN_BACK = frozenset({"returns", "adjustments"})
_PATH = re.compile(r"\^*[^.\[\]^]+(\.[^.\[\]^]+)*(\[[^\]\[]+\])?")
_TIED = frozenset({"orders", "order_lines"})
NUMBERS = frozenset({"integer", "decimal", "rate"})
_PYTHON: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "integer": (int,),
    "decimal": (int, Decimal),
    "rate": (int, Decimal),
    "boolean": (bool,),
    "timestamp": (datetime,),
    "date": (date,),
}


def completed(table: TableMap, mapping: MappingFile) -> TableMap:
    """The table with `email` under its feed's name, and what follows from the rest of the mapping.

    `order_id`, `site` and `currency_code` are taken over from the table of orders, a column only where both
    are of the same file: in documents from the order, above the list of the rows. `line_number` counts the
    lines of the key. Where `ex_tax` takes tax out of money that is given back, that is its `tax_amount`.
    """
    feed = FEEDS[table.feed]
    columns = {_own_name(name, feed): value for name, value in table.columns.items()}
    orders = mapping.of_feed("orders")
    if orders is not None and orders is not table:
        is_same = mapping.file_of(orders) == mapping.file_of(table)
        for name in TAKEN_OVER:
            value = orders.columns.get(name)
            if value is None or name not in feed.names:
                continue
            if value.is_ is not None:
                columns.setdefault(name, value)
            elif is_same and (above := _lists_above(table, orders)) is not None:
                columns.setdefault(name, _raised(value, above))
    document = columns.get(feed.document or "")
    if "line_number" in feed.names and document is not None and document.reads:
        columns.setdefault("line_number", Value(counter_of=document.reads))
    if table.feed in _TAX_GIVEN_BACK and any(value.ex_tax is not None for value in columns.values()):
        columns.setdefault("tax_amount", Value(sum_of_taxes=True))
    return table.model_copy(update={"columns": columns})


def _lists_above(table: TableMap, orders: TableMap) -> int | None:
    """How many steps the order is above the rows of a table; None: it is no part of an order."""
    own, theirs = ((one.each or "").split(".") if one.each else [] for one in (table, orders))
    return len(own) - len(theirs) if own[: len(theirs)] == theirs else None


def _raised(value: Value, steps: int) -> Value:
    """The same, read from the object so many lists above."""
    up = "^" * steps
    names = {name: getattr(value, name) for name in ("from_", "pairs")}
    raised: dict[str, object] = {name: up + found for name, found in names.items() if found is not None}
    if value.first:
        raised["first"] = tuple(up + name for name in value.first)
    return value.model_copy(update=raised)


def _own_name(name: str, feed: Table) -> str:
    hashed = next((column.name for column in feed.columns if column.is_email), name)
    return hashed if name == "email" else name


def faults_of(mapping: MappingFile, sites: Collection[str]) -> Iterator[str]:
    """Everything in it that does not fit the feeds: table, key, found, expected."""
    for number, table in enumerate(mapping.tables, start=1):
        place = f"tables[{number}] ({table.called})"
        yield from (f"{place}{told}" for told in _of_table(completed(table, mapping), mapping, sites))


def _of_table(table: TableMap, mapping: MappingFile, sites: Collection[str]) -> Iterator[str]:
    feed = FEEDS[table.feed]
    yield from _of_columns(table, mapping, sites)
    given = set(table.columns) | {"site"}  # without one, it is that of the source
    missing = [column.name for column in feed.columns if not column.nullable and column.name not in given]
    yield from _not_taken_over(table, mapping)
    if missing:
        yield f": missing {', '.join(missing)}, expected every column that {feed.name} needs"
    for group in feed.one_of:
        if given.isdisjoint(group):
            yield f": missing {' or '.join(group)}"
    if mapping.is_document(mapping.file_of(table)):
        yield from _of_documents(table, mapping)
    elif table.feed == "orders":
        yield from _of_line_rows(table, mapping)
    yield from _of_conditions(table)
    yield from _hidden(table, mapping)


def _of_columns(table: TableMap, mapping: MappingFile, sites: Collection[str]) -> Iterator[str]:
    known = {column.name: column for column in FEEDS[table.feed].columns}
    own = next(one for one in mapping.tables if one.called == table.called).columns
    for name, value in table.columns.items():
        if name in TAKEN_OVER and name not in own:
            continue  # told of the orders
        if name not in known:
            yield f".{name}: {table.feed} has no such column, expected one of its columns{_near(name, known)}"
        else:
            yield from (f".{name}: {told}" for told in _of_value(value, known[name], table, mapping, sites))


def _not_taken_over(table: TableMap, mapping: MappingFile) -> Iterator[str]:
    """What orders say in a column that the rows of the table cannot see: it stands in another file."""
    orders, feed = mapping.of_feed("orders"), FEEDS[table.feed]
    if orders is None or orders.feed == table.feed:
        return
    for name in TAKEN_OVER:
        value = orders.columns.get(name)
        is_needed = name == "site" or any(one.name == name and not one.nullable for one in feed.columns)
        if value is None or name in table.columns or name not in feed.names or not is_needed:
            continue
        read = f"orders read it from {' and '.join(value.reads)} of {mapping.file_of(orders)}"
        yield (
            f".{name}: {read}, and no row of another file is looked up there: write "
            f'{name} = {{is = "..."}}, or a column of {mapping.file_of(table)}'
        )


def _of_line_rows(orders: TableMap, mapping: MappingFile) -> Iterator[str]:
    """Rows of lines are no orders each."""
    lines = mapping.of_feed("order_lines")
    if lines is None or mapping.file_of(lines) != mapping.file_of(orders):
        return
    if not (orders.first_of or lines.unpack or lines.columns_to_rows):
        value = orders.columns.get("order_id")
        read = value.reads[0] if value is not None and value.reads else "..."
        told = "order_lines are read from the same rows, of which an order may have several"
        yield f': {told}: add first_of = "{read}"'


def _of_documents(table: TableMap, mapping: MappingFile) -> Iterator[str]:
    """What only records have, and paths that lead nowhere."""
    for key in ("first_of", "unpack", "columns_to_rows"):
        if getattr(table, key):
            yield f".{key}: its files hold documents, of which each one is a row, or each object of a list"
    for key in ("separator", "decimal"):
        if getattr(mapping, key) and all(map(mapping.is_document, mapping.files())):
            yield f": {key} is of CSV, and its files hold documents"
    depth = len(table.each.split(".")) if table.each else 0
    for name in dict.fromkeys(name for name, _ in read_types(table)):
        above = len(name) - len(name.lstrip("^"))
        if above > depth or not _PATH.fullmatch(name):
            yield f": {name!r} is no path such as buyer.email, or ^id in the object that holds the row"


def _of_conditions(table: TableMap) -> Iterator[str]:
    for one in table.only_if:
        types = {kind for name, kind in read_types(table) if name == one.column} - NUMBERS
        if (one.above is not None or one.below is not None) and types:
            yield f".only_if: {one.column} is read as {min(types)}, above and below are of numbers"


def _hidden(table: TableMap, mapping: MappingFile) -> Iterator[str]:
    read = {name for name, _ in read_types(table)} & set(mapping.never_read)
    yield from (f": {name} is read here and stands in never_read" for name in sorted(read))


def read_types(table: TableMap) -> Iterator[tuple[str, str]]:
    """Each column of the source that a completed table reads, with a type that it is read in."""
    feed = {column.name: column for column in FEEDS[table.feed].columns}
    for name, value in table.columns.items():
        kind = "text" if value.map or value.join or value.counter_of else _type(feed, name)
        yield from ((read, kind) for read in value.reads)
        yield from ((read, "decimal") for read in (*value.less, *value.factors) if isinstance(read, str))
        yield from ((read, "tax rate") for read in (value.ex_tax,) if isinstance(read, str))


def _type(feed: dict[str, Column], name: str) -> str:
    return feed[name].type if name in feed else "text"


def _of_value(
    value: Value, column: Column, table: TableMap, mapping: MappingFile, sites: Collection[str]
) -> Iterator[str]:
    for verb, constant in (("is", value.is_), ("empty", value.empty), *_mapped(value)):
        if constant is not None and (wrong := _wrong(constant, column, sites)):
            yield f"{verb}: found {constant!r}, expected {wrong}"
    for verb, kind in (
        *((verb, "decimal") for verb in value.counts),
        ("join", "text"),
        ("counter_of", "integer"),
    ):
        if verb in value.verbs and column.type != kind:
            yield f"{verb} makes a value of type {kind}, found a column of type {column.type}"
    if table.feed in _TIED and column.name == "order_id" and value.from_ is None:
        yield "the ids that tie orders to their lines are read with from, as they stand in the file"
    yield from _of_sums(value, column, table, mapping)


def _of_sums(value: Value, column: Column, table: TableMap, mapping: MappingFile) -> Iterator[str]:
    verb = next((verb for verb in ("sum_of_taxes", "sum_of_lines") if verb in value.verbs), None)
    if verb is None:
        return
    wanted = "tax_amount" if verb == "sum_of_taxes" else "total_amount"
    feeds = _TAX_GIVEN_BACK | {"orders"} if verb == "sum_of_taxes" else {"orders"}
    if column.name != wanted or table.feed not in feeds:
        yield f"{verb} is the {wanted} of {', '.join(sorted(feeds))}, found {column.name} of {table.feed}"
    elif table.feed == "orders" and mapping.of_feed("order_lines") is None:
        yield f"{verb}: no table makes order_lines"
    elif verb == "sum_of_taxes":
        yield from _of_taxes(table, mapping)


def _of_taxes(table: TableMap, mapping: MappingFile) -> Iterator[str]:
    lines = mapping.of_feed("order_lines") if table.feed == "orders" else None
    tables = [table, *([lines] if lines else [])]
    taxed = [name for one in tables for name, value in one.columns.items() if value.ex_tax is not None]
    if not taxed:
        yield "sum_of_taxes: no ex_tax takes any tax out of an amount"
    if "unit_price_amount" in taxed:
        yield "sum_of_taxes cannot see the tax of a unit: make gross_amount, with times = the column of units"


def _mapped(value: Value) -> Iterator[tuple[str, Constant]]:
    return ((f"map {word}", constant) for word, constant in (value.map or {}).items())


def _wrong(constant: Constant, column: Column, sites: Collection[str]) -> str | None:
    """What a constant of a column should have been; None where it is right."""
    if column.name == "site" and sites and constant not in sites:
        return f"a site of shop.toml: {', '.join(sites)}{_near(str(constant), sites)}"
    if type(constant) not in _PYTHON[column.type]:  # a bool is no number, a time no day
        return column.type
    if column.allowed and constant not in column.allowed:
        return f"one of: {', '.join(column.allowed)}{_near(str(constant), column.allowed)}"
    if column.pattern and not re.search(column.pattern, str(constant)):
        return f"{column.unit}: {column.pattern}"
    if column.minimum is not None and isinstance(constant, int | Decimal) and constant < column.minimum:
        return f"at least {column.minimum}"
    return None


def _near(word: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(word, list(known), 1, 0.6)
    return f" (did you mean {close[0]}?)" if close else ""
