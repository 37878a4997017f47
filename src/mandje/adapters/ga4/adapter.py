"""The adapter of GA4: events of visits, of the tables that it exports to BigQuery each day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from mandje.adapters.base import Kind, Mapped, account
from mandje.adapters.feed_frames import all_tables, count_derived, feed_frame, noted_values, with_money
from mandje.adapters.ga4.addresses import click_id_type, host, host_of, page_path
from mandje.adapters.ga4.items import refused_events, with_items
from mandje.adapters.ga4.tables import EVENTS, KINDS
from mandje.adapters.ga4.traffic import with_traffic
from mandje.adapters.ga4.words import ENGAGEMENT, EVENT_TYPES, NO_SHOP_EVENT, NO_SITE, told
from mandje.adapters.skipped_rows import NO_VISITOR
from mandje.contracts.types import Table
from mandje.shop.settings import ShopSettings
from mandje.shop.sources import ALL

FEED = "session_events"
_WWW = "www."
# Names that are noted; GA4 allows no others, so what is longer or has other letters may be anything.
_NAME, _HOST = r"^[A-Za-z][A-Za-z0-9_]{0,39}$", r"^[a-z0-9.-]{1,253}$"
_OTHER = "(other)"


@dataclass(frozen=True, slots=True)
class Ga4:
    """Maps the events of one property.

    `event_types` gives ours by GA4's; `sites` the site by host, `site` that of every other host (None: such
    events are set apart); `tax_ratio` the tax that values and prices hold.
    """

    event_types: Mapping[str, str]
    sites: Mapping[str, str]
    site: str | None
    tax_ratio: Decimal
    kinds: tuple[Kind, ...] = KINDS
    feeds: tuple[str, ...] = (FEED,)
    held: tuple[str, ...] = ()
    maps_rows_alone: bool = True

    @property
    def tables(self) -> Mapping[str, Table]:
        """Events."""
        return {EVENTS.name: EVENTS}

    def refused(self, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        """Events of products with prices or quantities that are no numbers."""
        return refused_events(self._events(tables))

    def map(self, tables: Mapping[str, pl.DataFrame]) -> Mapped:
        """Map events that tell of shopping; a row for each product where an event is one of each."""
        events = self._events(tables).with_columns(self._event_type(), host().alias("host"))
        events = events.with_columns(self._site(), pl.lit(FEED).alias("destination"))
        events = events.with_columns(_destination())
        kept = with_items(events.filter(pl.col("destination") == FEED), self.tax_ratio)
        further = kept.filter(pl.col("place") > 0)
        return Mapped(
            {FEED: _mapped(kept)},
            account(with_money(events, EVENTS), EVENTS.name),
            count_derived({FEED: further}, [FEED]),
            noted=pl.concat(
                [
                    _noted(events, NO_SHOP_EVENT, "unused_event", "event_name", _NAME),
                    _noted(events, NO_SITE, "unknown_host", "host", _HOST),
                ]
            ),
        )

    def _events(self, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        return all_tables(tables, [EVENTS])[EVENTS.name]

    def _event_type(self) -> pl.Expr:
        name = pl.col("event_name")
        types = name.replace_strict(dict(self.event_types), default=None, return_dtype=pl.String)
        return types.alias("event_type")

    def _site(self) -> pl.Expr:
        """The site of a host, with or without `www.`; as a name says it where one does."""
        either = {
            start + host.removeprefix(_WWW): site for host, site in self.sites.items() for start in ("", _WWW)
        }
        named = pl.col("host").replace_strict(either | dict(self.sites), default=None, return_dtype=pl.String)
        return pl.coalesce(named, pl.lit(self.site, pl.String)).alias("site")


def _destination() -> pl.Expr:
    return (
        pl.when(pl.col("event_type").is_null())
        .then(pl.lit(NO_SHOP_EVENT))
        .when(pl.col("visitor_id").is_null())
        .then(pl.lit(NO_VISITOR))
        .when(pl.col("site").is_null())
        .then(pl.lit(NO_SITE))
        .otherwise(pl.lit(FEED))
        .alias("destination")
    )


def _mapped(events: pl.DataFrame) -> pl.DataFrame:
    rows = with_traffic(events.with_columns(click_id_type().alias("click_id_type")))
    order = pl.coalesce(told("transaction_id"), told("told_transaction_id"))
    number = pl.col("place") + 1
    values = {
        "event_id": pl.when(number > 1).then(pl.format("{}#{}", "event_id", number)).otherwise("event_id"),
        "customer_id": told("user_id"),
        "page_path": page_path(),
        "referrer_host": host_of("page_referrer"),
        "device_category": told("device_category"),
        "country_code": told("country"),
        "currency_code": told("currency").str.to_uppercase(),
        "search_term": told("search_term"),
        "order_id": pl.when(pl.col("event_type") == "purchase").then(order),
        "delivery_part": pl.format("items[{}]", "place"),
    }
    return feed_frame(FEED, rows, {name: pl.col(name) for name in _SAME} | values)


_SAME = (
    "event_at",
    "visitor_id",
    "native_session_id",
    "event_type",
    "site",
    "host",
    "source",
    "medium",
    "campaign",
    "keyword",
    "click_id_type",
    "product_id",
    "quantity",
    "value_amount",
)


def _noted(events: pl.DataFrame, destination: str, kind: str, column: str, sound: str) -> pl.DataFrame:
    """Values of a column in events that are set apart, counted: NOTED_SCHEMA."""
    apart = events.filter(pl.col("destination") == destination)
    text = pl.col(column).fill_null("(none)")
    told_of = pl.when(text.str.contains(sound)).then(text).otherwise(pl.lit(_OTHER))
    return noted_values(apart, told_of, EVENTS.name, kind)


def ga4_adapter(source_name: str, settings: ShopSettings) -> Ga4:
    """The adapter for a source of any name."""
    source, sites = settings.sources[source_name], list(settings.sites)
    named = {host.lower(): site for host, site in source.sites.items() if host != ALL}
    other = source.sites.get(ALL, sites[0] if len(sites) == 1 else None)
    types = EVENT_TYPES | (ENGAGEMENT if source.engagement else {})
    return Ga4(types, named, other, source.tax_ratio or Decimal(0))
