"""Sums of a batch of deliveries: what was read, where it went, and what stands in the feeds.

Everything is summed in columns, per delivery. `batch_balance` says whether the three agree.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from mandje.adapters.base import ACCOUNT_SCHEMA, DERIVED_SCHEMA, Mapped
from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import POLARS_TYPES, TOTAL, Table
from mandje.ingest.read.parsed import READ_SCHEMA
from mandje.ingest.values.reading_notes import nothing_noted

ROWS_AND_MONEY = ("row_count", "money_amount")

# One row per delivery and place where rejected rows broke a rule, with the first of them.
REJECTED_SUM_SCHEMA: dict[str, pl.DataType] = {
    "delivery_date": POLARS_TYPES["date"],
    "table_name": POLARS_TYPES["text"],
    "rule": POLARS_TYPES["text"],
    "column_name": POLARS_TYPES["text"],
    "currency_code": POLARS_TYPES["text"],
    "delivery_file": POLARS_TYPES["text"],
    "delivery_line": POLARS_TYPES["integer"],
    "reason": POLARS_TYPES["text"],
    "row_count": POLARS_TYPES["integer"],
    "money_amount": TOTAL,
}

# One row per delivery, feed, kind of row (null: all are of one kind) and currency, from the rows themselves.
FEED_SUM_SCHEMA: dict[str, pl.DataType] = {
    "delivery_date": POLARS_TYPES["date"],
    "feed": POLARS_TYPES["text"],
    "destination": POLARS_TYPES["text"],
    "currency_code": POLARS_TYPES["text"],
    "row_count": POLARS_TYPES["integer"],
    "money_amount": TOTAL,
}


@dataclass(frozen=True, slots=True)
class BatchTotals:
    """Sums of some deliveries; totals of chunks add up to those of the whole.

    `read` READ_SCHEMA, `rejected` REJECTED_SUM_SCHEMA, `routed` ACCOUNT_SCHEMA, `derived` DERIVED_SCHEMA,
    `feeds` FEED_SUM_SCHEMA, `noted` NOTED_SCHEMA; all money with 38 digits.
    """

    read: pl.DataFrame
    rejected: pl.DataFrame
    routed: pl.DataFrame
    derived: pl.DataFrame
    feeds: pl.DataFrame
    noted: pl.DataFrame = field(default_factory=nothing_noted)

    def destinations(self) -> pl.DataFrame:
        """Where every source row went, rejected ones too: ACCOUNT_SCHEMA."""
        rejected = self.rejected.select(
            "delivery_date",
            "table_name",
            (pl.lit("rejected:") + pl.col("rule")).alias("destination"),
            "currency_code",
            *ROWS_AND_MONEY,
        )
        return summed(pl.concat([self.routed, rejected.select(self.routed.columns)]))


def batch_totals(
    read: pl.DataFrame, rejected: pl.DataFrame, noted: pl.DataFrame, mapped: Mapped
) -> BatchTotals:
    """Sum up a chunk: what parsing gave (see `Parsed`), and what the adapter made of the accepted rows."""
    return BatchTotals(
        read=_of_something(read.select(list(READ_SCHEMA))),
        rejected=_rejected_sums(rejected),
        routed=summed(mapped.routed.select(list(ACCOUNT_SCHEMA))),
        derived=summed(mapped.derived.select(list(DERIVED_SCHEMA))),
        feeds=pl.concat([_empty_sums(), *(feed_sums(feed, rows) for feed, rows in mapped.feeds.items())]),
        noted=summed(noted),
    )


def add_up(totals: list[BatchTotals]) -> BatchTotals:
    """The totals of deliveries, added up from those of their chunks."""
    if len(totals) == 1:
        return totals[0]
    return BatchTotals(
        read=_of_something(pl.concat([each.read for each in totals])),
        rejected=_first_rejected(pl.concat([each.rejected for each in totals])),
        routed=summed(pl.concat([each.routed for each in totals])),
        derived=summed(pl.concat([each.derived for each in totals])),
        feeds=summed(pl.concat([each.feeds for each in totals])),
        noted=summed(pl.concat([each.noted for each in totals])),
    )


def summed(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows and money added up per all other columns, sorted by these."""
    sums = [name for name in ROWS_AND_MONEY if name in frame.columns]
    keys = [name for name in frame.columns if name not in sums]
    total = [
        pl.col(name).cast(TOTAL).sum() if name == "money_amount" else pl.col(name).sum() for name in sums
    ]
    return _by_itself(frame.group_by(keys).agg(total).sort(keys, nulls_last=True).select(frame.columns))


