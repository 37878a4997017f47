"""The adapter of Shopify: files of bulk operations, in any mixture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from mandje.adapters.base import Kind, Mapped
from mandje.adapters.feed_frames import site_of
from mandje.adapters.shopify.bulk import map_bulk
from mandje.adapters.shopify.bulk_tables import AGREEMENTS, CUSTOMERS, KINDS, ORDERS, SALES, SALES_TAX
from mandje.adapters.shopify.ties import refused_orders
from mandje.contracts.types import Table
from mandje.shop.settings import ShopSettings


@dataclass(frozen=True, slots=True)
class Shopify:
    """Maps what one source of a shop exports. Files are needed whole: a parent may follow its child."""

    tables: Mapping[str, Table]
    site: str
    statuses: Mapping[str, str]
    kinds: tuple[Kind, ...] = KINDS
    feeds: tuple[str, ...] = ("orders", "order_lines", "returns", "adjustments", "customers")
    held: tuple[str, ...] = ()
    maps_rows_alone: bool = False

    @property
    def made(self) -> Mapping[str, Table]:
        """The tax in sales."""
        return {SALES_TAX.name: SALES_TAX}

    def refused(self, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        """Orders with a sale that nobody knows, or whose sums do not tie."""
        given = self._given(tables)
        return refused_orders(given["orders"], given["agreements"], given["sales"])

    def map(self, tables: Mapping[str, pl.DataFrame]) -> Mapped:
        """Map what was given; a table that is not there has no rows."""
        return map_bulk(self._given(tables), self.site, self.statuses)

    def _given(self, tables: Mapping[str, pl.DataFrame]) -> Mapping[str, pl.DataFrame]:
        empty = {name: pl.DataFrame(schema=table.polars_schema()) for name, table in self.tables.items()}
        return {**empty, **tables}


def shopify_adapter(source_name: str, settings: ShopSettings) -> Shopify:
    """The adapter for a source of any name.

    Raises:
        MandjeError: shop.toml does not tell the source's site.
    """
    tables = {table.name: table for table in (ORDERS, AGREEMENTS, SALES, CUSTOMERS)}
    statuses = settings.sources[source_name].statuses
    return Shopify(tables, site_of(settings, source_name), statuses)
