"""How online orders come about: at once, later, or later on another device."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from mandje.simulate.visits.behaviour.calendar import first_moment
from mandje.simulate.visits.behaviour.plan import (
    DESKTOP,
    MOBILE,
    Login,
    Stage,
    kind_of_device,
    persons_visitor,
    planned,
)
from mandje.simulate.world.chance import Flags, Integers, happens, on_grid
from mandje.simulate.world.clock import DAY, HOUR, MINUTE, SECOND
from mandje.simulate.world.world import Block, World

# An ordering visit after an earlier one is short, and its earlier one too: with this time between them and
# after the order before, neither runs into the other.
_APART = 3 * HOUR
_MEAN_DELAY, _LONGEST_DELAY = 26 * HOUR, 6 * DAY
# Orders that follow the one before within these: a hasty visit; none that could be told apart.
_HASTY, _TOO_CLOSE = 3 * HOUR, 20 * MINUTE
_SECOND_DEVICE_RATIO = 0.2
_ERROR_RATIO = 0.04
# For "no account" and "no order before".
NEVER, LONG_AGO = 2**62, -(2**61)


@dataclass(frozen=True, slots=True)
class Buyers:
    """Facts of each online order, one array each, in the order of `orders`.

    `orders` are the online ones by person and time. `account_at` is the end of time for those without an
    account; `previous` the person's online order before, long ago if there is none. `is_known_guest` marks
    orders that do not show the customer although the shop knows the address, `is_carried` those whose cart a
    visit beside the journeys has filled.
    """

    orders: pl.DataFrame
    account_at: Integers
    device_count: Integers
    first_device: Integers
    previous: Integers
    is_known_guest: Flags
    makes_account: Flags
    is_carried: Flags


def find_buyers(
    world: World, people: pl.DataFrame, orders: pl.DataFrame, first_device: Integers, carried: pl.Series
) -> Buyers:
    """The block's online orders and what journeys depend on; `first_device` is by person, as `people`.

    `carried` are orders whose cart is filled by a visit of its own.
    """
    facts = people.select("person", "account_at", "device_count", pl.Series("first_device", first_device))
    joined = (
        orders.filter((pl.col("channel") == "online") & (pl.col("ordered_at") < world.clock.end))
        .sort("person", "ordered_at", "order")
        .join(facts, on="person", how="left", maintain_order="left")
        .with_columns(
            pl.col("account_at").cast(pl.Int64).fill_null(NEVER),
            previous=pl.col("ordered_at").shift(1).over("person").fill_null(LONG_AGO),
        )
    )
    shows = joined["shows_customer"].to_numpy()
    account_at = joined["account_at"].to_numpy()
    return Buyers(
        joined.select(orders.columns),
        account_at,
        joined["device_count"].to_numpy(),
        joined["first_device"].to_numpy(),
        joined["previous"].to_numpy(),
        ~shows & (account_at < NEVER),
        shows & (account_at == joined["ordered_at"].to_numpy()),
        joined["order"].is_in(carried.implode()).to_numpy(),
    )


def plan_journeys(world: World, block: Block, buyers: Buyers) -> pl.DataFrame:
    """The ordering visits, and the visits before that filled their carts."""
    orders, settings = buyers.orders, world.settings.visits.journeys
    size, ordered_at = orders.height, orders["ordered_at"].to_numpy()
    generator = world.chance("journeys", block.number)
    delay = _delays(generator, size)
    is_later = happens(generator, settings.later_ratio, size) & _has_room(world, buyers, delay)
    is_later &= ~buyers.is_carried
    is_other = is_later & happens(generator, settings.other_device_ratio, size) & _may_change(buyers)
    before = np.where(is_other, _number_of(MOBILE, buyers), _usual_device(generator, buyers))
    device = np.where(is_other, _number_of(DESKTOP, buyers), before)
    logged_in = happens(generator, settings.logged_in_ratio, size)
    # Without a log-in on both devices the shop cannot carry the cart over: it is filled again.
    is_known = buyers.account_at <= ordered_at - delay - _APART
    shows = orders["shows_customer"].to_numpy()
    carries_over = is_later & (~is_other | (is_known & shows))
    before_login = shows & is_known & (logged_in | is_other)
    earlier = _earlier_visits(generator, buyers, before, before_login).with_columns(
        at=pl.Series(ordered_at - delay)
    )
    login = _logins(shows, logged_in & (buyers.account_at < ordered_at - _APART))
    ordering = _ordering_visits(world, block, buyers, device, login).with_columns(
        lines_of=pl.Series(np.where(carries_over | buyers.is_carried, -1, orders["order"].to_numpy()))
    )
    is_seen = ~_has_no_visit(world, block, buyers)
    return pl.concat([earlier.filter(pl.Series(is_later)), ordering.filter(pl.Series(is_seen))])


def _delays(generator: np.random.Generator, size: int) -> Integers:
    more = (on_grid(generator.standard_exponential(size)) * _MEAN_DELAY).astype(np.int64)
    return np.minimum(_APART + more, _LONGEST_DELAY)


def _has_room(world: World, buyers: Buyers, delay: Integers) -> Flags:
    begins = buyers.orders["ordered_at"].to_numpy() - delay - _APART
    return (begins > buyers.previous) & (begins > first_moment(world))


def _may_change(buyers: Buyers) -> Flags:
    """Several devices, and no order that must be on the first one: see `_usual_device`."""
    return (buyers.device_count > 1) & ~buyers.is_known_guest & ~buyers.makes_account


def _number_of(kind: int, buyers: Buyers) -> Integers:
    """Number of a device of that kind; the first one instead of a mobile where that is a tablet."""
    second = buyers.first_device == DESKTOP if kind == MOBILE else buyers.first_device != DESKTOP
    return np.asarray(second.astype(np.int64))


def _usual_device(generator: np.random.Generator, buyers: Buyers) -> Integers:
    """The first, sometimes the second.

    Accounts are made and known guests order on the first: whose it is gets known, by events as by orders.
    """
    second = happens(generator, _SECOND_DEVICE_RATIO, len(buyers.previous)) & _may_change(buyers)
    return second.astype(np.int64)


def _logins(shows: Flags, logged_in: Flags) -> Integers:
    return np.where(shows, np.where(logged_in, Login.ALWAYS, Login.IN_CHECKOUT), Login.NEVER)


def _earlier_visits(
    generator: np.random.Generator, buyers: Buyers, device: Integers, logged_in: Flags
) -> pl.DataFrame:
    orders, size = buyers.orders, buyers.orders.height
    person = orders["person"].to_numpy()
    return planned(
        size,
        visitor=persons_visitor(person, device),
        person=person,
        device=kind_of_device(buyers.first_device, device),
        site=orders["site"],
        at=orders["ordered_at"],
        is_at_end=True,
        kind="cart_of_order",
        is_journey=True,
        lines_of=orders["order"],
        pages=generator.integers(0, 3, size),
        login=np.where(logged_in, Login.ALWAYS, Login.NEVER),
        mix="again",
    )


def _ordering_visits(
    world: World, block: Block, buyers: Buyers, device: Integers, login: Integers
) -> pl.DataFrame:
    orders, size = buyers.orders, buyers.orders.height
    person, order = orders["person"].to_numpy(), orders["order"].to_numpy()
    generator = world.chance("ordering visits", block.number)
    is_hasty = orders["ordered_at"].to_numpy() - buyers.previous < _HASTY
    lost = happens(generator, world.settings.visits.journeys.lost_event_ratio, size)
    return planned(
        size,
        visitor=persons_visitor(person, device),
        person=person,
        device=kind_of_device(buyers.first_device, device),
        site=orders["site"],
        at=orders["ordered_at"],
        is_at_end=True,
        kind="order",
        is_journey=True,
        order=order,
        pages=np.where(is_hasty, 0, generator.integers(0, 3, size)),
        stage=int(Stage.PURCHASE),
        has_error=happens(generator, _ERROR_RATIO, size),
        # An order that shows an address at most ties to its visitor by this event alone.
        loses_purchase=lost & orders["shows_customer"].to_numpy(),
        login=login,
        mix="order",
        mean_gap=np.where(is_hasty, 5 * SECOND, -1),
    )


def _has_no_visit(world: World, block: Block, buyers: Buyers) -> Flags:
    """Nothing was recorded; or the order came too soon after the last one or the first moment of all."""
    ordered_at, generator = buyers.orders["ordered_at"].to_numpy(), world.chance("lost visits", block.number)
    lost = happens(generator, world.settings.visits.journeys.lost_session_ratio, len(ordered_at))
    since = ordered_at - np.maximum(buyers.previous, first_moment(world))
    return np.asarray(lost | (since < _TOO_CLOSE))