def _by_itself(sums: pl.DataFrame) -> pl.DataFrame:
    """Sums with texts of their own: one that is taken out of rows keeps all texts of the rows in memory."""
    return pl.DataFrame(sums.to_arrow(compat_level=pl.CompatLevel.oldest()))


def _of_something(read: pl.DataFrame) -> pl.DataFrame:
    """Rows and money added up; what was moved to another currency leaves nothing behind."""
    return summed(read).filter((pl.col("row_count") != 0) | (pl.col("money_amount") != 0))


def feed_sums(feed: str, rows: pl.DataFrame) -> pl.DataFrame:
    """What the rows of a feed themselves say: FEED_SUM_SCHEMA."""
    table = FEEDS[feed]
    kind = pl.format(feed + ":{}", pl.col("kind")) if "kind" in table.names else pl.lit(feed)
    named = rows.select(
        "delivery_date",
        pl.lit(feed).alias("feed"),
        kind.alias("destination"),
        _currency(table).alias("currency_code"),
        pl.lit(1, pl.Int64).alias("row_count"),
        (table.money.polars() if table.money else pl.lit(0)).cast(TOTAL).alias("money_amount"),
    )
    return summed(pl.concat([named, *(_charge_sums(feed, rows, name) for name in charge_columns(feed))]))


def _charge_sums(feed: str, rows: pl.DataFrame, column: str) -> pl.DataFrame:
    return rows.select(
        "delivery_date",
        pl.lit(feed).alias("feed"),
        pl.lit(f"{feed}:{column}").alias("destination"),
        pl.col("currency_code"),
        pl.lit(0, pl.Int64).alias("row_count"),
        (pl.col(column).fill_null(0).cast(TOTAL) * charge_sign(feed, column)).alias("money_amount"),
    )


def charge_columns(feed: str) -> list[str]:
    """Amounts of a feed that a source row may be routed to by name, as in `orders:shipping_amount`."""
    if feed != "orders":
        return [name for name in FEEDS[feed].names if name == "tax_amount"]
    return [name for name in FEEDS[feed].names if name.endswith("_amount") and name != "total_amount"]


def charge_sign(feed: str, column: str) -> int:
    """−1 for what the source takes off: a discount, and tax that is given back."""
    return -1 if column == "discount_amount" or feed != "orders" else 1


def _currency(table: Table) -> pl.Expr:
    return pl.col(table.money.currency) if table.money else pl.lit(None, pl.String)


def _empty_sums() -> pl.DataFrame:
    return pl.DataFrame(schema=FEED_SUM_SCHEMA)


def _rejected_sums(rejected: pl.DataFrame) -> pl.DataFrame:
    counted = rejected.with_columns(
        pl.lit(1, pl.Int64).alias("row_count"), pl.col("money_amount").cast(TOTAL)
    )
    return _first_rejected(counted.select(list(REJECTED_SUM_SCHEMA)))


def _first_rejected(rejected: pl.DataFrame) -> pl.DataFrame:
    keys = ("delivery_date", "table_name", "rule", "column_name", "currency_code")
    first = (
        pl.col("delivery_file", "delivery_line", "reason").sort_by("delivery_file", "delivery_line").first()
    )
    sums = rejected.group_by(keys).agg(first, pl.col(ROWS_AND_MONEY).sum())
    named = sums.sort(keys, nulls_last=True).select(pl.col(n).cast(k) for n, k in REJECTED_SUM_SCHEMA.items())
    return _by_itself(named)
