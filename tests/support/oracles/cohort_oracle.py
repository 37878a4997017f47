"""Customers by the month of their first order, month by month: computed once more, customer by customer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from missing_oracle import Days
from returns_oracle import ALL, ZERO, Row, is_mature, month_of, next_month, quotient

PLACES = Decimal("0.0001")
MONEY = {
    "net_sales_amount": "net_sales_amount",
    "contribution_amount": "contribution_amount",
    "returned_amount": "returned_amount",
    "return_handling_cost_amount": "return_handling_cost_amount",
}


def per_head(amount: Decimal, heads: int) -> Decimal | None:
    """Money by a count, to four places; none where there is nobody."""
    return (amount / heads).quantize(PLACES, ROUND_HALF_UP) if heads else None


def first_month(placed: list[Row]) -> date:
    """The month of the earliest local day of a customer's orders."""
    return month_of(min(order["order_date"] for order in placed))


def _category(order_id: str, lines: dict[str, list[Row]], products: dict[str, Row]) -> str:
    parts: dict[str | None, Decimal] = defaultdict(Decimal)
    for line in lines.get(order_id, []):
        name = products.get(line["product_id"], {}).get("category")
        parts[name] += line["gross_sales_amount"] - line["discount_amount"]
    most = max(parts.values(), default=None)
    return min((name for name, part in parts.items() if name and part == most), default="(unknown)")


def _cohorts(
    persons: dict[str, list[Row]], lines: list[Row], products: dict[str, Row]
) -> dict[tuple[Any, ...], list[list[Row]]]:
    """The orders of each customer of a cohort, the first order first."""
    by_order: dict[str, list[Row]] = defaultdict(list)
    for line in lines:
        by_order[line["order_id"]].append(line)
    cohorts: dict[tuple[Any, ...], list[list[Row]]] = defaultdict(list)
    for placed in persons.values():
        placed.sort(key=lambda one: (one["ordered_at"], one["order_id"]))
        first = placed[0]
        for kind, value in (
            (ALL, ALL),
            ("first_order_channel", first["last_non_direct_channel"]),
            ("first_touch_channel", first["first_touch_channel"]),
            ("first_category", _category(first["order_id"], by_order, products)),
        ):
            for site in (first["site"], ALL):
                cohorts[site, kind, value, first_month(placed)].append(placed)
    return cohorts


def _figures(customers: list[list[Row]], month: date) -> Row:
    """What the customers of a cohort did in a month, and up to its end."""
    now = [[one for one in placed if month_of(one["order_date"]) == month] for placed in customers]
    past = [[one for one in placed if month_of(one["order_date"]) <= month] for placed in customers]
    flat = [order for placed in now for order in placed]
    row: Row = {ours: sum((order[name] for order in flat), ZERO) for ours, name in MONEY.items()}
    row["sold_amount"] = sum((order["gross_sales_amount"] - order["discount_amount"] for order in flat), ZERO)
    row["order_count"] = len(flat)
    row["active_customer_count"] = sum(bool(placed) for placed in now)
    for name, spans in (("returner_count", now), ("cumulative_returner_count", past)):
        row[name] = sum(any(order["first_return_date"] for order in placed) for placed in spans)
    for name in ("net_sales", "contribution"):
        total = sum((order[f"{name}_amount"] for placed in past for order in placed), ZERO)
        row[f"cumulative_{name}_amount"] = total
        row[f"cumulative_{name}_per_customer_amount"] = per_head(total, len(customers))
    row["retention_ratio"] = quotient(row["active_customer_count"], len(customers))
    row["return_ratio"] = quotient(row["returned_amount"], row["sold_amount"])
    return row


def _months(first: date, last: date) -> Iterator[tuple[int, date]]:
    number = 0
    while first <= last:
        yield number, first
        number, first = number + 1, next_month(first)


def monthly_cohorts(orders: list[Row], lines: list[Row], products: dict[str, Row], days: Days) -> list[Row]:
    """Rows of the mart."""
    persons: dict[str, list[Row]] = defaultdict(list)
    for order in orders:
        if order["is_counted"]:
            persons[order["person_id"]].append(order)
    rows = []
    for (site, kind, value, start), customers in _cohorts(persons, lines, products).items():
        for number, month in _months(start, days.as_of):
            whole = days.has_all_money(site, month)
            figures = _figures(customers, month)
            rows.append(
                {
                    "site": site,
                    "cohort_kind": kind,
                    "cohort_value": value,
                    "cohort_start_date": start,
                    "months_since_first_order": number,
                    "month_start_date": month,
                    "customer_count": len(customers),
                    "anonymous_customer_count": sum(
                        placed[0]["person_id"].startswith("order:") for placed in customers
                    ),
                    "is_complete": whole,
                    "is_return_ratio_mature": is_mature(month, days.as_of),
                }
                | {name: found if whole else None for name, found in figures.items()}
            )
    return rows
