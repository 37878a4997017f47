from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from mandje.adapters.shopify.adapter import Shopify
from shopify_csv import Record, as_csv, first, further, line

ReadExport = Callable[..., dict[str, pl.DataFrame]]


def drawn_export(seed: int) -> list[Record]:
    """Orders that tie in one reading or another: tax in prices or on top, discounts inside or beside."""
    draw = random.Random(seed)
    return [record for number in range(draw.randint(1, 5)) for record in _drawn_order(draw, f"#{number}")]


def _drawn_order(draw: random.Random, name: str) -> list[Record]:
    lines = [_drawn_line(draw) for _ in range(draw.randint(1, 4))]
    listed = sum((_amount(one, "price") * _amount(one, "quantity") for one in lines), Decimal(0))
    cuts = sum((_amount(one, "discount") for one in lines), Decimal(0))
    own = Decimal(draw.choice((0, draw.randint(0, int((listed - cuts) * 100))))) / 100
    discount = own + (cuts if draw.random() < 0.5 else 0)
    subtotal = listed - cuts - own
    shipping, duties, tip = (Decimal(draw.choice((0, draw.randint(0, 999)))) / 100 for _ in range(3))
    tax = ((subtotal + shipping) * draw.choice((0, 9, 21)) / 121).quantize(Decimal("0.01"))
    total = subtotal + shipping + duties + tip + (tax if draw.random() < 0.5 else 0)
    amounts: dict[str, Any] = {
        "Subtotal": subtotal,
        "Shipping": shipping,
        "Duties": duties,
        "Taxes": tax,
        "Total": total,
        "Discount_Amount": discount,
        "Refunded_Amount": Decimal(draw.choice((0, draw.randint(0, int(total * 100))))) / 100,
    }
    texts = {key: f"{value:.2f}" for key, value in amounts.items()}
    others = [*lines[1:], *([line("Tip", f"{tip:.2f}", taxable=False)] if tip else [])]
    return [first(name, lines[0], **texts), *(further(name, one) for one in others)]


def _drawn_line(draw: random.Random) -> Record:
    price, quantity = Decimal(draw.randint(0, 9999)) / 100, draw.randint(1, 5)
    discount = Decimal(draw.choice((0, draw.randint(0, int(price * quantity * 100))))) / 100
    return line("fern", f"{price:.2f}", quantity, discount=f"{discount:.2f}")


def _amount(one: Record, what: str) -> Decimal:
    return Decimal(one[f"Lineitem {what}"])


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_orders_add_up_and_accounts_balance(shopify: Shopify, read_export: ReadExport, seed: int) -> None:
    tables = read_export(as_csv(drawn_export(seed)))
    assert shopify.refused(tables).is_empty()
    mapped = shopify.map(tables)
    orders, lines, returns = (mapped.feeds[name] for name in ("orders", "order_lines", "returns"))
    assert lines.filter((pl.col("gross_amount") < 0) | (pl.col("discount_amount") < 0)).is_empty()
    worth = pl.col("gross_amount").sum() - pl.col("discount_amount").sum()
    charges = pl.sum_horizontal("shipping_amount", "other_charges_amount", "tax_amount")
    sums = orders.join(lines.group_by("order_id").agg(worth.alias("goods")), on="order_id", how="left")
    added = sums.with_columns((pl.col("goods").fill_null(0) + charges).alias("added"))
    assert added.filter(pl.col("added") != pl.col("total_amount")).is_empty()
    told = mapped.routed.group_by("destination").agg(pl.col("money_amount").sum())
    money = dict(told.rows())
    for name in ("shipping_amount", "other_charges_amount", "tax_amount"):
        assert money.get(f"orders:{name}", 0) == orders[name].sum()
    assert money["orders"] == orders["total_amount"].sum()
    assert money.get("returns", 0) == -returns["refund_amount"].sum()
    assert money.get("returns:tax_amount", 0) == -returns["tax_amount"].sum()
    read = mapped.routed.filter(pl.col("table_name") == "lines")
    assert read["row_count"].sum() == tables["lines"].height
