"""The adapter of WooCommerce: orders and refunds of its REST API, or the CSV of a plug-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from mandje.adapters.base import Kind, Mapped
from mandje.adapters.feed_frames import all_tables, count_derived, on_clock, sites_of
from mandje.adapters.refusals import one_each
from mandje.adapters.woocommerce import words
from mandje.adapters.woocommerce.csv_orders import as_api_tables, unreadable
from mandje.adapters.woocommerce.csv_tables import CSV_ORDERS, KIND, PREFIX
from mandje.adapters.woocommerce.orders import map_orders
from mandje.adapters.woocommerce.parts import Frames
from mandje.adapters.woocommerce.refunds import map_refunds
from mandje.adapters.woocommerce.refusals import refused_documents
from mandje.adapters.woocommerce.tables import API_KINDS, REFUND_LISTS, REFUNDS, TABLES
from mandje.contracts.types import Table
from mandje.shop.settings import ShopSettings
from mandje.shop.sources import ALL

KINDS = (*API_KINDS, KIND)


@dataclass(frozen=True, slots=True)
class WooCommerce:
    """Maps what one WooCommerce shop exports; an order and its refunds are one document.

    `sites` gives the site by currency, or by `*`; `statuses` our status by WooCommerce's, before the usual
    ones. `currency` is that of a refund whose order is not delivered with it; None: it is refused.
    `time_zone` is the site's clock, on which the plug-in writes times.
    """

    sites: Mapping[str, str]
    statuses: Mapping[str, str]
    currency: str | None
    time_zone: str
    kinds: tuple[Kind, ...] = KINDS
    feeds: tuple[str, ...] = ("orders", "order_lines", "returns", "adjustments")
    held: tuple[str, ...] = (REFUNDS.name, *(table.name for table in REFUND_LISTS))
    maps_rows_alone: bool = True

    @property
    def tables(self) -> Mapping[str, Table]:
        """Orders and refunds of the API with their lists, and orders of the plug-in."""
        tables = (*TABLES, on_clock(CSV_ORDERS, self.time_zone))
        return {table.name: table for table in tables}

    def refused(self, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        """Orders that do not tie to the cent or have no site, and refunds that lack the order they need."""
        found = [
            refused_documents(given, self._site(), self.statuses, self.currency)
            for given in self._given(tables)
        ]
        return one_each([unreadable(self._csv(tables), self.time_zone), *found])

    def map(self, tables: Mapping[str, pl.DataFrame]) -> Mapped:
        """Map what was given; a table that is not there has no rows."""
        of_api, *of_csv = (self._mapped(given) for given in self._given(tables))
        feeds = {name: pl.concat(one.feeds[name] for one in (of_api, *of_csv)) for name in self.feeds}
        named = (
            one.accounts.with_columns(pl.format(PREFIX + "{}", "table_name").alias("table_name"))
            for one in of_csv
        )
        accounts = pl.concat([of_api.accounts, *named])
        is_read = pl.col("table_name").is_in(list(self.tables))
        return Mapped(
            feeds,
            accounts.filter(is_read),
            of_api.derived,
            made=accounts.filter(~is_read),
            noted=self._unknown_statuses(tables),
        )

    def _unknown_statuses(self, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        """States of orders that nobody explained, to be told: NOTED_SCHEMA."""
        columns = ("delivery_date", "status")
        orders = pl.concat([given["orders"].select(columns) for given in self._given(tables)])
        return words.unknown_statuses(orders, self.statuses)

    def _mapped(self, given: Frames) -> Mapped:
        sold, of_orders = map_orders(given, self._site(), self.statuses)
        back, of_refunds = map_refunds(given, self._site(), self.statuses, self.currency)
        return Mapped(sold | back, pl.concat([*of_orders, *of_refunds]), count_derived({}, ()))

    def _site(self) -> pl.Expr:
        return pl.col("currency").replace_strict(
            dict(self.sites), default=self.sites.get(ALL), return_dtype=pl.String
        )

    def _given(self, tables: Mapping[str, pl.DataFrame]) -> list[Frames]:
        """Tables of the API, and those that the plug-in's rows, if there are any, are turned into."""
        csv = self._csv(tables)
        return [all_tables(tables, TABLES), *([] if csv.is_empty() else [as_api_tables(csv, self.time_zone)])]

    def _csv(self, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        empty = pl.DataFrame(schema=CSV_ORDERS.polars_schema())
        return tables.get(CSV_ORDERS.name, empty)


def woocommerce_adapter(source_name: str, settings: ShopSettings) -> WooCommerce:
    """The adapter for a source of any name.

    Raises:
        MandjeError: the shop has several sites, and the source does not say which ones are its own.
    """
    source = settings.sources[source_name]
    sites = sites_of(settings, source_name)
    site = settings.sites[sites[ALL]] if ALL in sites else None
    clock = site.time_zone if site is not None else settings.time_zone
    currency = site.currency if site is not None else None
    return WooCommerce(sites, source.statuses, currency, source.time_zone or clock)
