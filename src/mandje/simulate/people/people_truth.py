"""The truth about customers: their rates, when they left, and what they buy after the last delivered day."""

from __future__ import annotations

import calendar
from datetime import date

import numpy as np
import polars as pl

from mandje.contracts.types import TIMESTAMP
from mandje.simulate.people.customers_feed import consent_at_end
from mandje.simulate.people.order_clock import OrderClock
from mandje.simulate.world.chance import Floats, on_grid
from mandje.simulate.world.clock import DAY
from mandje.simulate.world.site_money import money, site_name
from mandje.simulate.world.sites import SITES
from mandje.simulate.world.world import World

HORIZONS = (30, 90, 365)
_RATE_UNIT = 10_000


def expected_orders(order_rate: Floats, leaving_probability: Floats, days: float) -> Floats:
    """E[orders in so many days] of customers who have not left, given their own rates: (1 − e^(−λpH)) / p.

    Each order in the days is a repeat order. The n-th comes if n − 1 chances to leave were let go by and n
    gaps fit in: the sum over n of (1 − p)^(n−1) P(Poisson(λH) ≥ n), which is the integral over 0..H of
    λ e^(−λpt) dt.
    """
    return on_grid(-np.expm1(-order_rate * leaving_probability * days) / leaving_probability)


def customer_truth(world: World, people: pl.DataFrame, purchases: pl.DataFrame) -> pl.DataFrame:
    """Customers who bought before the end, by person.

    Columns: person; customer_id (null = no account by the end); site (home) and segment by name; order_rate
    (per day), leaving_probability, spend_rate (per money of the first site); mean_spend_amount (of an order
    at home, given the spend rate) and future_spend_365d_amount (what comes), both in the reporting currency
    at the last day's rate; consent_profiling (as last delivered); first_ordered_at; order_count (by the end);
    left_at (null = never in the simulated time); is_alive (at the end); expected_orders_<H>d (those alive:
    from their rates, season and weekdays minded; others 0) and future_orders_<H>d (what comes) in the H days
    after.
    """
    facts = _facts(world, purchases)
    known = (
        people.with_columns(consent_profiling=consent_at_end(world, people))
        .join(facts, on="person", how="left", maintain_order="left", validate="1:1")
        .join(_left_at(people, purchases), on="person", how="left", maintain_order="left", validate="1:1")
        .filter(pl.col("order_count") > 0)
        .with_columns(is_alive=(pl.col("left_at") >= world.clock.end).fill_null(value=True))
    )
    expected = {f"expected_orders_{days}d": _expected(world, known, days) for days in HORIZONS}
    return known.select(
        "person",
        pl.when(pl.col("account_at").is_not_null()).then("person").alias("customer_id"),
        site_name(pl.col("site")).alias("site"),
        pl.Series("segment", _segment_names(world, known)),
        "order_rate",
        "leaving_probability",
        "spend_rate",
        pl.Series("mean_spend_amount", _mean_spend(world, known)),
        "consent_profiling",
        pl.col("first_ordered_at").cast(TIMESTAMP),
        "order_count",
        pl.col("left_at").cast(TIMESTAMP),
        "is_alive",
        *(pl.Series(name, column) for name, column in expected.items()),
        *(f"future_orders_{days}d" for days in HORIZONS),
        "future_spend_365d_amount",
    )


def purchase_truth(purchases: pl.DataFrame) -> pl.DataFrame:
    """Every purchase, those after the end too, by person and number.

    Columns: person, number, site, process_days (since the person's first, exact to the microsecond, without
    weekdays and hours), ordered_at, spend_amount (net goods, in the site's currency), is_delivered.
    """
    since_first = pl.col("process_at") - pl.col("process_at").first().over("person")
    return purchases.select(
        "person",
        "number",
        site_name(pl.col("site")).alias("site"),
        (since_first / DAY).alias("process_days"),
        pl.col("ordered_at").cast(TIMESTAMP),
        money(pl.col("spend_cents")).alias("spend_amount"),
        "is_delivered",
    )


