"""The adapter of Shopify: files of bulk operations, and orders exports of the admin, in any mixture.

The export tells less; it is for shops that cannot run bulk operations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from mandje.adapters.base import Kind, Mapped
from mandje.adapters.feed_frames import all_tables, site_of
from mandje.adapters.shopify.bulk import map_bulk
from mandje.adapters.shopify.bulk_tables import AGREEMENTS, BULK_KINDS, CUSTOMERS, ORDERS, SALES
from mandje.adapters.shopify.csv_feeds import map_csv
from mandje.adapters.shopify.csv_tables import CSV_KIND, LINES
from mandje.adapters.shopify.csv_ties import refused_documents
from mandje.adapters.shopify.sales import digits
from mandje.adapters.shopify.ties import refused_orders
from mandje.contracts.types import Table
from mandje.shop.settings import ShopSettings

KINDS = (*BULK_KINDS, CSV_KIND)


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

    def refused(self, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        """Orders with a sale that nobody knows, or whose sums do not tie."""
        given = all_tables(tables, self.tables.values())
        orders = refused_orders(given["orders"], given["agreements"], given["sales"])
        return pl.concat([orders, refused_documents(given[LINES.name])])

    def map(self, tables: Mapping[str, pl.DataFrame]) -> Mapped:
        """Map what was given; a table that is not there has no rows."""
        given = all_tables(tables, self.tables.values())
        bulk = map_bulk(given, self.site, self.statuses)
        told = given[ORDERS.name].select("delivery_date", digits("order_id").alias("Id"))
        exported = map_csv(given[LINES.name], told, self.site, self.statuses)
        return Mapped(
            bulk.feeds | {feed: pl.concat([bulk.feeds[feed], rows]) for feed, rows in exported.feeds.items()},
            pl.concat([bulk.accounts, exported.accounts]),
            bulk.derived,
            pl.concat([bulk.made, exported.made]),
        )


def shopify_adapter(source_name: str, settings: ShopSettings) -> Shopify:
    """The adapter for a source of any name.

    Raises:
        MandjeError: shop.toml does not tell the source's site.
    """
    tables = {table.name: table for table in (ORDERS, AGREEMENTS, SALES, CUSTOMERS, LINES)}
    statuses = settings.sources[source_name].statuses
    return Shopify(tables, site_of(settings, source_name), statuses)
