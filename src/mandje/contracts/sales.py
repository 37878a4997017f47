"""What is sold, sent back and corrected."""

from __future__ import annotations

from mandje.contracts.columns import (
    CURRENCY,
    CUSTOMER,
    EMAIL_HASH,
    SITE,
    UPDATED_AT,
    ZERO,
    choice_column,
    id_column,
    key_column,
    money_column,
    tax_back_column,
    text_column,
    time_column,
)
from mandje.contracts.types import Column, MoneyRule, Table

SALES_CHANNELS = ("online", "store", "phone", "marketplace")
ORDER_STATUSES = ("pending", "paid", "fulfilled", "cancelled", "failed", "test")
ADJUSTMENT_KINDS = (
    "shipping_refund",
    "charge_refund",
    "discount",
    "price_correction",
    "shop_cost",
    "bad_debt",
)

ORDERS = Table(
    "orders",
    "One row per order: the header of the document whose lines are in order_lines.",
    (
        key_column("order_id", "Order."),
        time_column("ordered_at", "When the order was placed."),
        UPDATED_AT,
        CUSTOMER,
        EMAIL_HASH,
        id_column("visitor_id", "Visitor (browser or device) that placed the order.", nullable=True),
        SITE,
        choice_column("sales_channel", "Where the order was placed.", SALES_CHANNELS),
        choice_column("status", "State of the order; paid and fulfilled count.", ORDER_STATUSES),
        CURRENCY,
        money_column("discount_amount", "Discount that no line carries."),
        money_column("shipping_amount", "Shipping charged to the customer."),
        money_column("shipping_cost_amount", "What shipping cost the shop.", nullable=True),
        money_column("other_charges_amount", "Other charges (fees, manual lines).", signed=True),
        Column("tax_amount", "decimal", "money, currency_code", "Tax on the whole order.", minimum=ZERO),
        Column(
            "total_amount",
            "decimal",
            "money, currency_code, with tax",
            "What the customer was asked to pay: lines − discounts + shipping + other charges + tax.",
        ),
        text_column("coupon_code", "Coupon used."),
    ),
    document="order_id",
    money=MoneyRule(("total_amount",)),
)

ORDER_LINES = Table(
    "order_lines",
    "One row per line of an order.",
    (
        key_column("order_id", "Order."),
        key_column("line_number", "Number of the line in its order.", "integer", "number"),
        UPDATED_AT,
        id_column("product_id", "Product sold."),
        Column(
            "quantity",
            "decimal",
            "units",
            "Units sold, more than 0.",
            minimum=ZERO,
            minimum_exclusive=True,
        ),
        CURRENCY,
        money_column(
            "unit_price_amount",
            "Price of one unit before discounts; not needed with gross_amount.",
            nullable=True,
        ),
        money_column(
            "gross_amount",
            "Price of the whole line before discounts; where given it wins over quantity × unit price.",
            nullable=True,
        ),
        money_column("discount_amount", "Discount on the whole line."),
        money_column("unit_cost_amount", "What one unit cost the shop.", nullable=True),
    ),
    document="order_id",
    money=MoneyRule(("quantity", "unit_price_amount"), less="discount_amount", instead="gross_amount"),
    one_of=(("unit_price_amount", "gross_amount"),),
)

RETURNS = Table(
    "returns",
    "One row per line of a return; positive when the shop gives money back.",
    (
        key_column("return_id", "Return."),
        key_column("line_number", "Number of the line in its return.", "integer", "number"),
        UPDATED_AT,
        id_column("order_id", "Order that is returned, where the shop can tell.", nullable=True),
        CUSTOMER,
        SITE,
        id_column("product_id", "Product returned."),
        time_column("returned_at", "When the return was booked."),
        Column("quantity", "decimal", "units", "Units returned; negative takes a return back."),
        CURRENCY,
        money_column(
            "refund_amount",
            "Money given back for goods; negative takes it back. Empty: what was paid for these units.",
            nullable=True,
            signed=True,
        ),
        tax_back_column(
            "Tax given back with it; negative takes it back. Empty: not told, and none taken off."
        ),
        text_column("reason", "Reason given."),
        money_column("handling_cost_amount", "What handling the return cost the shop.", nullable=True),
    ),
    document="return_id",
    money=MoneyRule(("refund_amount",), sign=-1),
)

ADJUSTMENTS = Table(
    "adjustments",
    "One row per correction that is neither a sale nor returned goods; positive = money given back or lost.",
    (
        key_column("adjustment_id", "Adjustment."),
        time_column("adjusted_at", "When the adjustment was booked."),
        id_column("order_id", "Order it belongs to, where known.", nullable=True),
        CUSTOMER,
        SITE,
        choice_column("kind", "What the adjustment is; shop_cost and bad_debt are costs.", ADJUSTMENT_KINDS),
        CURRENCY,
        money_column("amount", "Money given back or lost; negative takes it.", signed=True),
        tax_back_column("Tax given back with it, signed like amount. Empty: not told, and none taken off."),
    ),
    optional=True,
    money=MoneyRule(("amount",), sign=-1),
)
