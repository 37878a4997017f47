"""The KPI tables a second time: the facts of each period looked through one by one, in plain Python."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

Row = Mapping[str, Any]
Rows = list[dict[str, Any]]
Table = dict[str, Rows]
Figures = dict[str, Any]
Key = tuple[str, str, date]
DAY = timedelta(days=1)
GAP = timedelta(minutes=30)
GRAINS = ("day", "week", "month")
# The tables of facts, and the day on which each row stands.
DAYS = {
    "sessions": "session_date",
    "orders": "order_date",
    "carts": "opened_date",
    "returns": "return_date",
    "adjustments": "adjustment_date",
    "spend": "spend_date",
}
STATES = ("ordered", "recovered", "abandoned", "emptied", "open")
AMOUNTS = (
    *("gross_sales_amount", "discount_amount", "shipping_amount", "other_charges_amount", "tax_amount"),
    *("unit_quantity",),
)


@dataclass(frozen=True)
class Facts:
    """Rows of the marts, the first and last day of the history, and the last whole day of each site.

    `lacking` are days that an expected delivery is missing of, by site and for all.
    """

    rows: Mapping[str, Rows]
    first_date: date
    as_of: date
    last_complete: Mapping[str, date]
    values: Mapping[str, Decimal]
    lacking: Mapping[str, set[date]]

    @cached_property
    def of_visitor(self) -> dict[str, Rows]:
        return _grouped(self.rows["sessions"], "visitor_id")

    @cached_property
    def of_person(self) -> dict[str, Rows]:
        return _grouped(self.rows["orders"], "person_id")

    @cached_property
    def of_session(self) -> dict[str, Rows]:
        return _grouped(self.rows["orders"], "session_id")


def _grouped(rows: Rows, name: str) -> dict[str, Rows]:
    found: dict[str, Rows] = defaultdict(list)
    for row in rows:
        found[row[name]].append(row)
    return found


def start_of(grain: str, day: date) -> date:
    """The first day of the day's period."""
    year, week, _ = day.isocalendar()
    return {"day": day, "week": date.fromisocalendar(year, week, 1), "month": day.replace(day=1)}[grain]


def end_of(grain: str, start: date) -> date:
    day = start
    while start_of(grain, day + DAY) == start:
        day += DAY
    return day


def year_before(grain: str, start: date) -> date | None:
    """The period that a period is compared with; a week 53 mostly has none."""
    if grain == "day":
        return start - timedelta(days=364)
    if grain == "month":
        return start.replace(year=start.year - 1)
    year, week, _ = start.isocalendar()
    try:
        return date.fromisocalendar(year - 1, week, 1)
    except ValueError:
        return None


def kpis(facts: Facts) -> dict[Key, Figures]:
    """Every period of every site and of all sites, beside its past."""
    days = [facts.first_date + DAY * number for number in range((facts.as_of - facts.first_date).days + 1)]
    found: dict[Key, Figures] = {}
    periods = _by_period(facts)
    for grain in GRAINS:
        for start in sorted({start_of(grain, day) for day in days}):
            for site in facts.last_complete:
                key = (grain, site, start)
                found[key] = _measured(facts, key, periods[key])
    for (grain, site, start), figures in found.items():
        before = found.get((grain, site, start_of(grain, start - DAY)))
        figures["retention_ratio"] = _retention(figures, before)
    return {key: _compared(found, key) for key in found}


def _retention(figures: Figures, before: Figures | None) -> float | None:
    if before is None:
        figures["retained_customer_count"] = 0
        return None
    retained = len(figures["customers"] & before["customers"])
    figures["retained_customer_count"] = retained
    return _ratio(retained, len(before["customers"])) if before["is_complete"] else None


def _compared(found: Mapping[Key, Figures], key: Key) -> Figures:
    grain, site, start = key
    past = {"previous": start_of(grain, start - DAY), "year_before": year_before(grain, start)}
    figures = dict(found[key])
    for name, day in past.items():
        then = found.get((grain, site, day)) if day else None
        for kpi in found[key]:
            figures[f"{name}_{kpi}"] = then[kpi] if then and then["is_complete"] else None
    return figures


def _by_period(facts: Facts) -> dict[Key, Table]:
    """The rows of each table that lie in a period, on a site and on all sites."""
    found: dict[Key, Table] = defaultdict(lambda: defaultdict(list))
    for (table, day), grain in itertools.product(DAYS.items(), GRAINS):
        for row in facts.rows[table]:
            for site in (row["site"], "(all)"):
                found[grain, site, start_of(grain, row[day])][table].append(row)
    return found


def _measured(facts: Facts, key: Key, here: Table) -> Figures:
    grain, site, start = key
    end = end_of(grain, start)
    lacks = any(start <= day <= end for day in facts.lacking[site])
    figures: Figures = {
        "is_complete": facts.first_date <= start and end <= facts.last_complete[site] and not lacks,
        "has_missing_delivery": lacks,
        "is_return_ratio_mature": (facts.as_of - end).days >= 30,
    }
    orders = [one for one in here["orders"] if one["is_counted"]]
    figures |= _visits(facts, here["sessions"], orders) | _carts(here["carts"])
    figures |= _orders(facts, orders) | _spend(facts, site, end, here["spend"])
    figures |= _sales(figures, orders, here["returns"], here["adjustments"])
    figures["cpa_amount"] = _share(figures["spend_amount"], figures["new_customer_count"])
    return figures


