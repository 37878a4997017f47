"""Contracts of what WooCommerce's REST API tells: orders and refunds, with their lists.

Amounts have as many places as the export asked for (`dp`), so they are rounded to the four that a feed holds.
Never read: names, addresses, phones, IP addresses, browsers, notes, reasons in free text, `price` (a float)
and times on the site's own clock (`date_created`).
"""

from __future__ import annotations

from dataclasses import replace

from mandje.adapters.base import Kind
from mandje.contracts.columns import EMAIL_HASH, ZERO, currency_column, id_column, text_column
from mandje.contracts.parts import Part
from mandje.contracts.types import Column, MoneyRule, Table

ORDERS_KIND = "orders"
REFUNDS_KIND = "refunds"
PLACES = 4


def amount(name: str, description: str, *, signed: bool = False, nullable: bool = False) -> Column:
    """An amount in the currency of its order, 0 or more unless `signed`."""
    least = None if signed else ZERO
    return Column(name, "decimal", "money", description, nullable=nullable, minimum=least, round_to=PLACES)


def _own_id(description: str) -> Column:
    return Column("id", "integer", "id", description, key=True)


def _tax() -> Column:
    return amount("total_tax", "Tax on it.", signed=True, nullable=True)


def _time(name: str, description: str, *, nullable: bool = False) -> Column:
    """A moment in UTC, which the API writes without an offset."""
    return Column(name, "timestamp", "UTC timestamp", description, nullable=nullable, time_zone="UTC")


EMAIL = replace(EMAIL_HASH, name="email", unit="address", description="E-mail address of the bill.")
_PRODUCT = id_column("product_id", "Product; none where it was deleted.", nullable=True)
_SKU = text_column("sku", "The shop's own code of the product.")
_ORDER = Column("id", "text", "id", "Order.", key=True, is_id=True)
_STATUS = text_column("status", "State of the order.", nullable=False)
_CURRENCY = currency_column("currency", "Currency of every amount of the order.")
_MODIFIED = _time("date_modified_gmt", "When the order last changed.", nullable=True)
_REFUND = Column("id", "text", "id", "Refund.", key=True, is_id=True)
_REFUNDED = id_column("parent_id", "Order that is refunded.")
_BOOKED = _time("date_created_gmt", "When the refund was booked.")
_CURRENCY_TOLD = currency_column(
    "currency",
    "Currency of the refund, which the API does not tell: empty, it is the order's.",
    nullable=True,
)


def _above(column: Column, name: str = "") -> Column:
    """A column of the object that holds a list, told again with each row of the list."""
    return replace(column, name=name or column.name, key=False, at=f"^{column.name}")


_OF_ORDER = (_above(_ORDER, "order_id"), _above(_STATUS), _above(_CURRENCY), _above(_MODIFIED))
_OF_REFUND = (_above(_REFUND, "refund_id"), _above(_REFUNDED), _above(_BOOKED), _above(_CURRENCY_TOLD))
_WORTH = MoneyRule(("total",), currency="currency")


def _of_order(path: str, description: str, *columns: Column, money: MoneyRule | None = _WORTH) -> Table:
    return Table(
        path,
        description,
        (*_OF_ORDER, *columns),
        document="order_id",
        money=money,
        part=Part(ORDERS_KIND, path),
        open=True,
    )


def _of_refund(path: str, description: str, *columns: Column) -> Table:
    return Table(
        f"refund_{path}",
        description,
        (*_OF_REFUND, *columns),
        document="parent_id",
        money=_WORTH,
        part=Part(REFUNDS_KIND, path),
        open=True,
    )


