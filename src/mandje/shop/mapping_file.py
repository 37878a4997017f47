"""A mapping file: which columns of a shop's own exports are which columns of the feeds. Data, no code.

`mapping_checks` compares it with the feeds; the models here know the closed list of verbs and their forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, StrictBool, StrictInt, StrictStr, model_validator

from mandje.shop.sources import FeedName, Strict, TaxRatio, TimeZone

# No quote, no NUL and no line break stands in the name of a column.
ColumnName = Annotated[str, Field(pattern=r'^[^"\x00-\x1f]*[^"\x00-\x20][^"\x00-\x1f]*$')]
Constant = StrictBool | StrictInt | Decimal | StrictStr | datetime | date
Factor = Decimal | ColumnName
Destination = Annotated[str, Field(pattern=r"^skipped:[a-z_]+$")]
_TIME_FORM_PARTS = re.compile(r"%(.?)")
_DAY_PARTS = (set("Ymd"), set("ymd"), set("Ybd"), set("YBd"))


def _time_form(form: str) -> str:
    parts = set(_TIME_FORM_PARTS.findall(form))
    if unknown := parts - set("YymdbBHIMSpfzTFR%"):
        raise ValueError(f"%{min(unknown)} is no part of a time that is read")
    parts |= {letter for whole, letters in (("F", "Ymd"), ("T", "HMS"), ("R", "HM")) if whole in parts
              for letter in letters}  # fmt: skip
    if not any(needed <= parts for needed in _DAY_PARTS):
        raise ValueError('not a form with day, month and year, such as "%d-%m-%Y %H:%M"')
    return form


TimeForm = Annotated[str, AfterValidator(_time_form)]
_ANY_NAME = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Text(Strict):
    """A part of `join` that stands for itself."""

    is_: StrictStr = Field(alias="is")


def join_column(part: str | Text) -> str | None:
    """The column that a part of `join` names; a single sign, as R or -, stands for itself."""
    return part if isinstance(part, str) and len(part) > 1 else None


def join_text(part: str | Text) -> str:
    """The text of a part that names no column."""
    return part.is_ if isinstance(part, Text) else part


# Verbs that say where a value comes from, of which each column has one.
SOURCES = ("from", "is", "first", "join", "pairs", "counter_of", "sum_of_taxes", "sum_of_lines")
# Verbs that change it, and the sources that they may change.
CHANGES = {
    "map": {"from", "first", "pairs"},
    "empty": {"from", "first", "pairs"},
    "times": {"from", "first", "pairs"},
    "minus": {"from", "first", "pairs"},
    "ex_tax": {"from", "first", "pairs"},
    "key": {"pairs"},
}


class Value(Strict):
    """What one column of a feed is made of."""

    model_config = _ANY_NAME

    from_: ColumnName | None = Field(None, alias="from")
    is_: Constant | None = Field(None, alias="is")
    first: Annotated[tuple[ColumnName, ...], Field(min_length=2)] | None = None
    join: Annotated[tuple[Text | Annotated[str, Field(min_length=1)], ...], Field(min_length=2)] | None = None
    pairs: ColumnName | None = None
    key: Annotated[str, Field(pattern=r"^[^\"\[\]]+$")] | None = None
    counter_of: ColumnName | tuple[ColumnName, ...] | None = None
    sum_of_taxes: Literal[True] | None = None
    sum_of_lines: Literal[True] | None = None
    map: Annotated[dict[str, Constant], Field(min_length=1)] | None = None
    empty: Constant | None = None
    times: Factor | Annotated[tuple[Factor, ...], Field(min_length=1)] | None = None
    minus: ColumnName | tuple[ColumnName, ...] | None = None
    ex_tax: TaxRatio | ColumnName | None = None

    @model_validator(mode="after")
    def _verbs_fit(self) -> Value:
        given = self.verbs
        sources = [verb for verb in SOURCES if verb in given]
        if len(sources) != 1:
            found = " and ".join(sources) or "none"
            raise ValueError(f"one of {', '.join(SOURCES)} says where the value comes from, found {found}")
        for verb, changed in CHANGES.items():
            if verb in given and sources[0] not in changed:
                raise ValueError(
                    f"{verb} changes a value of {' or '.join(sorted(changed))}, not of {sources[0]}"
                )
        if (self.pairs is None) != (self.key is None):
            raise ValueError('pairs needs the key that is looked up: {pairs = "meta_data", key = "colour"}')
        if self.map is not None and self.counts:
            raise ValueError(f"map gives a word and {self.counts[0]} a number: leave one of them out")
        return self

    @property
    def verbs(self) -> tuple[str, ...]:
        """Names of the verbs that are given."""
        return tuple(name.removesuffix("_") for name in self.model_fields_set)

    @property
    def counts(self) -> tuple[str, ...]:
        """Verbs of arithmetic that are given."""
        return tuple(verb for verb in ("times", "minus", "ex_tax") if verb in self.verbs)

    @property
    def factors(self) -> tuple[Factor, ...]:
        """Columns and numbers of `times`."""
        if self.times is None:
            return ()
        return self.times if isinstance(self.times, tuple) else (self.times,)

    @property
    def less(self) -> tuple[str, ...]:
        """Columns of `minus`."""
        return (self.minus,) if isinstance(self.minus, str) else self.minus or ()

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns (or the path of a key) whose value it takes, `counter_of` included."""
        pair = f"{self.pairs}[{self.key}]" if self.pairs is not None else None
        joined = (join_column(part) for part in self.join or ())
        counted = (self.counter_of,) if isinstance(self.counter_of, str) else self.counter_of or ()
        one = (self.from_, pair, *counted, *joined)
        return (*(name for name in one if name is not None), *(self.first or ()))


