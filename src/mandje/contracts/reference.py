"""What orders refer to: products and rates."""

from __future__ import annotations

from mandje.contracts.columns import ZERO, currency_column, key_column, money_column, text_column
from mandje.contracts.types import Column, Table

PRODUCTS = Table(
    "products",
    "One row per product.",
    (
        key_column("product_id", "Product."),
        text_column("name", "Name.", nullable=False),
        text_column("category", "Category.", nullable=False),
        text_column("brand", "Brand."),
        text_column("size", "Size of this very product, in the shop's own words, such as XL or 42."),
        currency_column("currency_code", "Currency of the amounts.", nullable=True),
        money_column("unit_cost_amount", "What one unit costs the shop.", nullable=True),
        money_column("list_price_amount", "List price of one unit.", nullable=True),
        Column(
            "stock_quantity",
            "decimal",
            "units",
            "Units in stock when the row was told; below 0 where more was sold than was there.",
            nullable=True,
        ),
    ),
    optional=True,
)

EXCHANGE_RATES = Table(
    "exchange_rates",
    "One row per day and pair of currencies.",
    (
        key_column("rate_date", "Day of the rate.", "date", "date"),
        currency_column("from_currency", "Currency converted from.", key=True),
        currency_column("to_currency", "Currency converted to.", key=True),
        Column(
            "rate",
            "rate",
            "units of to_currency per unit of from_currency",
            "Rate.",
            minimum=ZERO,
            minimum_exclusive=True,
        ),
    ),
    optional=True,
)