def alive_truth(world: World, people: pl.DataFrame, purchases: pl.DataFrame) -> pl.DataFrame:
    """Whether a customer had not left when a month's last day was over, from the first purchase's month on.

    Columns: person, month_end, is_alive; by person and month end; months that end in the delivered days.
    """
    ends = _month_ends(world)
    first = purchases.filter(pl.col("number") == 0).select("person", first_day="day")
    left = purchases.join(
        people.select("person", "left_after"), on="person", how="left", maintain_order="left"
    ).filter(pl.col("number") == pl.col("left_after"))
    return (
        first.join(left.select("person", left_day="day"), on="person", how="left", maintain_order="left")
        .join(ends, how="cross", maintain_order="left_right")
        .filter(pl.col("first_day") <= pl.col("month_end_day"))
        .select(
            "person",
            "month_end",
            (pl.col("left_day") > pl.col("month_end_day")).fill_null(value=True).alias("is_alive"),
        )
    )


def _facts(world: World, purchases: pl.DataFrame) -> pl.DataFrame:
    """Counts and sums per person; a year of purchases lies after the last delivered day."""
    future = ~pl.col("is_delivered")
    last_day = np.full(len(SITES), world.clock.days - 1)
    rates = world.rates.rate_e4(np.arange(len(SITES)), last_day)
    rate = pl.col("site").replace_strict(dict(enumerate(rates.tolist())), return_dtype=pl.Int64)
    sums = purchases.group_by("person", maintain_order=True).agg(
        first_ordered_at=pl.col("ordered_at").first(),
        order_count=pl.col("is_delivered").sum().cast(pl.Int64),
        future_spend=(pl.col("spend_cents") * rate).filter(future).sum(),
        **{
            f"future_orders_{days}d": (future & (pl.col("day") < world.clock.days + days))
            .sum()
            .cast(pl.Int64)
            for days in HORIZONS
        },
    )
    whole_cents = (pl.col("future_spend") + _RATE_UNIT // 2) // _RATE_UNIT
    return sums.with_columns(future_spend_365d_amount=money(whole_cents))


def _left_at(people: pl.DataFrame, purchases: pl.DataFrame) -> pl.DataFrame:
    return (
        people.select("person", number="left_after")
        .join(purchases, on=["person", "number"], how="inner", maintain_order="left")
        .select("person", left_at="ordered_at")
    )


def _expected(world: World, known: pl.DataFrame, days: int) -> Floats:
    """The days after the end have as many on the process clock as season and weekdays weigh."""
    edges = np.array([world.clock.days, world.clock.days + days]) * DAY
    start, end = OrderClock(world.settings).to_process(edges).tolist()
    rates, leaving = known["order_rate"].to_numpy(), known["leaving_probability"].to_numpy()
    return np.where(known["is_alive"].to_numpy(), expected_orders(rates, leaving, (end - start) / DAY), 0.0)


def _mean_spend(world: World, known: pl.DataFrame) -> Floats:
    site = known["site"].to_numpy()
    shape = np.array([segment.p for segment in world.settings.segments])[known["segment"].to_numpy()]
    level = np.array([each.price_level for each in SITES])[site]
    last_day = np.full_like(site, world.clock.days - 1)
    level = level * OrderClock(world.settings).spend_factors(last_day)
    rate = world.rates.rate_e4(site, last_day)
    return on_grid(shape / known["spend_rate"].to_numpy() * level * rate / _RATE_UNIT)


def _month_ends(world: World) -> pl.DataFrame:
    days = [day for day in range(world.clock.days) if _ends_month(world.clock.date_of(day))]
    dates = [world.clock.date_of(day) for day in days]
    return pl.DataFrame(
        {"month_end_day": days, "month_end": dates}, schema={"month_end_day": pl.Int64, "month_end": pl.Date}
    )


def _ends_month(day: date) -> bool:
    return day.day == calendar.monthrange(day.year, day.month)[1]


def _segment_names(world: World, known: pl.DataFrame) -> pl.Series:
    names = {code: segment.name for code, segment in enumerate(world.settings.segments)}
    return known["segment"].replace_strict(names, return_dtype=pl.String)
