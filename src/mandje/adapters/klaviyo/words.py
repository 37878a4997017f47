"""What Klaviyo's own words mean: names of metrics as kinds of message events."""

from __future__ import annotations

import polars as pl

NO_MESSAGE_EVENT = "skipped:no_message_event"
NOT_DELIVERED = "skipped:not_delivered"
NO_MESSAGE = "skipped:no_message"
LOOKED_UP = "skipped:looked_up"
SKIPPED_REASONS: dict[str, str] = {
    NO_MESSAGE_EVENT: "The metric is none of a message (an order, a visit): the shop's own systems tell it.",
    NOT_DELIVERED: "The message never left Klaviyo.",
    NO_MESSAGE: "Somebody wants no more messages, without any one of them having been the reason.",
    LOOKED_UP: "A profile or a metric: events name it, and it says who and what they are of.",
}

UNSUBSCRIBED = "unsubscribed"
# By name of the metric in small letters. Klaviyo gives its own metrics these names in any language.
_KINDS = {
    "received email": "sent",
    "opened email": "opened",
    "clicked email": "clicked",
    "bounced email": "bounced",
    "unsubscribed from email": UNSUBSCRIBED,
    "unsubscribed from email marketing": UNSUBSCRIBED,
    "unsubscribed from list": UNSUBSCRIBED,
    "unsubscribed": UNSUBSCRIBED,
    "received sms": "sent",
    "clicked sms": "clicked",
    "failed to deliver sms": "bounced",
    "unsubscribed from sms": UNSUBSCRIBED,
    "unsubscribed from sms marketing": UNSUBSCRIBED,
    "received push": "sent",
    "opened push": "opened",
    "bounced push": "bounced",
    "received whatsapp": "sent",
    "opened whatsapp": "opened",
    "clicked whatsapp": "clicked",
    "failed to deliver whatsapp": "bounced",
    "unsubscribed from whatsapp marketing": UNSUBSCRIBED,
}
_NEVER_SENT = ("dropped email", "dropped sms", "dropped push")


def kind() -> pl.Expr:
    """The kind of a message event by `metric_name` and `is_machine`; null where the metric is none of one."""
    told = _name().replace_strict(_KINDS, default=None, return_dtype=pl.String)
    is_machine = (told == "opened") & pl.col("is_machine")
    return pl.when(is_machine).then(pl.lit("opened_by_machine")).otherwise(told)


def channel() -> pl.Expr:
    """By which way a message went, by `metric_name`; null where the name does not tell it."""
    way = _name().str.extract(r"\b(email|sms|push|whatsapp)\b")
    return pl.when(way == "email").then(pl.lit("e-mail")).otherwise(way)


def destination() -> pl.Expr:
    """Where an event goes, by `metric_name`, `kind` and `message`."""
    return (
        pl.when(_name().is_in(_NEVER_SENT))
        .then(pl.lit(NOT_DELIVERED))
        .when(pl.col("kind").is_null())
        .then(pl.lit(NO_MESSAGE_EVENT))
        .when(pl.col("message").is_null() & (pl.col("kind") == UNSUBSCRIBED))
        .then(pl.lit(NO_MESSAGE))
        .otherwise(pl.lit("message_events"))
    )


def _name() -> pl.Expr:
    return pl.col("metric_name").str.strip_chars().str.to_lowercase()
