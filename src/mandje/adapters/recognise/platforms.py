"""Files that platforms write and that no adapter reads: known, so that a person is told what they are.

A platform that gets an adapter leaves this list; its adapter's own `kinds` say it then.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from mandje.adapters.base import Kind

NO_ADAPTER = "no adapter reads it yet"
_NO_DAY = "it names no day: make the report again, segmented by day"
_NO_LINES = "it holds no lines of orders, so no adapter can read it"


@dataclass(frozen=True, slots=True)
class Unread:
    """A kind of file that no adapter reads, and why or what to do."""

    kind: Kind
    note: str = NO_ADAPTER


def _unread(
    form: Literal["csv", "json"], title: str, needed: str, note: str = NO_ADAPTER, **fixed: str
) -> Unread:
    """`needed`: names with a bar between them."""
    kind = Kind(
        title.lower().replace(" ", "_"), title, form, frozenset(needed.split("|")), fixed=tuple(fixed.items())
    )
    return Unread(kind, note)


def _both(title: str, needed: str) -> Iterable[Unread]:
    return (_unread("csv", title, needed), _unread("json", title, needed))


UNREAD: tuple[Unread, ...] = (
    # Adobe Commerce: its grid.
    _unread(
        "csv",
        "a Magento orders grid",
        "Purchase Point|Purchase Date|Grand Total (Base)|Grand Total (Purchased)",
        f"{_NO_LINES}: deliver the tables sales_order and sales_order_item",
    ),
    # Shopify and WooCommerce beside orders, and what their shops export by plug-ins.
    _unread("json", "another Shopify bulk export", "id", id="gid://shopify/"),
    _unread("csv", "a Shopify products export", "Handle|Title|Vendor|Variant SKU|Variant Price"),
    _unread("csv", "a Shopify customers export", "First Name|Last Name|Total Spent|Total Orders"),
    _unread("json", "WooCommerce products", "id|sku|regular_price|sale_price|stock_status|permalink"),
    _unread("json", "WooCommerce customers", "id|role|username|billing|is_paying_customer"),
    _unread(
        "csv",
        "a WooCommerce orders export by a plug-in",
        "order_number|status|total_shipping|total_discount|line_items|shipping_lines|tax_lines|fee_lines",
        f"{NO_ADAPTER}: deliver the JSON of the REST API (orders and refunds)",
    ),
    # Visits.
    *_both(
        "GA4 events, the daily export of BigQuery",
        "event_date|event_timestamp|event_name|event_params|user_pseudo_id",
    ),
    _unread("csv", "Snowplow enriched events", "app_id|platform|collector_tstamp|event|event_id"),
    # Advertising: names are in the language of the account.
    _unread("csv", "a Google Ads report", "Day|Campaign|Cost|Clicks"),
    _unread("csv", "a Google Ads report", "Dag|Campagne|Kosten|Klikken"),
    _unread("csv", "a Google Ads report", "Campaign|Cost|Clicks", _NO_DAY),
    _unread("csv", "a Meta Ads report", "Day|Campaign name|Impressions|Reporting starts|Reporting ends"),
    _unread("csv", "a Meta Ads report", "Campaign name|Reporting starts|Reporting ends", _NO_DAY),
    _unread("csv", "a Microsoft Advertising report", "TimePeriod|CampaignName|CurrencyCode|Spend"),
    _unread("csv", "a Microsoft Advertising report", "CampaignName|CurrencyCode|Spend", _NO_DAY),
    # Rates.
    _unread("csv", "rates of the European Central Bank, a column per currency", "Date|USD|JPY|GBP|HUF"),
    _unread(
        "csv",
        "rates of the European Central Bank, a row per rate",
        "KEY|CURRENCY|CURRENCY_DENOM|EXR_TYPE|TIME_PERIOD|OBS_VALUE",
    ),
    # Messages.
    _unread("json", "Klaviyo events", "type|id|attributes|relationships", type="event"),
    _unread("json", "Klaviyo profiles", "type|id|attributes", type="profile"),
    _unread("json", "Klaviyo metrics", "type|id|attributes", type="metric"),
    # Marketplaces.
    _unread("json", "bol orders", "orderId|orderPlacedDateTime|orderItems"),
    _unread("json", "bol returns", "returnId|registrationDateTime|returnItems"),
)
