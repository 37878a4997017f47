"""Carts that known customers leave, the mails about them, and the orders that these mails bring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from mandje.simulate.acting.groups import PERSUADABLE, Reactions
from mandje.simulate.acting.hazard import CAUSED, PREVENTED, at_some_hour
from mandje.simulate.acting.mailing import MESSAGES_PER_PERSON
from mandje.simulate.world.chance import Flags, Integers, happens, on_grid
from mandje.simulate.world.clock import DAY, HOUR, MINUTE
from mandje.simulate.world.world import Block, World

CART = "cart"
# Ids of mails about carts: of those planned here, and of those that customers order by themselves.
PLANNED, RETURNED = 2**40, 2**41
# Carts left are so long after an order or a cart before, and before an order of the same person.
_APART, _CLEAR_OF_ORDERS = 8 * DAY, 12 * HOUR
# Within so long an order counts as of the cart; an order by a mail comes so soon.
RETURNS_WITHIN, _ORDERS_AFTER = 7 * DAY, (20 * MINUTE, 10 * HOUR)
_INCENTIVE = 2  # the third mail


@dataclass(frozen=True, slots=True)
class LeftCarts:
    """Of a block.

    Attributes:
        carts: cart (number), person, site, left_at (moment), next_at (of the next order that comes by itself,
            null = none), message (the mail that brought an order, null = none).
        mails: message_id, person, sent_at, campaign, trigger.
        caused, prevented: orders in the columns of `CAUSED` and `PREVENTED`; what a customer who waits for an
            incentive delays is in both.
    """

    carts: pl.DataFrame
    mails: pl.DataFrame
    caused: pl.DataFrame
    prevented: pl.DataFrame


@dataclass(frozen=True, slots=True)
class _Shop:
    """What carts depend on: the block's people, how they react, and until when they want messages."""

    world: World
    block: Block
    people: pl.DataFrame
    found: Reactions
    wanting: pl.DataFrame


def leave_carts(
    where: tuple[World, Block],
    people: pl.DataFrame,
    found: Reactions,
    wanting: pl.DataFrame,
    orders: pl.DataFrame,
) -> LeftCarts:
    """Carts left, beside those of orders that come by themselves.

    Args:
        where: the shop and the block.
        people: of the block.
        found: how they react.
        wanting: person, until: who agreed to messages, and until when.
        orders: person, number, ordered_at, channel of all orders so far.
    """
    shop = _Shop(*where, people, found, wanting)
    orders = orders.filter(pl.col("person") >= 0)
    times = orders.select("person", pl.col("ordered_at").alias("next_at")).sort("person", "next_at")
    left = _apart(pl.concat([_left(shop), _delayed(shop, orders)], how="diagonal"), times)
    carts = _with_next(left, times).with_row_index("cart").with_columns(pl.col("cart").cast(pl.Int64))
    mails = mails_of(shop.world, wanting, carts, PLANNED)
    return _with_orders(shop, carts, mails)


def mails_of(world: World, wanting: pl.DataFrame, carts: pl.DataFrame, ids: int) -> pl.DataFrame:
    """The mails about carts (cart, person, left_at, next_at: the next order or null) while they are left.

    Columns: cart, step (0, 1, 2), message_id, person, sent_at, campaign, trigger.
    """
    hours = world.settings.left_carts.mail_hours
    steps = pl.DataFrame({"step": range(len(hours)), "wait": [each * HOUR for each in hours]})
    sent = (
        carts.join(wanting, on="person", how="inner", maintain_order="left")
        .join(steps, how="cross", maintain_order="left_right")
        .with_columns(sent_at=pl.col("left_at") + pl.col("wait"))
        .filter(
            (pl.col("sent_at") < pl.col("next_at")).fill_null(value=True),
            pl.col("sent_at") < pl.min_horizontal("until", world.clock.end),
        )
        .sort("person", "sent_at", "cart")
    )
    number = pl.int_range(pl.len()).over("person")
    return sent.select(
        "cart",
        "step",
        (pl.col("person") * MESSAGES_PER_PERSON + number + ids).alias("message_id"),
        "person",
        "sent_at",
        pl.format("cart_{}", pl.col("step") + 1).alias("campaign"),
        pl.lit(CART).alias("trigger"),
    )


def _left(shop: _Shop) -> pl.DataFrame:
    """Carts at some time after the account was made: person, left_at."""
    world, block = shop.world, shop.block
    generator = world.chance("acting", "carts", block.number)
    known = shop.people.filter(pl.col("account_at").is_not_null())
    years = on_grid((world.clock.end - known["account_at"].to_numpy()) / (365 * DAY))
    count = generator.poisson(world.settings.left_carts.per_customer_year * years)
    rows = known[np.repeat(np.arange(known.height), count)]
    site, since = rows["site"].to_numpy(), rows["account_at"].to_numpy()
    first = world.clock.local_day(site, since) + 1
    day = generator.integers(first, np.maximum(first + 1, world.clock.days))
    left_at = world.clock.to_utc(site, at_some_hour(world, generator, day))
    return rows.select("person", "site", pl.Series("left_at", left_at, dtype=pl.Int64)).filter(
        pl.col("left_at") < world.clock.end - _CLEAR_OF_ORDERS
    )


