"""Tables of a garden shop's Magento, all invented; VAT is 21 %.

Amounts are worked out by hand in the tests that use them. `None` is written as the word NULL.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from mandje.ingest.load import load
from mandje.ingest.validate import validate
from mandje.shop.settings import Shop, load_shop

Row = dict[str, object]
Tables = dict[str, list[Row]]
DAY = date(2026, 4, 20)
SHOP_TOML = """
name = "garden"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
sites.nl = { time_zone = "Europe/Amsterdam", currency = "EUR" }
sites.be = { time_zone = "Europe/Brussels", currency = "EUR" }
[sources.garden]
adapter = "magento"
on_refused = "go_on"
sites = { 5 = "nl", 6 = "be" }
statuses = { in_stock = "fulfilled" }
"""


def order(number: int, total: str, tax: str, **other: object) -> Row:
    """An order of customer 900 on 10 April, with columns that nobody may read."""
    usual: Row = {
        "entity_id": number,
        "state": "complete",
        "status": "complete",
        "coupon_code": None,
        "store_id": 5,
        "customer_id": 900,
        "customer_email": " Wies@Garden.Example",
        "customer_firstname": "Wies",
        "customer_dob": "1971-02-03 00:00:00",
        "remote_ip": "203.0.113.8",
        "store_name": "Garden\nMain, Store\nNL",
        "base_discount_amount": "0.0000",
        "base_discount_tax_compensation_amount": None,
        "base_shipping_amount": "0.0000",
        "base_shipping_discount_amount": "0.0000",
        "base_tax_amount": tax,
        "base_gift_cards_amount": None,
        "base_customer_balance_amount": None,
        "gw_base_price": None,
        "base_total_canceled": None,
        "base_tax_canceled": None,
        "base_shipping_canceled": None,
        "base_grand_total": total,
        "base_currency_code": "EUR",
        "grand_total": "999.9900",
        "created_at": "2026-04-10 08:00:00",
        "updated_at": "2026-04-10 08:00:00",
    }
    return usual | other


def item(number: int, of: int, total: str | None, tax: str | None, **other: object) -> Row:
    """A line of an order: one spade at cost 4.00."""
    usual: Row = {
        "item_id": number,
        "order_id": of,
        "parent_item_id": None,
        "product_id": 31,
        "sku": f"SPADE-{number}",
        "qty_ordered": "1.0000",
        "base_cost": "4.0000",
        "base_row_total": total,
        "base_tax_amount": tax,
        "base_discount_amount": "0.0000",
        "base_discount_tax_compensation_amount": None,
        "base_weee_tax_applied_row_amnt": None,
    }
    return usual | other


def memo(number: int, of: int, total: str, tax: str, subtotal: str, **other: object) -> Row:
    """A credit memo on 15 April."""
    usual: Row = {
        "entity_id": number,
        "order_id": of,
        "state": 2,
        "store_id": 5,
        "base_subtotal": subtotal,
        "base_discount_amount": "0.0000",
        "base_discount_tax_compensation_amount": "0.0000",
        "base_shipping_amount": None,
        "base_shipping_tax_amount": None,
        "base_tax_amount": tax,
        "base_adjustment_positive": None,
        "base_adjustment_negative": None,
        "base_gift_cards_amount": None,
        "base_customer_balance_amount": None,
        "gw_base_price": None,
        "base_grand_total": total,
        "base_currency_code": "EUR",
        "customer_note": "Wies rang",
        "created_at": "2026-04-15 23:00:00",
        "updated_at": "2026-04-15 23:00:00",
    }
    return usual | other


def memo_item(number: int, of: int, line: int, total: str | None, tax: str | None, **other: object) -> Row:
    """A line of a credit memo: one unit of a line of the order."""
    usual: Row = {
        "entity_id": number,
        "parent_id": of,
        "order_item_id": line,
        "product_id": 31,
        "sku": f"SPADE-{line}",
        "qty": "1.0000",
        "base_row_total": total,
        "base_tax_amount": tax,
        "base_discount_amount": None,
        "base_discount_tax_compensation_amount": None,
        "base_weee_tax_applied_row_amnt": None,
    }
    return usual | other


FREE_SHIPPING = {
    "base_shipping_amount": "5.0000",
    "base_discount_amount": "-5.0000",
}
_BUNDLE = {"base_discount_amount": "-2.0000", "coupon_code": "SOW"}
ORDERS = [
    # 2 × 15.00 + 6.30; shipping is free.
    order(201, "36.30", "6.30", **FREE_SHIPPING, base_shipping_discount_amount="5.0000"),
    # A bundle that is priced by its parts: 12.00 − 2.00 + 2.10 and 8.00 + 1.68.
    order(202, "21.78", "3.78", **_BUNDLE),
    # The same, but the bundle repeats what its parts tell.
    order(203, "21.78", "3.78", **_BUNDLE),
    # 40.00 + 8.40; 20.00 by gift card, 8.40 from credit.
    order(204, "20.00", "8.40", base_gift_cards_amount="20.0000", base_customer_balance_amount="8.4000"),
    # 10.00 + 2.10, 0.50 for the battery, 1.50 for wrapping.
    order(205, "14.10", "2.10", gw_base_price="1.5000"),
    order(206, "12.10", "2.10", store_id=6, state="processing", status="in_stock", customer_id=None),
    # 3 × 10.00, shipping 4.00, tax 6.30 + 0.84; two of the three were cancelled.
    order(
        207,
        "41.14",
        "7.14",
        base_shipping_amount="4.0000",
        base_total_canceled="24.2000",
        base_tax_canceled="4.2000",
        base_shipping_canceled="0.0000",
    ),
    order(208, "12.10", "2.10", state="canceled", base_total_canceled="12.1000", base_tax_canceled="2.1000"),
    order(209, "12.10", "2.10"),  # with a free gift
    order(210, "12.10", "2.10", state="odd", status="odd"),
]
ITEMS = [
    item(1, 201, "30.0000", "6.3000", qty_ordered="2.0000"),
    item(2, 202, "0.0000", "0.0000", base_cost=None, product_id=40, sku="SET"),
    item(3, 202, "12.0000", "2.1000", parent_item_id=2, base_discount_amount="2.0000"),
    item(4, 202, "8.0000", "1.6800", parent_item_id=2, product_id=32),
    item(5, 203, "20.0000", "3.7800", base_discount_amount="2.0000", product_id=40),
    item(6, 203, "12.0000", "2.1000", parent_item_id=5, base_discount_amount="2.0000"),
    item(7, 203, "8.0000", "1.6800", parent_item_id=5, product_id=32),
    item(8, 204, "40.0000", "8.4000"),
    item(9, 205, "10.0000", "2.1000", base_weee_tax_applied_row_amnt="0.5000"),
    item(10, 206, "10.0000", "2.1000"),
    item(11, 207, "30.0000", "6.3000", qty_ordered="3.0000"),
    item(12, 208, "10.0000", "2.1000"),
    item(13, 209, "10.0000", "2.1000"),
    item(14, 209, "0.0000", "0.0000", product_id=33),
    item(15, 210, "10.0000", "2.1000"),
]
MEMOS = [
    memo(41, 202, "21.78", "3.78", "20.00", base_discount_amount="-2.0000"),
    # One of two: 15.00 + 3.15; with it the shipping that was free.
    memo(42, 201, "18.15", "3.15", "15.00", **FREE_SHIPPING),
    # Its order came long ago: 25.00 + 5.25, shipping 4.00 + 0.84.
    memo(43, 150, "35.09", "6.09", "25.00", base_shipping_amount="4.0000"),
    # 10.00 + 2.10 less a fee of 2.50.
    memo(44, 209, "9.60", "2.10", "10.00", base_adjustment_negative="2.5000"),
    memo(46, 204, "48.40", "8.40", "40.00", state=3),
    memo(
        *(47, 204, "20.00", "8.40", "40.00"),
        base_gift_cards_amount="20.0000",
        base_customer_balance_amount="8.4000",
    ),
    memo(50, 205, "14.10", "2.10", "10.00", gw_base_price="1.5000"),
]
MEMO_ITEMS = [
    memo_item(61, 41, 2, None, None, product_id=40, sku="SET"),
    memo_item(62, 41, 3, "12.0000", "2.1000", base_discount_amount="2.0000"),
    memo_item(63, 41, 4, "8.0000", "1.6800", product_id=32),
    memo_item(64, 42, 1, "15.0000", "3.1500"),
    memo_item(65, 43, 9001, "25.0000", "5.2500", product_id=50, sku="BOOTS-38"),
    memo_item(66, 43, 9002, None, None, product_id=51, sku="BOOTS-38"),
    memo_item(67, 44, 13, "10.0000", "2.1000"),
    memo_item(68, 44, 14, None, None, product_id=33, qty="0.0000"),
    memo_item(69, 46, 8, "40.0000", "8.4000"),
    memo_item(70, 47, 8, "40.0000", "8.4000"),
    memo_item(71, 50, 9, "10.0000", "2.1000", base_weee_tax_applied_row_amnt="0.5000"),
]
# Two ways not to tie: goods told in the items only, and less than nothing given back.
WRONG_MEMOS = [
    memo(48, 210, "12.10", "2.10", "0.00"),
    memo(45, 207, "-3.00", "0.00", "0.00", base_adjustment_negative="3.0000"),
]
WRONG_MEMO_ITEMS = [memo_item(72, 48, 15, "10.0000", "2.1000")]
CUSTOMERS: list[Row] = [
    {
        "entity_id": 900,
        "email": "wies@garden.example",
        "group_id": 1,
        "firstname": "Wies",
        "dob": "1971-02-03",
        "gender": 2,
        "password_hash": "FAKE",
        "created_at": "2025-01-01 10:00:00",
    },
    {
        "entity_id": 901,
        "email": "bo@garden.example",
        "group_id": 1,
        "firstname": "Bo",
        "dob": None,
        "gender": None,
        "password_hash": None,
        "created_at": "2025-02-01 10:00:00",
    },
]


def garden() -> Tables:
    """All tables, by the name that they have in the database."""
    return {
        "sales_order": list(ORDERS),
        "sales_order_item": list(ITEMS),
        "sales_creditmemo": list(MEMOS),
        "sales_creditmemo_item": list(MEMO_ITEMS),
        "customer_entity": list(CUSTOMERS),
    }


def as_csv(rows: Sequence[Row], separator: str = ",", line_end: str = "\n") -> str:
    """Rows as a dump writes them; texts with line breaks are quoted."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), delimiter=separator, lineterminator=line_end)
    writer.writeheader()
    writer.writerows(
        {name: "NULL" if value is None else value for name, value in row.items()} for row in rows
    )
    return stream.getvalue()


def garden_shop(folder: Path, days: Mapping[date, Tables]) -> Shop:
    """A shop into which these deliveries were loaded."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shop.toml").write_text(SHOP_TOML, encoding="utf-8")
    for day, tables in days.items():
        path = folder / "exports" / "garden" / str(day)
        path.mkdir(parents=True, exist_ok=True)
        for name, rows in tables.items():
            (path / f"{name}.csv").write_text(as_csv(rows), encoding="utf-8")
    return loaded(folder, max(days, default=DAY))


def loaded(folder: Path, day: date = DAY) -> Shop:
    """The shop of a folder, after its deliveries up to a day were loaded."""
    shop = load_shop(folder)
    validate(shop, day)
    load(shop, day)
    return shop
