"""The adapter of bol: orders and returns of one account of the retailer API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from mandje.adapters.base import Kind, Mapped
from mandje.adapters.bol.orders import RELEASED, map_orders
from mandje.adapters.bol.refusals import refused_orders
from mandje.adapters.bol.returns import map_returns
from mandje.adapters.bol.tables import ITEMS, KINDS, ORDERS, RETURN_ITEMS, RETURN_RESULTS, commissions
from mandje.adapters.feed_frames import all_tables, count_derived, site_of
from mandje.contracts.types import Table
from mandje.errors import MandjeError
from mandje.shop.settings import ShopSettings


@dataclass(frozen=True, slots=True)
class Bol:
    """Maps orders and returns, of which no person and no tax is told; `tax_ratio` is the tax in prices."""

    site: str
    currency: str
    tax_ratio: Decimal
    kinds: tuple[Kind, ...] = KINDS
    feeds: tuple[str, ...] = ("orders", "order_lines", "returns", "adjustments")
    held: tuple[str, ...] = ()
    maps_rows_alone: bool = True

    @property
    def tables(self) -> Mapping[str, Table]:
        """Orders with their items, returns with their results."""
        tables = (ORDERS, ITEMS, self._commissions, RETURN_ITEMS, RETURN_RESULTS)
        return {table.name: table for table in tables}

    def refused(self, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        """Orders without items or with units that cannot be."""
        return refused_orders(all_tables(tables, self.tables.values()), self._commissions.name)

    def map(self, tables: Mapping[str, pl.DataFrame]) -> Mapped:
        """Map what was given; a table that is not there has no rows."""
        given = all_tables(tables, self.tables.values())
        sold, of_orders = map_orders(given, self._commissions, self.site, self.currency, self.tax_ratio)
        back, of_returns = map_returns(given, self.site, self.currency)
        accounts = pl.concat([*of_orders, *of_returns])
        is_read = pl.col("table_name") != RELEASED
        return Mapped(
            sold | back, accounts.filter(is_read), count_derived({}, ()), made=accounts.filter(~is_read)
        )

    @property
    def _commissions(self) -> Table:
        return commissions(self.currency)


def bol_adapter(source_name: str, settings: ShopSettings) -> Bol:
    """The adapter for a source of any name.

    Raises:
        MandjeError: shop.toml does not tell the source's site, or the tax in its prices.
    """
    site = site_of(settings, source_name)
    ratio = settings.sources[source_name].tax_ratio
    if ratio is None:
        raise MandjeError(
            f"shop.toml does not say how much tax is in the prices of source {source_name}",
            file="shop.toml",
            found="no tax_ratio: bol tells prices with VAT, and no rate of it",
            expected=f"tax_ratio in [sources.{source_name}]",
            next_step=f"add tax_ratio = 0.21, for 21 % VAT, to [sources.{source_name}]",
        )
    return Bol(site, settings.sites[site].currency, ratio)
