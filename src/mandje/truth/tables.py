"""What a file of the truth must hold for the comparison: columns with their types, and what is unique."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from mandje.simulate.truth_files import (
    CUSTOMERS,
    DAILY_KPIS,
    DEFECTS,
    DELIVERY_OUTCOMES,
    ORDERS,
    ROW_OUTCOMES,
)

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
    "total_sales_amount", "shop_cost_amount", "bad_debt_amount",
)  # fmt: skip

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
    DAILY_KPIS: {
        "site": _TEXT,
        "kpi_date": _DAY,
        **dict.fromkeys(DAY_COUNTS, _COUNT),
        **dict.fromkeys(DAY_SUMS, _MONEY),
    },
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
    DAILY_KPIS: ("site", "kpi_date"),
    ROW_OUTCOMES: ("feed", "delivery_date", "outcome"),
    DELIVERY_OUTCOMES: ("feed", "delivery_date"),
    DEFECTS: ("class", "feed", "delivery_date", "file", "line", "key", "outcome"),
}
