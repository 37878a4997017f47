"""What an adapter is: tables that it can read, and one function that maps them to feeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import polars as pl

from mandje.contracts.types import POLARS_TYPES, TOTAL, Table

# One row per delivery, source table, destination and currency: where source rows went, with their money.
ACCOUNT_SCHEMA: dict[str, pl.DataType] = {
    "delivery_date": POLARS_TYPES["date"],
    "table_name": POLARS_TYPES["text"],
    # A feed ("order_lines"), an adjustment ("adjustments:shop_cost"), a charge on an order
    # ("orders:shipping_amount"), "skipped:<reason>" or "rejected:<rule>".
    "destination": POLARS_TYPES["text"],
    "currency_code": POLARS_TYPES["text"],  # null where the table has no money
    "row_count": POLARS_TYPES["integer"],
    "money_amount": TOTAL,  # as the source signs it; 0 where the table has no money
}

# One row per delivery and feed whose rows an adapter derived (an order from its lines): rows of the feed
# beyond those that were read, below 0 where several of these became one.
DERIVED_SCHEMA: dict[str, pl.DataType] = {
    "delivery_date": POLARS_TYPES["date"],
    "feed": POLARS_TYPES["text"],
    "row_count": POLARS_TYPES["integer"],
}


# What was read otherwise than it was written, per delivery and column (or value).
NOTED_SCHEMA: dict[str, pl.DataType] = {
    "delivery_date": POLARS_TYPES["date"],
    "table_name": POLARS_TYPES["text"],
    "column_name": POLARS_TYPES["text"],
    "kind": POLARS_TYPES["text"],
    "row_count": POLARS_TYPES["integer"],
}

# Documents that an adapter refuses whole: every row of theirs, in every table, breaks this rule.
REFUSED_SCHEMA: dict[str, pl.DataType] = {
    "delivery_date": POLARS_TYPES["date"],
    "document_id": POLARS_TYPES["text"],  # as in the column that `Table.document` names
    "rule": POLARS_TYPES["text"],  # "does_not_tie", "no_order", …
    "reason": POLARS_TYPES["text"],  # plain words: found, expected
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that a platform writes, known by its content, whatever the file is called.

    `title` says what it is in words ("WooCommerce orders, JSON of the REST API"). `needed` are names (of the
    header, or of an object's keys) that it always has and that tell it from all other kinds; `known` are
    further names that it is known to have: all others are told once. `fixed` holds keys whose value every
    object has or begins with, where names alone do not tell kinds apart (`id` → `gid://shopify/Order/`).
    `page` names the list that holds such objects where a file is a page of an API as it came (`data`).
    With `file`, a pattern of names, a source's files are of the kind by their name; several tables may be
    read from one of them.
    """

    name: str
    title: str
    form: Literal["csv", "json"]
    needed: frozenset[str]
    known: frozenset[str] = frozenset()
    fixed: tuple[tuple[str, str], ...] = ()
    page: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What became of a batch of accepted source rows.

    `feeds` holds a frame per feed produced, in exactly `FEEDS[feed].polars_schema()`; `accounts` has
    ACCOUNT_SCHEMA and its counts add up to the source rows given; `derived` has DERIVED_SCHEMA. `made` are
    accounts, too, of further logical rows that the adapter made out of those given: the tax in a sale, what a
    refund gives back beyond its lines. `noted` (NOTED_SCHEMA) is what people are to be told of the rows.
    """

    feeds: dict[str, pl.DataFrame]
    accounts: pl.DataFrame
    derived: pl.DataFrame
    made: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ACCOUNT_SCHEMA))
    noted: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=NOTED_SCHEMA))

    @property
    def routed(self) -> pl.DataFrame:
        """All accounts."""
        return pl.concat([self.accounts, self.made])


class Adapter(Protocol):
    """Maps one source of one shop to feeds."""

    @property
    def tables(self) -> Mapping[str, Table]:
        """Contracts of the source's files by table name; a file belongs to the table its name starts with."""

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Kinds of files that are known by their content; empty where a file's name says its table."""

    @property
    def held(self) -> tuple[str, ...]:
        """Tables that are read whole before the others, where a delivery is streamed (refunds)."""

    @property
    def feeds(self) -> tuple[str, ...]:
        """Feeds that the source may produce."""

    @property
    def maps_rows_alone(self) -> bool:
        """True where each row, or document, maps without others: a delivery can be streamed in chunks."""

    def refused(self, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        """Documents that must not be mapped, in REFUSED_SCHEMA: one whose sums do not tie, say."""

    def map(self, tables: Mapping[str, pl.DataFrame]) -> Mapped:
        """Map accepted rows (`Table.polars_schema()`, of one or many deliveries) to feeds, in columns."""


class FlatAdapter:
    """What adapters have in common whose files are known by name, a row of which is a row."""

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """None: names say it."""
        return ()

    @property
    def held(self) -> tuple[str, ...]:
        """None."""
        return ()

    def refused(self, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:  # noqa: ARG002 - as in Adapter
        """None: rows were judged one by one."""
        return pl.DataFrame(schema=REFUSED_SCHEMA)


def account(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    """Sum up rows that carry `destination`, `currency_code` and `money_amount` to ACCOUNT_SCHEMA."""
    return (
        rows.group_by("delivery_date", "destination", "currency_code", maintain_order=True)
        .agg(pl.len().cast(pl.Int64).alias("row_count"), pl.col("money_amount").sum().cast(TOTAL))
        .with_columns(pl.lit(table).alias("table_name"))
        .select(pl.col(name).cast(kind) for name, kind in ACCOUNT_SCHEMA.items())
    )
