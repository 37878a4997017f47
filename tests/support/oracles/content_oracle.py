"""Pages, searches, keywords and routes a second time: session after session, in plain Python."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

from event_place import in_time

GAP = timedelta(minutes=30)
SHOWN = 5000
ADDRESS = re.compile("[^/@ ](@|%40)[^/@ ]+[.][^/@ ]")
NOTHING = {"", "(direct)", "direct", "(none)", "(not set)"}

Row = Mapping[str, Any]
Key = tuple[Any, ...]
Figures = dict[str, Any]
Marts = dict[Key, Figures]


@dataclass(frozen=True)
class Visit:
    """A session, its events in their order, and per order placed in it the number of events before it."""

    session: Row
    events: list[Row]
    orders: list[tuple[int, Decimal]]

    def groups(self) -> Iterator[Key]:
        """Month and site, once for its own site and once for all."""
        for site in (self.session["site"], "(all)"):
            yield self.session["session_date"].replace(day=1), site

    def orders_after(self, place: int) -> list[Decimal]:
        """Money of the orders placed after the event of this place."""
        return [money for before, money in self.orders if place < before]


def visits(sessions: Iterable[Row], events: Iterable[Row], orders: Iterable[Row]) -> list[Visit]:
    """Sessions with what happened in them; `events` are those that are not excluded."""
    own: dict[str, list[Row]] = defaultdict(list)
    for event in sorted(events, key=in_time):
        own[event["session_id"]].append(event)
    bought: dict[str, list[Row]] = defaultdict(list)
    for order in orders:
        if order["is_counted"] and order["sales_channel"] == "online":
            bought[order["session_id"]].append(order)
    return [
        Visit(one, own[one["session_id"]], list(_placed(own[one["session_id"]], bought[one["session_id"]])))
        for one in sessions
    ]


def _placed(events: list[Row], orders: Iterable[Row]) -> Iterator[tuple[int, Decimal]]:
    for order in orders:
        told = [
            place
            for place, event in enumerate(events)
            if event["event_type"] == "purchase" and event["order_id"] == order["order_id"]
        ]
        money = order["gross_sales_amount"] - order["discount_amount"]
        if told:
            yield told[0], money
        elif order["ordered_at"] <= events[-1]["event_at"] + GAP:
            yield sum(event["event_at"] <= order["ordered_at"] for event in events), money


def landing_pages(all_visits: Iterable[Visit]) -> Marts:
    """By month, site, kind of page and page."""
    groups: dict[Key, list[Visit]] = defaultdict(list)
    for visit in all_visits:
        kind, path = _page(visit.events[0])
        for key in visit.groups():
            for page in ((kind, path), (kind, "(all)"), ("(all)", "(all)")):
                groups[*key, *page].append(visit)
    found = {key: _session_figures(group) for key, group in groups.items()}
    for key, group in groups.items():
        views = sum(visit.session["page_view_count"] for visit in group)
        added = sum(any(one["event_type"] == "add_to_cart" for one in visit.events) for visit in group)
        found[key] |= {"page_view_count": views, "page_views_per_session": views / len(group)}
        found[key] |= {"added_session_count": added, "added_ratio": added / len(group)}
    return _most_visited(
        {key: figures for key, figures in found.items() if not ADDRESS.search(key[3])},
        lambda key: "(all)" if key[3] == "(all)" else "",
        lambda key: (-found[key]["session_count"], key[3], key[2]),
    )


def page_performance(all_visits: Iterable[Visit]) -> Marts:
    """By month, site, kind of page and page."""
    found: dict[Key, Counter[str]] = defaultdict(Counter)
    for visit in all_visits:
        first: dict[Key, int] = {}
        for place, event in reversed(list(enumerate(visit.events))):
            first[_page(event)] = place
        first["(all)", "(all)"] = 0
        for key in visit.groups():
            for page, place in first.items():
                whole = page == ("(all)", "(all)")
                there = [event for event in visit.events if whole or _page(event) == page]
                found[*key, *page] += Counter(
                    page_view_count=sum(event["is_page_view"] for event in there),
                    session_count=1,
                    landing_session_count=place == 0,
                    exit_session_count=there[-1] is visit.events[-1],
                    ordered_later_session_count=bool(visit.orders_after(place)),
                )
    marts = {key: _pages_seen(counts) for key, counts in found.items() if not ADDRESS.search(key[3])}
    return _most_visited(
        marts,
        lambda key: "(all)" if key[3] == "(all)" else "",
        lambda key: (-found[key]["session_count"], key[3], key[2]),
    )


def _pages_seen(counts: Counter[str]) -> Figures:
    names = ("page_view", "session", "landing_session", "exit_session", "ordered_later_session")
    figures: Figures = {f"{name}_count": counts[f"{name}_count"] for name in names}
    figures["exit_ratio"] = counts["exit_session_count"] / counts["session_count"]
    figures["ordered_later_ratio"] = counts["ordered_later_session_count"] / counts["session_count"]
    return figures


def search_terms(all_visits: Iterable[Visit]) -> Marts:
    """By month, site and term."""
    found: dict[Key, list[tuple[Visit, list[int]]]] = defaultdict(list)
    for visit in all_visits:
        uses: dict[str, list[int]] = defaultdict(list)
        for place, event in enumerate(visit.events):
            if event["event_type"] == "search":
                uses["(all)"].append(place)
                uses[_label(_typed(event["search_term"]))].append(place)
        for key in visit.groups():
            for term, places in uses.items():
                found[*key, term].append((visit, places))
    marts = {key: _searches(group) for key, group in found.items()}
    return _most_visited(
        marts,
        lambda key: "(all)" if key[2] == "(all)" else "",
        lambda key: (-marts[key]["session_count"], -marts[key]["search_count"], key[2]),
    )


def _searches(group: list[tuple[Visit, list[int]]]) -> Figures:
    uses = sum(len(places) for _, places in group)
    unclicked = sum(not _is_clicked(visit.events[place + 1 :]) for visit, places in group for place in places)
    bought = [visit.orders_after(places[0]) for visit, places in group]
    return {
        "search_count": uses,
        "no_click_search_count": unclicked,
        "no_click_ratio": unclicked / uses,
        **_order_figures(bought),
    }


def _is_clicked(later: Iterable[Row]) -> bool:
    for event in later:
        if event["event_type"] in {"product_view", "add_to_cart"}:
            return True
        if event["event_type"] == "search":
            return False
    return False


def keyword_performance(all_visits: Iterable[Visit]) -> Marts:
    """By month, site, channel, campaign and keyword."""
    groups: dict[Key, list[Visit]] = defaultdict(list)
    for visit in all_visits:
        session = visit.session
        if (session["keyword"] or "").strip(" ").lower() in NOTHING:
            continue
        keyword = _label(_typed(session["keyword"]))
        own = (session["channel"], _label(session["campaign"], "(none)"), keyword)
        for key in visit.groups():
            for one in (own, ("(all)", "(all)", keyword), ("(all)",) * 3):
                groups[*key, *one].append(visit)
    marts = {key: _session_figures(group) for key, group in groups.items()}
    for key, group in groups.items():
        marts[key]["visitor_count"] = len({visit.session["visitor_id"] for visit in group})
    return _most_visited(
        marts,
        lambda key: "(all)" if key[4] == "(all)" else "kind" if key[2] == "(all)" else "",
        lambda key: (-marts[key]["session_count"], key[4], key[2], key[3]),
    )


def path_transitions(all_visits: Iterable[Visit]) -> Marts:
    """By month, site, kind of page left and kind of page that came next."""
    found: dict[Key, Counter[str]] = defaultdict(Counter)
    for visit in all_visits:
        pages = [(event["page_path"], event["page_type"] or "") for event in visit.events]
        stays = pages[:1] + [now for before, now in pairwise(pages) if now != before]
        route = ["(start)", *(_label(kind) for _, kind in stays), "(exit)"]
        for key in visit.groups():
            for step, times in Counter(pairwise(route)).items():
                found[*key, *step] += Counter(
                    transition_count=times, session_count=1, order_session_count=bool(visit.orders)
                )
    left: Counter[Key] = Counter()
    for key, counts in found.items():
        left[key[:3]] += counts["transition_count"]
    return {
        key: {
            "transition_count": counts["transition_count"],
            "session_count": counts["session_count"],
            "order_session_count": counts["order_session_count"],
            "from_page_type_ratio": counts["transition_count"] / left[key[:3]],
            "conversion_ratio": counts["order_session_count"] / counts["session_count"],
        }
        for key, counts in found.items()
    }


def _session_figures(group: list[Visit]) -> Figures:
    engaged = sum(visit.session["is_engaged"] for visit in group)
    return {
        "new_visitor_count": sum(visit.session["is_new_visitor"] for visit in group),
        "engaged_session_count": engaged,
        "bounce_ratio": (len(group) - engaged) / len(group),
        **_order_figures([[money for _, money in visit.orders] for visit in group]),
    }


def _order_figures(bought: list[list[Decimal]]) -> Figures:
    """Of sessions, each with the money of its orders."""
    revenue = sum((money for own in bought for money in own), Decimal(0))
    with_order = sum(bool(own) for own in bought)
    return {
        "session_count": len(bought),
        "order_session_count": with_order,
        "order_count": sum(len(own) for own in bought),
        "revenue_amount": revenue,
        "conversion_ratio": with_order / len(bought),
        "revenue_per_session_amount": (revenue / len(bought)).quantize(Decimal("0.0001"), ROUND_HALF_UP),
    }


def _most_visited(marts: Marts, kind: Callable[[Key], str], order: Callable[[Key], Key]) -> Marts:
    """Of each month, site and kind of row the first ones; the total stands apart."""
    ranked: dict[Key, list[Key]] = defaultdict(list)
    for key in sorted(marts, key=order):
        ranked[*key[:2], kind(key)].append(key)
    return {
        key: marts[key]
        for (*_, of), keys in ranked.items()
        for key in (keys if of == "(all)" else keys[:SHOWN])
    }


def _page(event: Row) -> tuple[str, str]:
    return _label(event["page_type"]), _label(event["page_path"])


def _label(text: str | None, missing: str = "(unknown)") -> str:
    return text.strip("()") if text in {"(all)", "(start)", "(exit)"} else text or missing


def _typed(text: str | None) -> str | None:
    if text is None or ADDRESS.search(text):
        return text and "(address)"
    return re.sub(" +", " ", text.lower()).strip(" ") or None


def last_complete_date(known_until: datetime, clock: Any) -> date:
    """The last day of a clock that was over at a moment."""
    return known_until.astimezone(clock).date() - timedelta(days=1)
