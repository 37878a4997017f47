"""The adapter of Klaviyo: what happened to messages. Orders, visits and consent are told by other systems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from mandje.adapters.base import Kind, Mapped, account
from mandje.adapters.feed_frames import all_tables, count_derived, noted_values, with_money
from mandje.adapters.klaviyo import words
from mandje.adapters.klaviyo.events import message_events, named_events, refused_events
from mandje.adapters.klaviyo.tables import EVENTS, KINDS, METRICS, PROFILES
from mandje.contracts.types import Table
from mandje.shop.settings import ShopSettings


@dataclass(frozen=True, slots=True)
class Klaviyo:
    """Maps events. Deliveries are needed whole: an event names its metric and its profile by their ids."""

    kinds: tuple[Kind, ...] = KINDS
    feeds: tuple[str, ...] = ("message_events",)
    held: tuple[str, ...] = ()
    maps_rows_alone: bool = False

    @property
    def tables(self) -> Mapping[str, Table]:
        """Events, profiles and metrics."""
        return {table.name: table for table in (EVENTS, PROFILES, METRICS)}

    def refused(self, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        """Events that name what the delivery does not tell."""
        return refused_events(named_events(all_tables(tables, self.tables.values())))

    def map(self, tables: Mapping[str, pl.DataFrame]) -> Mapped:
        """Map what was given; a table that is not there has no rows."""
        given = all_tables(tables, self.tables.values())
        events = named_events(given)
        looked_up = [
            account(
                with_money(given[table.name], table).with_columns(destination=pl.lit(words.LOOKED_UP)),
                table.name,
            )
            for table in (PROFILES, METRICS)
        ]
        accounts = pl.concat([account(with_money(events, EVENTS), EVENTS.name), *looked_up])
        feeds = {"message_events": message_events(events)}
        return Mapped(feeds, accounts, count_derived({}, ()), noted=_other_metrics(events))


def _other_metrics(events: pl.DataFrame) -> pl.DataFrame:
    """Metrics that are none of a message, counted: NOTED_SCHEMA."""
    others = events.filter(pl.col("destination") == words.NO_MESSAGE_EVENT)
    return noted_values(others, pl.col("metric_name"), EVENTS.name, "unused_event")


def klaviyo_adapter(source_name: str, settings: ShopSettings) -> Klaviyo:  # noqa: ARG001 - as any adapter
    """The adapter for a source of any name: message events name no site."""
    return Klaviyo()
