"""Orders, lines and returns added up, beside the truth of the day they are booked on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from mandje.publish.query import query_snapshot
from mandje.shop.settings import Shop
from mandje.simulate.truth_files import ROW_OUTCOMES
from mandje.simulate.world.sites import ALL_SITES
from mandje.truth.figures import DAY, every_day, with_zeros
from mandje.truth.tables.cells import Compared, compare_rows
from mandje.truth.tables.columns import DAY_COUNTS
from mandje.truth.tables.files import Truth

_ROWS = """
    select 'order_lines' as feed, count(*) as row_count from marts.order_lines
    union all
    select 'returns', count(*) from (select distinct return_id, line_number from marts.returns)
    union all
    select 'payments', count(*) from marts.payments
    union all
    select 'fulfilments', count(*) from marts.fulfilments
"""


@dataclass(frozen=True)
class _Sums:
    """A mart, the day its rows are booked on, and figures of the truth's days with their SQL."""

    mart: str
    date: str
    figures: Mapping[str, str]

    def sql(self) -> str:
        terms = ", ".join(
            f"cast({term} as {'bigint' if name in DAY_COUNTS else 'decimal(18, 4)'}) as {name}"
            for name, term in self.figures.items()
        )
        counted = f"from marts.{self.mart} where is_counted group by all"
        return f"select site, {self.date} as kpi_date, {terms} {counted}"


def _summed(*names: str) -> dict[str, str]:
    return {name: f"sum({name})" for name in names}


_SUMS = (
    _Sums(
        "orders",
        "order_date",
        {
            "order_count": "count(*)",
            "net_sales_by_order_date_amount": "sum(net_sales_amount)",
            **_summed(
                "unit_quantity",
                "gross_sales_amount",
                "discount_amount",
                "shipping_amount",
                "other_charges_amount",
                "tax_amount",
            ),
        },
    ),
    _Sums(
        "order_lines",
        "order_date",
        {"unit_quantity": "sum(quantity)", "gross_sales_amount": "sum(gross_sales_amount)"},
    ),
    _Sums(
        "returns",
        "return_date",
        {
            "return_count": "count(distinct return_id)",
            "returned_quantity": "sum(quantity)",
            "returned_amount": "sum(returned_amount)",
        },
    ),
)


def compare_facts(shop: Shop, truth: Truth) -> list[Compared]:
    """Counted orders, lines and returns of every site and day, added up; and how many rows there are."""
    days = every_day(truth).filter(pl.col("site") != ALL_SITES)
    return [*(_compare_sums(shop, days, sums) for sums in _SUMS), _compare_row_counts(shop, truth)]


def _compare_sums(shop: Shop, days: pl.DataFrame, sums: _Sums) -> Compared:
    expected = days.select(*DAY, *sums.figures)
    booked = query_snapshot(shop, sums.sql())
    found = with_zeros(days.select(DAY).join(booked, on=DAY, how="full", coalesce=True))
    return compare_rows(f"{sums.mart} per day", DAY, expected, found)


def _compare_row_counts(shop: Shop, truth: Truth) -> Compared:
    """Rows of lines, returns, payments and fulfilments: as many as deliveries brought that are kept."""
    kept = truth.frame(ROW_OUTCOMES).filter(pl.col("outcome") == "kept")
    found = query_snapshot(shop, _ROWS)
    counts = kept.group_by("feed").agg(pl.col("row_count").sum())
    expected = (
        found.select("feed")
        .join(counts, on="feed", how="left")
        .with_columns(pl.col("row_count").fill_null(0))
    )
    return compare_rows("rows of marts", ["feed"], expected, found)
