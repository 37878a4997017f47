"""E-mail to customers who agreed to it, as it is read and delivered."""

from __future__ import annotations

import polars as pl

from mandje.simulate.sales.feed_rows import moment, natural, week_of
from mandje.simulate.world.chance import Flags, Integers, happens
from mandje.simulate.world.clock import DAY, MINUTE
from mandje.simulate.world.world import Block, World

# A message is opened within four days and clicked within the hour.
_OPENED_WITHIN, _CLICKED_WITHIN = 4 * DAY, 60 * MINUTE


def read_messages(world: World, block: Block, sent: pl.DataFrame) -> pl.DataFrame:
    """Messages sent, see `Acts.sent`, and when they are opened and clicked, before the end or after.

    Columns: message_id, person, sent_at, campaign, trigger, opened_at, clicked_at, delivery_day.
    """
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
        pl.Series("delivery_day", told_on(world, sent["sent_at"].to_numpy())),
    )


def told_on(world: World, moments: Integers) -> Integers:
    """The day of the delivery that tells of what happened to messages at these moments."""
    if world.settings.messaging.delivered == "daily":
        return world.clock.delivery_day(moments)
    return week_of(world, moments)


def messages(world: World, read: pl.DataFrame) -> pl.DataFrame:
    """The feed `messages`, once a week or a day; what is opened and clicked as far as known then."""
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


def _where(is_so: Flags, moments: Integers) -> pl.Expr:
    return pl.when(pl.Series(is_so)).then(pl.Series(moments))
