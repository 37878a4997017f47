"""Contracts of TheLook's files. Prices are binary floats of single width, so they are rounded to cents."""

from __future__ import annotations

from decimal import Decimal

from mandje.contracts.types import Column, MoneyRule, Table

ZERO = Decimal(0)


def _id(name: str, description: str, *, key: bool = False, nullable: bool = False) -> Column:
    return Column(name, "text", "id", description, key=key, nullable=nullable, is_id=True)


def _text(name: str, description: str) -> Column:
    return Column(name, "text", "text", description)


def _choice(name: str, description: str, *allowed: str) -> Column:
    return Column(name, "text", "one of: " + ", ".join(allowed), description, allowed=allowed)


def _time(name: str, description: str, *, nullable: bool = False) -> Column:
    return Column(name, "timestamp", "UTC timestamp", description, nullable=nullable)


def _price(name: str, description: str) -> Column:
    return Column(name, "decimal", "money", description, minimum=ZERO, round_to=2)


ORDERS = Table(
    "orders",
    "One row per order as known on the delivery date.",
    (
        _id("order_id", "Order.", key=True),
        _id("user_id", "User who ordered."),
        _choice("status", "State.", "Processing", "Shipped", "Complete", "Cancelled", "Returned"),
        _time("created_at", "When the order was placed."),
    ),
    ignored=("gender", "returned_at", "shipped_at", "delivered_at", "num_of_item"),
    document="order_id",
)


def order_items(currency: str) -> Table:
    """Items of the orders in the same delivery; what an item is worth is in `currency`.

    An item's own creation time may lie days before or after its order's and is not read.
    """
    return Table(
        "order_items",
        "One row per unit ordered.",
        (
            Column("id", "integer", "id", "Item.", key=True),
            _id("order_id", "Order."),
            _id("user_id", "User who ordered."),
            _id("product_id", "Product."),
            _time("returned_at", "When the item came back.", nullable=True),
            _price("sale_price", "Price paid."),
        ),
        ignored=("inventory_item_id", "status", "created_at", "shipped_at", "delivered_at"),
        document="order_id",
        money=MoneyRule(("sale_price",), currency=currency),
    )


EVENTS = Table(
    "events",
    "One row per web event.",
    (
        _id("id", "Event.", key=True),
        _id("user_id", "User, where signed in.", nullable=True),
        _id("session_id", "The source's own session."),
        _time("created_at", "When it happened."),
        Column("traffic_source", "text", "text", "Where the visit came from.", nullable=True),
        _text("uri", "Path of the page."),
        _choice("event_type", "Event.", "home", "department", "product", "cart", "purchase", "cancel"),
    ),
    ignored=("sequence_number", "ip_address", "city", "state", "postal_code", "browser"),
)

USERS = Table(
    "users",
    "One row per registered user.",
    (
        _id("id", "User.", key=True),
        Column("email", "text", "address", "E-mail.", nullable=True, personal=True, is_email=True),
        Column(
            "age",
            "integer",
            "years",
            "Age at registration.",
            nullable=True,
            minimum=ZERO,
            maximum=Decimal(110),
            personal=True,
        ),
        Column("gender", "text", "text", "F or M.", nullable=True),
        Column("postal_code", "text", "text", "Postal code.", nullable=True, personal=True),
        Column("country", "text", "text", "Country by name.", nullable=True),
        _time("created_at", "When the user registered."),
    ),
    ignored=(
        "first_name",
        "last_name",
        "state",
        "street_address",
        "city",
        "latitude",
        "longitude",
        "traffic_source",
    ),
)

PRODUCTS = Table(
    "products",
    "One row per product.",
    (
        _id("id", "Product.", key=True),
        _price("cost", "What one unit costs the shop."),
        _text("category", "Category."),
        _text("name", "Name."),
        _text("brand", "Brand."),
        _price("retail_price", "List price."),
    ),
    ignored=("department", "sku", "distribution_center_id"),
)
