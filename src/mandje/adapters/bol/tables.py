"""Contracts of what bol's retailer API tells: orders with their items, returns with their results.

Never read: names, addresses, e-mails (a token per order, of no person), comments of customers, titles.
"""

from __future__ import annotations

from dataclasses import replace

from mandje.adapters.base import Kind
from mandje.adapters.bol.words import GIVES_BACK, GIVES_NOTHING_BACK, PROCESSING_RESULTS
from mandje.contracts.columns import ZERO, choice_column, id_column, text_column, time_column
from mandje.contracts.parts import Part
from mandje.contracts.types import Column, MoneyRule, Table

ORDERS_KIND = "orders"
RETURNS_KIND = "returns"
_PLACES = 4


def _units(name: str, at: str, description: str, *, nullable: bool = False) -> Column:
    return Column(name, "integer", "units", description, nullable=nullable, minimum=ZERO, at=at)


def _above(column: Column) -> Column:
    """A column of the object that holds a list, told again with each row of the list."""
    return replace(column, key=False, at=f"^{column.at or column.name}")


_ORDER = Column("order_id", "text", "id", "Order.", key=True, is_id=True, at="orderId")
_PLACED = replace(time_column("placed_at", "When the order was placed."), at="orderPlacedDateTime")
_ITEM = Column("item_id", "text", "id", "Item of the order.", key=True, is_id=True, at="orderItemId")
_ORDERED = replace(_units("quantity", "quantity", "Units ordered."), minimum_exclusive=True)
_CANCELLED = _units("cancelled", "quantityCancelled", "Units cancelled.", nullable=True)
_CHANGED = replace(
    time_column("changed_at", "When the item last changed.", nullable=True), at="latestChangedDateTime"
)

ORDERS = Table(
    "orders",
    "One row per order.",
    (
        _ORDER,
        _PLACED,
        Column(
            "item_ids", "text", "ids", "Items of the order.", nullable=True, at="orderItems[*orderItemId]"
        ),
    ),
    document="order_id",
    part=Part(ORDERS_KIND),
    open=True,
)
ITEMS = Table(
    "order_items",
    "One row per item of an order; prices with VAT.",
    (
        _above(_ORDER),
        _ITEM,
        _ORDERED,
        _units("shipped", "quantityShipped", "Units sent.", nullable=True),
        _CANCELLED,
        _CHANGED,
        replace(id_column("ean", "EAN of the product.", nullable=True), at="product.ean"),
        replace(
            id_column("reference", "The shop's own code of the offer.", nullable=True), at="offer.reference"
        ),
        Column(
            "unit_price",
            "decimal",
            "money",
            "Price of a unit.",
            minimum=ZERO,
            round_to=_PLACES,
            at="unitPrice",
        ),
    ),
    document="order_id",
    part=Part(ORDERS_KIND, "orderItems"),
    one_of=(("ean", "reference"),),
    open=True,
)


def commissions(currency: str) -> Table:
    """What bol charges on each item, in the currency of the site."""
    amount = Column(
        "commission", "decimal", "money", "What bol charges on the item.", nullable=True, round_to=_PLACES
    )
    return Table(
        "commissions",
        "One row per item of an order: what bol charges on it.",
        (_above(_ORDER), _above(_PLACED), _ITEM, _ORDERED, _CANCELLED, _CHANGED, amount),
        document="order_id",
        money=MoneyRule(("commission",), sign=-1, currency=currency),
        part=Part(ORDERS_KIND, "orderItems"),
        open=True,
    )


_RETURN = Column("return_id", "text", "id", "Return.", key=True, is_id=True, at="returnId")
_RMA = Column("rma_id", "text", "id", "What was sent back, one product of an order.", key=True, at="rmaId")
_OF = replace(id_column("order_id", "Order that it was bought with."), at="orderId")
_EAN = id_column("ean", "EAN of the product.")
_REASON = replace(text_column("main_reason", "Reason given."), at="returnReason.mainReason")

RETURN_ITEMS = Table(
    "return_items",
    "One row per product that is sent back.",
    (
        _above(_RETURN),
        replace(_RMA, is_id=True),
        _OF,
        Column(
            "results",
            "text",
            "words",
            "What came of it.",
            nullable=True,
            at="processingResults[*handlingResult]",
        ),
    ),
    document="return_id",
    part=Part(RETURNS_KIND, "returnItems"),
    open=True,
)
RETURN_RESULTS = Table(
    "return_results",
    "One row per result of something sent back.",
    (
        replace(_above(_above(_RETURN)), at="^^returnId"),
        _above(replace(_RMA, is_id=True)),
        _above(_OF),
        _above(_EAN),
        _above(_REASON),
        replace(_units("quantity", "quantity", "Units that it is of."), minimum_exclusive=True),
        replace(
            choice_column("processing", "Whether it was accepted.", PROCESSING_RESULTS),
            nullable=True,
            at="processingResult",
        ),
        replace(
            choice_column("handling", "What came of it.", (*GIVES_BACK, *GIVES_NOTHING_BACK)),
            at="handlingResult",
        ),
        replace(time_column("processed_at", "When it was decided."), at="processingDateTime"),
    ),
    document="return_id",
    part=Part(RETURNS_KIND, "returnItems.processingResults"),
    open=True,
)

KINDS = (
    Kind(
        ORDERS_KIND,
        "bol orders, JSON of the retailer API (orders/<id>)",
        "json",
        needed=frozenset({"orderId", "orderPlacedDateTime", "orderItems"}),
        known=frozenset({"pickupPoint", "shipmentDetails", "billingDetails"}),
        page="orders",
    ),
    Kind(
        RETURNS_KIND,
        "bol returns, JSON of the retailer API",
        "json",
        needed=frozenset({"returnId", "registrationDateTime", "returnItems"}),
        known=frozenset({"fulfilmentMethod"}),
        page="returns",
    ),
)
