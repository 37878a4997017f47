"""The vocabulary of contracts: columns, tables, and the columns that tell where a row came from."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import polars as pl

from mandje.contracts.ids import PLAIN_IDS, IdRules
from mandje.contracts.parts import Only, Part

ColumnType = Literal["text", "integer", "decimal", "rate", "timestamp", "date", "boolean"]

DECIMAL = pl.Decimal(18, 4)
# The price of one currency in another: of some, one costs less than a ten-thousandth. Times an amount it is
# exact in 37 digits.
RATE = pl.Decimal(19, 12)
# Sums of amounts: no number of rows overflows it.
TOTAL = pl.Decimal(38, 4)
# Holds the product of two amounts exactly.
_PRODUCT = pl.Decimal(38, 8)
TIMESTAMP = pl.Datetime("us", "UTC")

POLARS_TYPES: dict[ColumnType, pl.DataType] = {
    "text": pl.String(),
    "integer": pl.Int64(),
    "decimal": DECIMAL,
    "rate": RATE,
    "timestamp": TIMESTAMP,
    "date": pl.Date(),
    "boolean": pl.Boolean(),
}
SQL_TYPES: dict[ColumnType, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "decimal": "DECIMAL(18,4)",
    "rate": "DECIMAL(19,12)",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
    "date": "DATE",
    "boolean": "BOOLEAN",
}

# Where a raw row came from: the first columns of every raw Parquet file.
DELIVERY_COLUMNS: dict[str, ColumnType] = {
    "delivery_source": "text",  # name of the source, the folder under exports/
    "delivery_date": "date",  # name of the delivery
    "delivery_sha256": "text",  # first 12 hex digits of the delivery's hash
    "delivery_file": "text",  # file name inside the delivery
    "delivery_line": "integer",  # line in that file (header = 1); row number + 1 for Parquet
    "delivery_part": "text",  # which part of that line (`line_items[2]`); null where the line is the row
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a contract.

    Rules of a row that follow from it, by name: `missing` (null where not nullable), `type` (cannot be read
    as the type), `precision` (a decimal with more than 4 places, a rate with more than 12), `allowed` (not
    one of the allowed values), `pattern` (not of the pattern's form), `range` (outside minimum..maximum),
    `impossible_date` (a time before 1990 or more than a day after the delivery date), `email` (neither an
    address nor a hash). An id is `missing` too where a placeholder stands for it, and breaks `precision` as a
    float that is not exact.
    """

    name: str
    type: ColumnType
    unit: str
    description: str
    nullable: bool = False
    key: bool = False
    allowed: tuple[str, ...] = ()
    pattern: str | None = None
    minimum: Decimal | None = None
    minimum_exclusive: bool = False
    maximum: Decimal | None = None
    personal: bool = False
    # An address or a hash in this column (delivered under this name or as `email`) becomes an HMAC.
    is_email: bool = False
    # An id: trimmed, without placeholders, whole floats as integers (`ingest.values.ids`).
    is_id: bool = False
    # The source's own local clock, for a `timestamp` without an offset; None = UTC.
    time_zone: str | None = None
    # A `timestamp` that is written as a number: so many of its units are a second; it counts from 1970.
    ticks_per_second: int | None = None
    # Round half away from zero to so many decimals first: for numbers that are binary floats, and for values
    # that are told, not booked, and not worth losing a row for.
    round_to: int | None = None
    # Where the value stands in an object of a document: `billing.email`; `^id` in the object that holds the
    # row, `^^id` in the one above that; `meta_data[_reason]` in a list of objects with key and value,
    # `refunds[*id]` all ids of a list. All forms: `ingest.documents.paths`.
    # Empty: under the column's own name.
    at: str = ""
    # Places whose texts, hashed together, are the value: an id for what has none.
    fingerprint_of: tuple[str, ...] = ()
    # Other names that a CSV header may have for it.
    aliases: tuple[str, ...] = ()
    # Names under which it is written in millionths.
    millionths: tuple[str, ...] = ()
    # The column whose name tells the value, where no column has it: EUR in `Amount spent (EUR)`.
    in_name_of: str = ""
    # The column whose texts are this one's where they fit `pattern`: `Total: Account` in place of a day.
    moved_from: str = ""

    # How a CSV writes it, where that is told and not to be found out: the mark before decimals. Forms of a
    # time or day (`%d-%m-%Y %H:%M`), of which the first that fits a value is meant.
    decimal_mark: Literal[".", ","] | None = None
    time_forms: tuple[str, ...] = ()
    # Of a tax rate: the columns of the source that hold amounts with this tax. It stands there in per cent
    # (21, 21%) or as a ratio (0.21), as all values of its file say, and is read as a ratio.
    rate_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A contract: the columns of a feed, or of one file of a source.

    `ignored` names columns that a file may have and that are never read in (names, addresses). `money` is
    the column, or product of columns less a column, that says what a row is worth: see `MoneyRule`.
    `document` names the column that makes rows one document (`order_id`, `return_id`); `document_prefix` goes
    before its id where other documents of the source number alike. `within` is a column and a table: rows
    that wait (`Adapter.held`) come with the row of that table whose document the column names.
    `ids` says how the columns with `is_id` are read. `part` says where rows lie in documents; None: a line or
    record is a row.
    Of each group of `one_of`, all nullable, a row needs one value (else `missing`) and a file one column.
    An `open` table may have further columns: they are not read, and named once in the night's record.
    Where `only` is given, the rules hold for rows that meet all of it, and for its own columns in all.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    ignored: tuple[str, ...] = ()
    optional: bool = False
    document: str | None = None
    document_prefix: str = ""
    within: tuple[str, str] | None = None
    money: MoneyRule | None = None
    one_of: tuple[tuple[str, ...], ...] = ()
    ids: IdRules = PLAIN_IDS
    part: Part | None = None
    open: bool = False
    only: tuple[Only, ...] = ()

    def is_own(self) -> pl.Expr:
        """True where a row, in its types, meets all of `only`."""
        return pl.all_horizontal(pl.lit(value=True), *(one.polars() for one in self.only))

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the key columns."""
        return tuple(column.name for column in self.columns if column.key)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, in order."""
        return tuple(column.name for column in self.columns)

    def polars_schema(self) -> dict[str, pl.DataType]:
        """Delivery columns, then the contract's, as they stand in raw Parquet."""
        own = {column.name: column.type for column in self.columns}
        return {name: POLARS_TYPES[kind] for name, kind in (DELIVERY_COLUMNS | own).items()}

    def sql_schema(self) -> dict[str, str]:
        """The same as SQL types."""
        own = {column.name: column.type for column in self.columns}
        return {name: SQL_TYPES[kind] for name, kind in (DELIVERY_COLUMNS | own).items()}


