"""All visits of a block: planned, made into events, delivered, and their truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from mandje.simulate.sales.make import Sales
from mandje.simulate.visits.behaviour.browsing import anonymous_count, plan_browsing
from mandje.simulate.visits.behaviour.calendar import first_moment
from mandje.simulate.visits.behaviour.edge_cases import plan_edge_cases
from mandje.simulate.visits.behaviour.journeys import Buyers, find_buyers, plan_journeys
from mandje.simulate.visits.behaviour.left_carts import plan_left_carts, returned_carts
from mandje.simulate.visits.behaviour.one_moment import at_one_moment
from mandje.simulate.visits.behaviour.pages import make_pages
from mandje.simulate.visits.behaviour.plan import BOTS, countries, first_devices
from mandje.simulate.visits.behaviour.steps import ADD, CHECKOUT_ERROR, PURCHASE, make_steps
from mandje.simulate.visits.behaviour.times import keep_apart, step_times
from mandje.simulate.visits.behaviour.traffic import channel_of, draw_origins, is_paid, told
from mandje.simulate.visits.events import UNSEEN, delivered_events, shows_customer
from mandje.simulate.visits.truth.attribution import with_shoppers
from mandje.simulate.visits.truth.carts import cart_truth, shoppers
from mandje.simulate.visits.truth.sessions import find_owners, id_text, session_truth, visitor_truth
from mandje.simulate.world.chance import Integers
from mandje.simulate.world.world import Block, World

SESSIONS_PER_BLOCK = 2**32


@dataclass(frozen=True, slots=True)
class Visits:
    """What a block's visitors did.

    Attributes:
        events: delivered frame of `session_events`, by session and time.
        order_visitors: of each online order: order, visitor (null: nobody saw it), has_purchase_event,
            has_cart (a cart ended with it).
        sessions: see `session_truth` and `with_shoppers`.
        carts: see `cart_truth`.
        visitors: see `visitor_truth`.
        clicks: day, site (codes), source, medium, campaign, clicks: paid sessions that no robot made.
        returned_carts: see `returned_carts`.
    """

    events: pl.DataFrame
    order_visitors: pl.DataFrame
    sessions: pl.DataFrame
    carts: pl.DataFrame
    visitors: pl.DataFrame
    clicks: pl.DataFrame
    returned_carts: pl.DataFrame


def make_visits(world: World, block: Block, people: pl.DataFrame, sales: Sales) -> Visits:
    """The visits of a block's people, and of the visitors who never buy.

    Args:
        world: of the shop, with its catalogue.
        block: whose people these are.
        people: person, site, account_at, device_count; all of the block, by person.
        sales: of these people; their orders come about by visits, and so do carts that they leave.
    """
    kinds = first_devices(world.chance("kinds of devices", block.number), people.height)
    carts = sales.acts.carts
    carried = carts["order"].drop_nulls()
    buyers = find_buyers(world, people, sales.orders, kinds, carried)
    left = plan_left_carts(world, block, carts, kinds)
    visits = pl.concat([_planned(world, block, people, buyers, kinds), _with_totals(buyers, left)])
    visits = _with_origins(world, block, visits)
    visits, steps = _made(world, block, visits, sales.lines)
    events = delivered_events(world, make_pages(world.catalogue), visits, steps)
    is_kept = ~visits["kind"].cast(pl.String).is_in(list(UNSEEN)).gather(steps["visit"])
    kept = steps.filter(is_kept)
    seen = _seen(world, visits, kept)
    owners = find_owners(seen)
    touches, placed = _touches(visits, kept, owners), _placed(buyers, visits, kept, owners)
    carts, visitors = cart_truth(world, block, touches, placed), visitor_truth(seen, owners)
    sessions = session_truth(world, visits, kept, events.filter(is_kept))
    return Visits(
        events,
        _order_visitors(buyers, seen, kept, carts),
        with_shoppers(sessions, visitors),
        carts,
        visitors,
        _clicks(seen),
        returned_carts(visits, sales.orders.filter("is_counted"), carried),
    )


def _planned(
    world: World, block: Block, people: pl.DataFrame, buyers: Buyers, first_device: Integers
) -> pl.DataFrame:
    anonymous = anonymous_count(world, buyers.orders.height)
    visits = pl.concat(
        [
            plan_journeys(world, block, buyers),
            plan_browsing(world, block, people, buyers, first_device),
            plan_edge_cases(world, block, anonymous),
        ]
    )
    return _with_totals(buyers, visits)


def _with_totals(buyers: Buyers, visits: pl.DataFrame) -> pl.DataFrame:
    return visits.join(buyers.orders.select("order", "total"), on="order", how="left", maintain_order="left")


def _with_origins(world: World, block: Block, visits: pl.DataFrame) -> pl.DataFrame:
    generator, mixes = world.chance("origins", block.number), visits["mix"].cast(pl.String).to_numpy()
    channels, size = world.settings.visits.channels, visits.height
    drawn = {mix: draw_origins(generator, size, channels, mix) for mix in ("first", "again", "order")}
    origin = np.select([mixes == mix for mix in drawn], list(drawn.values()))
    country = countries(world.chance("countries", block.number), visits["site"].to_numpy())
    return visits.with_columns(
        pl.Series("origin", origin),
        pl.Series("country", country),
        pl.col("total").fill_null(0),
        session=pl.int_range(pl.len(), dtype=pl.Int64) + block.number * SESSIONS_PER_BLOCK,
    )


def _made(
    world: World, block: Block, visits: pl.DataFrame, lines: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Visits with the visitors that they have in the end, and the steps that are recorded.

    Left out: what happens after the end, visits that began before the first moment, and lost purchases.
    """
    steps = make_steps(world, block, visits, lines)
    visit = steps["visit"].to_numpy()
    at = step_times(world, block, visits, visit)
    first = np.searchsorted(visit, np.arange(visits.height))
    last = np.append(first[1:], len(visit)) - 1
    visits = visits.with_columns(pl.Series("started_at", at[first]), pl.Series("ended_at", at[last]))
    visits = visits.with_columns(keep_apart(block, visits))
    is_seen = (at < world.clock.end) & (at[first] >= first_moment(world))[visit]
    is_lost = visits["loses_purchase"].to_numpy()[visit] & (steps["event_type"] == PURCHASE).to_numpy()
    seen = steps.with_columns(
        pl.Series("nth", np.arange(len(visit)) - first[visit]),
        pl.Series("at", at + visits["ahead"].to_numpy()[visit]),
        shows_customer(visits, visit, steps["event_type"].to_numpy()),
    ).filter(pl.Series(is_seen & ~is_lost))
    return visits, at_one_moment(world, block, seen)


