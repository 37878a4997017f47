"""The truth about what makes customers act."""

from __future__ import annotations

import polars as pl

from mandje.contracts.types import TIMESTAMP
from mandje.simulate.acting.act import Acts
from mandje.simulate.acting.hazard import Rates, Spans
from mandje.simulate.acting.left_carts import CART, RETURNS_WITHIN
from mandje.simulate.acting.mailing import readers
from mandje.simulate.world.chance import on_grid
from mandje.simulate.world.clock import HOUR

_CAUSES = {"message": "message_id", "experiment": "experiment_id"}


def message_effects(acts: Acts, sent: pl.DataFrame) -> pl.DataFrame:
    """What every newsletter, win-back and mail about a cart did; `sent` are all messages.

    Columns: message_id, person, trigger, sent_at, order_factor (of the rate of ordering for some days; null
    for mails about carts), expected_orders_without and true_effect (orders in these days by the true rates,
    and what the message adds; null likewise), orders_caused, orders_prevented (one that a customer who waits
    for an incentive puts off is in both).
    """
    spans = pl.concat([_NO_SPANS, *(_effects(acts.rates, spans) for spans in acts.spans)])
    return (
        sent.filter(pl.col("message_id").is_in(spans["message_id"].implode()) | (pl.col("trigger") == CART))
        .join(spans, on="message_id", how="left", maintain_order="left")
        .join(_counted(acts.placed, "orders_caused"), on="message_id", how="left", maintain_order="left")
        .join(
            _counted(acts.prevented, "orders_prevented"), on="message_id", how="left", maintain_order="left"
        )
        .sort("person", "sent_at", "message_id")
        .select(
            "message_id",
            "person",
            "trigger",
            pl.col("sent_at").cast(TIMESTAMP),
            "order_factor",
            "expected_orders_without",
            "true_effect",
            pl.col("orders_caused", "orders_prevented").fill_null(0),
        )
    )


_NO_SPANS = pl.DataFrame(
    schema={"message_id": pl.Int64}
    | dict.fromkeys(("order_factor", "expected_orders_without", "true_effect"), pl.Float64)
)


def _effects(rates: Rates, spans: Spans) -> pl.DataFrame:
    without = rates.expected(spans.person, spans.first, spans.end)
    return pl.DataFrame(
        {
            "message_id": spans.message,
            "order_factor": 1 + spans.change,
            "expected_orders_without": without,
            "true_effect": on_grid(without * spans.change),
        },
        schema=_NO_SPANS.schema,
    )


def _counted(orders: pl.DataFrame, name: str) -> pl.DataFrame:
    caused = orders.filter(pl.col("message").is_not_null())
    return caused.group_by(message_id="message").agg(pl.len().cast(pl.Int64).alias(name))


def with_causes(orders: pl.DataFrame, acts: Acts) -> pl.DataFrame:
    """The truth of orders with caused_by_message_id and caused_by_experiment_id; null where by themselves."""
    causes = acts.placed.select(
        pl.col("order").alias("order_id"),
        pl.col("message").alias("caused_by_message_id"),
        pl.col("experiment").alias("caused_by_experiment_id"),
    )
    return orders.join(causes, on="order_id", how="left", maintain_order="left")


def prevented_orders(acts: Acts) -> pl.DataFrame:
    """Purchases that do not take place: person, number, prevented_by_message_id or …_experiment_id."""
    return acts.prevented.sort("person", "number").select(
        "person",
        "number",
        *(pl.col(name).alias(f"prevented_by_{cause}") for name, cause in _CAUSES.items()),
    )


def with_returns(carts: pl.DataFrame, acts: Acts) -> pl.DataFrame:
    """The truth of carts with caused_by_message_id and would_return.

    `would_return` tells of a cart left whether its order comes within 7 days without any mail; null where the
    cart was not left, or nobody can say yet.
    """
    caused = acts.placed.filter(pl.col("message").is_not_null()).join(
        acts.prevented.select("message", is_delayed=pl.lit(value=True))
        .drop_nulls("message")
        .unique("message"),
        on="message",
        how="left",
    )
    orders = caused.select(
        (pl.lit("o") + pl.col("order").cast(pl.String).str.zfill(16)).alias("order_id"),
        pl.col("message").alias("caused_by_message_id"),
        pl.col("is_delayed").fill_null(value=False),
    )
    known = carts.join(orders, on="order_id", how="left", maintain_order="left")
    state = pl.col("state").cast(pl.String)
    soon = pl.col("recovery_hours") <= RETURNS_WITHIN / HOUR
    by_itself = soon & (pl.col("caused_by_message_id").is_null() | pl.col("is_delayed"))
    would = pl.when(state == "recovered").then(by_itself).when(state == "abandoned").then(pl.lit(value=False))
    return known.with_columns(would_return=would).drop("is_delayed")


def consent_truth(people: pl.DataFrame, acts: Acts) -> pl.DataFrame:
    """Who agreed to messages: person, channel, given_at, withdrawn_at (null = never), withdrawn_by.

    One row for e-mail, which a reader unsubscribes from (`message`), and one for the account, in which all
    messages are withdrawn (`account`).
    """
    known = readers(people).join(people.select("person", "withdrawn_at"), on="person", maintain_order="left")
    ended = acts.unsubscribed.select("person", pl.col("at"))
    mails = known.join(ended, on="person", how="left", maintain_order="left")
    rows = [
        _consents(known, "account", pl.col("withdrawn_at"), "account"),
        _consents(mails, "e-mail", pl.col("at"), "message"),
    ]
    return pl.concat(rows).sort("person", "channel")


def _consents(rows: pl.DataFrame, channel: str, ends: pl.Expr, by: str) -> pl.DataFrame:
    return rows.select(
        "person",
        pl.lit(channel).alias("channel"),
        pl.col("account_at").cast(TIMESTAMP).alias("given_at"),
        ends.cast(TIMESTAMP).alias("withdrawn_at"),
        pl.when(ends.is_not_null()).then(pl.lit(by)).alias("withdrawn_by"),
    )
