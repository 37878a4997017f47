"""lifetimes' own summary of real orders beside the inputs of the models; every difference has a reason.

lifetimes counts T to the last day, the inputs to its end: one day more. Its monetary value is the mean of all
repeat days; the inputs leave out days whose net spend is 0 or less, and take what will still come back off
the days of the last 30. All else is equal.
"""

from __future__ import annotations

import warnings
from datetime import date, datetime, timedelta

import polars as pl


def summed_by_lifetimes(sales: pl.DataFrame, last_day: date) -> pl.DataFrame:
    """x, t_x, T and mean of `sales` (person, at, spend), person as text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifetimes.utils import summary_data_from_transaction_data

    frame = sales.cast({"spend": pl.Float64}).to_pandas()
    summary = summary_data_from_transaction_data(
        frame, "person", "at", "spend", observation_period_end=datetime.combine(last_day, datetime.min.time())
    )
    return pl.from_pandas(summary.reset_index()).rename({"frequency": "x", "recency": "t_x", "T": "t"})


def assert_equal_histories(inputs: pl.DataFrame, theirs: pl.DataFrame) -> pl.DataFrame:
    """The same persons with x, t_x and T of lifetimes, T a day longer; gives both side by side."""
    both = inputs.join(theirs, on="person", how="full", coalesce=True)
    assert both.null_count().select("frequency", "x").row(0) == (0, 0)
    differ = (
        (pl.col("frequency") != pl.col("x"))
        | (pl.col("recency_days") != pl.col("t_x"))
        | (pl.col("age_days") != pl.col("t") + 1)
    )
    assert both.filter(differ).height == 0
    return both


def money_differences(both: pl.DataFrame, last_day: date) -> dict[str, int]:
    """How many means differ, by reason; who has no reason must have lifetimes' mean to the cent."""
    reason = (
        pl.when(pl.col("spend_days") < pl.col("frequency"))
        .then(pl.lit("a day without net spend"))
        .when((pl.col("frequency") > 0) & (pl.col("last_order_date") > last_day - timedelta(days=30)))
        .then(pl.lit("a day that may still lose"))
        .otherwise(pl.lit("none"))
    )
    mean = pl.col("mean_spend_amount").cast(pl.Float64).fill_null(0)
    told = both.with_columns(reason=reason, gain=mean - pl.col("monetary_value"))
    assert told.filter(pl.col("reason") == "none")["gain"].abs().max() <= 0.005001  # type: ignore[operator]
    assert told.filter(pl.col("reason") == "a day that may still lose")["gain"].max() <= 0.005001  # type: ignore[operator]
    moved = told.filter(pl.col("gain").abs() > 0.005001)
    return dict(moved["reason"].value_counts(sort=True).iter_rows())
