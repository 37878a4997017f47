"""Sessions of the joined shop, worked out slowly from what was drawn: one visitor, one event at a time."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

from joined_orders import FIRST_CUSTOMER
from joined_visits import ALL_ALONG, FROM_CHECKOUT, NOBODY, SECOND, Visits
from joined_world import DIRECT, SITES, TRAFFIC, Site

GAP_US = 1800 * SECOND
REACH_US = 30 * 86_400 * SECOND
# Steps of a visit, in the order in which they stand at one moment.
STEPS = (
    *("page_view", "view_search_results", "view_item", "add_to_cart"),
    *("begin_checkout", "add_shipping_info", "add_payment_info", "purchase"),
)
READS = {"user_engagement", "scroll"}
Event = dict[str, Any]
# When somebody was identified, at which step, and as whom.
Identified = tuple[tuple[int, int], str]


@dataclass
class Session:
    site: Site
    visitor: int
    started_us: int
    last_event_us: int
    ended_us: int
    events: int
    page_views: int
    is_shopping: bool
    channel: str
    customer: str | None
    purchases: list[tuple[int, int]] = field(default_factory=list)
    last_non_direct: str = ""
    first_touch: str = ""
    is_new_visitor: bool = False

    @property
    def day(self) -> date:
        return datetime.fromtimestamp(self.started_us / SECOND, UTC).astimezone(self.site.zone).date()

    @property
    def shopper(self) -> str:
        return f"customer:{self.customer}" if self.customer else f"visitor:{self.visitor}"

    @property
    def is_bounce(self) -> bool:
        is_long = self.ended_us - self.started_us > 10 * SECOND
        return not (is_long or self.page_views >= 2 or self.is_shopping)


def sessions_of(visits: Visits) -> list[Session]:
    """All sessions, as they came, each with its channels."""
    events = _told(visits)
    identified = _identified(events)
    sessions = []
    for (site, visitor), own in _grouped(events).items():
        steps = sorted((one for one in own if one["name"] not in READS), key=_place)
        reads = sorted(one["at_us"] for one in own if one["name"] in READS)
        for part in _cut(steps):
            customer = _customer(part[0], identified[visitor])
            sessions.append(_session(SITES[site], part, reads, customer))
    sessions.sort(key=lambda one: one.started_us)
    _look_back(sessions)
    return sessions


def _told(visits: Visits) -> list[Event]:
    """Events with their visits, of visitors who agreed to be seen."""
    of_visits = {one["visit"]: one for one in visits.visits.iter_rows(named=True)}
    told = []
    for event in visits.events.iter_rows(named=True):
        visit = of_visits[event["visit"]]
        if not visit["is_denied"] and (event["name"] in READS or event["name"] in STEPS):
            is_known = visit["login"] == ALL_ALONG or (
                visit["login"] == FROM_CHECKOUT and event["in_checkout"]
            )
            owner = str(FIRST_CUSTOMER + visit["owner"]) if is_known and visit["owner"] != NOBODY else None
            told.append({**visit, **event, "customer": owner})
    return told


def _place(event: Event) -> tuple[int, int]:
    return event["at_us"], STEPS.index(event["name"])


def _grouped(events: list[Event]) -> dict[tuple[int, int], list[Event]]:
    found: dict[tuple[int, int], list[Event]] = defaultdict(list)
    for event in events:
        found[event["site"], event["visitor"]].append(event)
    return found


def _identified(events: list[Event]) -> dict[int, list[Identified]]:
    found: dict[int, list[Identified]] = defaultdict(list)
    for event in events:
        if event["customer"] and event["name"] in STEPS:
            found[event["visitor"]].append((_place(event), event["customer"]))
    for own in found.values():
        own.sort()
    return found


def _customer(event: Event, identified: list[Identified]) -> str | None:
    """Whom the latest identification until then names, else the earliest after."""
    before = bisect_right([place for place, _ in identified], _place(event))
    return identified[max(before - 1, 0)][1] if identified else None


def _cut(steps: list[Event]) -> list[list[Event]]:
    parts: list[list[Event]] = []
    for event in steps:
        if not parts or event["at_us"] - parts[-1][-1]["at_us"] > GAP_US:
            parts.append([])
        parts[-1].append(event)
    return parts


def _session(site: Site, part: list[Event], reads: list[int], customer: str | None) -> Session:
    first, last = part[0]["at_us"], part[-1]["at_us"]
    told = [_channel(event) for event in part]
    ended = max([last, *reads[bisect_right(reads, first - 1) : bisect_right(reads, last + GAP_US)]])
    return Session(
        site=site,
        visitor=part[0]["visitor"],
        started_us=first,
        last_event_us=last,
        ended_us=ended,
        # A cart of two products is two events.
        events=sum(event["items"] or 1 for event in part),
        page_views=sum(map(_is_page_view, part, [None, *part])),
        is_shopping=any(STEPS.index(event["name"]) >= STEPS.index("add_to_cart") for event in part),
        channel=next((one for one in told if one != DIRECT), DIRECT),
        customer=customer,
        purchases=[(event["visit"], event["at_us"]) for event in part if event["name"] == "purchase"],
    )


def _channel(event: Event) -> str:
    """What an event says of where its visit came from; older tables say so on the first page only."""
    traffic = TRAFFIC[event["traffic"]]
    return traffic.channel if traffic.told_in != "collected" or event["is_first"] else DIRECT


def _is_page_view(event: Event, before: Event | None) -> bool:
    is_again = before is not None and before["name"] == "page_view" and before["path"] == event["path"]
    return event["name"] == "page_view" or (event["name"] == "view_item" and not is_again)


def _look_back(sessions: list[Session]) -> None:
    """The channels of a shopper's life until each session; whose first session it is."""
    seen: set[int] = set()
    for session in sessions:
        session.is_new_visitor = session.visitor not in seen
        seen.add(session.visitor)
    for _, life in groupby(
        sorted(sessions, key=lambda one: (one.shopper, one.started_us)), lambda one: one.shopper
    ):
        first, known = None, None
        for session in life:
            first = first or session
            known = session if session.channel != DIRECT else known
            is_near = known is not None and session.started_us - known.started_us <= REACH_US
            session.first_touch = first.channel
            session.last_non_direct = known.channel if known is not None and is_near else session.channel
