"""Order days on a clock with a yearly peak."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl

from histories import AS_OF

YEAR, PEAK = 364, 90
HIGH, LOW = 1.5, (YEAR - 1.5 * PEAK) / (YEAR - PEAK)


def with_peak(orders: pl.DataFrame, days: int, quiet_days: int = 0) -> pl.DataFrame:
    """The same on a clock that runs at HIGH in 90 days of every 364, and slower in the others.

    Args:
        orders: of so many days until AS_OF.
        days: of the history.
        quiet_days: from the end of a peak to AS_OF.
    """
    first_day = AS_OF - timedelta(days=days - 1)
    to_end = (days - 1 - quiet_days - np.arange(days)) % YEAR
    ticks = np.concatenate([[0.0], np.cumsum(np.where(to_end < PEAK, HIGH, LOW))])
    day = (orders["order_date"] - first_day).dt.total_days().to_numpy() + 0.5
    new = pl.Series("day", np.floor(np.interp(day, ticks, np.arange(days + 1.0))).astype(np.int64))
    moved = orders.with_columns(order_date=pl.lit(first_day).dt.offset_by(pl.format("{}d", new)))
    return (
        moved.group_by("person_id", "order_date").agg(pl.col("spend").sum()).sort("person_id", "order_date")
    )
