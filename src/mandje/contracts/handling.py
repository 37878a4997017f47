"""How orders are paid for and sent: what happens to them after they are placed."""

from __future__ import annotations

from mandje.contracts.columns import CURRENCY, UPDATED_AT, id_column, key_column, text_column, time_column
from mandje.contracts.types import Column, MoneyRule, Table

PAYMENTS = Table(
    "payments",
    "One row per payment of an order; negative where the shop gives money back.",
    (
        key_column("payment_id", "Payment."),
        id_column("order_id", "Order that is paid for."),
        text_column("method", "Card, bank transfer, gift card, …", nullable=False),
        CURRENCY,
        Column(
            "amount",
            "decimal",
            "money, currency_code, with tax",
            "Money that came in; a refund is negative.",
        ),
        time_column("paid_at", "When the money came in, or was given back."),
        UPDATED_AT,
    ),
    optional=True,
    money=MoneyRule(("amount",)),
)

FULFILMENTS = Table(
    "fulfilments",
    "One row per parcel of an order, or other handing over of its goods.",
    (
        key_column("fulfilment_id", "Fulfilment."),
        id_column("order_id", "Order whose goods they are."),
        time_column("shipped_at", "When the goods left the shop."),
        time_column("delivered_at", "When they reached the customer.", nullable=True),
        text_column("carrier", "Who took them there."),
        UPDATED_AT,
    ),
    optional=True,
)