def _visits(facts: Facts, sessions: Rows, orders: Rows) -> Figures:
    count = len(sessions)
    online = [order for order in orders if order["sales_channel"] == "online"]
    sales = sum((one["gross_sales_amount"] - one["discount_amount"] for one in online), Decimal(0))
    seconds = sum((one["time_on_site_seconds"] for one in sessions), Decimal(0))
    views = sum(one["page_view_count"] for one in sessions)
    bounces = sum(not one["is_engaged"] for one in sessions)
    converted = sum(_has_order(facts, one) for one in sessions)
    return {
        "session_count": count,
        "page_view_count": views,
        "page_views_per_session": _ratio(views, count),
        "visitor_count": len({one["visitor_id"] for one in sessions}),
        "new_visitor_count": sum(_is_first(facts, one) for one in sessions),
        "bounce_count": bounces,
        "bounce_ratio": _ratio(bounces, count),
        "time_on_site_seconds": _share(seconds, count, "0.000001"),
        "order_session_count": converted,
        "conversion_ratio": _ratio(converted, count),
        "online_order_count": len(online),
        "online_sales_amount": sales,
        "revenue_per_session_amount": _share(sales, count),
    }


def _is_first(facts: Facts, session: Row) -> bool:
    others = facts.of_visitor[session["visitor_id"]]
    return session is min(others, key=lambda one: (one["started_at"], one["session_id"]))


def _has_order(facts: Facts, session: Row) -> bool:
    return any(
        order["is_counted"]
        and order["sales_channel"] == "online"
        and (order["attributed_by"] == "purchase_event" or order["ordered_at"] <= session["ended_at"] + GAP)
        for order in facts.of_session[session["session_id"]]
    )


def _carts(carts: Rows) -> Figures:
    states = {state: sum(cart["state"] == state for cart in carts) for state in STATES}
    ended = states["ordered"] + states["recovered"] + states["abandoned"]
    return {f"{state}_cart_count": count for state, count in states.items()} | {
        "cart_count": len(carts),
        "cart_abandonment_ratio": _ratio(states["abandoned"], ended),
    }


def _orders(facts: Facts, orders: Rows) -> Figures:
    customers = {order["person_id"] for order in orders}
    new = {order["person_id"] for order in orders if _is_first_order(facts, order)}
    valued = [facts.values[person] for person in sorted(new) if person in facts.values]
    return {
        "order_count": len(orders),
        "guest_order_count": sum(order["is_guest"] for order in orders),
        "customers": customers,
        "customer_count": len(customers),
        "new_customer_count": len(new),
        "returning_customer_count": len(customers - new),
        "valued_new_customer_count": len(valued),
        "clv_365d_amount": _share(sum(valued, Decimal(0)), len(valued)),
    }


def _is_first_order(facts: Facts, order: Row) -> bool:
    others = [one for one in facts.of_person[order["person_id"]] if one["is_counted"]]
    return order is min(others, key=lambda one: (one["ordered_at"], one["order_id"]))


def _spend(facts: Facts, site: str, end: date, spend: Rows) -> Figures:
    """Nothing is known of the time before a site's first."""
    told = [one["spend_date"] for one in facts.rows["spend"] if site in {one["site"], "(all)"}]
    return {"spend_amount": _sum(spend, "spend_amount") if told and min(told) <= end else None}


def _sales(figures: Figures, orders: Rows, returns: Rows, kept: Rows) -> Figures:
    back = [one for one in returns if one["is_counted"]]
    adjusted = [one for one in kept if one["is_counted"]]
    corrections = [one for one in adjusted if one["is_sales_correction"]]
    of_kind = {
        kind: _sum((one for one in adjusted if one["kind"] == kind), "adjusted_amount")
        for kind in ("shipping_refund", "charge_refund", "shop_cost", "bad_debt")
    }
    sums = {name: _sum(orders, name) for name in AMOUNTS}
    sold = sums["gross_sales_amount"] - sums["discount_amount"]
    net = sold - _sum(corrections, "adjusted_amount") - _sum(back, "returned_amount")
    nameless = [one["returned_amount"] for one in back if one["order_id"] is None]
    nameless += [one["adjusted_amount"] for one in corrections if one["order_id"] is None]
    taxed = [one for one in adjusted if one["kind"] not in {"shop_cost", "bad_debt"}]
    tax_back = _sum(back, "returned_tax_amount") + _sum(taxed, "adjusted_tax_amount")
    cohort_net = _sum(orders, "net_sales_amount")
    beside = sums["tax_amount"] + sums["shipping_amount"] + sums["other_charges_amount"]
    return (
        sums
        | {f"{kind}_amount": amount for kind, amount in of_kind.items()}
        | {
            "return_count": len({one["return_id"] for one in back}),
            "returned_quantity": _sum(back, "quantity"),
            "returned_amount": _sum(back, "returned_amount"),
            "sales_correction_amount": _sum(corrections, "adjusted_amount"),
            "cohort_returned_amount": _sum(orders, "returned_amount"),
            "net_sales_amount": net,
            "net_sales_by_order_date_amount": cohort_net - sum(nameless, Decimal(0)),
            "tax_refund_amount": tax_back,
            "total_sales_amount": net
            + beside
            - of_kind["shipping_refund"]
            - of_kind["charge_refund"]
            - tax_back,
            "average_order_value_amount": _share(sold, figures["order_count"]),
            "average_net_order_value_amount": _share(cohort_net, figures["order_count"]),
            "return_ratio": _ratio(_sum(orders, "returned_amount"), sold),
        }
    )


def _sum(rows: Iterable[Row], name: str) -> Decimal:
    return sum((row[name] for row in rows), Decimal(0))


def _ratio(part: Decimal | int, whole: Decimal | int) -> float | None:
    return float(part) / float(whole) if whole else None


def _share(amount: Decimal | None, count: int, step: str = "0.0001") -> Decimal | None:
    if amount is None or not count:
        return None
    return (amount / count).quantize(Decimal(step), ROUND_HALF_UP)
