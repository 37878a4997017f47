"""Made-up histories of customers: simulated from the process itself, and written as the models' inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from mandje.predict.models.parameters import PurchasePatterns
from mandje.shop.settings import Shop, ShopSettings

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
        home_site=pl.lit("nl"),
        order_count=pl.col("frequency") + 1,
        order_cost_amount=(pl.col("frequency") + 1) * pl.lit(Decimal("5.0000")),
        sales_order_count=pl.col("frequency") + 1,
        is_in_fit=pl.lit(True),  # noqa: FBT003
        has_consent=pl.lit(True),  # noqa: FBT003
        exclusion_reason=pl.lit(None, pl.String),
    ).with_columns(
        customer_id=pl.col("person_id"),
        last_order_date=pl.col("first_order_date").dt.offset_by(pl.format("{}d", "recency_days")),
    )
    return _with_contribution(filled.with_columns(**others).drop("number"))


def _with_contribution(frame: pl.DataFrame) -> pl.DataFrame:
    """40 % of what the usual spend on each order day amounts to, where nothing else is said."""
    sales = pl.col("mean_spend_amount").fill_null(10).cast(pl.Float64) * (pl.col("frequency") + 1)
    usual = {
        "kept_sales_amount": sales.cast(pl.Decimal(18, 4)),
        "goods_contribution_amount": (sales * 0.4).cast(pl.Decimal(18, 4)),
        "contribution_square_amount": (sales * 0.16).cast(pl.Decimal(24, 6)),
    }
    return frame.with_columns(
        expression.alias(name) for name, expression in usual.items() if name not in frame.columns
    )


def warehouse(frame: pl.DataFrame) -> duckdb.DuckDBPyConnection:
    """A database in memory that holds the inputs and order days that fit them, evenly spread."""
    con = duckdb.connect()
    con.register("frame", frame)
    con.execute("create schema intermediate")
    con.execute("create table intermediate.int_customer_inputs as from frame")
    con.execute(
        """
        create table intermediate.int_order_changes_known as
        select
            home_site as site,
            person_id,
            first_order_date
                + cast(floor(recency_days * number / greatest(frequency, 1)) as integer) as order_date,
            order_date as happened_date,
            order_date as known_from_date,
            null::date as known_until_date,
            coalesce(mean_spend_amount, 10)::decimal(18, 4) as net_sales_amount
        from frame, unnest(range(frequency + 1)) as numbers (number)
        """
    )
    con.execute(_SITE_INPUTS)
    con.execute(_PERSONS)
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


def order_days(
    customers: int, parameters: tuple[float, float, float, float], days: int, seed: int
) -> pl.DataFrame:
    """Order days of simulated customers, the last on AS_OF: person_id, order_date, spend; sorted."""
    r, alpha, a, b = parameters
    random = np.random.default_rng(seed)
    now = random.integers(0, days, customers).astype(np.float64)
    rate, leaving = random.gamma(r, 1 / alpha, customers), random.beta(a, b, customers)
    here, persons, seen = np.arange(customers), [np.arange(customers)], [now.copy()]
    while len(here):
        now[here] += random.exponential(1 / rate[here])
        here = here[now[here] < days]
        persons.append(here)
        seen.append(now[here])
        here = here[random.random(len(here)) >= leaving[here]]
    numbers, day = np.concatenate(persons), np.floor(np.concatenate(seen)).astype(np.int64)
    first_day = AS_OF - timedelta(days=days - 1)
    frame = pl.DataFrame({"number": numbers, "day": day}).unique().sort("number", "day")
    usual = 12 * 3 / random.gamma(4, 1, customers)[frame["number"].to_numpy()]
    return frame.select(
        pl.format("p{}", pl.col("number").cast(pl.String).str.zfill(7)).alias("person_id"),
        pl.lit(first_day).dt.offset_by(pl.format("{}d", "day")).alias("order_date"),
        pl.Series("spend", np.round(random.gamma(3, usual), 2)),
    )


def shop_warehouse(orders: pl.DataFrame, as_of_date: date = AS_OF) -> duckdb.DuckDBPyConnection:
    """A database in memory with order days until a day, and the inputs that follow from them."""
    con = duckdb.connect()
    con.register("orders", orders.filter(pl.col("order_date") <= as_of_date))
    con.execute("create schema intermediate")
    con.execute(
        """
        create table intermediate.int_order_changes_known as
        select
            'nl' as site,
            person_id,
            order_date,
            order_date as happened_date,
            order_date as known_from_date,
            null::date as known_until_date,
            spend::decimal(18, 4) as net_sales_amount
        from orders
        """
    )
    con.execute(_INPUTS, [as_of_date] * 2)
    con.execute(_SITE_INPUTS)
    con.execute(_PERSONS)
    con.unregister("orders")
    return con


_SITE_INPUTS = """
create view intermediate.int_site_customer_inputs as
select home_site as site, * exclude (home_site) from intermediate.int_customer_inputs
"""
# Known as they are tonight, ever since.
_PERSONS = """
create view intermediate.int_persons_known as
select
    person_id,
    person_id as known_as_person_id,
    has_consent,
    null::date as first_seen_date,
    case when is_in_fit then 0 else 100000 end as left_truncation_days,
    first_order_date as known_from_date,
    null::date as known_until_date
from intermediate.int_customer_inputs
"""
_INPUTS = """
create table intermediate.int_customer_inputs as
select
    'nl' as home_site,
    person_id,
    min(order_date) as first_order_date,
    max(order_date) as last_order_date,
    count(*) - 1 as frequency,
    max(order_date) - min(order_date) as recency_days,
    ?::date - min(order_date) + 1 as age_days,
    count(*) filter (day_number > 1 and net_sales_amount > 0) as spend_days,
    round(avg(net_sales_amount) filter (day_number > 1 and net_sales_amount > 0), 2)::decimal(18, 2)
        as mean_spend_amount,
    null::double as median_interval_days,
    count(*) as order_count,
    (5 * count(*))::decimal(18, 4) as order_cost_amount,
    count(*) filter (net_sales_amount > 0) as sales_order_count,
    sum(net_sales_amount)::decimal(18, 4) as kept_sales_amount,
    (0.4 * sum(net_sales_amount))::decimal(18, 4) as goods_contribution_amount,
    (0.16 * sum(net_sales_amount))::decimal(24, 6) as contribution_square_amount,
    any_value(first_day) as history_start_date,
    ?::date - any_value(first_day) + 1 as history_days,
    true as is_in_fit,
    true as has_consent,
    null::varchar as exclusion_reason
from (
    select *, row_number() over (partition by person_id order by order_date) as day_number
    from intermediate.int_order_changes_known
)
cross join (select min(order_date) as first_day from intermediate.int_order_changes_known)
group by person_id
"""
