"""Customer marts computed a second time: person by person, with loops over all others in place of ranks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from cohort_oracle import per_head
from returns_oracle import Row, quotient

CLOCKS = {"nl": "Europe/Amsterdam", "uk": "Europe/London", "us": "America/Los_Angeles"}
# From rarely and little to often and much, by recency score.
SEGMENTS = {
    5: ["New", "New", "Potential loyalists", "Champions", "Champions"],
    4: ["Promising", "Promising", "Potential loyalists", "Loyal", "Champions"],
    3: ["About to sleep", "About to sleep", "Need attention", "Loyal", "Loyal"],
    2: ["Hibernating", "Hibernating", "At risk", "At risk", "At risk"],
    1: ["Lost", "Lost", "Hibernating", "Cannot lose", "Cannot lose"],
}


@dataclass(frozen=True)
class Facts:
    """Rows of the marts and feeds that customers are told from, and the drawn predictions by person."""

    customers: list[Row]
    orders: list[Row]
    order_lines: list[Row]
    sessions: list[Row]
    carts: list[Row]
    products: list[Row]
    messages: list[Row]
    service_contacts: list[Row]
    channel_performance: list[Row]
    predictions: Mapping[str, Row]
    as_of: date


def score(own: Any, others: Iterable[Any], parts: int) -> int:
    """1 to `parts`: how many parts of all are worse."""
    everybody = list(others)
    return 1 + parts * sum(one < own for one in everybody) // len(everybody)


def why_not(customer: Row) -> str | None:
    """Why a person is not profiled."""
    if customer["person_kind"] == "order":
        return "guest"
    return None if customer["has_profiling_consent"] else "no_consent"


def customer_rfm(facts: Facts) -> list[Row]:
    """One row per person with an order."""
    buyers = [one for one in facts.customers if one["order_count"]]
    measures = {
        "recency": lambda one: one["last_order_date"],
        "frequency": lambda one: one["order_day_count"],
        "monetary": lambda one: one["net_sales_amount"],
    }
    scored = [one for one in buyers if why_not(one) is None]
    rows = []
    for one in buyers:
        row = {
            name: one[name] for name in ("person_id", "customer_id", "order_day_count", "net_sales_amount")
        }
        row |= {"as_of_date": facts.as_of, "reason": why_not(one)}
        row["days_since_last_order"] = (facts.as_of - one["last_order_date"]).days
        told = {
            f"{name}_score": score(of(one), map(of, scored), 5) if row["reason"] is None else None
            for name, of in measures.items()
        }
        told["loyalty_score"] = told["rfm_segment"] = None
        if row["reason"] is None:
            told["loyalty_score"] = -(-(told["frequency_score"] + told["monetary_score"]) // 2)
            told["rfm_segment"] = SEGMENTS[told["recency_score"]][told["loyalty_score"] - 1]
        rows.append(row | told)
    return rows


def habits(facts: Facts) -> dict[str, Row]:
    """Usual weekday, hour and interval of regular buyers."""
    placed: dict[str, list[Row]] = defaultdict(list)
    for order in facts.orders:
        if order["is_counted"]:
            placed[order["person_id"]].append(order)
    profiled = {one["person_id"] for one in facts.customers if why_not(one) is None}
    found = {}
    for name in placed.keys() & profiled:
        days = sorted({order["order_date"] for order in placed[name]})
        if len(days) < 4:
            continue
        weekday, on_it = _most([day.isoweekday() for day in days])
        clocks = [(order["ordered_at"], ZoneInfo(CLOCKS[order["site"]])) for order in placed[name]]
        hour, in_it = _most([at.astimezone(clock).hour for at, clock in clocks])
        gaps = [(later - day).days for day, later in pairwise(days)]
        usual = float(median(gaps))
        near = [gap for gap in gaps if abs(gap - usual) <= max(1, usual / 4)]
        found[name] = {
            "usual_weekday": weekday,
            "usual_weekday_ratio": on_it,
            "usual_hour": hour,
            "usual_hour_ratio": in_it,
            "usual_interval_days": usual,
            "usual_interval_ratio": len(near) / len(gaps),
        }
    return found


def _most(values: list[Any]) -> tuple[Any, float | None]:
    """The most frequent value, of equal ones the lowest, with its share."""
    if not values:
        return None, None
    counts = Counter(values)
    best = min(counts, key=lambda value: (-counts[value], value))
    return best, counts[best] / len(values)


def profile(facts: Facts, customer: Row) -> Row:
    """What the profile tells of one person beside habits and predictions."""
    orders = [row for row in facts.orders if row["person_id"] == customer["person_id"] and row["is_counted"]]
    channels = Counter(order["sales_channel"] for order in orders)
    sold = sum((order["gross_sales_amount"] - order["discount_amount"] for order in orders), Decimal(0))
    calls = [
        day
        for row in facts.service_contacts
        if row["customer_id"] == customer["customer_id"] is not None
        and (day := _shop_day(row["contacted_at"])) <= facts.as_of
    ]
    return {
        "online_order_count": channels["online"],
        "store_order_count": channels["store"],
        "other_order_count": len(orders) - channels["online"] - channels["store"],
        "returned_order_count": sum(order["first_return_date"] is not None for order in orders),
        "average_order_value_amount": per_head(sold, len(orders)),
        "return_ratio": quotient(sum(order["returned_amount"] for order in orders), sold),
        "discount_ratio": quotient(
            sum(order["discount_amount"] for order in orders),
            sum(order["gross_sales_amount"] for order in orders),
        ),
        "service_contact_count": len(calls),
        "last_service_contact_date": max(calls, default=None),
        **(_behaviour(facts, customer) if why_not(customer) is None else {}),
    }


def _shop_day(at: Any) -> date:
    day: date = at.astimezone(ZoneInfo(CLOCKS["nl"])).date()
    return day


def _behaviour(facts: Facts, customer: Row) -> Row:
    favourite, favoured = _favourite(facts, customer["person_id"])
    told: Row = {"favourite_category": favourite, "favourite_category_ratio": favoured}
    if customer["customer_id"] is None:
        return told
    visits = [row for row in facts.sessions if row["shopper_id"] == customer["person_id"]]
    left = [
        row
        for row in facts.carts
        if (row["shopper_id"], row["state"]) == (customer["person_id"], "abandoned")
    ]
    devices = [row["device_category"] for row in visits if row["device_category"]]
    main, used = _most(devices)
    sent = [
        row
        for row in facts.messages
        if row["customer_id"] == customer["customer_id"] and _shop_day(row["sent_at"]) <= facts.as_of
    ]
    told |= {
        f"message_{name}_ratio": quotient(
            sum(bool(row[moment]) and _shop_day(row[moment]) <= facts.as_of for row in sent), len(sent)
        )
        for name, moment in (("open", "opened_at"), ("click", "clicked_at"))
    }
    return told | {
        "session_count": len(visits),
        "last_session_date": max((row["session_date"] for row in visits), default=None),
        "device_category_count": len(set(devices)),
        "main_device_category": main,
        "main_device_ratio": used,
        "abandoned_cart_count": len(left),
        "abandoned_cart_amount": sum((row["end_amount"] for row in left), Decimal(0)),
        "last_abandoned_cart_date": max((row["opened_date"] for row in left), default=None),
        "message_count": len(sent),
    }


def _favourite(facts: Facts, person_id: str) -> tuple[str | None, float | None]:
    categories = {row["product_id"]: row["category"] for row in facts.products}
    units: dict[str, Decimal] = defaultdict(Decimal)
    for line in facts.order_lines:
        category = categories.get(line["product_id"])
        if line["person_id"] == person_id and line["is_counted"] and category is not None:
            units[category] += line["quantity"]
    best = min(units, key=lambda name: (-units[name], name), default=None)
    return (None, None) if best is None else (best, quotient(units[best], sum(units.values())))
