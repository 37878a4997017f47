"""Unlinked returns, against a row-by-row computation: random histories, then the whole of Online Retail.

Refunds that were not delivered are priced against another one.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from mandje.shop.settings import Shop
from mandje.warehouse.connection import open_warehouse

AS_OF = date(2025, 1, 31)
HISTORIES = 3000
PLACES = Decimal("0.0001")

Part = tuple[str, int, int, str | None, str, Decimal, Decimal | None]


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
        kinds: list[tuple[str | None, str, Decimal]] = [(order, "matched", units) for order, units in taken]
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


def _split(money: Decimal | None, units: list[Decimal], whole: Decimal) -> Sequence[Decimal | None]:
    if money is None:
        return [None] * len(units)
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
            | {"discount_amount": chance.choice([Decimal(0), Decimal("0.01"), Decimal("1.35")])}
        )
        rows["order_lines"] += [
            {
                "order_id": name,
                "line_number": line,
                "product_id": _product(chance),
                "quantity": Decimal(chance.choice(["1", "2", "3", "5", "0.5"])),
                "unit_price_amount": Decimal(chance.randint(1, 5000)) / 100,
                "discount_amount": chance.choice([Decimal(0), Decimal("0.03")]),
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
            "refund_amount": chance.choice([None, Decimal(chance.randint(-100, 1000)) / 100]),
            "order_id": rows["orders"][0]["order_id"] if rows["orders"] and chance.random() < 0.1 else None,
        }
        for line in range(chance.randint(0, 5))
    ]
    return rows


def _moment(chance: random.Random) -> datetime:
    return datetime(2025, 1, 1, 12, tzinfo=UTC) + timedelta(days=chance.randint(0, 6))


def _product(chance: random.Random) -> str:
    return chance.choice(["x", "x", "y"])


@pytest.fixture(scope="module")
def random_shop(build_warehouse: Callable[..., Shop]) -> Shop:
    chance = random.Random(7)
    feeds: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for number in range(HISTORIES):
        for feed, rows in _history(chance, number).items():
            feeds[feed] += rows
    return build_warehouse(feeds, AS_OF, selection=("--select", "+int_returns_converted"))


def test_random_histories_match_as_row_by_row(random_shop: Shop) -> None:
    parts = built_parts(random_shop)
    splits = {part[:2] for part in parts if part[2] > 1}
    assert len(splits) > 300
    assert {part[4] for part in parts} == {"linked", "matched", "unmatched"}
    assert parts == matched_row_by_row(*staged(random_shop))


def _sold_row_by_row(lines: Iterable[tuple[Any, ...]]) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """Units that an order sold of a product, and what was paid for them after the order's discount."""
    units: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    net: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    whole: dict[str, Decimal] = defaultdict(Decimal)
    own: dict[str, Decimal] = {}
    for order_id, product, quantity, price, discount, order_discount in lines:
        paid = (quantity * price).quantize(PLACES, ROUND_HALF_UP) - discount
        units[order_id, product] += quantity
        net[order_id, product] += paid
        whole[order_id] += paid
        own[order_id] = order_discount
    return {
        sale: (
            units[sale],
            paid - (own[sale[0]] * paid / whole[sale[0]]).quantize(PLACES, ROUND_HALF_UP),
        )
        for sale, paid in net.items()
    }


def priced_row_by_row(shop: Shop) -> dict[tuple[str, int, int], Decimal]:
    """Part after part: its units' share of what was paid, as far as units are left."""
    with open_warehouse(shop, read_only=True) as connection:
        lines = connection.execute(
            "SELECT order_id, product_id, quantity, unit_price_amount, lines.discount_amount,"
            " orders.discount_amount FROM staging.stg_order_lines AS lines"
            " JOIN staging.stg_orders AS orders USING (order_id) WHERE status IN ('paid', 'fulfilled')"
        ).fetchall()
        parts = connection.execute(
            "SELECT returned_at, return_id, line_number, part_number, order_id, product_id, quantity"
            " FROM intermediate.int_returns_converted WHERE is_priced_later"
        ).fetchall()
    sold = _sold_row_by_row(lines)
    back: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    priced = {}
    for _, return_id, line, number, order_id, product, quantity in sorted(parts, key=lambda one: one[:4]):
        sale = order_id, product
        units, paid = sold.get(sale, (Decimal(1), Decimal(0)))
        counts = back[sale], back[sale] + quantity
        back[sale] = counts[1]
        worth = [paid * min(max(count, Decimal(0)), units) / units for count in counts]
        before, now = (one.quantize(PLACES, ROUND_HALF_UP) for one in worth)
        priced[return_id, line, number] = now - before
    return priced


def test_a_refund_that_was_not_delivered_is_what_was_paid(random_shop: Shop) -> None:
    with open_warehouse(random_shop, read_only=True) as connection:
        rows = connection.execute(
            "SELECT return_id, line_number, part_number, returned_amount"
            " FROM intermediate.int_returns_converted WHERE is_priced_later"
        ).fetchall()
        other = connection.execute(
            "SELECT count(*) FROM intermediate.int_returns_converted"
            " WHERE NOT is_priced_later AND is_counted AND returned_amount <> delivered_refund_amount"
        ).fetchone()
    shown = {(return_id, line, number): amount for return_id, line, number, amount in rows}
    assert sum(amount > 0 for amount in shown.values()) > 500
    assert shown == priced_row_by_row(random_shop)
    assert other == (0,)


@pytest.mark.xdist_group("online_retail_marts")
def test_online_retail_matches_as_row_by_row(online_retail_marts: Shop) -> None:
    parts = built_parts(online_retail_marts)
    assert parts == matched_row_by_row(*staged(online_retail_marts))
    returned = {part[:2] for part in parts}
    assert len(returned) > 8000
    assert sum(part[4] == "matched" for part in parts) > 7000
