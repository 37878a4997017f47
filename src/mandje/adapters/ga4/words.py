"""What GA4's own words mean: names of events, what it writes where there is nothing, kinds of click ids."""

from __future__ import annotations

import polars as pl

NO_SHOP_EVENT = "skipped:no_shop_event"
NO_SITE = "skipped:no_site"
SKIPPED_REASONS: dict[str, str] = {
    NO_SHOP_EVENT: "An event that tells nothing of shopping, such as session_start; counted by name.",
    NO_SITE: "An event of a host that `sites` of its source does not name; the night counts them by host.",
}
EVENT_TYPES = {
    "page_view": "page_view",
    "view_item": "product_view",
    "view_search_results": "search",
    "add_to_cart": "add_to_cart",
    "remove_from_cart": "remove_from_cart",
    "begin_checkout": "begin_checkout",
    "add_shipping_info": "add_shipping",
    "add_payment_info": "add_payment",
    "purchase": "purchase",
}
# Only where the option `engagement` asks for them.
ENGAGEMENT = {"scroll": "engagement", "user_engagement": "engagement"}
# Events that are one of each product in their list.
OF_PRODUCTS = ("view_item", "add_to_cart", "remove_from_cart")
# An event without a page: an app has none.
NO_PAGE = "(none)"
_NOTHING = ("", "(not set)", "(not provided)")


def told(name: str) -> pl.Expr:
    """The text of a column, null where a word stands for nothing."""
    text = pl.col(name).str.strip_chars()
    return pl.when(~text.is_in(_NOTHING)).then(text)
