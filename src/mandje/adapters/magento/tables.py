"""Contracts of Magento's tables: orders, credit memos, their items, and customers.

Amounts are those in the shop's own currency (`base_…`), without tax; times are UTC. Never read: names,
addresses, IP addresses, notes, dates of birth but for their year.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from mandje.adapters.base import Kind
from mandje.adapters.magento import column_names
from mandje.contracts.columns import EMAIL_HASH, ZERO, currency_column, id_column, text_column
from mandje.contracts.parts import Part
from mandje.contracts.types import Column, MoneyRule, Table

# Paid with something that the shop had sold or granted before: they lower the total, not the price.
TENDERS = ("base_gift_cards_amount", "base_customer_balance_amount", "base_reward_currency_amount")
# Gift wrapping of the order, of its items, and its card.
WRAPPINGS = ("gw_base_price", "gw_items_base_price", "gw_card_base_price")
MEMO = "creditmemo "
_FORMS: tuple[Literal["json", "csv"], ...] = ("json", "csv")


def _amount(name: str, description: str, *, signed: bool = False, nullable: bool = True) -> Column:
    least = None if signed else ZERO
    unit = "money, base_currency_code"
    return Column(name, "decimal", unit, description, nullable=nullable, minimum=least, round_to=4)


def _id(name: str, description: str, *, at: str = "", nullable: bool = False) -> Column:
    return replace(id_column(name, description, nullable=nullable), at=at)


def _number(name: str, description: str, *, key: bool = False, nullable: bool = False) -> Column:
    """A number that is an id: tools that know no empty integers write it as a float."""
    column = replace(id_column(name, description, nullable=nullable), pattern="^[0-9]{1,18}$")
    return replace(column, key=key)


def _time(name: str, description: str, *, nullable: bool = False) -> Column:
    return Column(name, "timestamp", "UTC timestamp", description, nullable=nullable, time_zone="UTC")


_STORE = id_column("store_id", "Store view; none where it was deleted.", nullable=True)
_CURRENCY = currency_column("base_currency_code", "Currency of every amount that is read.")
_UPDATED = _time("updated_at", "When it last changed.", nullable=True)
_DISCOUNT = _amount("base_discount_amount", "Discount, below 0: lines and shipping.", signed=True)
_COMPENSATION = _amount("base_discount_tax_compensation_amount", "Tax that is in the discount.", signed=True)
_SHIPPING_COMPENSATION = _amount(
    "base_shipping_discount_tax_compensation_amnt", "Tax that is in the discount on shipping.", signed=True
)
_OF_DOCUMENT = (
    _amount("base_subtotal", "Goods before discounts.", signed=True),
    _DISCOUNT,
    _COMPENSATION,
    _SHIPPING_COMPENSATION,
    _amount("base_shipping_amount", "Shipping charged, or given back."),
    _amount("base_tax_amount", "Tax on all of it."),
    *(_amount(name, "Gift wrapping.") for name in WRAPPINGS),
    *(_amount(name, "What paid for it beside money.") for name in TENDERS),
    _amount("base_grand_total", "What was asked in money, with tax.", signed=True, nullable=False),
)
_OF_ITEM = (
    id_column("product_id", "Product.", nullable=True),
    text_column("sku", "The shop's own code of the product."),
    _amount("base_row_total", "Price of the line before discounts."),
    replace(_DISCOUNT, description="Discount on the line."),
    _COMPENSATION,
    _amount("base_weee_tax_applied_row_amnt", "Fixed product taxes, such as for packaging."),
)

ORDERS = Table(
    "sales_order",
    "One row per order.",
    (
        replace(_id("order_id", "Order.", at="entity_id"), key=True),
        text_column("state", "State of the order, as Magento knows it."),
        text_column("status", "State of the order, as the shop names it."),
        text_column("coupon_code", "Coupon used."),
        _STORE,
        id_column("customer_id", "Customer; none for a guest, or one who was erased.", nullable=True),
        replace(EMAIL_HASH, name="customer_email", unit="address", description="E-mail address."),
        *_OF_DOCUMENT,
        _amount("base_shipping_discount_amount", "Discount on shipping; in base_discount_amount."),
        _amount("base_total_canceled", "What was cancelled after a part of the order was paid, with tax."),
        _amount("base_tax_canceled", "Tax in it."),
        _amount("base_shipping_canceled", "Shipping in it."),
        _CURRENCY,
        _time("created_at", "When the order was placed."),
        _UPDATED,
    ),
    document="order_id",
    money=MoneyRule(("base_grand_total",), plus=TENDERS, currency="base_currency_code"),
    part=Part("sales_order"),
    open=True,
)
ITEMS = Table(
    "sales_order_item",
    "One row per line of an order, and per part of one that is made of parts.",
    (
        _number("item_id", "Line.", key=True),
        _id("order_id", "Order."),
        _number("parent_item_id", "Line that it is a part of.", nullable=True),
        Column("qty_ordered", "decimal", "units", "Units.", minimum=ZERO, minimum_exclusive=True),
        *_OF_ITEM,
        _amount("base_cost", "What one unit cost the shop."),
        _UPDATED,
    ),
    document="order_id",
    part=Part("sales_order_item"),
    open=True,
)
MEMOS = Table(
    "creditmemos",
    "One row per credit memo.",
    (
        replace(_id("creditmemo_id", "Credit memo.", at="entity_id"), key=True),
        _id("order_id", "Order of which something is given back."),
        replace(text_column("memo_state", "1 open, 2 refunded, 3 cancelled."), at="state"),
        _STORE,
        *_OF_DOCUMENT,
        _amount("base_shipping_tax_amount", "Tax on shipping that is given back."),
        _amount("base_adjustment_positive", "Given back beyond its lines, without tax."),
        _amount("base_adjustment_negative", "Kept of its lines, without tax."),
        _CURRENCY,
        _time("created_at", "When it was booked."),
        _UPDATED,
    ),
    document="creditmemo_id",
    document_prefix=MEMO,
    within=("order_id", ORDERS.name),
    part=Part("sales_creditmemo"),
    open=True,
)
MEMO_ITEMS = Table(
    "sales_creditmemo_item",
    "One row per line of a credit memo.",
    (
        _number("entity_id", "Line of the credit memo.", key=True),
        _id("creditmemo_id", "Credit memo.", at="parent_id"),
        _number("order_item_id", "Line of the order."),
        Column("qty", "decimal", "units", "Units given back.", nullable=True, minimum=ZERO),
        *_OF_ITEM,
        _amount("base_tax_amount", "Tax on the line."),
    ),
    document="creditmemo_id",
    document_prefix=MEMO,
    within=("creditmemo_id", MEMOS.name),
    part=Part("sales_creditmemo_item"),
    open=True,
)
CUSTOMERS = Table(
    "customer_entity",
    "One row per customer with an account.",
    (
        replace(_id("customer_id", "Customer.", at="entity_id"), key=True),
        replace(EMAIL_HASH, name="email", unit="address", description="E-mail address."),
        Column("dob", "text", "date", "Date of birth: its year is kept.", nullable=True, personal=True),
        text_column("gender", "1 male, 2 female, else not told."),
        _time("created_at", "When the account was made."),
    ),
    part=Part("customer_entity"),
    open=True,
)
HELD = (ITEMS, MEMOS, MEMO_ITEMS)
# Ids that are numbers of lines: smaller ones come before.
NUMBERS = {ITEMS.name: ("item_id", "parent_item_id"), MEMO_ITEMS.name: ("entity_id", "order_item_id")}
TABLES = (ORDERS, *HELD, CUSTOMERS)

_KINDS = (
    (
        "sales_order",
        "entity_id state store_id customer_email base_grand_total base_currency_code created_at",
        column_names.SALES_ORDER,
    ),
    (
        "sales_order_item",
        "item_id order_id parent_item_id product_id qty_ordered base_row_total base_discount_amount",
        column_names.SALES_ORDER_ITEM,
    ),
    (
        "sales_creditmemo",
        "entity_id order_id base_adjustment_positive base_adjustment_negative base_grand_total created_at",
        column_names.SALES_CREDITMEMO,
    ),
    (
        "sales_creditmemo_item",
        "entity_id parent_id order_item_id qty base_row_total",
        column_names.SALES_CREDITMEMO_ITEM,
    ),
    ("customer_entity", "entity_id email group_id created_at", column_names.CUSTOMER_ENTITY),
)
# A row is a row in JSON lines and Parquet as in a csv: the csv kind comes last, and says how files are read.
KINDS = tuple(
    Kind(name, f"the table {name} of Magento (Adobe Commerce)", form, frozenset(needed.split()), known)
    for name, needed, known in _KINDS
    for form in _FORMS
)
