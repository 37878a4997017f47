"""The truth of sessions and visitors."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from mandje.contracts.types import TIMESTAMP
from mandje.simulate.visits.behaviour.plan import BOTS
from mandje.simulate.visits.behaviour.steps import ADD, PAGE_VIEW, PRODUCT_VIEW, PURCHASE
from mandje.simulate.visits.behaviour.traffic import told
from mandje.simulate.visits.truth.funnel import FUNNEL, closed_steps, funnel_flags
from mandje.simulate.world.clock import DAY, SECOND
from mandje.simulate.world.world import World

_EPOCH = date(1970, 1, 1)
_ENGAGED_AFTER, _ENGAGED_PAGES = 10 * SECOND, 2
_TOLD = ("channel", "source", "medium", "campaign")


def id_text(number: pl.Expr, letter: str, digits: int) -> pl.Expr:
    """An id as exports write it; null stays null."""
    return pl.lit(letter) + number.cast(pl.String).str.zfill(digits)


def session_truth(
    world: World, visits: pl.DataFrame, steps: pl.DataFrame, events: pl.DataFrame
) -> pl.DataFrame:
    """One row per session, in the order of `visits`.

    Args:
        world: of the shop.
        visits: planned, with session, visitor and origin.
        steps: of kept events: visit, nth, event_type, at, shows_customer, order.
        events: delivered, the same rows.

    Returns:
        session (number), first_event_id, visitor_id (texts), site, started_at, ended_at, started_date (local
        at the site), channel, source, medium, campaign, device_category, country_code, event_count,
        page_view_count and product_view_count (events of these types), landing_page_path, landing_page_type,
        is_engaged, has_<step> (of the funnel after the session itself: product_view to purchase),
        closed_step_count (of the closed funnel: 1 = the session alone, to 7), is_bot, is_internal,
        customer_id (text, of the person that its events show; null = none), order_id (text, of its purchase
        event), placed_order_id (the same, also where that event got lost), kind.
    """
    sums = _sums(steps).join(closed_steps(steps), on="visit", how="left", maintain_order="left")
    of = visits[sums["visit"].to_numpy()].with_columns(
        *sums.get_columns(),
        _local_dates(world, visits, sums),
        *(told(pl.col("origin"), name) for name in _TOLD),
    )
    first = events[sums["first"].to_numpy()]
    of = of.with_columns(
        first["site", "device_category", "country_code", "page_path", "page_type", "event_id"].get_columns()
    )
    person = pl.when("has_customer").then("person")
    return of.select(
        "session",
        id_text(pl.col("event_id"), "e", 16).alias("first_event_id"),
        id_text(pl.col("visitor"), "v", 16).alias("visitor_id"),
        "site",
        pl.col("started_at").cast(TIMESTAMP),
        pl.col("ended_at").cast(TIMESTAMP),
        "started_date",
        *("channel", "source", "medium", "campaign", "device_category", "country_code"),
        *("event_count", "page_view_count", "product_view_count"),
        pl.col("page_path").alias("landing_page_path"),
        pl.col("page_type").alias("landing_page_type"),
        "is_engaged",
        *(f"has_{name}" for name in FUNNEL),
        "closed_step_count",
        pl.col("kind").cast(pl.String).is_in(BOTS).alias("is_bot"),
        "is_internal",
        id_text(person, "c", 7).alias("customer_id"),
        _order_id("told_order").alias("order_id"),
        _order_id("order").alias("placed_order_id"),
        "kind",
    )


def _order_id(name: str) -> pl.Expr:
    return id_text(pl.when(pl.col(name) >= 0).then(name), "o", 16)


def _sums(steps: pl.DataFrame) -> pl.DataFrame:
    kind = pl.col("event_type")
    return (
        steps.with_row_index("first")
        .group_by("visit", maintain_order=True)
        .agg(
            pl.col("first").first(),
            pl.col("at").first().alias("started_at"),
            pl.col("at").last().alias("ended_at"),
            pl.len().cast(pl.Int64).alias("event_count"),
            (kind == PAGE_VIEW).sum().cast(pl.Int64).alias("page_view_count"),
            (kind == PRODUCT_VIEW).sum().cast(pl.Int64).alias("product_view_count"),
            (kind >= ADD).any().alias("does_more"),
            pl.col("shows_customer").any().alias("has_customer"),
            *funnel_flags(),
            pl.when(kind == PURCHASE).then("order").otherwise(-1).max().alias("told_order"),
        )
        .with_columns(
            is_engaged=(pl.col("ended_at") - pl.col("started_at") > _ENGAGED_AFTER)
            | (pl.col("page_view_count") >= _ENGAGED_PAGES)
            | pl.col("does_more")
        )
    )


def _local_dates(world: World, visits: pl.DataFrame, sums: pl.DataFrame) -> pl.Series:
    site = visits["site"].to_numpy()[sums["visit"].to_numpy()]
    day = world.clock.to_civil(site, sums["started_at"].to_numpy()) // DAY
    since_1970 = (world.clock.first_day - _EPOCH) // timedelta(days=1)
    return pl.Series("started_date", day + since_1970, dtype=pl.Int32).cast(pl.Date)


def find_owners(visits: pl.DataFrame) -> pl.DataFrame:
    """Who each visitor turns out to be by the end: visitor, owner (person), is_shared; identified ones only.

    Args:
        visits: visitor, person, started_at, and has_customer: whether an event shows the person.
    """
    return (
        visits.filter("has_customer")
        .sort("visitor", "started_at", "person")
        .group_by("visitor", maintain_order=True)
        .agg(pl.col("person").first().alias("owner"), (pl.col("person").n_unique() > 1).alias("is_shared"))
    )


def visitor_truth(visits: pl.DataFrame, owners: pl.DataFrame) -> pl.DataFrame:
    """One row per visitor, by number.

    Columns: visitor_id (text), customer_id (text; the first who is known to use it, null = never known),
    is_shared (by two customers), first_seen_at, last_seen_at (first and last event), session_count.
    """
    seen = visits.group_by("visitor", maintain_order=True).agg(
        pl.col("started_at").min(), pl.col("ended_at").max(), pl.len().cast(pl.Int64).alias("session_count")
    )
    return (
        seen.sort("visitor")
        .join(owners, on="visitor", how="left", maintain_order="left")
        .select(
            id_text(pl.col("visitor"), "v", 16).alias("visitor_id"),
            id_text(pl.col("owner"), "c", 7).alias("customer_id"),
            pl.col("is_shared").fill_null(value=False),
            pl.col("started_at").cast(TIMESTAMP).alias("first_seen_at"),
            pl.col("ended_at").cast(TIMESTAMP).alias("last_seen_at"),
            "session_count",
        )
    )