@dataclass(frozen=True, slots=True)
class MoneyRule:
    """What a row is worth: the rounded product of `factors`, with `plus`, less `less`, in `currency`.

    Where the column `instead` has a value, it stands in place of the product. `sign` is −1 where a positive
    amount is money that the shop gives back.
    """

    factors: tuple[str, ...]
    less: str | None = None
    instead: str | None = None
    sign: int = 1
    currency: str = "currency_code"
    plus: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all columns that it reads amounts from."""
        others = (name for name in (self.less, self.instead) if name is not None)
        return (*self.factors, *others, *self.plus)

    def polars(self) -> pl.Expr:
        """The amount of a row as DECIMAL(18,4), rounded half away from zero; null counts as 0."""
        first, *others = (pl.col(factor) for factor in self.factors)
        amount = first
        for factor in others:
            # A cast alone would round half to even.
            product = amount.cast(_PRODUCT) * factor.cast(_PRODUCT)
            amount = product.round(4, mode="half_away_from_zero")
        if self.instead is not None:
            amount = pl.coalesce(self.instead, amount)
        amount = amount.fill_null(0)
        for name in self.plus:
            amount = amount + pl.col(name).fill_null(0)
        if self.less is not None:
            amount = amount - pl.col(self.less).fill_null(0)
        return (amount * self.sign).cast(DECIMAL)

    def sql(self) -> str:
        """The same amount as an SQL expression on both engines."""
        first, *others = self.factors
        product = first
        if others:
            # DuckDB computes a product of two DECIMAL(18,4) in 18 digits; one digit more makes it 37.
            factors = " * ".join([f"CAST({first} AS DECIMAL(19,4))", *others])
            product = f"CAST({factors} AS DECIMAL(18,4))"
        given = product if self.instead is None else f"{self.instead}, {product}"
        plus = "".join(f" + COALESCE({name}, 0)" for name in self.plus)
        less = f" - COALESCE({self.less}, 0)" if self.less is not None else ""
        return f"CAST({self.sign} * (COALESCE({given}, 0){plus}{less}) AS DECIMAL(18,4))"
