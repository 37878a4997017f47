"""Unlinked returns, against a row-by-row computation: random histories, then the whole of Online Retail."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from mandje.settings import Shop
from mandje.warehouse.connection import open_warehouse

AS_OF = date(2025, 1, 31)
HISTORIES = 3000
PLACES = Decimal("0.0001")

Part = tuple[str, int, int, str | None, str, Decimal, Decimal]


def matched_row_by_row(sales: Iterable[tuple[Any, ...]], returns: Iterable[tuple[Any, ...]]) -> set[Part]:
    """Each return in its turn takes from the customer's latest earlier sale of the product, then the next."""
    free: dict[tuple[str, str], list[list[Any]]] = defaultdict(list)
    for customer, product, order_id, ordered_at, quantity in sorted(
        sales, key=lambda sale: (sale[3], sale[2])
    ):
        free[customer, product].insert(0, [ordered_at, order_id, quantity])
    parts: set[Part] = set()
    for return_id, line, order_id, customer, product, returned_at, quantity, refund in sorted(
        returns, key=lambda one: (one[5], one[0], one[1])
    ):
        if order_id is not None:
            parts.add((return_id, line, 1, order_id, "linked", quantity, refund))
            continue
        taken = list(_take(free[customer, product], returned_at, quantity)) if customer else []
        left = quantity - sum(units for _, units in taken)
        kinds = [(order, "matched", units) for order, units in taken]
        kinds += [(None, "unmatched", left)] if left or not taken else []
        money = _split(refund, [units for *_, units in kinds], quantity)
        parts |= {
            (return_id, line, number, *kind, amount)
            for number, (kind, amount) in enumerate(zip(kinds, money, strict=True), start=1)
        }
    return parts


def _take(sales: list[list[Any]], before: datetime, wanted: Decimal) -> Iterator[tuple[str, Decimal]]:
    for sale in sales:
        units = min(wanted, sale[2])
        if sale[0] < before and units > 0:
            sale[2] -= units
            wanted -= units
            yield sale[1], units


def _split(money: Decimal, units: list[Decimal], whole: Decimal) -> list[Decimal]:
    shares = [(money * part / whole).quantize(PLACES, ROUND_HALF_UP) for part in units[:-1]]
    return [*shares, money - sum(shares)]


def built_parts(shop: Shop) -> set[Part]:
    with open_warehouse(shop, read_only=True) as connection:
        rows = connection.execute(
            "SELECT return_id, line_number, part_number, order_id, match_kind, quantity, refund_amount"
            " FROM intermediate.int_returns_split"
        ).fetchall()
    assert len(rows) == len(set(rows))
    return set(rows)


def staged(shop: Shop) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """What counted orders sold of a product and no return names; return lines.

    A return that names its order has its units, whenever it came; one that is taken back frees them again.
    """
    with open_warehouse(shop, read_only=True) as connection:
        sales = connection.execute(
            "SELECT customer_id, product_id, order_id, ordered_at, sum(quantity)"
            " FROM staging.stg_orders JOIN staging.stg_order_lines USING (order_id)"
            " WHERE status IN ('paid', 'fulfilled') AND customer_id IS NOT NULL GROUP BY ALL"
        ).fetchall()
        returns = connection.execute(
            "SELECT return_id, line_number, order_id, customer_id, product_id, returned_at, quantity,"
            " refund_amount FROM staging.stg_returns"
        ).fetchall()
    named: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for _, _, order_id, _, product, _, quantity, _ in returns:
        named[order_id, product] += quantity
    return [
        (*sale[:4], min(sale[4], max(sale[4] - named[sale[2], sale[1]], Decimal(0)))) for sale in sales
    ], returns


def _history(chance: random.Random, number: int) -> dict[str, list[dict[str, Any]]]:
    """One customer with few products and moments, so that sales and returns often meet and tie."""
    rows: dict[str, list[dict[str, Any]]] = {"orders": [], "order_lines": [], "returns": []}
    customer = f"c{number}"
    for order in range(chance.randint(0, 5)):
        name = f"{customer}-{order}"
        status = chance.choice(["paid", "paid", "paid", "cancelled"])
        rows["orders"].append(
            {"order_id": name, "customer_id": customer, "ordered_at": _moment(chance), "status": status}
        )
        rows["order_lines"] += [
            {
                "order_id": name,
                "line_number": line,
                "product_id": _product(chance),
                "quantity": Decimal(chance.choice(["1", "2", "3", "5", "0.5"])),
            }
            for line in range(chance.randint(0, 3))
        ]
    rows["returns"] += [
        {
            "return_id": f"{customer}-{chance.choice(['a', 'b'])}",
            "line_number": line,
            "customer_id": customer if chance.random() < 0.9 else None,
            "product_id": _product(chance),
            "returned_at": _moment(chance),
            "quantity": Decimal(chance.choice(["1", "2", "4", "7", "0.5", "-1", "0"])),
            "refund_amount": Decimal(chance.randint(-100, 1000)) / 100,
            "order_id": rows["orders"][0]["order_id"] if rows["orders"] and chance.random() < 0.1 else None,
        }
        for line in range(chance.randint(0, 5))
    ]
    return rows


def _moment(chance: random.Random) -> datetime:
    return datetime(2025, 1, 1, 12, tzinfo=UTC) + timedelta(days=chance.randint(0, 6))


def _product(chance: random.Random) -> str:
    return chance.choice(["x", "x", "y"])


def test_random_histories_match_as_row_by_row(build_warehouse: Callable[..., Shop]) -> None:
    chance = random.Random(7)
    feeds: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for number in range(HISTORIES):
        for feed, rows in _history(chance, number).items():
            feeds[feed] += rows
    shop = build_warehouse(feeds, AS_OF, selection=("--select", "+int_returns_split"))
    parts = built_parts(shop)
    splits = {part[:2] for part in parts if part[2] > 1}
    assert len(splits) > 300
    assert {part[4] for part in parts} == {"linked", "matched", "unmatched"}
    assert parts == matched_row_by_row(*staged(shop))


@pytest.mark.xdist_group("online_retail_marts")
def test_online_retail_matches_as_row_by_row(online_retail_marts: Shop) -> None:
    parts = built_parts(online_retail_marts)
    assert parts == matched_row_by_row(*staged(online_retail_marts))
    returned = {part[:2] for part in parts}
    assert len(returned) > 8000
    assert sum(part[4] == "matched" for part in parts) > 7000
