from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from mandje.adapters.base import Mapped
from mandje.adapters.shopify.adapter import Shopify
from mandje.contracts.types import Table
from shopify_bulk import Line, agreement, money, order, sale, units

ReadOrders = Callable[..., dict[str, pl.DataFrame]]
KINDS = ("PRODUCT", "SHIPPING", "TIP", "GIFT_CARD", "DUTY", "FEE", "ADDITIONAL_FEE", "ADJUSTMENT")
CHARGES = ("shipping_amount", "other_charges_amount", "tax_amount")


def drawn_orders(seed: int) -> list[Line]:
    """Some orders with any sales that Shopify may make, some lines twice, in any order."""
    draw = random.Random(seed)
    lines: list[Line] = []
    for number in range(10, 10 + draw.randint(1, 4)):
        sales = [_drawn_sale(draw, number, place) for place in range(draw.randint(1, 8))]
        ordered, everything = (_total(sales, action) for action in ("ORDER", ""))
        lines += [
            order(number, ordered, everything),
            agreement(number, number, "ORDER", "2027-05-01"),
            *sales,
        ]
    lines += draw.sample(lines, draw.randint(0, len(lines)))
    draw.shuffle(lines)
    return lines


def _drawn_sale(draw: random.Random, number: int, place: int) -> Line:
    action, kind = draw.choice(("ORDER", "RETURN", "UPDATE")), draw.choice(KINDS)
    sign = -1 if action == "RETURN" else 1
    total, tax, less = (Decimal(draw.randint(0, most)) / 100 for most in (9999, 999, 500))
    more = {"totalDiscountAmountBeforeTaxes": money(str(less))} | units(sign * draw.randint(1, 3), place)
    return sale(number * 100 + place, number, f"{action} {kind}", str(sign * total), str(sign * tax), **more)


def _total(sales: list[Line], action: str) -> str:
    amounts = [
        Decimal(one["totalAmount"]["shopMoney"]["amount"])
        for one in sales
        if one["actionType"].startswith(action)
    ]
    return str(sum(amounts, Decimal(0)))


def told(mapped: Mapped, table: str, *destinations: str) -> Decimal:
    """Money of a table in the accounts, at some destinations or all."""
    rows = mapped.routed.filter(pl.col("table_name") == table)
    if destinations:
        rows = rows.filter(pl.col("destination").is_in(destinations))
    return Decimal(rows["money_amount"].sum())


def summed(rows: pl.DataFrame, *columns: str) -> Decimal:
    return sum((Decimal(rows[name].sum()) for name in columns), Decimal(0))


def worth(rows: pl.DataFrame, table: Table) -> Decimal:
    assert table.money is not None
    return Decimal(rows.select(table.money.polars()).to_series().sum())


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_rows_and_money_balance(shopify: Shopify, read_orders: ReadOrders, seed: int) -> None:
    tables = read_orders(drawn_orders(seed))
    assert shopify.refused(tables).is_empty()
    mapped = shopify.map(tables)
    for name, rows in tables.items():
        of_table = mapped.routed.filter(pl.col("table_name") == name)
        assert of_table["row_count"].sum() == rows.height
    assert told(mapped, "sales") == worth(tables["sales"], shopify.tables["sales"])
    feeds = mapped.feeds
    lines = summed(feeds["order_lines"], "gross_amount") - summed(feeds["order_lines"], "discount_amount")
    assert told(mapped, "sales", "order_lines") == lines
    assert told(mapped, "sales", "returns") == -summed(feeds["returns"], "refund_amount")
    for kind in ("shipping_refund", "charge_refund", "discount", "price_correction"):
        amount = summed(feeds["adjustments"].filter(pl.col("kind") == kind), "amount")
        assert told(mapped, "sales", f"adjustments:{kind}") == -amount
    for feed in ("returns", "adjustments"):
        assert told(mapped, "sales_tax", f"{feed}:tax_amount") == -summed(feeds[feed], "tax_amount")
    charges = {name: summed(feeds["orders"], name) for name in CHARGES}
    for name, amount in charges.items():
        table = "sales_tax" if name == "tax_amount" else "sales"
        assert told(mapped, table, f"orders:{name}") == amount
    assert summed(feeds["orders"], "total_amount") == lines + sum(charges.values())
