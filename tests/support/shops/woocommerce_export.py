"""A tea shop's WooCommerce: orders and refunds as its REST API tells them, all invented.

VAT is 9 % unless an order says otherwise. Amounts are worked out by hand in the tests that use them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from mandje.adapters.base import Adapter
from mandje.adapters.woocommerce.adapter import WooCommerce
from plain_documents import records, unpack

Json = dict[str, Any]
Frames = dict[str, pl.DataFrame]
SHOP = WooCommerce({"*": "nl"}, {}, "EUR", "Europe/Amsterdam")


def line(number: int, total: str, tax: str, **other: object) -> Json:
    """A line of an order: product 71 at `total` without discount, unless told otherwise."""
    usual = {"product_id": 71, "variation_id": 0, "sku": "TEA", "quantity": 1, "subtotal": total}
    return {"id": number, "name": "Tea", "total": total, "total_tax": tax, "meta_data": [], "price": 0.1} | (
        usual | other
    )


def charge(number: int, total: str, tax: str) -> Json:
    """A shipping line or a fee."""
    return {"id": number, "name": "Charge", "total": total, "total_tax": tax, "meta_data": []}


def order(number: int, total: str, tax: str, lines: Sequence[Json], **other: object) -> Json:
    """A completed order of customer 7 on 2 March, with the keys that nobody may read."""
    usual: Json = {
        "id": number,
        "parent_id": 0,
        "status": "completed",
        "currency": "EUR",
        "created_via": "checkout",
        "date_created": "2026-03-02T11:00:00",
        "date_created_gmt": "2026-03-02T10:00:00",
        "date_modified_gmt": "2026-03-02T10:00:00",
        "date_paid_gmt": "2026-03-02T10:00:00",
        "customer_id": 7,
        "customer_ip_address": "203.0.113.9",
        "customer_note": "ring twice",
        "billing": {"first_name": "Noor", "email": " Noor@Shop.Example ", "phone": "1"},
        "total": total,
        "total_tax": tax,
        "line_items": list(lines),
        "shipping_lines": [],
        "fee_lines": [],
        "coupon_lines": [],
        "tax_lines": [],
        "refunds": [],
        "meta_data": [],
    }
    return usual | other


def refund(number: int, parent: int, amount: str, **lists: object) -> Json:
    """A refund on 4 March; `line_items`, `shipping_lines` and `fee_lines` are empty unless given."""
    usual: Json = {
        "id": number,
        "parent_id": parent,
        "date_created": "2026-03-04T13:00:00",
        "date_created_gmt": "2026-03-04T12:00:00",
        "amount": amount,
        "reason": "Noor rang",
        "refunded_payment": False,
        "line_items": [],
        "shipping_lines": [],
        "fee_lines": [],
    }
    return usual | lists


def line_back(number: int, item: int | None, total: str, tax: str, quantity: int = -1) -> Json:
    """A line of a refund; it names the order's line in its meta data."""
    meta = [] if item is None else [{"id": 1, "key": "_refunded_item_id", "value": str(item)}]
    return line(number, total, tax, quantity=quantity) | {
        "meta_data": [{"id": 0, "key": "_other", "value": "9"}, *meta]
    }


