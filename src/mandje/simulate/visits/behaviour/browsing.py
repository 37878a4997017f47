"""Visits without an order: by buyers around and between their orders, and by visitors who never buy."""

from __future__ import annotations

import numpy as np
import polars as pl

from mandje.simulate.visits.behaviour.calendar import at_some_time, draw_days, first_moment
from mandje.simulate.visits.behaviour.journeys import NEVER, Buyers
from mandje.simulate.visits.behaviour.plan import (
    SHARED_DEVICE,
    Login,
    Stage,
    first_devices,
    kind_of_device,
    other_visitors,
    persons_visitor,
    planned,
)
from mandje.simulate.world.chance import Flags, Integers, happens, on_grid, pick
from mandje.simulate.world.clock import DAY, HOUR
from mandje.simulate.world.sites import SITES
from mandje.simulate.world.world import Block, World

# A visit this long before an order of the same person puts nothing in the cart: the two may run into another.
_CLEAR_OF_ORDERS = 12 * HOUR
# Until so long before the end, carts outside the shop's own time zone are left alone: whether they are still
# open must not hang on whose midnight ends the last day.
_CLEAR_OF_END = 4 * HOUR
_SMALLEST = 1e-9
_MEAN_DISTANCE, _LONGEST_DISTANCE, _MEAN_RETURN = 4 * DAY, 25 * DAY, 8 * DAY


def plan_browsing(
    world: World, block: Block, people: pl.DataFrame, buyers: Buyers, first_device: Integers
) -> pl.DataFrame:
    """All visits without an order; `first_device` is by person, as `people`."""
    own = _around_orders(world, block, buyers)
    between = _between_orders(world, block, people, buyers, first_device)
    accounts = _account_visits(world, block, people, buyers, first_device)
    shared = _shared_devices(world, block, people)
    visits = pl.concat([own, between, _anonymous(world, block, buyers.orders.height), accounts, shared])
    visits = visits.filter(pl.col("at") >= first_moment(world), pl.col("at") < world.clock.end)
    return _with_behaviour(world, block, visits, buyers)


def _around_orders(world: World, block: Block, buyers: Buyers) -> pl.DataFrame:
    settings, generator = world.settings.visits.browsing, world.chance("visits around orders", block.number)
    size = buyers.orders.height
    before = np.repeat(np.arange(size), generator.poisson(settings.before_order, size))
    after = np.repeat(np.arange(size), generator.poisson(settings.after_order, size))
    row = np.concatenate([before, after])
    sign = np.repeat([-1, 1], [len(before), len(after)])
    far = (on_grid(generator.standard_exponential(len(row))) * _MEAN_DISTANCE).astype(np.int64)
    site = buyers.orders["site"].to_numpy()[row]
    moment = buyers.orders["ordered_at"].to_numpy()[row] + sign * np.minimum(far, _LONGEST_DISTANCE)
    at = at_some_time(world, generator, site, world.clock.local_day(site, moment))
    device = generator.integers(0, buyers.device_count[row])
    person = buyers.orders["person"].to_numpy()[row]
    return planned(
        len(row),
        visitor=persons_visitor(person, device),
        person=person,
        device=kind_of_device(buyers.first_device[row], device),
        site=site,
        at=at,
        login=_logins(world, generator, buyers.account_at[row], at),
        mix="again",
    )


def _logins(world: World, generator: np.random.Generator, account_at: Integers, at: Integers) -> Integers:
    logged_in = happens(generator, world.settings.visits.journeys.logged_in_ratio, len(at))
    return np.where(logged_in & (account_at <= at), Login.ALWAYS, Login.NEVER)


