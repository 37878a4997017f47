"""The contract of GA4's daily export: a row per event, with the few of its parameters that are read.

Never read: user properties, cities, advertising ids, and every parameter that is not named here.
"""

from __future__ import annotations

from mandje.adapters.base import Kind
from mandje.contracts.columns import id_column, text_column
from mandje.contracts.parts import Part
from mandje.contracts.types import Column, Table

KIND = "events"
_MICROSECONDS = 10**6
# Of an item, what tells two events apart. Not what may be worked out anew: prices in another currency.
_OF_ITEM = (
    "item_id,item_name,item_brand,item_variant,item_category,item_category2,item_category3,item_category4,"
    "item_category5,price,quantity,coupon,affiliation,location_id,item_list_id,item_list_name,"
    "item_list_index,promotion_id,promotion_name"
)
# An event has no id: these tell it from all others. `batch_…` tell events of one moment apart.
_TELLING = (
    "event_timestamp",
    "event_name",
    "user_pseudo_id",
    "event_bundle_sequence_id",
    "batch_event_index",
    "batch_page_id",
    "batch_ordering_id",
    "event_params[=]",
    f"items[{{{_OF_ITEM}}}]",
)
_LAST_CLICK = "session_traffic_source_last_click"


def _text(name: str, at: str, description: str) -> Column:
    return Column(name, "text", "text", description, nullable=True, at=at)


def _id(name: str, at: str, description: str) -> Column:
    return Column(name, "text", "id", description, nullable=True, is_id=True, at=at)


def _traffic() -> tuple[Column, ...]:
    """Where the visitor came from, as four places tell it, the most settled first."""
    crossed, manual = f"{_LAST_CLICK}.cross_channel_campaign", f"{_LAST_CLICK}.manual_campaign"
    collected = "collected_traffic_source.manual"
    places = {
        "crossed": (f"{crossed}.source", f"{crossed}.medium", f"{crossed}.campaign_name", None),
        "manual": (f"{manual}.source", f"{manual}.medium", f"{manual}.campaign_name", f"{manual}.term"),
        "collected": tuple(f"{collected}_{name}" for name in ("source", "medium", "campaign_name", "term")),
        "event": tuple(f"event_params[={name}]" for name in ("source", "medium", "campaign", "term")),
    }
    return tuple(
        _text(f"{place}_{what}", at, f"{what.capitalize()} of the traffic.")
        for place, paths in places.items()
        for what, at in zip(("source", "medium", "campaign", "keyword"), paths, strict=True)
        if at is not None
    )


EVENTS = Table(
    "events",
    "One row per event.",
    (
        Column("event_id", "text", "MD5, 32 hex digits", "Event.", key=True, fingerprint_of=_TELLING),
        Column(
            "event_at",
            "timestamp",
            "microseconds since 1970",
            "When it happened.",
            ticks_per_second=_MICROSECONDS,
            at="event_timestamp",
        ),
        text_column("event_name", "What happened.", nullable=False),
        _id("visitor_id", "user_pseudo_id", "Browser or device; none where consent was denied."),
        _id("native_session_id", "event_params[=ga_session_id]", "GA4's own session of the visitor."),
        id_column("user_id", "Customer known to the shop.", nullable=True),
        _text("page_location", "event_params[=page_location]", "Address of the page."),
        _text("page_referrer", "event_params[=page_referrer]", "Address of the page before."),
        _text("hostname", "device.web_info.hostname", "Host that served the page."),
        _text("device_category", "device.category", "Desktop, mobile, tablet."),
        _text("country", "geo.country", "Name of the visitor's country."),
        *_traffic(),
        _text("gclid", "collected_traffic_source.gclid", "Click id of Google Ads: only that there is one."),
        _text("dclid", "collected_traffic_source.dclid", "Click id of Google's display ads, likewise."),
        _text("srsltid", "collected_traffic_source.srsltid", "Click id of Google Shopping, likewise."),
        Column(
            "value",
            "decimal",
            "money, currency_code, with tax",
            "Value that the event carries.",
            nullable=True,
            round_to=4,
            at="event_params[=value]",
        ),
        Column(
            "currency",
            "text",
            "ISO 4217 code",
            "Currency of value and prices.",
            nullable=True,
            pattern=r"^(?i:[a-z]{3}|\(not set\))$",
            at="event_params[=currency]",
        ),
        _text("search_term", "event_params[=search_term]", "What was searched for."),
        _id("transaction_id", "ecommerce.transaction_id", "Order."),
        _id("told_transaction_id", "event_params[=transaction_id]", "Order, as the event's own parameter."),
        Column("items", "text", "JSON", "Products.", nullable=True, at="items[{item_id,price,quantity}]"),
    ),
    document="event_id",
    part=Part(KIND),
    open=True,
)

_KNOWN = """
    event_date event_previous_timestamp event_value_in_usd event_server_timestamp_offset privacy_info
    user_properties user_first_touch_timestamp user_ltv device geo app_info traffic_source stream_id platform
    event_dimensions ecommerce items collected_traffic_source is_active_user batch_event_index batch_page_id
    batch_ordering_id session_traffic_source_last_click publisher user_id
"""
KINDS = (
    Kind(
        KIND,
        "GA4 events, the daily export of BigQuery",
        "json",
        # Not user_pseudo_id: what is null is left out, and the first visitor may have agreed to nothing.
        needed=frozenset({"event_date", "event_timestamp", "event_name", "event_params"}),
        known=frozenset(_KNOWN.split()),
    ),
)
