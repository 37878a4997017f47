"""What marts on channels and days of the joined shop must say: sums of its sessions, orders and spend."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from joined_money import Spend
from joined_oracle import PLACES, ZERO, Figures, Sold
from joined_visits import SECOND
from joined_visits_oracle import Session

ALL = "(all)"
Row = dict[str, Any]


def _quotient(a: Decimal | int, b: Decimal | int, places: Decimal = PLACES) -> Decimal | None:
    return (Decimal(a) / Decimal(b)).quantize(places, ROUND_HALF_UP) if b else None


def _ratio(a: Decimal | int, b: Decimal | int) -> float | None:
    return float(a) / float(b) if b else None


def _keyed(rows: Iterable[Any], site: Any, *key: Any) -> dict[tuple[Any, ...], list[Any]]:
    """Rows by the site, and by all sites; then by each key."""
    found: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for row in rows:
        for place in (site(row), ALL):
            found[place, *(one(row) for one in key)].append(row)
    return found


def channel_months(figures: Figures) -> dict[tuple[str, date, str], Row]:
    """channel_performance, where a channel has anything in a month."""
    counted = [one for one in figures.orders if one.is_counted]

    def by_channel(
        rows: Iterable[Any], site: Any, day: Any, channel: Any
    ) -> dict[tuple[Any, ...], list[Any]]:
        each = _keyed(rows, site, lambda row: day(row).replace(day=1), channel)
        both = _keyed(rows, site, lambda row: day(row).replace(day=1), lambda _: ALL)
        return defaultdict(list, each | both)

    site_of_order, day_of_order = (lambda one: one.order.site.name), (lambda one: one.day)
    visited = by_channel(
        figures.sessions, lambda one: one.site.name, lambda one: one.day, lambda one: one.channel
    )
    bought = by_channel(counted, site_of_order, day_of_order, lambda one: one.channel("last_non_direct"))
    touched = by_channel(counted, site_of_order, day_of_order, lambda one: one.channel("first_touch"))
    spent = by_channel(
        figures.spend, lambda one: one[0].site, lambda one: one[0].day, lambda one: one[0].channel
    )
    return {
        key: _channel_month(visited[key], bought[key], touched[key], spent[key])
        for key in {*visited, *bought, *touched, *spent}
    }


def _channel_month(
    visited: list[Session], bought: list[Sold], touched: list[Sold], spent: list[tuple[Spend, Decimal]]
) -> Row:
    spend, net = sum((euros for _, euros in spent), ZERO), sum((one.net for one in bought), ZERO)
    new, first_net = sum(one.is_new for one in bought), sum((one.net for one in touched), ZERO)
    return {
        "spend_amount": spend,
        "click_count": sum(one.clicks for one, _ in spent) if spent else None,
        "impression_count": sum(one.impressions for one, _ in spent) if spent else None,
        "session_count": len(visited),
        "visitor_count": len({one.visitor for one in visited}),
        "order_count": len(bought),
        "new_customer_count": new,
        "net_sales_amount": net,
        "first_touch_order_count": len(touched),
        "first_touch_net_sales_amount": first_net,
        "cpa_amount": _quotient(spend, new),
        "roas_ratio": _ratio(net, spend),
        "first_touch_roas_ratio": _ratio(first_net, spend),
    }


def daily(figures: Figures) -> dict[tuple[str, date], Row]:
    """daily_kpis, where a day has anything."""
    visited = _keyed(figures.sessions, lambda one: one.site.name, lambda one: one.day)
    orders = [one for one in figures.orders if one.is_counted]
    bought = _keyed(orders, lambda one: one.order.site.name, lambda one: one.day)
    given = [(one.order.site.name, day, sums) for one in orders for day, sums in one.back]
    back = _keyed(given, lambda row: row[0], lambda row: row[1])
    spent = _keyed(figures.spend, lambda one: one[0].site, lambda one: one[0].day)
    converting = {id(one.session) for one in orders if one.converts}
    return {
        key: _of_visits(visited[key], converting)
        | _of_money(
            bought[key], [sums for _, _, sums in back[key]], sum((one for _, one in spent[key]), ZERO)
        )
        for key in {*visited, *bought, *back, *spent}
    }


def _of_visits(visited: list[Session], converting: set[int]) -> Row:
    with_order = sum(id(one) in converting for one in visited)
    seconds = Decimal(sum(one.ended_us - one.started_us for one in visited)) / SECOND
    return {
        "session_count": len(visited),
        "visitor_count": len({one.visitor for one in visited}),
        "new_visitor_count": sum(one.is_new_visitor for one in visited),
        "page_view_count": sum(one.page_views for one in visited),
        "bounce_count": sum(one.is_bounce for one in visited),
        "order_session_count": with_order,
        "conversion_ratio": _ratio(with_order, len(visited)),
        "time_on_site_seconds": _quotient(seconds, len(visited), Decimal("0.000001")),
    }


def _of_money(bought: list[Sold], back: list[dict[str, Decimal]], spend: Decimal) -> Row:
    gross, off = sum((one.gross for one in bought), ZERO), sum((one.discount for one in bought), ZERO)
    shipping, tax = sum((one.shipping for one in bought), ZERO), sum((one.tax for one in bought), ZERO)
    charges, new = sum((one.charges for one in bought), ZERO), sum(one.is_new for one in bought)
    given = {
        kind: sum((sums[kind] for sums in back), ZERO) for kind in ("goods", "correction", "shipping", "tax")
    }
    net = gross - off - given["correction"] - given["goods"]
    return {
        "order_count": len(bought),
        "new_customer_count": new,
        "gross_sales_amount": gross,
        "discount_amount": off,
        "returned_amount": given["goods"],
        "net_sales_amount": net,
        "tax_amount": tax,
        "total_sales_amount": net + tax - given["tax"] + shipping - given["shipping"] + charges,
        "spend_amount": spend,
        "cpa_amount": _quotient(spend, new),
    }


NOTHING_OF_A_CHANNEL = _channel_month([], [], [], [])
NOTHING_OF_A_DAY = _of_visits([], set()) | _of_money([], [], ZERO)
