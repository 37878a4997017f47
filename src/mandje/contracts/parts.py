"""How rows lie in files: in documents, in cells, in columns, and which rows of a file are a table's."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import polars as pl


@dataclass(frozen=True, slots=True)
class Part:
    """Where the rows of a logical table lie in documents of one kind of file.

    `kind` names the kind (see `Kind` in `adapters.base`). `path` is the list of a document whose objects are
    the rows (`line_items`), or empty where the document itself is the row. With `linked_by`, a document is
    spread over lines: each names its parent's id under that key, and `path` gives the types of the ids from
    the root to the row (`Order/SalesAgreement/Sale`).
    """

    kind: str
    path: str = ""
    linked_by: str | None = None
    # Records instead of documents: of those with one value in this column only the first is a row.
    first_of: str | None = None
    # What divides the fields of a CSV, where that is told.
    separator: str | None = None
    cells: Cells | None = None
    wide: Wide | None = None


@dataclass(frozen=True, slots=True)
class Cells:
    """A cell that holds several rows: `name:Mug|quantity:2;name:Cup|quantity:1`.

    `items`, `fields` and `names` stand between rows, between a row's fields, and after a field's name. A
    column reads a field under its own name with the cell's and a dot before it: `line_items.quantity`.
    """

    column: str
    items: str
    fields: str
    names: str


@dataclass(frozen=True, slots=True)
class Wide:
    """Columns of a record that are rows: `columns` are their names, or a pattern of all of a name.

    Each row has its column's name in `name` and what stands there in `value`.
    """

    columns: tuple[str, ...] | str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Only:
    """Which rows of a file are rows of a table; the others break no rule of it. One test is given.

    `above` and `below` are of a number, `values` of a text; an empty value meets none, but `is_empty` True.
    """

    column: str
    above: Decimal | None = None
    below: Decimal | None = None
    values: tuple[str, ...] | None = None
    is_other: bool = False  # of `values`: any other text
    is_empty: bool | None = None

    def polars(self) -> pl.Expr:
        """True where a row, in its types, meets it; never null."""
        value = pl.col(self.column)
        if self.is_empty is not None:
            return value.is_null() if self.is_empty else value.is_not_null()
        if self.values is not None:
            met = value.is_in(self.values)
            return (~met if self.is_other else met).fill_null(value=False)
        least = value > self.above if self.above is not None else value < self.below
        return least.fill_null(value=False)
