"""What came back of what was sold, by product and reason: computed once more, return by return."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
ALL = "(all)"
ZERO = Decimal(0)
MATURE_DAYS = 30


def month_of(day: date) -> date:
    """The first day of a day's month."""
    return day.replace(day=1)


def next_month(first_day: date) -> date:
    """The first day of the month after."""
    return month_of(first_day + timedelta(days=31))


def is_mature(first_day: date, as_of: date) -> bool:
    """Whether the month's last day is 30 days old."""
    return as_of - (next_month(first_day) - timedelta(days=1)) >= timedelta(days=MATURE_DAYS)


def quotient(above: Decimal | int, below: Decimal | int) -> float | None:
    """A ratio as the marts have it: none where nothing is below the line."""
    return float(above) / float(below) if below else None


def _booked(part: Row, orders: dict[str, Row]) -> tuple[str, date, str]:
    """Site and month of the order, else of the return; and what the names of its figures begin with."""
    if part["order_id"] is None:
        return part["site"], month_of(part["return_date"]), "unmatched_"
    order = orders[part["order_id"]]
    return order["site"], month_of(order["order_date"]), ""


def _returned(parts: Iterable[Row], prefix: str) -> Row:
    names = {
        "returned_quantity": "quantity",
        "returned_amount": "returned_amount",
        "cost_of_goods_returned_amount": "cost_of_goods_returned_amount",
        "handling_cost_amount": "handling_cost_amount",
    }
    parts = list(parts)
    figures: Row = {prefix + ours: sum((one[name] for one in parts), ZERO) for ours, name in names.items()}
    return figures | {f"{prefix}return_count": len({one["return_id"] for one in parts})}


def _grouped(returns: list[Row], orders: dict[str, Row], *, by_reason: bool) -> dict[tuple[Any, ...], Row]:
    groups: dict[tuple[Any, ...], dict[str, list[Row]]] = defaultdict(lambda: {"": [], "unmatched_": []})
    for part in returns:
        if not part["is_counted"]:
            continue
        site, month, prefix = _booked(part, orders)
        reason = (part["reason"] or "(unknown)",) if by_reason else ()
        for product in (part["product_id"], ALL) if by_reason else (part["product_id"],):
            for place in (site, ALL):
                groups[place, month, product, *reason][prefix].append(part)
    return {
        key: _returned(parts[""], "") | _returned(parts["unmatched_"], "unmatched_")
        for key, parts in groups.items()
    }


def _sold(lines: list[Row]) -> dict[tuple[Any, ...], Row]:
    """By site, month and product, with all sites and all products."""
    names = ("quantity", "amount", "cost")
    sold: dict[tuple[Any, ...], Row] = defaultdict(lambda: dict.fromkeys(names, ZERO))
    for line in lines:
        if not line["is_counted"]:
            continue
        for place in (line["site"], ALL):
            for product in (line["product_id"], ALL):
                found = sold[place, month_of(line["order_date"]), product]
                found["quantity"] += line["quantity"]
                found["amount"] += line["gross_sales_amount"] - line["discount_amount"]
                found["cost"] += line["cost_of_goods_amount"]
    return sold


def _row(key: tuple[Any, ...], sold: Row, returned: Row, products: dict[str, Row], as_of: date) -> Row:
    listed = products.get(key[2], {})
    return {
        "site": key[0],
        "month_start_date": key[1],
        "product_id": key[2],
        "product_name": listed.get("name"),
        "category": listed.get("category"),
        "sold_quantity": sold["quantity"],
        "sold_amount": sold["amount"],
        "return_ratio": quotient(returned["returned_amount"], sold["amount"]),
        "returned_unit_ratio": quotient(returned["returned_quantity"], sold["quantity"]),
        "is_return_ratio_mature": is_mature(key[1], as_of),
    } | returned


def _brought(returned: Row) -> Decimal:
    taken: Decimal = returned["returned_amount"] + returned["handling_cost_amount"]
    goods: Decimal = returned["cost_of_goods_returned_amount"]
    return goods - taken


def product_returns(
    lines: list[Row], returns: list[Row], orders: dict[str, Row], products: dict[str, Row], as_of: date
) -> list[Row]:
    """Rows of the mart; `lines`, `returns`, `orders` are those of the marts of these names."""
    sold = _sold(lines)
    returned = _grouped(returns, orders, by_reason=False)
    nothing = _returned([], "") | _returned([], "unmatched_")
    rows = []
    for key in {key for key in sold if key[2] != ALL} | set(returned):
        back, before = returned.get(key, nothing), sold[key]["amount"] - sold[key]["cost"]
        rows.append(
            _row(key, sold[key], back, products, as_of)
            | {
                "cost_of_goods_amount": sold[key]["cost"],
                "has_more_returned": back["returned_quantity"] > sold[key]["quantity"]
                or back["returned_amount"] > sold[key]["amount"],
                "contribution_before_returns_amount": before,
                "net_contribution_amount": before + _brought(back),
            }
        )
    return rows


def return_reasons(
    lines: list[Row], returns: list[Row], orders: dict[str, Row], products: dict[str, Row], as_of: date
) -> list[Row]:
    """Rows of the mart, from the same."""
    sold = _sold(lines)
    return [
        _row(key[:3], sold[key[:3]], back, products, as_of)
        | {"reason": key[3], "net_contribution_amount": _brought(back)}
        for key, back in _grouped(returns, orders, by_reason=True).items()
    ]
