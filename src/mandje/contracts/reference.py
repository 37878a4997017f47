"""What orders refer to: products and rates."""

from __future__ import annotations

from mandje.contracts.columns import ZERO, key_column, money_column, text_column
from mandje.contracts.types import Column, Table

PRODUCTS = Table(
    "products",
    "One row per product.",
    (
        key_column("product_id", "Product."),
        text_column("name", "Name.", nullable=False),
        text_column("category", "Category.", nullable=False),
        text_column("brand", "Brand."),
        Column("currency_code", "text", "ISO 4217 code", "Currency of the amounts.", nullable=True),
        money_column("unit_cost_amount", "What one unit costs the shop.", nullable=True),
        money_column("list_price_amount", "List price of one unit.", nullable=True),
    ),
    optional=True,
)

EXCHANGE_RATES = Table(
    "exchange_rates",
    "One row per day and pair of currencies.",
    (
        key_column("rate_date", "Day of the rate.", "date", "date"),
        key_column("from_currency", "Currency converted from.", unit="ISO 4217 code"),
        key_column("to_currency", "Currency converted to.", unit="ISO 4217 code"),
        Column(
            "rate",
            "decimal",
            "units of to_currency per unit of from_currency",
            "Rate.",
            minimum=ZERO,
            minimum_exclusive=True,
        ),
    ),
    optional=True,
)