def _delayed(shop: _Shop, orders: pl.DataFrame) -> pl.DataFrame:
    """Carts with an order of who waits for an incentive, and gets it: person, site, left_at, number."""
    world, block = shop.world, shop.block
    generator = world.chance("acting", "delayed", block.number)
    hit = happens(generator, world.settings.left_carts.waited_ratio, orders.height)
    waits = pl.Series(shop.found.waits).gather(orders["person"] - block.first_person)
    accounts = shop.people.select("person", "account_at", home="site")
    third = world.settings.left_carts.mail_hours[_INCENTIVE] * HOUR
    return (
        orders.with_columns(pl.Series("hit", hit), waits.alias("waits"))
        .join(accounts, on="person", how="left", maintain_order="left")
        .join(shop.wanting, on="person", how="inner", maintain_order="left")
        .filter(
            "hit",
            "waits",
            pl.col("number") >= 0,
            pl.col("channel") == "online",
            pl.col("site") == pl.col("home"),
        )
        .filter(
            pl.col("ordered_at") > pl.col("account_at"),
            pl.col("ordered_at") + third < pl.min_horizontal("until", world.clock.end - DAY),
        )
        .select("person", "site", pl.col("ordered_at").alias("left_at"), "number")
    )


def _apart(left: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """Carts far enough from each other and from orders before (person, next_at)."""
    left = left.sort("person", "left_at")
    alone = pl.col("left_at") - pl.col("left_at").shift(1).over("person") >= _APART
    rows = left.filter(alone.fill_null(value=True)).with_columns(is_delayed=pl.col("number").is_not_null())
    before = orders.with_columns(last_at=pl.col("next_at"))
    near = (
        rows.with_columns(at=pl.col("left_at") - 1)
        .sort("at")
        .join_asof(
            before.sort("last_at"), left_on="at", right_on="last_at", by="person", check_sortedness=False
        )
    )
    is_clear = (pl.col("left_at") - pl.col("last_at") >= _APART).fill_null(value=True)
    return near.filter(is_clear).drop("at", "last_at", "next_at").sort("person", "left_at")


def _with_next(carts: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """Carts with next_at (null = none): when the next order comes, but for the cart's own that is delayed."""
    found = carts.sort("left_at").join_asof(
        orders.sort("next_at"),
        left_on="left_at",
        right_on="next_at",
        by="person",
        strategy="forward",
        allow_exact_matches=False,
        check_sortedness=False,
    )
    too_near = pl.when("is_delayed").then(_APART).otherwise(_CLEAR_OF_ORDERS)
    is_clear = (pl.col("next_at") - pl.col("left_at") >= too_near).fill_null(value=True)
    return found.filter(is_clear).sort("person", "left_at")


def _with_orders(shop: _Shop, carts: pl.DataFrame, mails: pl.DataFrame) -> LeftCarts:
    """The carts with what the first mail that works brings; none follows it."""
    facts = carts.select("cart", "next_at", "left_at", "site", "is_delayed", "number")
    told = _judged(shop, mails.join(facts, on="cart", how="left", maintain_order="left"))
    first = told.filter("works").unique("cart", keep="first", maintain_order=True)
    kept = told.join(first.select("cart", last="step"), on="cart", how="left", maintain_order="left").filter(
        (pl.col("step") <= pl.col("last")).fill_null(value=True)
    )
    by_mail = first.select("cart", message="message_id")
    carts = carts.join(by_mail, on="cart", how="left", maintain_order="left")
    # Who does not wait in the end orders as ever: no cart of its own is left.
    carts = carts.filter(~pl.col("is_delayed") | pl.col("message").is_not_null())
    kept = kept.join(carts.select("cart"), on="cart", how="semi", maintain_order="left")
    causes = {"message": pl.col("message_id"), "experiment": pl.lit(None, pl.String)}
    civil = shop.world.clock.to_civil(first["site"].to_numpy(), first["at"].to_numpy())
    civil_at = pl.Series("civil_at", civil, dtype=pl.Int64)
    caused = first.with_columns(civil_at, day=civil_at // DAY, **causes).select(list(CAUSED))
    prevented = first.filter("is_delayed").with_columns(**causes).select(list(PREVENTED))
    return LeftCarts(carts, kept.select(mails.columns), caused, prevented)


def _judged(shop: _Shop, mails: pl.DataFrame) -> pl.DataFrame:
    """Mails with works and at: whether each would bring an order, if one before it has not, and when."""
    generator = shop.world.chance("acting", "cart mails", shop.block.number)
    returns = (pl.col("next_at") - pl.col("left_at") <= RETURNS_WITHIN).fill_null(value=False)
    works = _works(shop, generator, mails) & ~mails.select(returns).to_series().to_numpy()
    at = mails["sent_at"].to_numpy() + generator.integers(*_ORDERS_AFTER, mails.height)
    return mails.with_columns(
        pl.Series("works", works & (at < shop.world.clock.end), dtype=pl.Boolean),
        pl.Series("at", at, dtype=pl.Int64),
    )


def _works(shop: _Shop, generator: np.random.Generator, mails: pl.DataFrame) -> Flags:
    """Whether each mail would bring an order, if one before it has not."""
    settings = shop.world.settings.left_carts
    person: Integers = mails["person"].to_numpy() - shop.block.first_person
    step = mails["step"].to_numpy()
    waits, is_delayed = shop.found.waits[person], mails["is_delayed"].to_numpy()
    ratio = np.where(shop.found.group[person] == PERSUADABLE, np.array(settings.mail_ratios)[step], 0.0)
    ratio = np.where(waits, np.where(step == _INCENTIVE, settings.waited_ratio, 0.0), ratio)
    ratio = np.where(is_delayed, (step == _INCENTIVE).astype(np.float64), ratio)
    return happens(generator, ratio, mails.height)
