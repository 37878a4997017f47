"""A made-up shop of plants as Shopify's bulk operations write it: 9 % tax in every price."""

from __future__ import annotations

import json
from typing import Any

from mandje.shop.settings import ShopSettings

Line = dict[str, Any]
GID = "gid://shopify/"
# Destinations of the shop's rows, worked out by hand: (table, destination) → (rows, money).
DESTINATIONS = {
    # All that is sold, charged and taxed below.
    ("orders", "orders"): (7, "270.38"),
    ("agreements", "skipped:container"): (11, "0"),
    # 30 + 18 + 50 + 20 + 10 + 10 + 50 + 21.99
    ("sales", "order_lines"): (8, "209.99"),
    ("sales", "orders:shipping_amount"): (2, "10.00"),
    # Tip 1.50, gift card 25, fee 1, duty 3.
    ("sales", "orders:other_charges_amount"): (4, "30.50"),
    ("sales", "returns"): (3, "-70.00"),
    ("sales", "adjustments:shipping_refund"): (1, "-5.00"),
    ("sales", "adjustments:charge_refund"): (1, "-1.00"),
    ("sales", "adjustments:price_correction"): (1, "-2.00"),
    ("sales", "adjustments:discount"): (1, "-1.00"),
    # 3.15 + 1.62 + 6.30 + 1.44 + 0.90 + 4.50 + 1.98
    ("sales_tax", "orders:tax_amount"): (11, "19.89"),
    ("sales_tax", "returns:tax_amount"): (3, "-6.30"),
    ("sales_tax", "adjustments:tax_amount"): (3, "-0.63"),
    ("customers", "customers"): (2, "0"),
}


def plant_settings(*sites: str) -> ShopSettings:
    """The shop's settings; the adapter is asked for by name, so that the source's own does not matter."""
    site = {"time_zone": "Europe/Amsterdam", "currency": "EUR"}
    return ShopSettings.model_validate(
        {
            "name": "plants",
            "reporting_currency": "EUR",
            "time_zone": "Europe/Amsterdam",
            "sites": dict.fromkeys(sites, site),
            "sources": {"shop": {"adapter": "canonical", "feed": "orders"}},
        }
    )


def money(amount: str, currency: str = "EUR") -> dict[str, dict[str, str]]:
    """An amount in the shop's currency; the customer's is another one, which nothing may read."""
    return {
        "shopMoney": {"amount": amount, "currencyCode": currency},
        "presentmentMoney": {"amount": "999.99", "currencyCode": "USD"},
    }


def order(number: int, total: str, paid: str, **more: Any) -> Line:
    """A paid order of the web shop, sent."""
    return {
        "id": f"{GID}Order/{number}",
        "createdAt": "2027-05-01T10:00:00Z",
        "updatedAt": "2027-05-04T10:00:00Z",
        "cancelledAt": None,
        "test": False,
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "FULFILLED",
        "currencyCode": "EUR",
        "sourceName": "web",
        "discountCodes": [],
        "email": None,
        "customer": None,
        "totalPriceSet": money(total),
        "netPaymentSet": money(paid),
    } | more


def agreement(number: int, of_order: int, reason: str, at: str) -> Line:
    return {
        "id": f"{GID}SalesAgreement/{number}",
        "happenedAt": f"{at}T12:00:00Z",
        "reason": reason,
        "__parentId": f"{GID}Order/{of_order}",
    }


def sale(number: int, of: int, what: str, total: str, tax: str, **more: Any) -> Line:
    """A sale of an agreement; `what` is its action and kind of line (`ORDER PRODUCT`)."""
    action, _, kind = what.partition(" ")
    return {
        "id": f"{GID}Sale/{number}",
        "actionType": action,
        "lineType": kind,
        "quantity": None,
        "totalAmount": money(total),
        "totalTaxAmount": money(tax),
        "totalDiscountAmountBeforeTaxes": money("0.00"),
        "__parentId": f"{GID}SalesAgreement/{of}",
    } | more


def units(quantity: int, product: int) -> Line:
    """What a sale of units of a product has besides."""
    item = {"sku": f"SKU{product}", "isGiftCard": False, "product": {"id": f"{GID}Product/{product}"}}
    return {"quantity": quantity, "lineItem": item}


def _lena(number: int) -> Line:
    return {"email": "lena@plants.example", "customer": {"id": f"{GID}Customer/{number}"}}


