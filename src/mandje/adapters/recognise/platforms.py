"""Files that platforms write and that no adapter reads: known, so that a person is told what they are.

A platform that gets an adapter leaves this list; its adapter's own `kinds` say it then.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from mandje.adapters.ads.tables import REPORT
from mandje.adapters.ads.words import (
    GOOGLE,
    GOOGLE_TITLE,
    META,
    META_TITLE,
    MICROSOFT,
    MICROSOFT_TITLE,
    Words,
)
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


def _dayless(title: str, languages: Iterable[Words]) -> Iterable[Unread]:
    """Reports of advertising cost that are not segmented by day."""
    needed = dict.fromkeys(names for one in languages for names in one.dayless())
    return (Unread(Kind(REPORT, title, "csv", names), _NO_DAY) for names in needed)


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
    _unread("csv", "Snowplow enriched events", "app_id|platform|collector_tstamp|event|event_id"),
    # Advertising: names are in the language of the account.
    *_dayless(GOOGLE_TITLE, GOOGLE),
    *_dayless(META_TITLE, META),
    *_dayless(MICROSOFT_TITLE, MICROSOFT),
)
