"""Any adapter, with the shop's rules of ids and what goes before the ids of one source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from mandje.adapters.base import Adapter, Kind, Mapped
from mandje.contracts.feeds import FEEDS
from mandje.contracts.ids import PREFIXED, IdRules
from mandje.contracts.types import Table
from mandje.errors import MandjeError
from mandje.shop.settings import ShopSettings

_NO_SITE = pl.lit(None, pl.String)


@dataclass(frozen=True, slots=True)
class WithIds:
    """Tables that read ids by `ids`, and feeds with what goes before their ids."""

    adapter: Adapter
    ids: IdRules

    @property
    def tables(self) -> Mapping[str, Table]:
        """The adapter's tables."""
        return {name: replace(table, ids=self.ids) for name, table in self.adapter.tables.items()}

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The adapter's kinds of files."""
        return self.adapter.kinds

    @property
    def held(self) -> tuple[str, ...]:
        """As the adapter."""
        return self.adapter.held

    def refused(self, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        """As the adapter."""
        return self.adapter.refused(tables)

    @property
    def feeds(self) -> tuple[str, ...]:
        """The adapter's feeds."""
        return self.adapter.feeds

    @property
    def maps_rows_alone(self) -> bool:
        """As the adapter."""
        return self.adapter.maps_rows_alone

    def map(self, tables: Mapping[str, pl.DataFrame]) -> Mapped:
        """Map rows, then put what goes before their ids."""
        mapped = self.adapter.map(tables)
        if not self.ids.has_prefix:
            return mapped
        return replace(mapped, feeds={name: self._prefixed(rows) for name, rows in mapped.feeds.items()})

    def _prefixed(self, rows: pl.DataFrame) -> pl.DataFrame:
        site = pl.col("site") if "site" in rows.columns else _NO_SITE
        ids = [name for name in rows.columns if name in PREFIXED]
        return rows.with_columns(self.ids.prefixed(pl.col(name), site).alias(name) for name in ids)


def with_ids(adapter: Adapter, source_name: str, settings: ShopSettings) -> WithIds:
    """The adapter of a source with the rules that shop.toml gives for its ids.

    Raises:
        MandjeError: `id_prefix` is a table by site, and a feed of the source has no site.
    """
    prefix = settings.sources[source_name].id_prefix
    words = settings.ids.placeholders
    if not isinstance(prefix, dict):
        return WithIds(adapter, IdRules(words, prefix or ""))
    if len(settings.sites) == 1:
        return WithIds(adapter, IdRules(words, next(iter(prefix.values()), "")))
    for feed in adapter.feeds:
        if "site" not in FEEDS[feed].names and PREFIXED.intersection(FEEDS[feed].names):
            raise _no_site(source_name, feed, prefix)
    return WithIds(adapter, IdRules(words, site_prefixes=tuple(sorted(prefix.items()))))


def _no_site(source: str, feed: str, prefix: Mapping[str, str]) -> MandjeError:
    return MandjeError(
        f"id_prefix is a table by site, but the rows of {feed} name no site",
        file="shop.toml",
        found=f"[sources.{source}] id_prefix for {', '.join(prefix)}",
        expected="one text for the whole source",
        next_step=f"let each site deliver {feed} as a source of its own, with "
        f'feed = "{feed}" and the text that goes before its ids as id_prefix',
    )