class Condition(Strict):
    """Which rows are rows of a table: one test of one column."""

    model_config = _ANY_NAME

    column: ColumnName
    above: Decimal | None = None
    below: Decimal | None = None
    is_: StrictStr | None = Field(None, alias="is")
    is_not: StrictStr | None = None
    one_of: Annotated[tuple[StrictStr, ...], Field(min_length=1)] | None = None
    is_empty: StrictBool | None = None

    @model_validator(mode="after")
    def _one_test(self) -> Condition:
        if len(self.model_fields_set) != 2:  # noqa: PLR2004 - the column and its test
            raise ValueError("a column and one of above, below, is, is_not, one_of, is_empty")
        return self


class PackedCells(Strict):
    """A cell that holds several rows, and what stands between its parts."""

    column: ColumnName
    items: Annotated[str, Field(min_length=1)]
    fields: Annotated[str, Field(min_length=1)]
    names: Annotated[str, Field(min_length=1)]


class WideColumns(Strict):
    """Columns that are rows: their names, or a pattern of them, and under which names a row has them."""

    columns: Annotated[tuple[ColumnName, ...], Field(min_length=1)] | None = None
    like: str | None = None
    name: ColumnName
    value: ColumnName

    @model_validator(mode="after")
    def _one_of_both(self) -> WideColumns:
        if (self.columns is None) == (self.like is None):
            raise ValueError("either columns, a list of names, or like, a pattern of names")
        try:
            re.compile(self.like or "")
        except re.error as fault:
            raise ValueError(f"like is no pattern: {fault}") from None
        return self


class TableMap(Strict):
    """One [[tables]]: the rows that it makes of a feed. All keys besides its own are columns of the feed."""

    model_config = _ANY_NAME

    feed: FeedName
    called: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    file: str | None = None
    first_of: ColumnName | None = None
    each: Annotated[str, Field(pattern=r"^[^\"\[\]^]+$")] | None = None
    unpack: PackedCells | None = None
    columns_to_rows: WideColumns | None = None
    only_if: tuple[Condition, ...] = ()
    otherwise: Destination | None = None
    columns: dict[str, Value]

    @model_validator(mode="before")
    @classmethod
    def _columns_apart(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        own = {key: value for key, value in data.items() if key in cls.model_fields and key != "columns"}
        columns = {
            key: {"from": value} if isinstance(value, str) else value
            for key, value in data.items()
            if key not in own
        }
        if isinstance(own.get("only_if"), dict):
            own["only_if"] = [own["only_if"]]
        return {"called": data.get("feed"), **own, "columns": columns}

    @model_validator(mode="after")
    def _forms_fit(self) -> TableMap:
        if bool(self.only_if) != (self.otherwise is not None):
            raise ValueError('only_if and otherwise ("skipped:<reason>") come together')
        shapes = [key for key in ("first_of", "each", "unpack", "columns_to_rows") if getattr(self, key)]
        if len(shapes) > 1:
            raise ValueError(f"{' and '.join(shapes)}: only one of them says what a row is")
        return self


class MappingFile(Strict):
    """All of `mappings/<name>.toml`."""

    title: Annotated[str, Field(min_length=1)] = "a file of the shop's own mapping"
    file: str = "*"
    separator: Literal[",", ";", "\t", "|"] | None = None
    decimal: Literal[".", ","] | None = None
    time_zone: TimeZone | None = None
    time_form: TimeForm | Annotated[tuple[TimeForm, ...], Field(min_length=1)] | None = None
    never_read: tuple[ColumnName, ...] = ()
    tables: Annotated[tuple[TableMap, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_differ(self) -> MappingFile:
        for feed in ("orders", "order_lines"):
            if sum(table.feed == feed for table in self.tables) > 1:
                raise ValueError(f"only one table may make {feed}, since an order must tie")
        names = [table.called for table in self.tables]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f'two tables are called {twice[0]}: give one a name of its own, called = "..."')
        return self

    @property
    def time_forms(self) -> tuple[str, ...]:
        """Forms of times and days, of which the first that fits a value is meant."""
        return (self.time_form,) if isinstance(self.time_form, str) else self.time_form or ()

    @property
    def feeds(self) -> tuple[str, ...]:
        """Feeds that it makes."""
        return tuple(dict.fromkeys(table.feed for table in self.tables))

    def of_feed(self, feed: str) -> TableMap | None:
        """The first table that makes a feed."""
        return next((table for table in self.tables if table.feed == feed), None)

    def files(self) -> Iterator[str]:
        """Names of files that it reads, as patterns, each once."""
        yield from dict.fromkeys(self.file_of(table) for table in self.tables)

    def file_of(self, table: TableMap) -> str:
        """Names of the files that a table is read from, as a pattern."""
        return table.file or self.file

    def is_document(self, file: str) -> bool:
        """Whether files of this pattern hold documents, with paths for names."""
        of_file = [table for table in self.tables if self.file_of(table) == file]
        has_ending = file.lower().removesuffix(".gz").endswith((".json", ".jsonl"))
        return has_ending or any(table.each or _has_pairs(table) for table in of_file)

    @property
    def tells_orders_with_refunds(self) -> bool:
        """Whether money given back stands in the files of the orders themselves."""
        orders = self.of_feed("orders")
        backs = [table for table in self.tables if table.feed in {"returns", "adjustments"}]
        return orders is not None and any(self.file_of(one) == self.file_of(orders) for one in backs)

    @property
    def sums_totals(self) -> bool:
        """Whether an order's total is the sum of its lines."""
        orders = self.of_feed("orders")
        total = orders.columns.get("total_amount") if orders else None
        return total is not None and total.sum_of_lines is True


def _has_pairs(table: TableMap) -> bool:
    return any(value.pairs is not None for value in table.columns.values())
