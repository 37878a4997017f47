"""The contract of orders as the plug-in *Customer/Order/Coupon Export* writes them, one row per order.

Lines, shipping, fees, coupons and refunds of an order are packed into a cell each; their rows are made. Times
are on the site's own clock, without an offset.
"""

from __future__ import annotations

from dataclasses import replace

from mandje.adapters.base import Kind
from mandje.adapters.woocommerce.tables import (
    COUPON_LINES,
    EMAIL,
    FEE_LINES,
    LINE_ITEMS,
    REFUNDS,
    SHIPPING_LINES,
    amount,
)
from mandje.contracts.columns import currency_column, id_column, text_column, time_column
from mandje.contracts.parts import Part
from mandje.contracts.types import Column, MoneyRule, Table

CSV_KIND = "csv_orders"
PREFIX = "csv_"
# Cells that hold rows of a table, in the order in which their rows are numbered.
PACKED = (LINE_ITEMS, SHIPPING_LINES, FEE_LINES, COUPON_LINES, REFUNDS)


CSV_ORDERS = Table(
    CSV_KIND,
    "One row per order.",
    (
        Column("id", "text", "id", "Order.", key=True, is_id=True, aliases=("order_id",)),
        text_column("status", "State of the order.", nullable=False),
        currency_column("currency", "Currency of every amount of the order."),
        time_column("created_at", "When the order was placed, on the site's clock."),
        id_column("customer_id", "Customer; none for a guest.", nullable=True),
        replace(EMAIL, aliases=("billing_email",)),
        amount("total", "What the customer was asked to pay, with tax.", signed=True),
        amount("cart_tax", "Tax on lines and fees."),
        amount("shipping_tax", "Tax on shipping.", nullable=True),
        *(text_column(table.name, f"Packed: {table.description}") for table in PACKED),
    ),
    document="id",
    money=MoneyRule(("total",), currency="currency"),
    part=Part(CSV_KIND),
    open=True,
)

_KNOWN = """
    order_number order_number_formatted total_shipping total_discount total_refunded payment_method
    billing_first_name billing_last_name billing_email billing_phone billing_address_1 billing_address_2
    billing_postcode billing_city billing_state billing_country billing_company shipping_first_name
    shipping_last_name shipping_address_1 shipping_address_2 shipping_postcode shipping_city shipping_state
    shipping_country shipping_company note tax_lines order_notes download_permissions_granted order_cost_total
    customer_id email order_id id
"""
KIND = Kind(
    CSV_KIND,
    "WooCommerce orders, CSV of the plug-in Customer/Order/Coupon Export (format CSV Import)",
    "csv",
    needed=frozenset(
        {
            "created_at",
            "status",
            "currency",
            "total",
            "total_shipping",
            "cart_tax",
            "shipping_tax",
            *(table.name for table in PACKED),
        }
    ),
    known=frozenset(_KNOWN.split()),
)