ORDERS = Table(
    "orders",
    "One row per order.",
    (
        _ORDER,
        _STATUS,
        _CURRENCY,
        _time("date_created_gmt", "When the order was placed."),
        _MODIFIED,
        _time("date_paid_gmt", "When the order was paid.", nullable=True),
        text_column("created_via", "What made the order: checkout, admin, pos-rest-api, …"),
        id_column("customer_id", "Customer; none for a guest.", nullable=True),
        replace(EMAIL, at="billing.email"),
        amount("total", "What the customer was asked to pay, with tax.", signed=True),
        amount("total_tax", "Tax on the whole order."),
        Column("refund_ids", "text", "ids", "Refunds of the order.", nullable=True, at="refunds[*id]"),
    ),
    document="id",
    money=_WORTH,
    part=Part(ORDERS_KIND),
    open=True,
)
LINE_ITEMS = _of_order(
    "line_items",
    "One row per line of an order; amounts without tax, whatever prices_include_tax says.",
    _own_id("Line."),
    _PRODUCT,
    _SKU,
    Column("quantity", "decimal", "units", "Units sold.", minimum=ZERO, minimum_exclusive=True),
    amount("subtotal", "Price of the line before discounts."),
    amount("total", "Price of the line after discounts."),
    _tax(),
)
SHIPPING_LINES = _of_order(
    "shipping_lines",
    "One row per shipment that is charged.",
    _own_id("Shipping line."),
    amount("total", "Shipping charged, without tax."),
    _tax(),
)
FEE_LINES = _of_order(
    "fee_lines",
    "One row per fee, or, below 0, per discount that a plug-in gives as a fee.",
    _own_id("Fee."),
    amount("total", "Fee charged, without tax.", signed=True),
    _tax(),
)
COUPON_LINES = _of_order(
    "coupon_lines",
    "One row per coupon used; what it took off stands in the lines.",
    _own_id("Use of the coupon."),
    text_column("code", "Code of the coupon."),
    money=None,
)
REFUNDS = Table(
    "refunds",
    "One row per refund.",
    (
        _REFUND,
        _REFUNDED,
        _BOOKED,
        _CURRENCY_TOLD,
        amount("amount", "Money given back, with tax."),
    ),
    document="parent_id",
    part=Part(REFUNDS_KIND),
    open=True,
)
REFUND_LINE_ITEMS = _of_refund(
    "line_items",
    "One row per line given back; units and amounts are negative.",
    _own_id("Line of the refund."),
    Column(
        "refunded_item_id",
        "integer",
        "id",
        "Line of the order that is given back.",
        nullable=True,
        at="meta_data[_refunded_item_id]",
    ),
    _PRODUCT,
    _SKU,
    Column("quantity", "decimal", "units", "Units given back, negative; 0 where only money was."),
    amount("total", "Money given back for the line, without tax, negative.", signed=True),
    _tax(),
)
REFUND_SHIPPING_LINES = _of_refund(
    "shipping_lines",
    "One row per shipping line given back; amounts are negative.",
    _own_id("Shipping line of the refund."),
    amount("total", "Shipping given back, without tax, negative.", signed=True),
    _tax(),
)
REFUND_FEE_LINES = _of_refund(
    "fee_lines",
    "One row per fee given back; amounts are negative.",
    _own_id("Fee of the refund."),
    amount("total", "Fee given back, without tax, negative.", signed=True),
    _tax(),
)
ORDER_LISTS = (LINE_ITEMS, SHIPPING_LINES, FEE_LINES)
REFUND_LISTS = (REFUND_LINE_ITEMS, REFUND_SHIPPING_LINES, REFUND_FEE_LINES)
TABLES = (ORDERS, *ORDER_LISTS, COUPON_LINES, REFUNDS, *REFUND_LISTS)

_KNOWN_OF_ORDER = """
    parent_id number order_key created_via version date_created date_modified date_modified_gmt discount_total
    discount_tax shipping_total shipping_tax cart_tax prices_include_tax customer_id customer_ip_address
    customer_user_agent customer_note billing shipping payment_method payment_method_title transaction_id
    date_paid date_paid_gmt date_completed date_completed_gmt cart_hash meta_data tax_lines shipping_lines
    fee_lines coupon_lines refunds payment_url is_editable needs_payment needs_processing currency_symbol
    _links
"""
_KNOWN_OF_REFUND = """
    date_created reason refunded_by refunded_payment meta_data shipping_lines tax_lines fee_lines currency
    currency_symbol _links
"""

REFUND_RESTS = Table(
    "refund_rests",
    "What a refund gives back beyond its lines: a whole order's parts, or one amount.",
    (
        currency_column("currency", "Currency of the order."),
        amount("rest_amount", "Money given back, without tax.", signed=True),
    ),
    money=MoneyRule(("rest_amount",), sign=-1, currency="currency"),
)

API_KINDS = (
    Kind(
        ORDERS_KIND,
        "WooCommerce orders, JSON of the REST API (wc/v3/orders)",
        "json",
        needed=frozenset(
            {"id", "status", "currency", "date_created_gmt", "total", "total_tax", "line_items"}
        ),
        known=frozenset(_KNOWN_OF_ORDER.split()),
    ),
    Kind(
        REFUNDS_KIND,
        "WooCommerce refunds, JSON of the REST API (wc/v3/refunds)",
        "json",
        needed=frozenset({"id", "parent_id", "amount", "date_created_gmt", "line_items"}),
        known=frozenset(_KNOWN_OF_REFUND.split()),
    ),
)
