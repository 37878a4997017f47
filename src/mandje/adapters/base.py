"""What an adapter is: tables that it can read, and one function that maps them to feeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

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

# One row per delivery and feed whose rows an adapter derived (an order from its lines).
DERIVED_SCHEMA: dict[str, pl.DataType] = {
    "delivery_date": POLARS_TYPES["date"],
    "feed": POLARS_TYPES["text"],
    "row_count": POLARS_TYPES["integer"],
}


@dataclass(frozen=True, slots=True)
class Mapped:
    """What became of a batch of accepted source rows.

    `feeds` holds a frame per feed produced, in exactly `FEEDS[feed].polars_schema()`; `accounts` has
    ACCOUNT_SCHEMA and its counts add up to the source rows given; `derived` has DERIVED_SCHEMA.
    """

    feeds: dict[str, pl.DataFrame]
    accounts: pl.DataFrame
    derived: pl.DataFrame


class Adapter(Protocol):
    """Maps one source of one shop to feeds."""

    @property
    def tables(self) -> Mapping[str, Table]:
        """Contracts of the source's files by table name; a file belongs to the table its name starts with."""

    @property
    def feeds(self) -> tuple[str, ...]:
        """Feeds that the source may produce."""

    @property
    def maps_rows_alone(self) -> bool:
        """True where each row maps without looking at others: a delivery can be streamed in chunks."""

    def map(self, tables: Mapping[str, pl.DataFrame]) -> Mapped:
        """Map accepted rows (`Table.polars_schema()`, of one or many deliveries) to feeds, in columns."""


def account(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    """Sum up rows that carry `destination`, `currency_code` and `money_amount` to ACCOUNT_SCHEMA."""
    return (
        rows.group_by("delivery_date", "destination", "currency_code", maintain_order=True)
        .agg(pl.len().cast(pl.Int64).alias("row_count"), pl.col("money_amount").sum().cast(TOTAL))
        .with_columns(pl.lit(table).alias("table_name"))
        .select(pl.col(name).cast(kind) for name, kind in ACCOUNT_SCHEMA.items())
    )
