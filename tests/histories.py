"""Made-up histories of customers: simulated from the process itself, and written as the models' inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from mandje.predict.parameters import PurchasePatterns
from mandje.settings import Shop, ShopSettings

AS_OF = date(2025, 6, 30)
HISTORY_DAYS = 730


def simulate(
    customers: int, parameters: tuple[float, float, float, float], days: float, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Day summaries (x, t_x, T) of customers who order at Gamma(r, alpha) and leave at Beta(a, b) per order.

    With a = 0 nobody leaves. First orders are spread evenly over `days`.
    """
    r, alpha, a, b = parameters
    random = np.random.default_rng(seed)
    age = random.integers(1, int(days) + 1, customers).astype(np.float64)
    rate = random.gamma(r, 1 / alpha, customers)
    leaving = random.beta(a, b, customers) if a > 0 else np.zeros(customers)
    x, t_x, now = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    here = np.arange(customers)
    while len(here):
        now[here] += random.exponential(1 / rate[here])
        here = here[now[here] < age[here]]
        day = np.floor(now[here])
        is_new_day = day > t_x[here]
        x[here] += is_new_day
        t_x[here] = day
        here = here[random.random(len(here)) >= leaving[here]]
    return x, t_x, age


def patterns(x: Iterable[float], t_x: Iterable[float], age: Iterable[float]) -> PurchasePatterns:
    columns = [np.asarray(list(column), dtype=np.float64) for column in (x, t_x, age)]
    return PurchasePatterns(*columns, np.ones(len(columns[0])))


def inputs(x: Iterable[float], t_x: Iterable[float], age: Iterable[float], **others: object) -> pl.DataFrame:
    """Rows of `int_customer_inputs`; `others` replaces columns by expressions or values."""
    frame = pl.DataFrame({"frequency": list(x), "recency_days": list(t_x), "age_days": list(age)})
    random = np.random.default_rng(11)
    spend = pl.Series(np.round(random.gamma(3, 12, len(frame)) + 0.01, 2)).cast(pl.Decimal(18, 2))
    frame = frame.cast(pl.Int64).with_row_index("number")
    filled = frame.with_columns(
        person_id=pl.format("p{}", pl.col("number").cast(pl.String).str.zfill(7)),
        first_order_date=pl.lit(AS_OF).dt.offset_by("1d").dt.offset_by(pl.format("-{}d", "age_days")),
        spend_days=pl.col("frequency"),
        mean_spend_amount=pl.when(pl.col("frequency") > 0).then(spend),
        median_interval_days=pl.col("recency_days") / pl.col("frequency").replace(0, None),
        history_start_date=pl.lit(AS_OF).dt.offset_by(f"-{HISTORY_DAYS - 1}d"),
        history_days=pl.lit(HISTORY_DAYS, pl.Int64),
        is_in_fit=pl.lit(True),  # noqa: FBT003
        has_consent=pl.lit(True),  # noqa: FBT003
        exclusion_reason=pl.lit(None, pl.String),
    ).with_columns(
        customer_id=pl.col("person_id"),
        last_order_date=pl.col("first_order_date").dt.offset_by(pl.format("{}d", "recency_days")),
    )
    return filled.with_columns(**others).drop("number")


def warehouse(frame: pl.DataFrame) -> duckdb.DuckDBPyConnection:
    """A database in memory that holds the inputs and nothing else."""
    con = duckdb.connect()
    con.register("frame", frame)
    con.execute("create schema intermediate")
    con.execute("create table intermediate.int_customer_inputs as from frame")
    con.unregister("frame")
    return con


def shop(**settings: Mapping[str, object]) -> Shop:
    whole = {
        "name": "tiny",
        "reporting_currency": "EUR",
        "time_zone": "UTC",
        "sites": {"nl": {"time_zone": "UTC", "currency": "EUR"}},
        "sources": {"orders": {"adapter": "canonical"}},
    }
    return Shop(Path("tiny"), ShopSettings.model_validate(whole | settings))
