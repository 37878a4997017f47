"""Contracts of the orders export that Shopify's admin writes as CSV, and of the rows made out of it.

A line of the file is a line of an order. What is told of the order itself (`Subtotal`, `Id`, …) stands on
its first line only.
"""

from __future__ import annotations

from decimal import Decimal

from mandje.adapters.base import Kind
from mandje.contracts.parts import Part
from mandje.contracts.types import Column, Table

ZERO = Decimal(0)


def _text(name: str, description: str, *aliases: str) -> Column:
    return Column(name, "text", "text", description, nullable=True, aliases=aliases)


def _time(name: str, description: str, *aliases: str) -> Column:
    return Column(name, "timestamp", "time with offset", description, nullable=True, aliases=aliases)


def _money(name: str, description: str, *, nullable: bool = True) -> Column:
    return Column(name, "decimal", "money, Currency", description, nullable=nullable, minimum=ZERO)


LINES = Table(
    "lines",
    "One row per line of an order; the first line of an order has what is told of the order too.",
    (
        Column("Name", "text", "text", "Number of the order; the only one on all of its lines."),
        Column("Id", "text", "id", "Order.", nullable=True, is_id=True, pattern="^[0-9]+$"),
        Column("Email", "text", "address", "E-mail: hashed.", nullable=True, personal=True, is_email=True),
        _time("Created at", "When the order was placed."),
        _time("Cancelled at", "When it was cancelled.", "Canceled at"),
        _text("Financial Status", "How far it is paid."),
        _text("Fulfillment Status", "How far it is sent."),
        _text("Payment Method", "How it was paid; bogus in a test."),
        _text("Source", "Where it was placed."),
        _text("Discount Code", "Code used."),
        Column("Currency", "text", "ISO 4217 code", "Of all amounts.", nullable=True, pattern="^[A-Z]{3}$"),
        _money("Subtotal", "Goods and gift cards after discounts; only on the first line of an order."),
        _money("Shipping", "Shipping."),
        _money("Taxes", "Tax on the whole order."),
        _money("Duties", "Duties."),
        _money("Total", "What the customer was asked to pay."),
        _money("Discount Amount", "Discount on the order."),
        _money("Refunded Amount", "Given back until now, with tax."),
        Column("Lineitem quantity", "integer", "units", "Units.", minimum=ZERO),
        Column("Lineitem name", "text", "text", "Name of the product, or Tip, or Gift card …"),
        _money("Lineitem price", "Price of one unit.", nullable=False),
        _money("Lineitem discount", "Discount on the line."),
        Column("Lineitem sku", "text", "id", "The shop's own code.", nullable=True, is_id=True),
        Column("Lineitem taxable", "boolean", "true or false", "Whether tax is on it.", nullable=True),
    ),
    document="Name",
    part=Part("orders_csv"),
    open=True,
)


# Columns that it is known to have and that are not read: names, addresses, notes, and what no feed has.
_ADDRESS = (
    "Name",
    "Street",
    "Address1",
    "Address2",
    "Company",
    "City",
    "Zip",
    "Province",
    "Country",
    "Phone",
)
_KNOWN = frozenset(
    {
        *(f"{kind} {part}" for kind in ("Billing", "Shipping") for part in (*_ADDRESS, "Province Name")),
        *(f"Tax {number} {part}" for number in range(1, 6) for part in ("Name", "Value")),
        *("Paid at", "Fulfilled at", "Accepts Marketing", "Shipping Method", "Lineitem compare at price"),
        *("Lineitem requires shipping", "Lineitem fulfillment status", "Notes", "Note Attributes", "Vendor"),
        *("Payment Reference", "Payment Reference (deprecated)", "Payment References", "Payment ID", "Tags"),
        *(
            "Outstanding Balance",
            "Employee",
            "Location",
            "Device ID",
            "Risk Level",
            "Phone",
            "Receipt Number",
        ),
        *("Payment Terms Name", "Next Payment Due At"),
    }
)
CSV_KIND = Kind(
    "orders_csv",
    "Shopify orders export of the admin, CSV",
    "csv",
    frozenset(
        {
            *("Name", "Id", "Financial Status", "Currency", "Subtotal", "Taxes", "Total", "Created at"),
            *("Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku"),
        }
    ),
    _KNOWN,
)
