"""The canonical adapter: the source is the feed, and its files have the feed's own columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from mandje.adapters.base import DERIVED_SCHEMA, Mapped, account
from mandje.adapters.shape import on_clock, unknown_source, with_money
from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import Table
from mandje.settings import ShopSettings


@dataclass(frozen=True, slots=True)
class Canonical:
    """Rows pass as they are."""

    table: Table
    maps_rows_alone: bool = True

    @property
    def tables(self) -> Mapping[str, Table]:
        """The feed's own contract, with the shop's sites as the allowed ones."""
        return {self.table.name: self.table}

    @property
    def feeds(self) -> tuple[str, ...]:
        """The one feed."""
        return (self.table.name,)

    def map(self, tables: Mapping[str, pl.DataFrame]) -> Mapped:
        """Give the rows back, counted."""
        feed = self.table.name
        rows = tables.get(feed, pl.DataFrame(schema=self.table.polars_schema()))
        kind = [pl.lit(":"), pl.col("kind")] if "kind" in self.table.names else []
        destination = pl.concat_str(pl.lit(feed), *kind)
        priced = with_money(rows, self.table).with_columns(destination.alias("destination"))
        return Mapped({feed: rows}, account(priced, feed), pl.DataFrame(schema=DERIVED_SCHEMA))


def canonical_adapter(source_name: str, settings: ShopSettings) -> Canonical:
    """The adapter for a source that is named like its feed.

    Raises:
        MandjeError: no feed has the source's name.
    """
    if source_name not in FEEDS:
        raise unknown_source("canonical", source_name, FEEDS)
    feed = FEEDS[source_name]
    sites = tuple(settings.sites)
    columns = tuple(replace(c, allowed=sites) if c.name == "site" else c for c in feed.columns)
    return Canonical(on_clock(replace(feed, columns=columns), settings.sources[source_name].time_zone))
