"""The adapter of Adobe Commerce (Magento 2): tables of its database, as CSV, JSON lines or Parquet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from mandje.adapters.base import Kind, Mapped
from mandje.adapters.feed_frames import all_tables, count_derived, sites_of
from mandje.adapters.magento.customers import map_customers
from mandje.adapters.magento.orders import Frames, map_orders
from mandje.adapters.magento.refunds import map_refunds
from mandje.adapters.magento.refusals import refused_documents
from mandje.adapters.magento.tables import CUSTOMERS, HELD, KINDS, NUMBERS, ORDERS, TABLES
from mandje.adapters.magento.words import unknown_states
from mandje.contracts.types import Table
from mandje.shop.settings import ShopSettings
from mandje.shop.sources import ALL

__all__ = ["KINDS", "Magento", "magento_adapter"]


@dataclass(frozen=True, slots=True)
class Magento:
    """Maps tables of one Magento; an order and its items are one document, a credit memo is one of its own.

    `sites` gives the site by store id, or by `*`; `statuses` our status by the shop's own status, or by
    Magento's state, before the usual ones.
    """

    sites: Mapping[str, str]
    statuses: Mapping[str, str]
    kinds: tuple[Kind, ...] = KINDS
    feeds: tuple[str, ...] = ("orders", "order_lines", "returns", "adjustments", "customers")
    held: tuple[str, ...] = tuple(table.name for table in HELD)
    maps_rows_alone: bool = True

    @property
    def tables(self) -> Mapping[str, Table]:
        """Orders, credit memos, their items, and customers."""
        return {table.name: table for table in TABLES}

    def refused(self, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        """Orders and credit memos that do not tie to the cent, have no site, or lack what they belong to."""
        return refused_documents(_given(tables), self._site())

    def map(self, tables: Mapping[str, pl.DataFrame]) -> Mapped:
        """Map what was given; a table that is not there has no rows."""
        given, site = _given(tables), self._site()
        sold, of_orders = map_orders(given, site, self.statuses)
        back, of_refunds = map_refunds(given, site, self.statuses)
        people, of_people = map_customers(given[CUSTOMERS.name])
        accounts = pl.concat([*of_orders, *of_refunds, *of_people])
        is_read = pl.col("table_name").is_in(list(self.tables))
        return Mapped(
            sold | back | people,
            accounts.filter(is_read),
            count_derived({}, ()),
            made=accounts.filter(~is_read),
            noted=unknown_states(given[ORDERS.name], self.statuses),
        )

    def _site(self) -> pl.Expr:
        usual = pl.lit(self.sites.get(ALL), pl.String)
        known = pl.col("store_id").replace_strict(dict(self.sites), default=None, return_dtype=pl.String)
        return pl.coalesce(known, usual)


def _given(tables: Mapping[str, pl.DataFrame]) -> Frames:
    return {
        name: frame.with_columns(pl.col(NUMBERS.get(name, ())).cast(pl.Int64))
        for name, frame in all_tables(tables, TABLES).items()
    }


def magento_adapter(source_name: str, settings: ShopSettings) -> Magento:
    """The adapter for a source of any name.

    Raises:
        MandjeError: the shop has several sites, and the source does not say which store is which.
    """
    return Magento(sites_of(settings, source_name), settings.sources[source_name].statuses)
