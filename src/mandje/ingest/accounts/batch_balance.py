"""Do the sums of a batch agree: what was read, where it went, and what stands in the feeds?"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import TOTAL, Table
from mandje.errors import MandjeError
from mandje.ingest.accounts.batch_totals import ROWS_AND_MONEY, BatchTotals, charge_columns

CHARGES = [f"{feed}:{column}" for feed in FEEDS for column in charge_columns(feed)]
FEED = pl.col("destination").str.split(":").list.first()
IS_CHARGE = pl.col("destination").is_in(CHARGES)


def check_balance(source: str, counted: BatchTotals, tables: Mapping[str, Table]) -> None:
    """Stop where an adapter lost or invented a row or a cent.

    Raises:
        MandjeError: names the delivery, the place and the difference. The fault is the adapter's.
    """
    wrong = differences(counted, tables)
    if wrong.is_empty():
        return
    first = wrong.row(0, named=True)
    raise MandjeError(
        f"the accounts of delivery {source} {first['delivery_date']} do not add up at {first['place']}",
        found=f"a difference of {first['row_count']} rows, {first['money_amount']} money",
        expected="every source row in exactly one destination, with its money",
        next_step="this is a fault of the source's adapter, not of the delivery: report it",
    )


def differences(counted: BatchTotals, tables: Mapping[str, Table]) -> pl.DataFrame:
    """Where the sums disagree: delivery_date, place, row_count and money_amount missing; empty if nowhere.

    Destinations equal what was read, per table and currency. Rows in a feed equal rows routed to it and
    derived. Money in a feed equals money routed to it; money in derived orders equals that of their sources.
    """
    routed = _routed(counted, tables)
    return pl.concat(
        [
            _difference(counted.read, counted.destinations(), "table_name", "currency_code"),
            _difference(_routed_rows(routed, counted), counted.feeds.with_columns(money_amount=0), "feed"),
            _difference(*_money(routed, counted), "destination", "currency_code"),
            _difference(*_derived_totals(routed, counted), "destination", "currency_code"),
        ]
    ).sort("delivery_date", "place")


def _routed(counted: BatchTotals, tables: Mapping[str, Table]) -> pl.DataFrame:
    """Rows routed to feeds, with `feed`, `has_money` (of their table) and `is_derived` (of their feed)."""
    priced = [name for name, table in tables.items() if table.money is not None]
    has_money = pl.col("table_name").is_in(priced) | pl.col("currency_code").is_not_null()
    rows = counted.routed.with_columns(FEED.alias("feed"), has_money.alias("has_money")).filter(
        pl.col("feed").is_in(list(FEEDS))
    )
    return _mark_derived(rows, counted)


def _mark_derived(rows: pl.DataFrame, counted: BatchTotals) -> pl.DataFrame:
    derived = counted.derived.select("delivery_date", "feed", is_derived=pl.col("row_count") > 0)
    return rows.join(derived, on=("delivery_date", "feed"), how="left").with_columns(
        pl.col("is_derived").fill_null(value=False)
    )


def _routed_rows(routed: pl.DataFrame, counted: BatchTotals) -> pl.DataFrame:
    columns = ("delivery_date", "feed", "row_count")
    rows = pl.concat([routed.filter(~IS_CHARGE).select(columns), counted.derived.select(columns)])
    return rows.with_columns(money_amount=0)


def _money(routed: pl.DataFrame, counted: BatchTotals) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Money routed and money found.

    Of rows that are not derived, of charges that rows of their own tell, and of all on derived orders.
    """
    told = routed.filter("has_money")
    priced = [name for name, table in FEEDS.items() if table.money is not None]
    known = told.filter(~IS_CHARGE)["feed"].unique().to_list()
    is_row = ~IS_CHARGE & ~pl.col("is_derived") & pl.col("feed").is_in([n for n in priced if n in known])
    charges = told.filter(IS_CHARGE)["destination"].unique().to_list()
    compared = is_row | IS_CHARGE & (pl.col("is_derived") | pl.col("destination").is_in(charges))
    found = _mark_derived(counted.feeds, counted)
    return _only_money(told.filter(compared)), _only_money(found.filter(compared))


def _derived_totals(routed: pl.DataFrame, counted: BatchTotals) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Money of all that makes an order, and totals of orders, on days whose headers tell no total.

    They are derived, or come without money beside charges that rows of their own tell.
    """
    orders = routed.filter(pl.col("feed") == "orders")
    derived = counted.derived.filter((pl.col("feed") == "orders") & (pl.col("row_count") > 0))
    days = derived["delivery_date"].to_list()
    if not orders.filter(IS_CHARGE & ~pl.col("is_derived")).is_empty():
        days += orders.filter(~IS_CHARGE & ~pl.col("has_money"))["delivery_date"].to_list()
    is_derived = pl.col("delivery_date").is_in(days)
    sources = routed.filter(is_derived & pl.col("feed").is_in(["orders", "order_lines"]))
    totals = counted.feeds.filter(is_derived & (pl.col("destination") == "orders"))
    return _only_money(sources.with_columns(destination=pl.lit("orders"))), _only_money(totals)


def _only_money(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select("delivery_date", "destination", "currency_code", "money_amount", row_count=0)


def _difference(left: pl.DataFrame, right: pl.DataFrame, *keys: str) -> pl.DataFrame:
    by = ["delivery_date", *keys]
    sides = [
        frame.select(
            *by, pl.col("row_count").cast(pl.Int64) * sign, pl.col("money_amount").cast(TOTAL) * sign
        )
        for frame, sign in ((left, 1), (right, -1))
    ]
    total = pl.concat(sides).group_by(by).agg(pl.col(ROWS_AND_MONEY).sum())
    wrong = total.filter((pl.col("row_count") != 0) | (pl.col("money_amount") != 0))
    place = pl.concat_str([pl.col(key).fill_null("(none)") for key in keys], separator=" ")
    return wrong.select("delivery_date", place.alias("place"), *ROWS_AND_MONEY)
