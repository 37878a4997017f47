"""Events as message events: each with the metric and the profile that it names, of the same delivery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from mandje.adapters.feed_frames import feed_frame
from mandje.adapters.klaviyo import words
from mandje.adapters.klaviyo.tables import (
    EVENTS,
    FLOWS,
    INTERACTIONS,
    MACHINE_OPENS,
    METRICS,
    PROFILES,
    SHARED,
)
from mandje.adapters.refusals import one_each, refused_as
from mandje.contracts.types import TIMESTAMP, Column

Frames = Mapping[str, pl.DataFrame]
_KEY = ("delivery_date", "message", "kind", "event_at")


def named_events(given: Frames) -> pl.DataFrame:
    """Events with `metric_name`, who they are of, `message`, `kind`, `event_at` and `destination`.

    `metric_name` is null where no metric of the delivery has that id, `has_profile` false where no profile
    has.
    """
    metrics, profiles = (_last(given[table.name], f"{table.name[:-1]}_id") for table in (METRICS, PROFILES))
    rows = given[EVENTS.name]
    rows = rows.join(metrics, on=("delivery_date", "metric_id"), how="left", maintain_order="left")
    rows = rows.join(
        profiles.with_columns(has_profile=pl.lit(value=True)),
        on=("delivery_date", "profile_id"),
        how="left",
        maintain_order="left",
    )
    seconds = pl.from_epoch("epoch", time_unit="s").dt.replace_time_zone("UTC").cast(TIMESTAMP)
    return (
        rows.with_columns(
            pl.col("has_profile").fill_null(value=False),
            pl.any_horizontal(_names(MACHINE_OPENS)).fill_null(value=False).alias("is_machine"),
            pl.coalesce("told_at", seconds).alias("event_at"),
            _message().alias("message"),
        )
        .with_columns(words.kind().alias("kind"))
        .with_columns(words.destination().alias("destination"))
    )


def _message() -> pl.Expr:
    """The id of the message as one person got it: what many got is one person's together with the profile."""
    interaction, shared = pl.coalesce(_names(INTERACTIONS)), pl.coalesce(_names(SHARED))
    own = pl.when(interaction.ne_missing(shared)).then(interaction)
    return pl.coalesce(own, pl.format("{}-{}", shared, "profile_id"))


def message_events(events: pl.DataFrame) -> pl.DataFrame:
    """The feed, of the events that go there. What two events of one second tell differently is made one."""
    rows = events.filter(pl.col("destination") == "message_events").sort("delivery_date", "event_id")
    rows = rows.with_columns(words.channel().alias("channel"), trigger=pl.coalesce(_names(FLOWS)))
    one = [
        pl.col(name).drop_nulls().first().over(_KEY)
        for name in ("channel", "campaign", "trigger", "customer_id", "email_hash")
    ]
    return feed_frame(
        "message_events",
        rows.with_columns(one),
        {
            "message_id": pl.col("message"),
            "kind": pl.col("kind"),
            "event_at": pl.col("event_at"),
            "channel": pl.col("channel"),
            "campaign": pl.col("campaign"),
            "trigger": pl.col("trigger"),
            "customer_id": pl.col("customer_id"),
            # An address is for those whom the shop knows by nothing else.
            "email_hash": pl.when(pl.col("customer_id").is_null()).then("email_hash"),
        },
    )


def refused_events(events: pl.DataFrame) -> pl.DataFrame:
    """Events that cannot be told what they are, whose they are, or of which message: REFUSED_SCHEMA."""
    is_of_message = pl.col("destination") == "message_events"
    found = [
        refused_as(
            events.filter(pl.col("metric_name").is_null()),
            "event_id",
            "unknown_metric",
            pl.format(
                "no metric of this delivery has the id {}: deliver metrics and profiles beside events",
                "metric_id",
            ),
        ),
        refused_as(
            events.filter(is_of_message & ~pl.col("has_profile")),
            "event_id",
            "no_profile",
            pl.format(
                "no profile of this delivery has the id {}: deliver metrics and profiles beside events",
                "profile_id",
            ),
        ),
        refused_as(
            events.filter(is_of_message & pl.col("message").is_null()),
            "event_id",
            "no_message",
            pl.format("{}, but neither $message_interaction nor $message in event_properties", "metric_name"),
        ),
        refused_as(
            events.filter(
                is_of_message & (pl.col("profile_id").n_unique().over("delivery_date", "message") > 1)
            ),
            "event_id",
            "message_of_many",
            pl.format("its message {} went to several profiles, so it is not one person's", "message"),
        ),
    ]
    return one_each(found)


def _last(rows: pl.DataFrame, key: str) -> pl.DataFrame:
    """What a delivery tells of each id, its last row: pages may tell it often."""
    ordered = rows.sort("delivery_file", "delivery_line").drop(
        "delivery_source", "delivery_sha256", "delivery_file", "delivery_line", "delivery_part"
    )
    return ordered.unique(("delivery_date", key), keep="last", maintain_order=True)


def _names(columns: Sequence[Column]) -> list[str]:
    return [column.name for column in columns]
