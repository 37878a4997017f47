"""More comes back than was sold: ratios above 1 are marked and told, costs come back for what was sold."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from mandje.shop.settings import Shop
from mandje.warehouse.build import dbt_variables
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.dbt import run_dbt

AS_OF = date(2025, 1, 31)
NOON = datetime(2025, 1, 10, 12, tzinfo=UTC)
Row = dict[str, Any]


def order(name: str, units: int, cost: str, **more: Any) -> tuple[Row, Row]:
    header = {"order_id": name, "ordered_at": NOON, "customer_id": f"c-{name}"} | more
    line = {"order_id": name, "line_number": 1, "product_id": f"p-{name}", "quantity": Decimal(units)}
    return header, line | {"unit_price_amount": Decimal(100), "unit_cost_amount": Decimal(cost)}


def refund(name: str, sold: str, units: int, hour: int, **more: Any) -> Row:
    named = {"return_id": name, "line_number": 1, "product_id": f"p-{sold}", "order_id": sold}
    at = NOON + timedelta(hours=hour)
    back = {"returned_at": at, "quantity": Decimal(units), "refund_amount": Decimal(100 * units)}
    return named | back | {"delivery_date": at.date()} | more


def feeds() -> dict[str, list[Row]]:
    """One sold, three sent back; a product that the order never sold; a refund of a cancelled order; many."""
    chance = random.Random(3)
    orders = [order("one", 1, "30"), order("other", 1, "30"), order("gone", 1, "30", status="cancelled")]
    returns = [
        refund("r-one", "one", 3, 5),
        refund("r-other", "other", 1, 5, product_id="p-unheard"),
        refund("r-gone", "gone", 1, 5, order_id=None, customer_id="c-gone"),
    ]
    for number in range(40):
        orders.append(
            order(f"o{number}", chance.randint(1, 3), str(Decimal(chance.randint(1, 3000)) / 700)[:6])
        )
        for again in range(chance.randint(0, 4)):
            units = chance.choice([1, 1, 2, -1, 3])
            returns.append(refund(f"r{number}-{again}", f"o{number}", units, chance.randint(0, 300)))
    headers, lines = zip(*orders, strict=True)
    return {"orders": list(headers), "order_lines": list(lines), "returns": returns}


@pytest.fixture(scope="module")
def shop(build_warehouse: Callable[..., Shop]) -> Shop:
    return build_warehouse(feeds(), AS_OF, ("--select", "+product_returns", "+returns", "+order_lines"))


def ask(shop: Shop, query: str) -> list[Row]:
    with open_warehouse(shop, read_only=True) as con:
        found = con.sql(query)
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def test_three_sent_back_of_one_sold_are_marked(shop: Shop) -> None:
    row = ask(shop, "from marts.product_returns where product_id = 'p-one' and site = 'nl'")[0]
    assert (row["returned_unit_ratio"], row["return_ratio"], row["has_more_returned"]) == (3, 3, True)
    assert row["cost_of_goods_returned_amount"] == row["cost_of_goods_amount"] == 30
    unheard = ask(shop, "from marts.product_returns where product_id = 'p-unheard' and site = 'nl'")[0]
    assert (unheard["returned_unit_ratio"], unheard["has_more_returned"]) == (None, True)
    assert unheard["cost_of_goods_returned_amount"] == 0


def test_every_ratio_above_1_is_marked_and_no_other(shop: Shop) -> None:
    rows = ask(shop, "from marts.product_returns")
    above = [max(row["return_ratio"] or 0, row["returned_unit_ratio"] or 0) > 1 for row in rows]
    assert [row["has_more_returned"] for row in rows if row["sold_quantity"]] == [
        high for high, row in zip(above, rows, strict=True) if row["sold_quantity"]
    ]
    assert 2 < sum(above) < len(rows) / 2


def test_costs_come_back_unit_by_unit_until_all_that_was_sold_is_back(shop: Shop) -> None:
    """Units walk back and forth one by one; each that is back for the first time brings its cost."""
    lines = {row["order_id"]: row for row in ask(shop, "from marts.order_lines")}
    parts = defaultdict(list)
    for row in ask(shop, "from marts.returns where order_id is not null order by returned_at, return_id"):
        if row["product_id"] == lines[row["order_id"]]["product_id"]:
            parts[row["order_id"]].append(row)
    partly = 0
    for name, back in parts.items():
        sold, height = lines[name], Decimal(0)
        for part in back:
            before, height = height, height + part["quantity"]
            told = [_share(sold, min(max(units, Decimal(0)), sold["quantity"])) for units in (before, height)]
            assert part["cost_of_goods_returned_amount"] == told[1] - told[0], part["return_id"]
            partly += 0 < told[1] - told[0] < sold["cost_of_goods_amount"]
        given = sum(part["cost_of_goods_returned_amount"] for part in back)
        assert 0 <= given <= sold["cost_of_goods_amount"]
    assert partly > 5


def _share(sold: Row, units: Decimal) -> Decimal:
    cost: Decimal = sold["cost_of_goods_amount"]
    return (cost * units / sold["quantity"]).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def test_more_sent_back_than_sold_is_told_by_order_and_product(shop: Shop) -> None:
    sent: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in feeds()["returns"]:
        if row["order_id"]:
            sent[row["order_id"], row["product_id"]] += row["quantity"]
    sold = {(row["order_id"], row["product_id"]): row["quantity"] for row in feeds()["order_lines"]}
    more = [key for key, units in sent.items() if units > sold.get(key, 0)]
    chosen = ("--select", "no_more_comes_back_than_was_sold", "product_returns_equal_returns")
    found = {one.name: one for one in run_dbt(shop, "test", chosen, dbt_variables(shop, AS_OF))}
    assert found["product_returns_equal_returns"].status == "pass"
    told = found["no_more_comes_back_than_was_sold"]
    assert (told.status, told.failing_rows) == ("warn", len(more))
    assert len(more) > 4


def test_a_refund_without_order_counts_on_its_day_also_where_its_order_was_cancelled(shop: Shop) -> None:
    row = ask(shop, "from marts.returns where return_id = 'r-gone'")[0]
    assert (row["match_kind"], row["order_id"], row["is_counted"]) == ("unmatched", None, True)
    assert row["returned_amount"] == 100
