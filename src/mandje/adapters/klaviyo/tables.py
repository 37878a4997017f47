"""Contracts of what Klaviyo's API tells: events, and the profiles and metrics that they name.

Never read: names, phones, places, subjects, and addresses of links, which hold tokens of persons.
"""

from __future__ import annotations

from dataclasses import replace

from mandje.adapters.base import Kind
from mandje.contracts.columns import EMAIL_HASH, flag_column, id_column, key_column, text_column, time_column
from mandje.contracts.parts import Part
from mandje.contracts.types import Column, Table

_PROPERTIES = "attributes.event_properties"


def _told(name: str, key: str, description: str) -> Column:
    """A property of an event that is an id."""
    return replace(id_column(name, description, nullable=True), at=f"{_PROPERTIES}.{key}")


def _machine(name: str, key: str) -> Column:
    return replace(flag_column(name, "Whether a machine opened it."), at=f"{_PROPERTIES}.{key}")


def _flow(name: str, key: str) -> Column:
    return replace(text_column(name, "Flow that sent the message."), at=f"{_PROPERTIES}.{key}")


# Integrations write the same property under several names.
INTERACTIONS = (
    _told("interaction", "$message_interaction", "Message, as one person got it."),
    _told("interaction_2", "message_interaction", "The same."),
)
SHARED = (
    _told("shared_message", "$message", "Message, as all got it."),
    _told("shared_message_2", "message", "The same."),
)
MACHINE_OPENS = (
    _machine("machine_open", "machine_open"),
    _machine("machine_open_2", "$machine_open"),
    _machine("machine_open_3", "Machine Open"),
    _machine("machine_open_4", "Apple Privacy Open"),
)
FLOWS = (_flow("flow", "$flow"), _flow("flow_2", "flow"))

EVENTS = Table(
    "events",
    "One row per event.",
    (
        replace(key_column("event_id", "Event."), at="id"),
        replace(id_column("metric_id", "What happened."), at="relationships.metric.data.id"),
        replace(id_column("profile_id", "Who it happened to."), at="relationships.profile.data.id"),
        replace(time_column("told_at", "When it happened.", nullable=True), at="attributes.datetime"),
        Column(
            "epoch", "integer", "seconds since 1970", "The same.", nullable=True, at="attributes.timestamp"
        ),
        replace(text_column("campaign", "Campaign."), at=f"{_PROPERTIES}.Campaign Name"),
        *INTERACTIONS,
        *SHARED,
        *MACHINE_OPENS,
        *FLOWS,
    ),
    document="event_id",
    one_of=(("told_at", "epoch"),),
    part=Part("events"),
    open=True,
)
PROFILES = Table(
    "profiles",
    "One row per profile.",
    (
        replace(key_column("profile_id", "Profile."), at="id"),
        replace(EMAIL_HASH, at="attributes.email"),
        replace(
            id_column("customer_id", "Customer known to the shop.", nullable=True),
            at="attributes.external_id",
        ),
    ),
    part=Part("profiles"),
    open=True,
)
METRICS = Table(
    "metrics",
    "One row per metric: a kind of event.",
    (
        replace(key_column("metric_id", "Metric."), at="id"),
        replace(text_column("metric_name", "Name of the metric.", nullable=False), at="attributes.name"),
    ),
    part=Part("metrics"),
    open=True,
)


def _kind(name: str, type_: str, *needed: str) -> Kind:
    return Kind(
        name,
        f"Klaviyo {name}, JSON of the API",
        "json",
        needed=frozenset({"type", "id", "attributes", *needed}),
        known=frozenset({"links", "relationships"}),
        fixed=(("type", type_),),
        page="data",
    )


KINDS = (_kind("events", "event", "relationships"), _kind("profiles", "profile"), _kind("metrics", "metric"))
