"""Contracts of the lines that Shopify's bulk operations write: orders with their sales, and customers.

A bulk file holds one object a line; a child names its parent under `__parentId`, and may stand anywhere.
Ids are Shopify's own (`gid://shopify/Order/5001`). Of every amount the one in the shop's own currency
(`shopMoney`) is read.
"""

from __future__ import annotations

from mandje.adapters.base import Kind
from mandje.contracts.parts import Part
from mandje.contracts.types import Column, ColumnType, MoneyRule, Table

LINK = "__parentId"
GID = "gid://shopify/"


def _id(name: str, at: str, description: str, of: str | None = None, *, nullable: bool = False) -> Column:
    """An id, the row's own under `id`; one `of` a type of object is Shopify's, which ends in digits."""
    pattern, key = of and f"^{GID}{of}/[0-9]+$", at == "id"
    return Column(name, "text", "id", description, nullable, key, pattern=pattern, is_id=True, at=at)


def _value(name: str, kind: ColumnType, at: str, description: str, *, nullable: bool = False) -> Column:
    units: dict[ColumnType, str] = {"timestamp": "UTC timestamp", "boolean": "true or false"}
    return Column(name, kind, units.get(kind, "text"), description, nullable, at=at)


def _money(name: str, field: str, description: str) -> Column:
    return Column(name, "decimal", "money, currency_code", description, at=f"{field}.shopMoney.amount")


def _currency(at: str) -> Column:
    description = "Currency of every amount in the row."
    return Column("currency_code", "text", "ISO 4217 code", description, pattern="^[A-Z]{3}$", at=at)


def _email() -> Column:
    description = "E-mail: hashed on reading."
    return Column(
        "email_hash", "text", "address", description, nullable=True, personal=True, is_email=True, at="email"
    )


ORDERS = Table(
    "orders",
    "One row per order.",
    (
        _id("order_id", "id", "Order.", "Order"),
        _value("created_at", "timestamp", "createdAt", "When the order was placed."),
        _value("updated_at", "timestamp", "updatedAt", "When Shopify last changed it."),
        _value("cancelled_at", "timestamp", "cancelledAt", "When it was cancelled.", nullable=True),
        _value("is_test", "boolean", "test", "Whether it is a test order."),
        _value("financial_status", "text", "displayFinancialStatus", "Whether it is paid.", nullable=True),
        _value("fulfillment_status", "text", "displayFulfillmentStatus", "Whether it was sent."),
        _value("source_name", "text", "sourceName", "Where the order was placed.", nullable=True),
        _value("coupon_code", "text", "discountCodes[0]", "First code used.", nullable=True),
        _email(),
        _id("customer_id", "customer.id", "Customer, where known.", "Customer", nullable=True),
        _currency("currencyCode"),
        _money("total_amount", "totalPriceSet", "Price of the order with tax, before returns."),
        _money("paid_amount", "netPaymentSet", "Paid less given back."),
    ),
    document="order_id",
    money=MoneyRule(("total_amount",)),
    part=Part("orders", "Order", linked_by=LINK),
    open=True,
)

AGREEMENTS = Table(
    "agreements",
    "One row per agreement: an order as placed, and each edit, return and refund of it.",
    (
        _id("agreement_id", "id", "Agreement.", "SalesAgreement"),
        _id("order_id", "^id", "Order.", "Order"),
    ),
    document="order_id",
    part=Part("orders", "Order/SalesAgreement", linked_by=LINK),
    open=True,
)

