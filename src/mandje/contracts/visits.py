"""What visitors do on the sites, and what was paid to bring them."""

from __future__ import annotations

from mandje.contracts.columns import (
    CURRENCY,
    CUSTOMER,
    SITE,
    ZERO,
    choice_column,
    count_column,
    currency_column,
    flag_column,
    id_column,
    key_column,
    money_column,
    text_column,
    time_column,
)
from mandje.contracts.types import Column, MoneyRule, Table

# Steps of a visit. Engagement is none: it tells that a visitor still reads.
STEPS = (
    "page_view",
    "product_view",
    "search",
    "add_to_cart",
    "remove_from_cart",
    "begin_checkout",
    "add_shipping",
    "add_payment",
    "checkout_error",
    "purchase",
)
EVENT_TYPES = (*STEPS, "engagement")

SESSION_EVENTS = Table(
    "session_events",
    "One row per event of a visit to a site.",
    (
        key_column("event_id", "Event."),
        time_column("event_at", "When it happened."),
        id_column(
            "visitor_id", "Visitor (browser or device); a row without one is set apart, in no session."
        ),
        id_column("native_session_id", "The source's own session, kept for reference.", nullable=True),
        CUSTOMER,
        choice_column("event_type", "What happened.", EVENT_TYPES),
        SITE,
        text_column("host", "Host that served the page."),
        text_column("page_path", "Path of the page, without query string.", nullable=False),
        text_column("page_type", "Kind of page."),
        text_column("referrer_host", "Host that the visitor came from."),
        text_column("source", "Traffic source."),
        text_column("medium", "Traffic medium."),
        text_column("campaign", "Campaign."),
        text_column("keyword", "Paid or organic keyword."),
        text_column("click_id_type", "Kind of click id (gclid, fbclid, …), never the id."),
        text_column("device_category", "Desktop, mobile, tablet."),
        text_column("country_code", "ISO 3166 country of the visitor."),
        flag_column("is_bot", "The source marks the event as a robot's."),
        id_column("product_id", "Product concerned.", nullable=True),
        Column(
            "quantity",
            "decimal",
            "units",
            "Units concerned; missing = 1.",
            nullable=True,
            minimum=ZERO,
            round_to=4,
        ),
        currency_column("currency_code", "Currency of value_amount.", nullable=True),
        money_column("value_amount", "Value that the event carries.", nullable=True, signed=True, round_to=4),
        text_column("search_term", "What was searched for."),
        text_column("error_code", "Error shown."),
        id_column("cart_id", "The source's own cart.", nullable=True),
        id_column("order_id", "Order placed by this event.", nullable=True),
    ),
    optional=True,
)

AD_SPEND = Table(
    "ad_spend",
    "One row per day, site, source, medium and campaign.",
    (
        key_column("spend_date", "Local day of the site.", "date", "date"),
        key_column("site", "Site of the shop, as named in shop.toml.", unit="site name"),
        key_column("source", "Traffic source.", unit="text"),
        key_column("medium", "Traffic medium.", unit="text"),
        key_column("campaign", "Campaign.", unit="text"),
        CURRENCY,
        money_column("cost_amount", "Money spent."),
        count_column("clicks", "Clicks."),
        count_column("impressions", "Impressions."),
    ),
    optional=True,
    money=MoneyRule(("cost_amount",), sign=-1),
)

EXPERIMENT_ASSIGNMENTS = Table(
    "experiment_assignments",
    "One row per unit in an experiment.",
    (
        key_column("experiment_id", "Experiment."),
        key_column("unit_id", "Customer or visitor."),
        text_column("variant", "Variant given.", nullable=False),
        time_column("assigned_at", "When."),
    ),
    optional=True,
)
