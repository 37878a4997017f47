"""A second computation of the accounts: DuckDB counts the raw Parquet files, and the ledgers must agree."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path

import duckdb
import polars as pl

from mandje.adapters import adapter_for
from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import Table
from mandje.ingest.accounts.batch_balance import differences
from mandje.ingest.accounts.batch_totals import (
    FEED_SUM_SCHEMA,
    REJECTED_SUM_SCHEMA,
    BatchTotals,
    charge_columns,
    charge_sign,
)
from mandje.ingest.accounts.destinations import ledger_entries
from mandje.ingest.store.partitions import (
    READ_ANEW,
    Partition,
    current_partitions,
    paths_by_feed,
    rejected_paths,
)
from mandje.shop.settings import Shop
from mandje.system.machine import machine_fault
from mandje.system.own_files import first_damaged

_MONEY_SQL = "CAST(sum({}) AS DECIMAL(38, 4))"


def recount(shop: Shop) -> pl.DataFrame:
    """Where ledgers and raw files disagree: source, delivery_date, place, row_count, money_amount.

    Empty if every row and cent that the ledgers name stands in the files, and no other.
    """
    partitions = current_partitions(shop)
    wrong = [
        _recount_source(shop, source, [one for one in partitions if one.source == source])
        for source in sorted(shop.settings.sources)
    ]
    return pl.concat(wrong)


def _recount_source(shop: Shop, source: str, partitions: Sequence[Partition]) -> pl.DataFrame:
    wrong = differences(_counted(partitions), adapter_for(source, shop.settings).tables)
    return wrong.select(pl.lit(source).alias("source"), pl.all())


def _counted(partitions: Sequence[Partition]) -> BatchTotals:
    """Ledgers' sums of what was read and routed; files' sums of what is in the feeds and rejected."""
    entries = ledger_entries(partitions)
    routed = entries["destinations"].filter(~pl.col("destination").str.starts_with("rejected:"))
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        feeds = [
            _query(connection, query, paths, FEED_SUM_SCHEMA)
            for feed, paths in paths_by_feed(partitions).items()
            for query in _feed_queries(FEEDS[feed])
        ]
        rejected = _query(connection, _REJECTED_QUERY, rejected_paths(partitions), REJECTED_SUM_SCHEMA)
    return BatchTotals(
        read=entries["read"].drop("source"),
        rejected=rejected,
        routed=routed.drop("source"),
        derived=entries["derived"].drop("source"),
        feeds=pl.concat([pl.DataFrame(schema=FEED_SUM_SCHEMA), *feeds]),
    )


_REJECTED_QUERY = f"""
    SELECT delivery_date, table_name, rule, NULL AS column_name, currency_code, NULL AS delivery_file,
        NULL AS delivery_line, NULL AS reason, count(*) AS row_count, {_MONEY_SQL.format("money_amount")}
        AS money_amount
    FROM read_parquet($paths) GROUP BY ALL
"""


def _feed_queries(table: Table) -> list[str]:
    kind = f"'{table.name}:' || kind" if "kind" in table.names else f"'{table.name}'"
    currency, money = (table.money.currency, table.money.sql()) if table.money else ("NULL", "0")
    rows = _feed_query(table.name, kind, currency, "count(*)", money)
    return [rows, *(_charge_query(table.name, column) for column in charge_columns(table.name))]


def _charge_query(feed: str, column: str) -> str:
    money = f"{charge_sign(feed, column)} * coalesce({column}, 0)"
    return _feed_query(feed, f"'{feed}:{column}'", "currency_code", "0", money)


def _feed_query(feed: str, destination: str, currency: str, rows: str, money: str) -> str:
    return f"""
        SELECT delivery_date, '{feed}' AS feed, {destination} AS destination, {currency} AS currency_code,
            {rows} AS row_count, {_MONEY_SQL.format(money)} AS money_amount
        FROM read_parquet($paths) GROUP BY ALL
    """


def _query(
    connection: duckdb.DuckDBPyConnection, query: str, paths: Sequence[Path], schema: dict[str, pl.DataType]
) -> pl.DataFrame:
    if not paths:
        return pl.DataFrame(schema=schema)

    def read(*some: Path) -> pl.DataFrame:
        relation = connection.sql(query, params={"paths": [glob.escape(str(path)) for path in some]})
        frame = pl.DataFrame(relation.to_arrow_table())
        return frame.select(pl.col(name).cast(kind) for name, kind in schema.items())

    try:
        return read(*paths)
    except (duckdb.Error, pl.exceptions.PolarsError) as fault:
        raise machine_fault(fault) or first_damaged(paths, read, READ_ANEW) or fault from None