SALES = Table(
    "sales",
    "One row per sale: what an agreement adds to its order, or takes off it.",
    (
        _id("sale_id", "id", "Sale.", "Sale"),
        _id("agreement_id", "^id", "Agreement.", "SalesAgreement"),
        _value("happened_at", "timestamp", "^happenedAt", "When it was agreed."),
        _value("reason", "text", "^reason", "Why it was agreed."),
        _id("order_id", "^^id", "Order.", "Order"),
        _value("updated_at", "timestamp", "^^updatedAt", "When Shopify last changed the order."),
        _id("customer_id", "^^customer.id", "Customer of the order, where known.", "Customer", nullable=True),
        _value("action_type", "text", "actionType", "ORDER, RETURN or UPDATE."),
        _value("line_type", "text", "lineType", "What is sold: PRODUCT, SHIPPING, TIP, …"),
        Column("quantity", "integer", "units", "Units; negative when they come back.", nullable=True),
        _currency("totalAmount.shopMoney.currencyCode"),
        _money("total_amount", "totalAmount", "Amount with tax, less discounts."),
        _money("tax_amount", "totalTaxAmount", "Tax in it."),
        _money("discount_amount", "totalDiscountAmountBeforeTaxes", "Discount on it, without tax."),
        _value("is_gift_card", "boolean", "lineItem.isGiftCard", "Whether it is a gift card.", nullable=True),
        _id(
            "product_id",
            "lineItem.product.id",
            "Product, unless custom or deleted.",
            "Product",
            nullable=True,
        ),
        _id("sku", "lineItem.sku", "The shop's own code.", nullable=True),
    ),
    document="order_id",
    money=MoneyRule(("total_amount",), less="tax_amount"),
    part=Part("orders", "Order/SalesAgreement/Sale", linked_by=LINK),
    open=True,
)

# Made in `map`, only counted: the tax in a sale goes elsewhere than what it is worth without tax.
SALES_TAX = Table(
    "sales_tax",
    "One row per sale with tax in it.",
    (
        _id("sale_id", "id", "Sale.", "Sale"),
        _id("order_id", "^^id", "Order.", "Order"),
        _currency("totalAmount.shopMoney.currencyCode"),
        _money("tax_amount", "totalTaxAmount", "Tax; negative when it is given back."),
    ),
    document="order_id",
    money=MoneyRule(("tax_amount",)),
)

CUSTOMERS = Table(
    "customers",
    "One row per customer.",
    (
        _id("customer_id", "id", "Customer.", "Customer"),
        _email(),
        _value("created_at", "timestamp", "createdAt", "When the shop first knew the customer."),
        _value(
            "marketing_state",
            "text",
            "emailMarketingConsent.marketingState",
            "SUBSCRIBED, or why not.",
            nullable=True,
        ),
        _value("country_code", "text", "defaultAddress.countryCodeV2", "Country.", nullable=True),
        Column(
            "postal_code",
            "text",
            "text",
            "Postal code: four characters are kept.",
            nullable=True,
            personal=True,
            at="defaultAddress.zip",
        ),
    ),
    part=Part("customers"),
    open=True,
)


def _kind(name: str, title: str, type_of_id: str, *needed: str) -> Kind:
    fixed = (("id", f"{GID}{type_of_id}/"),)
    return Kind(name, title, "json", frozenset({"id", *needed}), frozenset(_KNOWN[name].split()), fixed)


# Keys that a query may ask for and that are not read: names, notes, and what no feed has.
_KNOWN = {
    "orders": """
        __typename __parentId name processedAt closedAt taxesIncluded retailLocation
        presentmentCurrencyCode note
        netPaymentSet totalPriceSet currentTotalPriceSet subtotalPriceSet totalTaxSet totalShippingPriceSet
        totalDiscountsSet totalRefundedSet totalTipReceivedSet customAttributes tags phone displayAddress
        billingAddress shippingAddress customerLocale channelInformation app totalDiscountAmountAfterTaxes
        lineItem shippingLine cancelReason confirmed fullyPaid sourceIdentifier
    """,
    "customers": """
        __typename firstName lastName displayName phone note tags state numberOfOrders amountSpent
        locale updatedAt
        defaultAddress defaultEmailAddress defaultPhoneNumber emailMarketingConsent
        smsMarketingConsent addresses
        verifiedEmail taxExempt
    """,
}


_ORDERS = "Shopify orders with their agreements and sales, JSON lines of a bulk operation"
# Any line of a file of orders may be the first one, so three kinds of lines tell the one kind of file.
BULK_KINDS = (
    _kind("orders", _ORDERS, "Order", "createdAt", "displayFinancialStatus", "totalPriceSet"),
    _kind("orders", _ORDERS, "SalesAgreement", "happenedAt", LINK),
    _kind("orders", _ORDERS, "Sale", "lineType", "actionType", LINK),
    _kind("customers", "Shopify customers, JSON lines of a bulk operation", "Customer", "createdAt"),
)
