"""The customers feed: a row on the day an account is made, and another when its consent changes."""

from __future__ import annotations

import polars as pl

from mandje.contracts.types import TIMESTAMP
from mandje.simulate.people.emails import STYLES, email
from mandje.simulate.world.world import World

# The first addresses of so many are written in each of the ways, the others plainly.
_PLAIN = 25


def delivered_customers(world: World, people: pl.DataFrame) -> pl.DataFrame:
    """Rows of the customers feed, by delivery day and customer.

    A changed consent is a whole new row, some days later, of the same address written in another way; the
    rows before it are superseded.
    """
    accounts = people.filter(pl.col("account_at").is_not_null())
    first = accounts.with_columns(
        delivery_day=_delivery_day(world, accounts),
        outcome=pl.when(_changes(world, accounts)).then(pl.lit("superseded")).otherwise(pl.lit("kept")),
        style=_style(pl.col("person")),
    )
    changed = first.filter(pl.col("outcome") == "superseded").with_columns(
        pl.col("delivery_day") + pl.col("consent_change_days"),
        consent_profiling=consent_at_end(world, accounts.filter(_changes(world, accounts))),
        outcome=pl.lit("kept"),
        style=_style(pl.col("person") + 1),
    )
    versions = _with_withdrawals(world, pl.concat([first, changed]))
    return _rows(versions).sort("delivery_day", "customer_id")


def _with_withdrawals(world: World, versions: pl.DataFrame) -> pl.DataFrame:
    """With a row on the day on which consent to messages is withdrawn; the day after, if a row comes then."""
    if versions["withdrawn_at"].null_count() == versions.height:
        return versions
    ends = versions.filter(pl.col("withdrawn_at").is_not_null()).sort("person", "delivery_day")
    day = pl.Series("ended_on", world.clock.delivery_day(ends["withdrawn_at"].to_numpy()), dtype=pl.Int64)
    taken = (pl.col("delivery_day") == pl.col("ended_on")).any().over("person")
    ends = ends.with_columns(day).with_columns(pl.col("ended_on") + taken.cast(pl.Int64))
    before = ends.filter(pl.col("delivery_day") < pl.col("ended_on"), pl.col("ended_on") < world.clock.days)
    withdrawn = before.unique("person", keep="last", maintain_order=True).with_columns(
        delivery_day=pl.col("ended_on"), style=_style(pl.col("person") + 2)
    )
    days = withdrawn.select("person", "ended_on")
    known = versions.join(days, on="person", how="left", maintain_order="left")
    every = pl.concat([known, withdrawn.select(known.columns)]).sort("person", "delivery_day")
    is_after = (pl.col("delivery_day") >= pl.col("ended_on")).fill_null(value=False)
    is_last = pl.col("delivery_day") == pl.col("delivery_day").max().over("person")
    return every.with_columns(
        consent_marketing=pl.when(is_after).then(pl.lit(value=False)).otherwise("consent_marketing"),
        outcome=pl.when(is_last).then(pl.lit("kept")).otherwise(pl.lit("superseded")),
    ).select(versions.columns)


def consent_at_end(world: World, people: pl.DataFrame) -> pl.Series:
    """The last consent to profiling that was delivered of each person; null = unknown.

    Who changes takes a yes back, and agrees after a no or nothing.
    """
    changed = ~pl.col("consent_profiling").fill_null(value=False)
    return people.select(
        pl.when(_changes(world, people)).then(changed).otherwise("consent_profiling").alias("consent")
    ).to_series()


def _delivery_day(world: World, people: pl.DataFrame) -> pl.Series:
    known = people["account_at"].fill_null(world.clock.end)
    return pl.Series(world.clock.delivery_day(known.to_numpy()))


def _changes(world: World, people: pl.DataFrame) -> pl.Series:
    changed_on = _delivery_day(world, people) + people["consent_change_days"]
    return (people["account_at"].is_not_null() & (changed_on < world.clock.days)).fill_null(value=False)


def _style(person: pl.Expr) -> pl.Expr:
    place = person % _PLAIN
    return pl.when(place < STYLES).then(place).otherwise(0)


def _rows(versions: pl.DataFrame) -> pl.DataFrame:
    return versions.select(
        pl.col("person").alias("customer_id"),
        email(pl.col("person"), pl.col("style")).alias("email"),
        pl.col("account_at").cast(TIMESTAMP).alias("first_seen_at"),
        "birth_year",
        "gender",
        "country_code",
        "postal_area",
        "consent_marketing",
        "consent_profiling",
        pl.col("delivery_day").cast(pl.Int32),
        "outcome",
        pl.lit(None, pl.String).alias("defect"),
    )
