"""What a file of the truth must hold for the comparison: columns with their types, and what is unique."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from mandje.simulate.truth_files import (
    CARTS,
    CUSTOMERS,
    DAILY_KPIS,
    DAILY_VISITS,
    DEFECTS,
    DELIVERY_OUTCOMES,
    HANDLING,
    ORDERS,
    ROW_OUTCOMES,
    SESSIONS,
    VISITORS,
)
from mandje.simulate.visits.truth.carts import STATES
from mandje.simulate.visits.truth.funnel import FUNNEL

_TEXT, _COUNT, _RATE, _FLAG, _DAY = pl.String(), pl.Int64(), pl.Float64(), pl.Boolean(), pl.Date()
_MOMENT, _MONEY = pl.Datetime("us", "UTC"), pl.Decimal(18, 4)

DAY_COUNTS = (
    "order_count", "guest_order_count", "guest_merged_order_count", "customer_count", "new_customer_count",
    "returning_customer_count", "return_count",
)  # fmt: skip
DAY_SUMS = (
    "unit_quantity", "returned_quantity", "gross_sales_amount", "discount_amount", "sales_correction_amount",
    "returned_amount", "net_sales_amount", "net_sales_by_order_date_amount", "shipping_amount",
    "shipping_refund_amount", "other_charges_amount", "charge_refund_amount", "tax_amount",
    "tax_refund_amount", "total_sales_amount", "shop_cost_amount", "bad_debt_amount",
)  # fmt: skip

_SESSION_TEXTS = (
    "first_event_id", "visitor_id", "site", "channel", "source", "medium", "campaign", "device_category",
    "country_code", "landing_page_path", "landing_page_type", "order_id", "placed_order_id",
    "kind", "owner_id", "first_touch_channel", "last_non_direct_channel",
)  # fmt: skip
_SESSION_COUNTS = ("event_count", "page_view_count", "product_view_count", "closed_step_count")
_SESSION_FLAGS = (
    "is_engaged", "is_bot", "is_internal", "is_new_visitor", "is_new_to_site",
    *(f"has_{step}" for step in FUNNEL),
)  # fmt: skip
_CART_TEXTS = ("shopper_kind", "shopper_id", "site", "state", "stage", "order_id", "devices", "channel")
_CART_COUNTS = ("most_items", "items_at_end", "session_count", "visitor_count")
_CART_SUMS = ("most_value_reporting_amount", "value_at_end_reporting_amount")
_VISIT_COUNTS = (
    "session_count",
    "visitor_count",
    "engaged_session_count",
    "page_view_count",
    "product_view_count",
    *(f"{state}_cart_count" for state in STATES),
    *(f"open_{step}_count" for step in FUNNEL),
    *(f"closed_{step}_count" for step in FUNNEL),
)

# Columns beyond these are never compared.
COLUMNS: Mapping[str, Mapping[str, pl.DataType]] = {
    CUSTOMERS: {
        "person": _COUNT,
        "mean_spend_amount": _RATE,
        "is_alive": _FLAG,
        "expected_orders_90d": _RATE,
        "expected_orders_365d": _RATE,
        "future_orders_90d": _COUNT,
        "future_spend_365d_amount": _MONEY,
    },
    ORDERS: {
        "order_id": _TEXT,
        "person": _COUNT,
        "site": _TEXT,
        "ordered_at": _MOMENT,
        "channel": _TEXT,
        "status": _TEXT,
        "is_counted": _FLAG,
        "is_guest": _FLAG,
        "is_guest_merged": _FLAG,
        "currency_code": _TEXT,
        "net_sales_amount": _MONEY,
        "returned_amount": _MONEY,
        "total_amount": _MONEY,
    },
    HANDLING: {
        "order_id": _TEXT,
        "payment_method": _TEXT,
        "paid_amount": _MONEY,
        "paid_at": _MOMENT,
        "shipped_at": _MOMENT,
        "delivered_at": _MOMENT,
        "days_to_deliver": _COUNT,
    },
    DAILY_KPIS: {
        "site": _TEXT,
        "kpi_date": _DAY,
        **dict.fromkeys(DAY_COUNTS, _COUNT),
        **dict.fromkeys(DAY_SUMS, _MONEY),
    },
    SESSIONS: {
        **dict.fromkeys(_SESSION_TEXTS, _TEXT),
        "started_at": _MOMENT,
        "ended_at": _MOMENT,
        "started_date": _DAY,
        **dict.fromkeys(_SESSION_COUNTS, _COUNT),
        **dict.fromkeys(_SESSION_FLAGS, _FLAG),
    },
    CARTS: {
        **dict.fromkeys(_CART_TEXTS, _TEXT),
        "opened_at": _MOMENT,
        "last_touched_at": _MOMENT,
        "recovery_hours": _RATE,
        **dict.fromkeys(_CART_COUNTS, _COUNT),
        **dict.fromkeys(_CART_SUMS, _MONEY),
    },
    VISITORS: {
        "visitor_id": _TEXT,
        "customer_id": _TEXT,
        "is_shared": _FLAG,
        "first_seen_at": _MOMENT,
        "last_seen_at": _MOMENT,
        "session_count": _COUNT,
    },
    DAILY_VISITS: {"site": _TEXT, "visit_date": _DAY, **dict.fromkeys(_VISIT_COUNTS, _COUNT)},
    ROW_OUTCOMES: {"feed": _TEXT, "delivery_date": _DAY, "outcome": _TEXT, "row_count": _COUNT},
    DELIVERY_OUTCOMES: {"feed": _TEXT, "delivery_date": _DAY, "outcome": _TEXT},
    DEFECTS: {
        "class": _TEXT,
        "feed": _TEXT,
        "delivery_date": _DAY,
        "file": _TEXT,
        "line": _COUNT,
        "key": _TEXT,
        "outcome": _TEXT,
        "row_count": _COUNT,
    },
}
KEYS: Mapping[str, tuple[str, ...]] = {
    CUSTOMERS: ("person",),
    ORDERS: ("order_id",),
    HANDLING: ("order_id",),
    DAILY_KPIS: ("site", "kpi_date"),
    SESSIONS: ("first_event_id",),
    CARTS: ("shopper_kind", "shopper_id", "site", "opened_at"),
    VISITORS: ("visitor_id",),
    DAILY_VISITS: ("site", "visit_date"),
    ROW_OUTCOMES: ("feed", "delivery_date", "outcome"),
    DELIVERY_OUTCOMES: ("feed", "delivery_date"),
    DEFECTS: ("class", "feed", "delivery_date", "file", "line", "key", "outcome"),
}
