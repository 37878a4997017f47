"""The adapters of advertising cost: reports of Google Ads, Meta Ads and Microsoft Advertising.

Rows of one day and campaign (ad groups, devices, networks) are one row of the feed, added up. Source and
medium are not in the reports: they are what links of the ads carry, so that cost and visits meet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from mandje.adapters.ads.tables import REPORT, report_kinds, report_table
from mandje.adapters.ads.totals import FILE, KEY, is_total, refused_reports
from mandje.adapters.ads.words import (
    GOOGLE,
    GOOGLE_KNOWN,
    GOOGLE_TITLE,
    META,
    META_KNOWN,
    META_TITLE,
    MICROSOFT,
    MICROSOFT_KNOWN,
    MICROSOFT_TITLE,
)
from mandje.adapters.base import DERIVED_SCHEMA, Kind, Mapped, account
from mandje.adapters.feed_frames import all_tables, feed_frame, site_of, with_money
from mandje.contracts.types import Table
from mandje.shop.settings import ShopSettings

TOTAL_ROW = "skipped:total_row"
FEED = "ad_spend"
SKIPPED_REASONS = {
    TOTAL_ROW: "a row of totals in a report of advertising cost: the days are counted, and tie with it"
}


@dataclass(frozen=True, slots=True)
class _Network:
    """What tells one network from another; source and medium are what its links usually carry."""

    kinds: tuple[Kind, ...]
    table: Table
    utm_source: str
    utm_medium: str


_GOOGLE = _Network(report_kinds(GOOGLE_TITLE, GOOGLE, GOOGLE_KNOWN), report_table(GOOGLE), "google", "cpc")
_META = _Network(report_kinds(META_TITLE, META, META_KNOWN), report_table(META), "facebook", "paid_social")
_MICROSOFT = _Network(
    report_kinds(MICROSOFT_TITLE, MICROSOFT, MICROSOFT_KNOWN), report_table(MICROSOFT), "bing", "cpc"
)
KINDS = {"google_ads": _GOOGLE.kinds, "meta_ads": _META.kinds, "microsoft_ads": _MICROSOFT.kinds}


@dataclass(frozen=True, slots=True)
class AdCost:
    """Maps reports of one account of one network; a report is needed whole, for its total."""

    kinds: tuple[Kind, ...]
    table: Table
    site: str
    currency: str
    utm_source: str
    utm_medium: str
    feeds: tuple[str, ...] = (FEED,)
    held: tuple[str, ...] = ()
    maps_rows_alone: bool = False

    @property
    def tables(self) -> Mapping[str, Table]:
        """The one table."""
        return {REPORT: self.table}

    def refused(self, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        """Reports that are not by day, do not tie, or contradict another."""
        return refused_reports(self._rows(tables))

    def map(self, tables: Mapping[str, pl.DataFrame]) -> Mapped:
        """Give every row its destination, and add up what is of one day and campaign."""
        rows = with_money(self._rows(tables), self.table).with_columns(
            pl.when(is_total()).then(pl.lit(TOTAL_ROW)).otherwise(pl.lit(FEED)).alias("destination")
        )
        days = rows.filter(pl.col("destination") == FEED)
        spend = self._spend(days)
        return Mapped({FEED: spend}, account(rows, REPORT), _added_up(days, spend))

    def _rows(self, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        """Rows with the currency of the site where the report tells none."""
        rows = all_tables(tables, [self.table])[REPORT]
        return rows.with_columns(pl.col("currency_code").fill_null(self.currency))

    def _spend(self, days: pl.DataFrame) -> pl.DataFrame:
        where = ("delivery_source", "delivery_sha256", "delivery_line")
        counts = [
            pl.when(pl.col(n).count() > 0).then(pl.col(n).sum()).alias(n) for n in ("clicks", "impressions")
        ]
        spend = (
            days.sort(*FILE, "delivery_line")
            .group_by(*FILE, *KEY, "currency_code", maintain_order=True)
            .agg(pl.col(where).first(), pl.col("cost").sum(), *counts)
        )
        return feed_frame(
            FEED,
            spend,
            {
                "spend_date": pl.col("day"),
                "site": pl.lit(self.site),
                "source": pl.lit(self.utm_source),
                "medium": pl.lit(self.utm_medium),
                "campaign": pl.col("campaign"),
                "currency_code": pl.col("currency_code"),
                "cost_amount": pl.col("cost"),
                "clicks": pl.col("clicks"),
                "impressions": pl.col("impressions"),
            },
        )


def _added_up(days: pl.DataFrame, spend: pl.DataFrame) -> pl.DataFrame:
    """Rows of the feed beyond those that were read, in DERIVED_SCHEMA: below 0 where several became one."""
    counts = pl.concat(
        [
            days.select("delivery_date", row_count=pl.lit(-1)),
            spend.select("delivery_date", row_count=pl.lit(1)),
        ]
    )
    derived = counts.group_by("delivery_date", maintain_order=True).agg(pl.col("row_count").sum())
    named = derived.with_columns(feed=pl.lit(FEED))
    return named.select(pl.col(name).cast(kind) for name, kind in DERIVED_SCHEMA.items())


def google_ads_adapter(source_name: str, settings: ShopSettings) -> AdCost:
    """The adapter for a source of any name with reports of Google Ads.

    Raises:
        MandjeError: shop.toml does not tell the source's site.
    """
    return _ad_cost(source_name, settings, _GOOGLE)


def meta_ads_adapter(source_name: str, settings: ShopSettings) -> AdCost:
    """The same for Meta Ads.

    Raises:
        MandjeError: as `google_ads_adapter`.
    """
    return _ad_cost(source_name, settings, _META)


def microsoft_ads_adapter(source_name: str, settings: ShopSettings) -> AdCost:
    """The same for Microsoft Advertising.

    Raises:
        MandjeError: as `google_ads_adapter`.
    """
    return _ad_cost(source_name, settings, _MICROSOFT)


def _ad_cost(source_name: str, settings: ShopSettings, network: _Network) -> AdCost:
    source, site = settings.sources[source_name], site_of(settings, source_name)
    return AdCost(
        network.kinds,
        network.table,
        site,
        settings.sites[site].currency,
        source.utm_source or network.utm_source,
        source.utm_medium or network.utm_medium,
    )
