"""E-mail to customers who agreed to it: a monthly newsletter, thanks after an order, and a win-back."""

from __future__ import annotations

import numpy as np
import polars as pl

from mandje.simulate.sales.feed_rows import moment, natural, week_of
from mandje.simulate.sales.make import Sales
from mandje.simulate.world.chance import Flags, Integers, happens
from mandje.simulate.world.clock import DAY, HOUR, MINUTE
from mandje.simulate.world.world import Block, World

MESSAGES_PER_PERSON = 4096
_NEWSLETTER, _THANKS, _WIN_BACK = "newsletter", "order", "silence"
# The newsletter goes out on the second Tuesday or so of a month, at 10 on the shop's clock.
_NEWSLETTER_DAY, _NEWSLETTER_AT = 9, 10 * HOUR
_THANKS_AFTER = 5 * DAY
# A message is opened within four days and clicked within the hour.
_OPENED_WITHIN, _CLICKED_WITHIN = 4 * DAY, 60 * MINUTE


def read_messages(world: World, block: Block, people: pl.DataFrame, sales: Sales) -> pl.DataFrame:
    """All messages before the end, and when they are opened and clicked, before the end or after.

    Columns: message_id, person, sent_at, campaign, trigger, opened_at, clicked_at, delivery_day.
    """
    readers = people.filter(
        pl.col("consent_marketing").fill_null(value=False) & pl.col("account_at").is_not_null()
    ).select("person", "account_at")
    orders = (
        sales.orders.filter("is_counted")
        .select("person", "ordered_at")
        .join(readers, on="person", maintain_order="left")
        .sort("person", "ordered_at")
    )
    sent = pl.concat([_newsletters(world, orders), _after_orders(orders), _win_backs(world, orders)]).filter(
        (pl.col("sent_at") >= pl.col("account_at")) & (pl.col("sent_at") < world.clock.end)
    )
    numbered = sent.sort("person", "sent_at", "trigger").with_columns(
        (pl.col("person") * MESSAGES_PER_PERSON + pl.int_range(pl.len()).over("person")).alias("message_id")
    )
    return _with_reading(world, block, numbered)


def messages(world: World, read: pl.DataFrame) -> pl.DataFrame:
    """The feed `messages`, once a week; opened_at and clicked_at as far as known when it is delivered."""
    rows = read.select(
        "message_id",
        pl.col("person").alias("customer_id"),
        pl.lit(None).cast(pl.String).alias("email"),
        moment("sent_at"),
        pl.lit("e-mail").alias("channel"),
        "campaign",
        "trigger",
        _known_then(world, read, "opened_at"),
        _known_then(world, read, "clicked_at"),
        "delivery_day",
    )
    return natural("messages", world, rows)


def _known_then(world: World, read: pl.DataFrame, name: str) -> pl.Series:
    """A reading that comes after the delivery of its message is not known."""
    days = pl.Series(world.clock.delivery_day(read[name].fill_null(0).to_numpy()))
    is_known = days <= read["delivery_day"]
    return read.select(pl.when(is_known).then(moment(name)).alias(name)).to_series()


def _newsletters(world: World, orders: pl.DataFrame) -> pl.DataFrame:
    """One a month to everybody who ordered in the last year."""
    within = world.settings.sales.care.newsletter_within_days * DAY
    days = [day for day in range(world.clock.days) if world.clock.date_of(day).day == _NEWSLETTER_DAY]
    civil = np.array(days, dtype=np.int64) * DAY + _NEWSLETTER_AT
    moments = world.clock.to_utc(np.zeros_like(civil), civil)
    issues = [
        orders.filter(pl.col("ordered_at").is_between(at - within, at - 1))
        .unique("person", keep="first", maintain_order=True)
        .with_columns(
            pl.lit(at, pl.Int64).alias("sent_at"),
            pl.lit(f"newsletter_{world.clock.date_of(day):%Y_%m}").alias("campaign"),
        )
        for day, at in zip(days, moments.tolist(), strict=True)
    ]
    return _sent(pl.concat([_no_message(orders), *issues]), _NEWSLETTER)


def _after_orders(orders: pl.DataFrame) -> pl.DataFrame:
    thanks = orders.with_columns(
        (pl.col("ordered_at") + _THANKS_AFTER).alias("sent_at"), pl.lit("after_order").alias("campaign")
    )
    return _sent(thanks, _THANKS)


def _win_backs(world: World, orders: pl.DataFrame) -> pl.DataFrame:
    """To whoever placed no order for so long."""
    silence = world.settings.sales.care.win_back_after_days * DAY
    following = pl.col("ordered_at").shift(-1).over("person")
    silent = orders.with_columns(
        (pl.col("ordered_at") + silence).alias("sent_at"), pl.lit("win_back").alias("campaign")
    ).filter(following.is_null() | (following > pl.col("ordered_at") + silence))
    return _sent(silent, _WIN_BACK)


def _no_message(orders: pl.DataFrame) -> pl.DataFrame:
    return orders.clear().with_columns(pl.lit(0, pl.Int64).alias("sent_at"), pl.lit("").alias("campaign"))


def _sent(rows: pl.DataFrame, trigger: str) -> pl.DataFrame:
    return rows.select("person", "account_at", "sent_at", "campaign", pl.lit(trigger).alias("trigger"))


def _with_reading(world: World, block: Block, sent: pl.DataFrame) -> pl.DataFrame:
    settings, size = world.settings.sales.care, sent.height
    generator = world.chance("reading", block.number)
    is_opened = happens(generator, settings.opened_ratio, size)
    # Most open soon: the least of three times.
    wait = generator.integers(MINUTE, _OPENED_WITHIN, (3, size)).min(axis=0)
    opened_at = sent["sent_at"].to_numpy() + wait
    clicked_at = opened_at + generator.integers(MINUTE, _CLICKED_WITHIN, size)
    is_clicked = is_opened & happens(generator, settings.clicked_of_opened_ratio, size)
    return sent.with_columns(
        _where(is_opened, opened_at).alias("opened_at"),
        _where(is_clicked, clicked_at).alias("clicked_at"),
        pl.Series("delivery_day", week_of(world, sent["sent_at"].to_numpy())),
    )


def _where(is_so: Flags, moments: Integers) -> pl.Expr:
    return pl.when(pl.Series(is_so)).then(pl.Series(moments))