def plant_orders() -> list[Line]:
    """Seven orders: see the comments."""
    gift_card = {"sku": "CARD", "isGiftCard": True, "product": {"id": f"{GID}Product/9"}}
    changed = {"totalDiscountAmountBeforeTaxes": money("1.00")}
    return [
        # 301: three ferns, one comes back, 2.00 for the trouble. 38.15 − 10.90 − 2.00 = 25.25.
        order(301, "38.15", "25.25", displayFinancialStatus="PARTIALLY_REFUNDED", **_lena(71)),
        agreement(3011, 301, "ORDER", "2027-05-01"),
        sale(30111, 3011, "ORDER PRODUCT", "32.70", "2.70", **units(3, 1)),
        sale(30112, 3011, "ORDER SHIPPING", "5.45", "0.45"),
        agreement(3012, 301, "REFUND", "2027-05-02"),
        sale(30121, 3012, "RETURN PRODUCT", "-10.90", "-0.90", **units(-1, 1)),
        sale(30122, 3012, "RETURN ADJUSTMENT", "-2.00", "0.00"),
        # 302: in the store, a pot of 20.00 less 2.00, and a tip.
        order(302, "21.12", "21.12", sourceName="pos", discountCodes=["SPRING", "VIP"]),
        agreement(3021, 302, "ORDER", "2027-05-01"),
        sale(30211, 3021, "ORDER PRODUCT", "19.62", "1.62", **units(1, 2))
        | {"totalDiscountAmountBeforeTaxes": money("2.00")},
        sale(30212, 3021, "ORDER TIP", "1.50", "0.00", quantity=1),
        # 303: a palm is exchanged for a pot two days later; a gift card sold as a product.
        order(303, "101.30", "46.80", displayFinancialStatus="PARTIALLY_REFUNDED", **_lena(72)),
        agreement(3031, 303, "ORDER", "2027-05-01"),
        sale(30311, 3031, "ORDER PRODUCT", "54.50", "4.50", **units(1, 3)),
        sale(30312, 3031, "ORDER PRODUCT", "25.00", "0.00", quantity=1, lineItem=gift_card),
        agreement(3032, 303, "RETURN", "2027-05-03"),
        sale(30321, 3032, "RETURN PRODUCT", "-54.50", "-4.50", **units(-1, 3)),
        sale(30322, 3032, "ORDER PRODUCT", "21.80", "1.80", **units(1, 2)),
        # 304: cancelled, and all of it given back.
        order(304, "17.44", "0.00", displayFinancialStatus="REFUNDED", cancelledAt="2027-05-02T09:00:00Z"),
        agreement(3041, 304, "ORDER", "2027-05-01"),
        sale(30411, 3041, "ORDER PRODUCT", "10.90", "0.90", **units(1, 1)),
        sale(30412, 3041, "ORDER SHIPPING", "5.45", "0.45"),
        sale(30413, 3041, "ORDER FEE", "1.09", "0.09"),
        agreement(3042, 304, "REFUND", "2027-05-02"),
        sale(30421, 3042, "RETURN PRODUCT", "-10.90", "-0.90", **units(-1, 1)),
        sale(30422, 3042, "RETURN SHIPPING", "-5.45", "-0.45"),
        sale(30423, 3042, "RETURN FEE", "-1.09", "-0.09"),
        # 305: a test.
        order(305, "10.90", "10.90", test=True),
        agreement(3051, 305, "ORDER", "2027-05-01"),
        sale(30511, 3051, "ORDER PRODUCT", "10.90", "0.90", **units(1, 1)),
        # 306: not paid yet, so nothing is known of its payments.
        order(306, "54.50", "0.00", displayFinancialStatus="PENDING", displayFulfillmentStatus="UNFULFILLED"),
        agreement(3061, 306, "ORDER", "2027-05-01"),
        sale(30611, 3061, "ORDER PRODUCT", "54.50", "4.50", **units(1, 3)),
        # 307: three bags of seed at 7.99, no unit price of which gives 21.99; duties; later 1.00 less.
        order(307, "26.97", "25.88", sourceName="eBay", displayFulfillmentStatus="PARTIALLY_FULFILLED"),
        agreement(3071, 307, "ORDER", "2027-05-01"),
        sale(30711, 3071, "ORDER PRODUCT", "23.97", "1.98", **units(3, 4)),
        sale(30712, 3071, "ORDER DUTY", "3.00", "0.00"),
        agreement(3072, 307, "ORDER_EDIT", "2027-05-04"),
        sale(30721, 3072, "UPDATE PRODUCT", "-1.09", "-0.09", **units(0, 4)) | changed,
    ]


def plant_customers() -> list[Line]:
    """Two customers: one agreed to messages, the other has said nothing."""
    shared = {"createdAt": "2026-01-02T03:04:05Z", "firstName": "Lena", "email": "Lena@Plants.example "}
    return [
        {
            "id": f"{GID}Customer/71",
            **shared,
            "emailMarketingConsent": {"marketingState": "SUBSCRIBED"},
            "defaultAddress": {"countryCodeV2": "NL", "zip": "3511 XZ"},
        },
        {"id": f"{GID}Customer/72", **shared, "emailMarketingConsent": None, "defaultAddress": None},
    ]


def as_text(lines: list[Line]) -> str:
    return "\n".join(json.dumps(line) for line in lines) + "\n"
