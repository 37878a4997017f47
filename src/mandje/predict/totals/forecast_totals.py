"""What all customers are expected to bring, with its range and its season: `ops.forecast_totals`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb
import polars as pl

from mandje.predict.back_test.past_totals import PastTotal
from mandje.predict.scores.columns import HORIZONS, SITE_HORIZONS
from mandje.predict.season.tonight import SEASON_COLUMNS
from mandje.predict.totals.interval import Interval, Totals, order_interval, spend_interval

Row = dict[str, Any]

_ALL = "(all)"
_NOT_OF_SITES = "ranges are worked out for the whole shop only"
_SCHEMA: dict[str, pl.DataType] = {
    "site": pl.String(),
    "horizon_days": pl.Int64(),
    "as_of_date": pl.Date(),
    "customer_count": pl.Int64(),
    "expected_order_count": pl.Decimal(18, 4),
    "order_low_count": pl.Float64(),
    "order_high_count": pl.Float64(),
    "order_window_count": pl.Int64(),
    "expected_spend_amount": pl.Decimal(18, 4),
    "spend_low_amount": pl.Float64(),
    "spend_high_amount": pl.Float64(),
    "spend_window_count": pl.Int64(),
    "interval_reason": pl.String(),
    **SEASON_COLUMNS,
}
# Sums in decimals, so that their order does not matter.
_OF_SHOP = """
select
    '(all)' as site,
    {days} as horizon_days,
    count(expected_orders_{days}d) as customer_count,
    cast(sum(cast(expected_orders_{days}d as decimal(24, 10))) as decimal(18, 4)) as expected_order_count,
    cast(sum(expected_spend_{days}d_amount) as decimal(18, 4)) as expected_spend_amount
from predictions.customer_predictions
"""
_OF_SITES = """
select
    site,
    {days},
    count(expected_orders_{days}d),
    cast(sum(cast(expected_orders_{days}d as decimal(24, 10))) as decimal(18, 4)),
    null
from predictions.site_predictions
group by site
"""
_SUMS = " union all ".join(
    [_OF_SHOP.format(days=days) for days in HORIZONS]
    + [_OF_SITES.format(days=days) for days in SITE_HORIZONS]
)
# With one site its customers are the shop's, and so is its season.
_TONIGHT = f"""
select sums.*, {", ".join(f"seasons.{name}" for name in SEASON_COLUMNS)}
from ({_SUMS}) as sums
inner join scores.seasons
    on sums.horizon_days = seasons.horizon_days
    and seasons.site = if(sums.site in (select site from scores.seasons), sums.site, '{_ALL}')
order by sums.site, sums.horizon_days
"""


def find_totals(con: duckdb.DuckDBPyConnection, as_of_date: date, past: Sequence[PastTotal]) -> list[Row]:
    """One row per site and horizon, that of the whole shop with ranges; sums over tonight's predictions.

    Args:
        con: the working warehouse, with tonight's scores.
        as_of_date: last day known.
        past: the month's windows of the past.
    """
    tonight = con.sql(_TONIGHT).pl().iter_rows(named=True)
    return [row | {"as_of_date": as_of_date} | _ranges(row, past) for row in tonight]


def show_totals(con: duckdb.DuckDBPyConnection, rows: Sequence[Row]) -> None:
    """Write `ops.forecast_totals` anew."""
    con.execute("create schema if not exists ops")
    con.register("total_rows", pl.DataFrame(rows, _SCHEMA))
    con.execute("create or replace table ops.forecast_totals as from total_rows")
    con.unregister("total_rows")


def _ranges(row: Row, past: Sequence[PastTotal]) -> Row:
    if row["site"] != _ALL:
        unknown = Interval(None, None, 0, _NOT_OF_SITES)
        return _told(unknown, unknown)
    totals = Totals(
        row["horizon_days"],
        _number(row["expected_order_count"]),
        _number(row["expected_spend_amount"]),
        is_corrected=row["season_factor_seen"] is not None,
    )
    return _told(order_interval(totals, past), spend_interval(totals, past))


def _told(orders: Interval, spend: Interval) -> Row:
    of_spend = f"of spend: {spend.reason}" if spend.reason else None
    return {
        "order_low_count": orders.low,
        "order_high_count": orders.high,
        "order_window_count": orders.windows,
        "spend_low_amount": spend.low,
        "spend_high_amount": spend.high,
        "spend_window_count": spend.windows,
        "interval_reason": orders.reason or of_spend,
    }


def _number(amount: object) -> float | None:
    return None if amount is None else float(str(amount))
