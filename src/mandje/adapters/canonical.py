"""The canonical adapter: a source holds one feed, and its files have the feed's own columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from mandje.adapters.base import DERIVED_SCHEMA, FlatAdapter, Mapped, account
from mandje.adapters.feed_frames import no_changes, on_clock, with_money
from mandje.adapters.skipped_rows import APART, Apart, destination, with_gaps
from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import Table
from mandje.errors import MandjeError
from mandje.shop.settings import ShopSettings

# Feeds whose rows are lines of a document, so that a source may tell only some of them.
LISTING_CHANGES = ("order_lines", "returns")


@dataclass(frozen=True, slots=True)
class Canonical(FlatAdapter):
    """Rows pass as they are, but for those that are set apart."""

    table: Table
    aparts: tuple[Apart, ...] = ()
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
        """Give the rows back, counted; those that are set apart are only counted."""
        feed = self.table.name
        rows = tables.get(feed, pl.DataFrame(schema=self.table.polars_schema()))
        kind = [pl.lit(":"), pl.col("kind")] if "kind" in self.table.names else []
        usual = pl.concat_str(pl.lit(feed), *kind)
        where = destination(usual, self.aparts).alias("destination")
        priced = with_money(rows, self.table).with_columns(where)
        kept = rows.filter(~pl.any_horizontal(apart.is_met for apart in self.aparts)) if self.aparts else rows
        return Mapped({feed: kept}, account(priced, feed), pl.DataFrame(schema=DERIVED_SCHEMA))


def canonical_adapter(source_name: str, settings: ShopSettings) -> Canonical:
    """The adapter for a source that holds the feed which it names, or else is named by.

    Raises:
        MandjeError: no feed has the source's name, or it lists changes of what has no lines.
    """
    name = settings.sources[source_name].feed or source_name
    if name not in FEEDS:
        raise MandjeError(
            f"adapter canonical knows no source named {name}: no feed has its name",
            file="shop.toml",
            found=source_name,
            expected=", ".join(FEEDS),
            next_step=f'say which feed it holds: feed = "..." in [sources.{source_name}]',
        )
    feed, sites = FEEDS[name], tuple(settings.sites)
    columns = tuple(replace(c, allowed=sites) if c.name == "site" else c for c in feed.columns)
    aparts = tuple(apart for apart in APART if apart.feed == name)
    source = settings.sources[source_name]
    table = on_clock(with_gaps(replace(feed, columns=columns), aparts), source.time_zone)
    return Canonical(_of_changes(source_name, table) if source.documents == "changes" else table, aparts)


def _of_changes(source_name: str, table: Table) -> Table:
    """The contract of a source that lists changes: a line of an order that comes with quantity 0 is gone.

    Raises:
        MandjeError: rows of the feed are no lines of a document.
    """
    if table.name not in LISTING_CHANGES:
        raise no_changes(source_name, f"a source of {table.name}")
    zero_too = tuple(
        replace(c, minimum_exclusive=False, description="Units sold; 0 says that the line is gone.")
        if (table.name, c.name) == ("order_lines", "quantity")
        else c
        for c in table.columns
    )
    return replace(table, columns=zero_too)
