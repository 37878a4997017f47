"""The accounts of all that is loaded: what was delivered, and where every row and cent of it went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from mandje.contracts.types import POLARS_TYPES, TOTAL
from mandje.ingest.accounts.batch_totals import ROWS_AND_MONEY
from mandje.ingest.rules.refusals import Refusal
from mandje.ingest.store.partitions import Partition, current_states, partitions_in
from mandje.ingest.store.quarantine import refused_in
from mandje.shop.settings import Shop
from mandje.system.own_files import Json

_SUMS: dict[str, pl.DataType] = {"row_count": POLARS_TYPES["integer"], "money_amount": TOTAL}
_TEXT = POLARS_TYPES["text"]

# The parts of a ledger as columns; one row per entry and delivery.
LEDGER_SCHEMAS: dict[str, dict[str, pl.DataType]] = {
    "read": {"table_name": _TEXT, "currency_code": _TEXT, **_SUMS},
    "destinations": {"table_name": _TEXT, "destination": _TEXT, "currency_code": _TEXT, **_SUMS},
    "derived": {"feed": _TEXT, "row_count": _SUMS["row_count"]},
    "feeds": {"feed": _TEXT, "row_count": _SUMS["row_count"]},
}
_LEDGER_NAMES = {
    "table_name": "table",
    "currency_code": "currency",
    "row_count": "rows",
    "money_amount": "money",
}


@dataclass(frozen=True, slots=True)
class Accounts:
    """Sums over all current deliveries of a shop, as frames; money in the currency of its row.

    `delivered`: source, table_name, currency_code, row_count, money_amount.
    `destinations`: the same per destination. `derived`: source, feed, row_count. `differences`: as
    `delivered`, delivered less all destinations, only where not 0. `refusals`: deliveries refused and not
    mended, whose rows and money are unknown.
    """

    deliveries: int
    delivered: pl.DataFrame
    destinations: pl.DataFrame
    derived: pl.DataFrame
    differences: pl.DataFrame
    refusals: tuple[Refusal, ...]


def accounts(shop: Shop) -> Accounts:
    """Add up the ledgers of everything that is loaded. Reads small files only, also while a night runs."""
    states = current_states(shop)
    partitions = partitions_in(shop, states)
    entries = ledger_entries(partitions)
    delivered, destinations = _per_source(entries["read"]), _per_source(entries["destinations"])
    return Accounts(
        deliveries=len(partitions),
        delivered=delivered,
        destinations=destinations,
        derived=_per_source(entries["derived"]),
        differences=_differences(delivered, destinations),
        refusals=tuple(refused_in(shop, states)),
    )


def ledger_entries(partitions: Sequence[Partition]) -> dict[str, pl.DataFrame]:
    """All entries of the ledgers, a frame per part: source, delivery_date, then LEDGER_SCHEMAS."""
    books = [({"source": one.source, "delivery_date": one.delivery_date}, one.ledger) for one in partitions]
    return {
        part: _frame(schema, [place | entry for place, book in books for entry in book[part]])
        for part, schema in LEDGER_SCHEMAS.items()
    }


def _frame(schema: dict[str, pl.DataType], entries: list[Json]) -> pl.DataFrame:
    types = {"source": _TEXT, "delivery_date": POLARS_TYPES["date"], **schema}
    # Money is text in a ledger.
    read_as = {name: _TEXT if name == "money_amount" else kind for name, kind in types.items()}
    frame = pl.DataFrame(
        entries, schema={_LEDGER_NAMES.get(name, name): kind for name, kind in read_as.items()}
    )
    return frame.select(
        pl.col(_LEDGER_NAMES.get(name, name)).cast(kind).alias(name) for name, kind in types.items()
    )


def _per_source(entries: pl.DataFrame) -> pl.DataFrame:
    sums = [name for name in ROWS_AND_MONEY if name in entries.columns]
    keys = [name for name in entries.columns if name not in {"delivery_date", *sums}]
    return entries.group_by(keys).agg(pl.col(sums).sum()).sort(keys, nulls_last=True)


def _differences(delivered: pl.DataFrame, destinations: pl.DataFrame) -> pl.DataFrame:
    keys = ["source", "table_name", "currency_code"]
    minus = destinations.select(*keys, *(-pl.col(name) for name in ROWS_AND_MONEY))
    both = pl.concat([delivered.select(minus.columns), minus], how="vertical_relaxed")
    total = both.group_by(keys).agg(pl.col(ROWS_AND_MONEY).sum()).sort(keys, nulls_last=True)
    return total.filter((pl.col("row_count") != 0) | (pl.col("money_amount") != 0))