def _between_orders(
    world: World, block: Block, people: pl.DataFrame, buyers: Buyers, first_device: Integers
) -> pl.DataFrame:
    """Of people who have ordered online, from their first such order on."""
    settings, generator = world.settings.visits.browsing, world.chance("visits between", block.number)
    first = buyers.orders.group_by("person", maintain_order=True).agg(pl.col("ordered_at").min())
    index = first["person"].to_numpy() - block.first_person
    since = first["ordered_at"].to_numpy()
    years = on_grid((world.clock.end - since) / (365 * DAY))
    row = np.repeat(np.arange(len(index)), generator.poisson(settings.per_customer_year * years))
    index, site = index[row], people["site"].to_numpy()[index[row]]
    day = draw_days(world, generator, world.clock.local_day(site, since[row]))
    at = at_some_time(world, generator, site, day)
    device = generator.integers(0, people["device_count"].to_numpy()[index])
    person = index + block.first_person
    return planned(
        len(row),
        visitor=persons_visitor(person, device),
        person=person,
        device=kind_of_device(first_device[index], device),
        site=site,
        at=at,
        login=_logins(world, generator, _accounts(people)[index], at),
        mix="again",
    )


def _accounts(people: pl.DataFrame) -> Integers:
    return people["account_at"].cast(pl.Int64).fill_null(NEVER).to_numpy()


def _account_visits(
    world: World, block: Block, people: pl.DataFrame, buyers: Buyers, first_device: Integers
) -> pl.DataFrame:
    """People who once ordered as guests look into their account: whose their first device is gets known."""
    guests = buyers.orders["person"].filter(pl.Series(buyers.is_known_guest)).unique().sort().to_numpy()
    generator = world.chance("account visits", block.number)
    index = guests - block.first_person
    later = generator.integers(HOUR, 2 * DAY, len(index))
    return planned(
        len(index),
        visitor=persons_visitor(guests, 0),
        person=guests,
        device=first_device[index],
        site=people["site"].to_numpy()[index],
        at=_accounts(people)[index] + later,
        kind="account",
        login=int(Login.ALWAYS),
        mix="again",
    )