ORDERS = [
    # 2 × 10.00, the coupon takes 3.00 off: 17.00 + 1.53; shipping 4.00 + 0.36.
    order(
        3001,
        "22.89",
        "1.89",
        [line(1, "17.00", "1.53", subtotal="20.00", quantity=2)],
        shipping_lines=[charge(2, "4.00", "0.36")],
        coupon_lines=[{"id": 4, "code": "second"}, {"id": 3, "code": "lente", "discount": "3.00"}],
    ),
    # Given back whole: pot 50.00 + 4.50, shipping 4.00 + 0.36, wrapping 2.00 + 0.18.
    order(
        3002,
        "61.04",
        "5.04",
        [line(5, "50.00", "4.50", product_id=72)],
        status="refunded",
        date_modified_gmt="2026-03-04T12:00:00",
        shipping_lines=[charge(6, "4.00", "0.36")],
        fee_lines=[charge(7, "2.00", "0.18")],
    ),
    # 3 × 8.00 + 2.16, shipping 4.00 + 0.36.
    order(
        3003,
        "30.52",
        "2.52",
        [line(8, "24.00", "2.16", quantity=3, product_id=73)],
        shipping_lines=[charge(9, "4.00", "0.36")],
    ),
    # A guest at the till; a fee below 0 is a discount: 10.00 + 0.90 − 1.00 − 0.09.
    order(
        3004,
        "9.81",
        "0.81",
        [line(10, "10.00", "0.90")],
        status="wc-processing",
        created_via="pos-rest-api",
        customer_id=0,
        fee_lines=[charge(11, "-1.00", "-0.09")],
    ),
    order(3005, "5.45", "0.45", [line(12, "5.00", "0.45")], status="on-hold", date_paid_gmt=None),
    order(3006, "5.45", "0.45", [line(13, "5.00", "0.45")], status="cancelled", date_paid_gmt=None),
    order(
        3007,
        "10.90",
        "0.90",
        [line(14, "5.00", "0.45")],
        status="checkout-draft",
        shipping_lines=[charge(15, "4.00", "0.36")],
        fee_lines=[charge(16, "1.00", "0.09")],
        coupon_lines=[{"id": 17, "code": "lente"}],
    ),
    # Abroad, without tax, in a state of a plug-in; both products are deleted, one has a code.
    order(
        3008,
        "15.00",
        "0.00",
        [
            line(18, "12.00", "0.00", product_id=0, sku="OLD-1"),
            line(19, "3.00", "0.00", product_id=0, sku=""),
        ],
        status="packed",
        currency="GBP",
    ),
    order(3009, "5.45", "0.45", [line(20, "5.00", "0.45")], status="failed", date_paid_gmt=None),
    order(3010, "21.80", "1.80", [line(21, "20.00", "1.80")]),
    # Prices with 21 % tax: 10.00 = 8.264463 + 1.735537, three times; the order's tax is 5.206611.
    order(3011, "30.00", "5.21", [line(number, "8.26", "1.74") for number in (23, 24, 25)]),
]
REFUNDS = [
    refund(4002, 3002, "61.04"),
    # Lines say 8.00 + 0.72 and 4.00 + 0.36 = 13.08; 15.00 was given back.
    refund(
        4003,
        3003,
        "15.00",
        line_items=[line_back(26, 8, "-8.00", "-0.72")],
        shipping_lines=[charge(27, "-4.00", "-0.36")],
    ),
    # Lines say 21.80, but only 10.00 was given back.
    refund(4010, 3010, "10.00", line_items=[line_back(28, 21, "-20.00", "-1.80")]),
]


def lines_of(documents: Sequence[Mapping[str, object]]) -> list[str]:
    """JSON lines, as a file holds them."""
    return [json.dumps(document) for document in documents]


def read(orders: Sequence[Json], refunds: Sequence[Json] = (), adapter: Adapter = SHOP) -> Frames:
    """All typed tables of one delivery; rows that break a rule of their contract are not in them."""
    sold = unpack(lines_of(orders), adapter.tables, "orders", file="orders.jsonl")
    back = unpack(lines_of(refunds), adapter.tables, "refunds", file="refunds.jsonl")
    return sold.rows | back.rows


def _packed(things: Sequence[Mapping[str, object]], *keys: str) -> str:
    return ";".join("|".join(f"{key}:{thing.get(key, '')}" for key in keys) for thing in things)


def csv_row(sold: Json, back: Sequence[Json] = (), **cells: str) -> dict[str, str]:
    """The same order as the plug-in writes it: all of the tax on lines, times on the clock of Amsterdam."""
    taken = [{"code": one["code"], "amount": one.get("discount", "0.00")} for one in sold["coupon_lines"]]
    dated = [one | {"date": one["date_created"].replace("T", " ")} for one in back]
    return {
        "id": str(sold["id"]),
        "created_at": sold["date_created"].replace("T", " "),
        "status": sold["status"],
        "total": sold["total"],
        "cart_tax": sold["total_tax"],
        "shipping_tax": "0.00",
        "currency": sold["currency"],
        "customer_id": str(sold["customer_id"] or ""),
        "billing_email": sold["billing"]["email"],
        "line_items": _packed(
            sold["line_items"], "product_id", "sku", "total", "total_tax", "quantity", "name"
        ),
        "shipping_lines": _packed(sold["shipping_lines"], "method_id", "total", "total_tax"),
        "fee_lines": _packed(sold["fee_lines"], "title", "total", "total_tax"),
        "coupon_lines": _packed(taken, "code", "amount"),
        "refunds": _packed(dated, "id", "date", "amount", "reason"),
    } | cells


def read_csv(rows: Sequence[Mapping[str, str]], adapter: Adapter = SHOP) -> Frames:
    """The typed table of the plug-in's rows."""
    return {"csv_orders": records(rows, adapter.tables["csv_orders"])}