def _seen(world: World, visits: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Visits with a step, with day, started_at, ended_at and has_customer as they were seen."""
    seen = steps.group_by("visit", maintain_order=True).agg(
        pl.col("at").first().alias("started_at"),
        pl.col("at").last().alias("ended_at"),
        pl.col("shows_customer").any().alias("has_customer"),
    )
    rows = seen["visit"].to_numpy()
    site = visits["site"].to_numpy()[rows]
    day = pl.Series("day", world.clock.local_day(site, seen["started_at"].to_numpy()))
    return visits[rows].with_columns(*seen.get_columns(), day)


def _touches(visits: pl.DataFrame, steps: pl.DataFrame, owners: pl.DataFrame) -> pl.DataFrame:
    """Cart and checkout events as `cart_truth` takes them."""
    touches = steps.filter(pl.col("event_type").is_between(ADD, CHECKOUT_ERROR))
    of = visits.select("site", "session", "visitor", "device", "origin")[touches["visit"].to_numpy()]
    columns = touches.select("at", "event_type", "product", "quantity", "value")
    return pl.concat([columns, of], how="horizontal").with_columns(
        channel_of(pl.col("origin")), shoppers(touches, visits, owners).alias("shopper")
    )


def _placed(buyers: Buyers, visits: pl.DataFrame, steps: pl.DataFrame, owners: pl.DataFrame) -> pl.DataFrame:
    """Online orders under the shopper of their event, and under the customer that their row tells."""
    events = steps.filter(pl.col("event_type") == PURCHASE)
    by_event = events.select(shoppers(events, visits, owners).alias("shopper"), "order")
    told = buyers.orders["shows_customer"] | pl.Series(buyers.is_known_guest)
    by_row = buyers.orders.filter(told).select(pl.col("person").alias("shopper"), "order")
    return pl.concat([by_event, by_row]).join(
        buyers.orders.select("order", "site", pl.col("ordered_at").alias("at")),
        on="order",
        how="left",
        maintain_order="left",
    )


def _order_visitors(
    buyers: Buyers, seen: pl.DataFrame, steps: pl.DataFrame, carts: pl.DataFrame
) -> pl.DataFrame:
    bought = steps.filter(pl.col("event_type") == PURCHASE)["order"]
    visitor = seen.filter(pl.col("order") >= 0).select("order", "visitor")
    ended = id_text(pl.col("order"), "o", 16).is_in(carts["order_id"].drop_nulls().implode())
    return (
        buyers.orders.select("order")
        .join(visitor, on="order", how="left", maintain_order="left")
        .with_columns(has_purchase_event=pl.col("order").is_in(bought.implode()), has_cart=ended)
        .sort("order")
    )


def _clicks(seen: pl.DataFrame) -> pl.DataFrame:
    paid = seen.filter(is_paid(pl.col("origin")), ~pl.col("kind").is_in(BOTS))
    traffic = [told(pl.col("origin"), name) for name in ("source", "medium", "campaign")]
    return (
        paid.select("day", "site", *traffic)
        .group_by("day", "site", "source", "medium", "campaign")
        .agg(pl.len().cast(pl.Int64).alias("clicks"))
        .sort("day", "site", pl.col("source", "medium", "campaign").cast(pl.String))
    )