def _shared_devices(world: World, block: Block, people: pl.DataFrame) -> pl.DataFrame:
    """Two people with accounts, next to each other by number, on the device of the first; both logged in."""
    settings, generator = world.settings.visits.browsing, world.chance("shared devices", block.number)
    index = np.flatnonzero(people["account_at"].is_not_null().to_numpy())
    index = index[: len(index) // 2 * 2]
    holds = np.repeat(happens(generator, settings.shared_device_ratio, len(index) // 2), 2)
    owner = np.repeat(index[::2], 2)[holds]
    # Three visits of each.
    index, owner = np.repeat(index[holds], 3), np.repeat(owner, 3)
    site, since = people["site"].to_numpy()[index], _accounts(people)[index]
    day = draw_days(world, generator, world.clock.local_day(site, since) + 1)
    at = at_some_time(world, generator, site, day)
    return planned(
        len(index),
        visitor=persons_visitor(owner + block.first_person, SHARED_DEVICE),
        person=index + block.first_person,
        device=np.full(len(index), 2),
        site=site,
        at=at,
        login=int(Login.ALWAYS),
        mix="again",
    ).filter(pl.Series(at > since))


def anonymous_count(world: World, orders: int) -> int:
    """How many visitors never buy, beside so many online orders."""
    return round(world.settings.visits.browsing.anonymous_per_order * orders)


def _anonymous(world: World, block: Block, orders: int) -> pl.DataFrame:
    settings, generator = world.settings.visits.browsing, world.chance("anonymous visits", block.number)
    visitors = anonymous_count(world, orders)
    site = pick(generator, visitors, [own.share for own in SITES])
    day = draw_days(world, generator, np.zeros(visitors, np.int64))
    device = first_devices(generator, visitors)
    visits = 1 + pick(generator, visitors, settings.returns)
    row = np.repeat(np.arange(visitors), visits)
    is_first = np.diff(row, prepend=-1) > 0
    pauses = (on_grid(generator.standard_exponential(len(row))) * _MEAN_RETURN).astype(np.int64) // DAY
    waited = np.cumsum(np.where(is_first, 0, pauses))
    later = waited - waited[np.flatnonzero(is_first)][row]
    return planned(
        len(row),
        visitor=other_visitors(block, 0, visitors)[row],
        device=device[row],
        site=site[row],
        at=at_some_time(world, generator, site[row], day[row] + later),
        mix=pl.Series(np.where(is_first, "first", "again")),
    )


def _with_behaviour(world: World, block: Block, visits: pl.DataFrame, buyers: Buyers) -> pl.DataFrame:
    """What is done on each visit: a look at one page or several, a cart left at some step, or emptied."""
    settings, generator = world.settings.visits.browsing, world.chance("behaviour", block.number)
    size = visits.height
    is_buyer = (visits["person"] >= 0).to_numpy()
    cart_ratio = np.where(is_buyer, settings.buyers_cart_ratio, settings.cart_ratio)
    has_cart = happens(generator, cart_ratio, size) & _may_have_cart(world, visits, buyers)
    # Of all these visits, not only of those without a cart; where all have one, none is left to bounce.
    bounces = settings.bounce_ratio / np.maximum(1 - cart_ratio, _SMALLEST)
    is_bounce = ~has_cart & happens(generator, bounces, size)
    is_bounce &= (visits["kind"] != "account").to_numpy()
    is_emptied = has_cart & happens(generator, settings.emptied_ratio, size)
    is_refilled = is_emptied & happens(generator, settings.refilled_ratio, size)
    adds = np.where(has_cart, 1 + pick(generator, size, settings.things), 0)
    out = np.where((adds > 1) & happens(generator, settings.one_taken_out_ratio, size), 1, 0)
    stage = np.where(has_cart & ~(is_emptied & ~is_refilled), _stages(world, generator, size), Stage.NONE)
    left = (stage > Stage.NONE) & happens(generator, settings.error_ratio, size)
    kind = np.select(
        [is_emptied & ~is_refilled, stage > Stage.NONE, has_cart, is_bounce],
        ["emptied", "checkout", "cart", "bounce"],
        "browse",
    )
    pages = np.where(is_bounce, 0, pick(generator, size, settings.pages) + ~has_cart)
    return visits.with_columns(
        kind=pl.when(pl.col("kind") == "account").then("kind").otherwise(pl.Series(kind)),
        pages=pl.Series(pages),
        random_adds=pl.Series(adds),
        taken_out=pl.Series(np.where(is_emptied, adds, out)),
        refills=pl.Series(is_refilled.astype(np.int64)),
        stage=pl.Series(stage),
        has_error=pl.Series(left),
    ).cast(visits.schema)


def _stages(world: World, generator: np.random.Generator, size: int) -> Integers:
    settings = world.settings.visits.browsing
    begins = happens(generator, settings.checkout_ratio, size)
    ships = begins & happens(generator, settings.shipping_ratio, size)
    pays = ships & happens(generator, settings.payment_ratio, size)
    return begins.astype(np.int64) + ships + pays


def _may_have_cart(world: World, visits: pl.DataFrame, buyers: Buyers) -> Flags:
    """Not shortly before an order of the same person, nor where the end of the last day could be doubted."""
    orders = buyers.orders.select("person", pl.col("ordered_at").alias("at"), "ordered_at").sort("at")
    numbered = visits.select("person", "at").with_row_index("row").sort("at", "row")
    after = numbered.join_asof(orders, on="at", by="person", strategy="forward", check_sortedness=False)
    nearly = after.sort("row").select(pl.col("ordered_at") - pl.col("at") < _CLEAR_OF_ORDERS).to_series()
    at, site = visits["at"].to_numpy(), visits["site"].to_numpy()
    zones = np.array([own.time_zone == world.clock.shop_zone for own in SITES])
    is_clear = zones[site] | (at < world.clock.end - _CLEAR_OF_END)
    is_account = (visits["kind"] == "account").to_numpy()
    return np.asarray(~nearly.fill_null(value=False).to_numpy() & is_clear & ~is_account)
