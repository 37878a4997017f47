"""The tables that a mapping reads: for each [[tables]] the columns of the source, with rules by their use.

A column that two columns of the feed read alike is one; read in two ways, it is there twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from mandje.adapters.base import Kind
from mandje.contracts.feeds import FEEDS
from mandje.contracts.parts import Cells, Only, Part, Wide
from mandje.contracts.types import Column, ColumnType, MoneyRule, Table
from mandje.shop.mapping_checks import completed
from mandje.shop.mapping_file import Condition, MappingFile, TableMap, Value

_MOST_RATIO = Decimal("0.999999999999")
# How a source's column may be read, besides in the type of the column of the feed.
AMOUNT, RATIO, CONDITION, ID = "amount", "ratio", "condition", "id"
# Feeds whose rows an order is made of: what refuses one refuses all.
_OF_ORDERS = frozenset({"orders", "order_lines"})


@dataclass(frozen=True, slots=True)
class Use:
    """A way in which a column of the source is read: for one column of the feed, or one purpose."""

    source: str
    way: str


@dataclass(slots=True)
class SourceTable:
    """A table of a mapping: what it makes (`made`), what it reads (`table`), and under which names."""

    made: TableMap
    table: Table
    names: dict[Use, str] = field(default_factory=dict)


def source_tables(mapping: MappingFile, time_zone: str | None) -> dict[str, SourceTable]:
    """All tables of a mapping by their names; times without an offset are on the clock of `time_zone`."""
    found = (_source_table(completed(table, mapping), mapping, time_zone) for table in mapping.tables)
    return {one.made.called: one for one in found}


def kinds_of(mapping: MappingFile, tables: dict[str, SourceTable]) -> tuple[Kind, ...]:
    """A kind of files for each pattern of names: files have all columns that any table needs."""
    return tuple(_kind(file, mapping, tables) for file in mapping.files())


def _kind(file: str, mapping: MappingFile, tables: dict[str, SourceTable]) -> Kind:
    own = [tables[table.called] for table in mapping.tables if mapping.file_of(table) == file]
    is_document = mapping.is_document(file)
    needed = {name for one in own for name in _needed(one, is_document=is_document)}
    form: Literal["csv", "json"] = "json" if is_document else "csv"
    return Kind(
        _kind_name(file, mapping),
        mapping.title,
        form,
        frozenset(needed),
        frozenset(mapping.never_read),
        file=file,
    )


def _kind_name(file: str, mapping: MappingFile) -> str:
    return next(table.called for table in mapping.tables if mapping.file_of(table) == file)


def _needed(one: SourceTable, *, is_document: bool) -> Iterator[str]:
    """Columns that every file of it has, or keys at the top of every document."""
    if is_document:
        yield from _needed_keys(one.table)
        return
    part = one.table.part
    names = {c.at for c in one.table.columns} - {
        name for group in one.table.one_of for name in _at(one, group)
    }
    if part is not None and part.cells is not None:
        prefix = f"{part.cells.column}."
        names = {name for name in names if not name.startswith(prefix)} | {part.cells.column}
    if part is not None and part.wide is not None:
        names -= {part.wide.name, part.wide.value}
        names |= set(part.wide.columns) if not isinstance(part.wide.columns, str) else set()
    yield from names


def _needed_keys(table: Table) -> Iterator[str]:
    """Keys at the top of every document: a path begins as many objects below it as it has no ^."""
    lists = table.part.path.split(".") if table.part is not None and table.part.path else []
    yield from lists[:1]
    for name in (column.at for column in table.columns if not column.nullable):
        bare = name.lstrip("^")
        if len(name) - len(bare) == len(lists):
            yield bare.split(".")[0].split("[")[0]


def _at(one: SourceTable, group: tuple[str, ...]) -> set[str]:
    return {column.at for column in one.table.columns if column.name in group}


def _source_table(made: TableMap, mapping: MappingFile, time_zone: str | None) -> SourceTable:
    uses = _merged(_uses(made))
    names: dict[Use, str] = {}
    for use in uses:
        names[use] = use.source if use.source not in names.values() else f"{use.source} ({use.way})"
    told = [replace(column, name=names[use], at=use.source) for use, column in uses.items()]
    table = Table(
        made.called,
        f"Rows that become {made.feed}.",
        tuple(_written(column, mapping, time_zone) for column in told),
        ignored=mapping.never_read,
        document=_document(made, names),
        document_prefix="" if made.feed in _OF_ORDERS else f"{made.called} ",
        money=_money(made, names),
        one_of=tuple(_groups(made, names)),
        part=_part(made, mapping, names),
        open=True,
        only=tuple(_only(one, names) for one in made.only_if),
    )
    return SourceTable(made, table, names)


def _document(made: TableMap, names: dict[Use, str]) -> str | None:
    """The column whose rows are refused together: the order, or what tells a return first."""
    if made.feed in _OF_ORDERS:
        return names[Use(str(made.columns["order_id"].from_), ID)]
    if made.feed != "returns":
        return None
    target = next(column for column in _targets(made) if column.name == "return_id")
    value = made.columns[target.name]
    return next((names[use_of(name, value, target, made)] for name in value.reads), None)


def _uses(made: TableMap) -> Iterator[tuple[Use, Column]]:
    """Every reading of a column of the source, with the contract that it has for it."""
    if made.first_of is not None:
        yield Use(made.first_of, ID), _plain(is_id=True)
    for target in _targets(made):
        yield from _of_value(made.columns[target.name], target, made)
    for one in made.only_if:
        is_number = one.above is not None or one.below is not None
        kind: ColumnType = "decimal" if is_number else "text"
        yield Use(one.column, _condition(one)), replace(_plain(nullable=True), type=kind)


def _targets(made: TableMap) -> list[Column]:
    """Columns of the feed that the mapping makes; of a group that needs one, an only one is needed."""
    alone = {
        name
        for group in FEEDS[made.feed].one_of
        if len(set(group) & made.columns.keys()) == 1
        for name in group
    }
    return [
        replace(column, nullable=column.nullable and column.name not in alone)
        for column in FEEDS[made.feed].columns
        if column.name in made.columns
    ]


def _plain(*, nullable: bool = False, is_id: bool = False) -> Column:
    return Column("", "text", "text", "A column of the source.", nullable=nullable, is_id=is_id)


def use_of(name: str, value: Value, target: Column, made: TableMap) -> Use:
    """How a main column of a value is read; an address in an id is what it is as an e-mail: its hash."""
    email = _email_of(made)
    if value.join and email is not None and name == made.columns[email.name].from_:
        return Use(name, email.name)
    if value.counts:
        return Use(name, AMOUNT)
    if value.counter_of or (target.is_id and not value.map):
        return Use(name, ID)
    return Use(name, target.name)


def _email_of(made: TableMap) -> Column | None:
    columns = (column for column in FEEDS[made.feed].columns if column.is_email)
    return next((column for column in columns if column.name in made.columns), None)


def _of_value(value: Value, target: Column, made: TableMap) -> Iterator[tuple[Use, Column]]:
    may_lack = target.nullable or value.empty is not None
    amount = replace(_plain(nullable=may_lack), type="decimal")
    main = replace(target, key=False, nullable=may_lack or value.first is not None)
    if value.counts:
        main = replace(amount, nullable=main.nullable)
    elif value.map:
        main = replace(
            _plain(nullable=main.nullable), allowed=tuple(value.map), unit="one of the words of the mapping"
        )
    elif value.join or value.counter_of:
        main = replace(
            _plain(nullable=may_lack and not value.counter_of, is_id=True), personal=target.personal
        )
    email = _email_of(made)
    for use in (use_of(name, value, target, made) for name in value.reads):
        is_address = email is not None and value.join and use.way == email.name
        yield use, replace(email, nullable=main.nullable) if email and is_address else main
    yield from (
        (Use(name, AMOUNT), amount) for name in (*value.less, *value.factors) if isinstance(name, str)
    )
    if isinstance(value.ex_tax, str):
        ratio = Column(
            "", "rate", "ratio", "A tax rate.", minimum=Decimal(0), maximum=_MOST_RATIO, rate_of=value.reads
        )
        yield Use(value.ex_tax, RATIO), ratio


def _merged(uses: Iterator[tuple[Use, Column]]) -> dict[Use, Column]:
    """Each use once: what one of them needs is needed."""
    merged: dict[Use, Column] = {}
    for use, column in uses:
        known = merged.get(use, column)
        rate_of = tuple(dict.fromkeys((*known.rate_of, *column.rate_of)))
        merged[use] = replace(known, nullable=known.nullable and column.nullable, rate_of=rate_of)
    return merged


def _written(column: Column, mapping: MappingFile, time_zone: str | None) -> Column:
    if column.type in {"timestamp", "date"}:
        zone = time_zone if column.type == "timestamp" else None
        return replace(column, time_zone=zone, time_forms=mapping.time_forms)
    return replace(column, decimal_mark=mapping.decimal) if column.type == "decimal" else column


def _groups(made: TableMap, names: dict[Use, str]) -> Iterator[tuple[str, ...]]:
    for target in _targets(made):
        value = made.columns[target.name]
        if value.first and not target.nullable and value.empty is None:
            yield tuple(names[use_of(name, value, target, made)] for name in value.first)
    for group in FEEDS[made.feed].one_of:
        given = [target for target in _targets(made) if target.name in group]
        if len(given) > 1 and all(made.columns[target.name].from_ for target in given):
            values = [made.columns[one.name] for one in given]
            uses = (use_of(str(v.from_), v, one, made) for one, v in zip(given, values, strict=True))
            yield tuple(names[use] for use in uses)


def _money(made: TableMap, names: dict[Use, str]) -> MoneyRule | None:
    """What a row is worth before it is mapped, where one column of the source alone says it, of every row."""
    rule = FEEDS[made.feed].money
    if rule is None or len(rule.columns) > 1 or made.only_if:
        return None
    amount, currency = made.columns.get(rule.columns[0]), made.columns.get(rule.currency)
    if amount is None or currency is None or set(amount.verbs) != {"from"}:
        return None
    name = names[Use(str(amount.from_), rule.columns[0])]
    if isinstance(currency.is_, str) and currency.is_ not in names.values():
        return replace(rule, factors=(name,), currency=currency.is_)
    if set(currency.verbs) != {"from"}:
        return None
    return replace(rule, factors=(name,), currency=names[Use(str(currency.from_), rule.currency)])


def _part(made: TableMap, mapping: MappingFile, names: dict[Use, str]) -> Part:
    cells, wide = made.unpack, made.columns_to_rows
    return Part(
        _kind_name(mapping.file_of(made), mapping),
        path=made.each or "",
        first_of=names[Use(made.first_of, ID)] if made.first_of is not None else None,
        separator=mapping.separator,
        cells=Cells(cells.column, cells.items, cells.fields, cells.names) if cells else None,
        wide=Wide(wide.columns or str(wide.like), wide.name, wide.value) if wide else None,
    )


def _condition(one: Condition) -> str:
    """How the column of a test is read."""
    return f"{CONDITION} on a {'text' if one.above is None and one.below is None else 'number'}"


def _only(one: Condition, names: dict[Use, str]) -> Only:
    word = one.is_ if one.is_ is not None else one.is_not
    values = (word,) if word is not None else one.one_of
    return Only(
        names[Use(one.column, _condition(one))],
        one.above,
        one.below,
        values,
        is_other=one.is_not is not None,
        is_empty=one.is_empty,
    )
