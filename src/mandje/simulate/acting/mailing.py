"""Which messages are sent: a monthly newsletter, thanks after an order, and a win-back after a silence."""

from __future__ import annotations

import numpy as np
import polars as pl

from mandje.simulate.world.clock import DAY, HOUR
from mandje.simulate.world.world import World

MESSAGES_PER_PERSON = 4096
NEWSLETTER, THANKS, WIN_BACK = "newsletter", "order", "silence"
# The newsletter goes out on the second Tuesday or so of a month, at 10 on the shop's clock.
_NEWSLETTER_DAY, _NEWSLETTER_AT = 9, 10 * HOUR
_THANKS_AFTER = 5 * DAY


def readers(people: pl.DataFrame) -> pl.DataFrame:
    """Who agreed to messages with the account: person, account_at."""
    agreed = pl.col("consent_marketing").fill_null(value=False) & pl.col("account_at").is_not_null()
    return people.filter(agreed).select("person", "account_at")


def scheduled(world: World, people: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """Messages before the end to everybody who agreed, by person and time.

    Columns: message_id, person, sent_at, campaign, trigger.
    """
    known = (
        orders.filter("is_counted")
        .select("person", "ordered_at")
        .join(readers(people), on="person", maintain_order="left")
        .sort("person", "ordered_at")
    )
    sent = pl.concat([_newsletters(world, known), _after_orders(known), _win_backs(world, known)]).filter(
        (pl.col("sent_at") >= pl.col("account_at")) & (pl.col("sent_at") < world.clock.end)
    )
    number = pl.col("person") * MESSAGES_PER_PERSON + pl.int_range(pl.len()).over("person")
    return sent.sort("person", "sent_at", "trigger").select(
        number.alias("message_id"), "person", "sent_at", "campaign", "trigger"
    )


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
    return _sent(pl.concat([_no_message(orders), *issues]), NEWSLETTER)


def _after_orders(orders: pl.DataFrame) -> pl.DataFrame:
    thanks = orders.with_columns(
        (pl.col("ordered_at") + _THANKS_AFTER).alias("sent_at"), pl.lit("after_order").alias("campaign")
    )
    return _sent(thanks, THANKS)


def _win_backs(world: World, orders: pl.DataFrame) -> pl.DataFrame:
    """To whoever placed no order for so long."""
    silence = world.settings.sales.care.win_back_after_days * DAY
    following = pl.col("ordered_at").shift(-1).over("person")
    silent = orders.with_columns(
        (pl.col("ordered_at") + silence).alias("sent_at"), pl.lit("win_back").alias("campaign")
    ).filter(following.is_null() | (following > pl.col("ordered_at") + silence))
    return _sent(silent, WIN_BACK)


def _no_message(orders: pl.DataFrame) -> pl.DataFrame:
    return orders.clear().with_columns(pl.lit(0, pl.Int64).alias("sent_at"), pl.lit("").alias("campaign"))


def _sent(rows: pl.DataFrame, trigger: str) -> pl.DataFrame:
    return rows.select("person", "account_at", "sent_at", "campaign", pl.lit(trigger).alias("trigger"))
