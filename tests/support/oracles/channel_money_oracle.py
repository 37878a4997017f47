"""What channels cost and brought, month by month: computed once more, row by row of spend and orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from channel_oracle import channel
from cohort_oracle import PLACES, first_month, per_head
from missing_oracle import Days
from returns_oracle import ALL, ZERO, Row, month_of, next_month, quotient

NOTHING = {"", "(direct)", "direct", "(none)", "(not set)"}
Key = tuple[str, date, str]


def _told(text: str | None) -> str | None:
    return None if text is None or text.strip().lower() in NOTHING else text.strip()


def _rate(rates: list[Row], day: date, currency: str) -> Decimal:
    """The latest on or before the day; 1 for euros."""
    if currency == "EUR":
        return Decimal(1)
    known = [one for one in rates if one["from_currency"] == currency and one["rate_date"] <= day]
    found: Decimal = max(known, key=lambda one: one["rate_date"])["rate"]
    return found


def _keys(site: str, day: date, name: str) -> Iterable[Key]:
    return [(place, month_of(day), one) for place in (site, ALL) for one in (name, ALL)]


def _spend(spend: list[Row], rates: list[Row], sites: set[str], as_of: date) -> dict[Key, list[Row]]:
    found: dict[Key, list[Row]] = defaultdict(list)
    for row in spend:
        if row["site"] in sites and row["spend_date"] <= as_of:
            names = (_told(row["source"]) or "(not set)", _told(row["medium"]) or "(not set)")
            money = row["cost_amount"] * _rate(rates, row["spend_date"], row["currency_code"])
            paid = {"money": money.quantize(PLACES, ROUND_HALF_UP)} | row
            for key in _keys(row["site"], row["spend_date"], channel(*names, _told(row["campaign"]))):
                found[key].append(paid)
    return found


def _by_key(rows: list[Row], day: str, name: str) -> dict[Key, list[Row]]:
    found: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        for key in _keys(row["site"], row[day], row[name]):
            found[key].append(row)
    return found


def _known(values: Iterable[int | None]) -> int | None:
    told = [value for value in values if value is not None]
    return sum(told) if told else None


def _orders(prefix: str, orders: list[Row], spend: Decimal | None) -> Row:
    new = sum(order["is_new_customer"] for order in orders)
    net = sum((order["net_sales_amount"] for order in orders), ZERO)
    return {
        f"{prefix}order_count": len(orders),
        f"{prefix}new_customer_count": new,
        f"{prefix}net_sales_amount": net,
        f"{prefix}cpa_amount": None if spend is None else per_head(spend, new),
        f"{prefix}roas_ratio": None if spend is None else quotient(net, spend),
    }


def _won(orders: list[Row]) -> dict[tuple[str, str, date], list[list[Row]]]:
    """Customers, as their orders, by site and channel of the first order and month."""
    persons: dict[str, list[Row]] = defaultdict(list)
    for order in orders:
        persons[order["person_id"]].append(order)
    won: dict[tuple[str, str, date], list[list[Row]]] = defaultdict(list)
    for placed in persons.values():
        first = next(order for order in placed if order["is_new_customer"])
        for site, _, name in _keys(first["site"], first["order_date"], first["last_non_direct_channel"]):
            won[site, name, first_month(placed)].append(placed)
    return won


def _payback(won: list[list[Row]], month: date, spend: Decimal, site: str, days: Days) -> int | None:
    """Months until all orders of the customers won had brought what was spent, in one that is whole."""
    brought, number = ZERO, 0
    while days.is_over(site, month):
        brought += sum(
            (
                order["contribution_amount"]
                for placed in won
                for order in placed
                if month_of(order["order_date"]) == month
            ),
            ZERO,
        )
        if brought >= spend and days.has_all_money(site, month):
            return number
        number, month = number + 1, next_month(month)
    return None


def _state(spend: Decimal | None, new: int, months: int | None) -> str:
    if not spend or spend <= 0:
        return "no_spend"
    if not new:
        return "no_new_customers"
    return "not_yet" if months is None else "paid_back"


def channel_performance(facts: dict[str, list[Row]], days: Days) -> list[Row]:
    """Rows of the mart, from spend and rates as delivered, and the marts `sessions` and `orders`."""
    orders = [order for order in facts["orders"] if order["is_counted"]]
    spent = _spend(facts["ad_spend"], facts["exchange_rates"], set(days.last_over) - {ALL}, days.as_of)
    visited = _by_key(facts["sessions"], "session_date", "channel")
    bought = _by_key(orders, "order_date", "last_non_direct_channel")
    touched = _by_key(orders, "order_date", "first_touch_channel")
    firsts = _won(orders)
    pairs = {(key[0], key[2]) for found in (spent, visited, bought, touched) for key in found}
    rows = []
    month = month_of(days.first)
    while month <= days.as_of:
        for site, name in pairs | {(site, ALL) for site in days.last_over}:
            key = (site, month, name)
            is_known = any(one[0] == site and one[1] <= month for one in spent)
            spend = sum((row["money"] for row in spent.get(key, [])), ZERO) if is_known else None
            won = firsts.get((site, name, month), [])
            new = sum(order["is_new_customer"] for order in bought.get(key, []))
            months = _payback(won, month, spend, site, days) if spend and new else None
            visits = visited.get(key, [])
            row: dict[str, Any] = {
                "site": site,
                "month_start_date": month,
                "channel": name,
                "spend_amount": spend,
                "click_count": _known(row["clicks"] for row in spent.get(key, [])),
                "impression_count": _known(row["impressions"] for row in spent.get(key, [])),
                "session_count": len(visits),
                "visitor_count": len({visit["visitor_id"] for visit in visits}),
                "contribution_amount": sum((one["contribution_amount"] for one in bought.get(key, [])), ZERO),
                "months_to_payback": months,
                "payback_state": _state(spend, new, months),
                "is_complete": days.is_whole(site, month),
            }
            row |= _orders("", bought.get(key, []), spend)
            row |= _orders("first_touch_", touched.get(key, []), spend)
            rows.append(row)
        month = next_month(month)
    return rows


def _campaign(month: date, row: Row, channel_name: str) -> tuple[Any, ...]:
    """Key of `campaigns`; what is not told is `(not set)`, of a campaign `(none)`."""
    names = [(_told(row[name]) or "(not set)").lower() for name in ("source", "medium")]
    return (month, row["site"], channel_name, *names, (_told(row["campaign"]) or "(none)").lower())


def campaigns(facts: dict[str, list[Row]], days: Days) -> dict[tuple[Any, ...], Row]:
    """Figures of the mart by its key, from spend as delivered and the marts `sessions` and `orders`."""
    spent = _spend(facts["ad_spend"], facts["exchange_rates"], set(days.last_over) - {ALL}, days.as_of)
    visits = {row["session_id"]: row for row in facts["sessions"]}
    found: dict[tuple[Any, ...], Row] = defaultdict(
        lambda: {"money": ZERO, "sessions": 0, "orders": 0, "new": 0, "net": ZERO}
    )
    for (site, month, name), rows in spent.items():
        for row in rows if ALL not in (site, name) else ():
            found[_campaign(month, row, name)]["money"] += row["money"]
    for row in visits.values():
        key = (month_of(row["session_date"]), row["site"], row["channel"], row["source"], row["medium"])
        found[(*key, row["campaign"] or "(none)")]["sessions"] += 1
    for order in facts["orders"]:
        if order["is_counted"]:
            nobody = {"source": order["channel"], "medium": order["channel"], "campaign": None}
            visit = visits.get(order["session_id"], nobody)
            key = (month_of(order["order_date"]), order["site"], order["channel"], visit["source"])
            one = found[(*key, visit["medium"], visit["campaign"] or "(none)")]
            one["orders"] += 1
            one["new"] += order["is_new_customer"]
            one["net"] += order["net_sales_amount"]
    return found
