"""What visitors did in the shop of two days, as its truth says and as its snapshot does."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from mandje.publish.contents import DATABASE
from mandje.simulate.visits.truth.carts import STATES
from mandje.simulate.visits.truth.funnel import FUNNEL

DAY = date(2024, 1, 1)
PENCE = Decimal("11.7000")
# A visitor looks around from nl, comes back, and orders; one leaves a cart in uk; a robot.
_SESSION: dict[str, Any] = {
    "site": "nl", "started_date": DAY, "source": None, "medium": None, "campaign": None,
    "device_category": "mobile", "country_code": "NL", "landing_page_path": "/", "landing_page_type": "home",
    "order_id": None, "placed_order_id": None, "kind": "browse", "owner_id": None,
    "is_bot": False, "is_internal": False,
    "is_engaged": True, "is_new_visitor": True, "is_new_to_site": True, "page_view_count": 1,
    "product_view_count": 1,
}  # fmt: skip


def _at(hour: int, minute: int) -> datetime:
    return datetime(2024, 1, 1, hour, minute, tzinfo=UTC)


def _session(name: str, steps: int, channels: tuple[str, str, str], **values: Any) -> dict[str, Any]:
    told = dict(zip(("channel", "last_non_direct_channel", "first_touch_channel"), channels, strict=True))
    flags = {f"has_{step}": number < steps for number, step in enumerate(FUNNEL)}
    closed = {"first_event_id": name, "closed_step_count": steps + 1, "event_count": steps + 1}
    return _SESSION | told | flags | closed | values


SESSIONS = [
    _session(
        "e1", 2, ("Organic Search", "Organic Search", "Organic Search"), visitor_id="v1", owner_id="c7",
        started_at=_at(6, 0), ended_at=_at(6, 5), source="google", medium="organic",
    ),
    _session(
        "e2", 6, ("Direct", "Organic Search", "Organic Search"), visitor_id="v1", owner_id="c7",
        started_at=_at(8, 50), ended_at=_at(9, 0), order_id="o1", placed_order_id="o1",
        is_new_visitor=False, is_new_to_site=False,
    ),
    _session(
        "e3", 2, ("Email", "Email", "Email"), visitor_id="v2", site="uk", source="newsletter", medium="email",
        campaign="weekly", started_at=_at(7, 0), ended_at=_at(7, 9), country_code="GB",
    ),
    _session(
        "e4", 0, ("Direct", "Direct", "Direct"), visitor_id="v3", started_at=_at(7, 0), ended_at=_at(7, 0),
        is_bot=True, kind="flagged_bot",
    ),
]  # fmt: skip
VISITORS = [
    {
        "visitor_id": visitor, "customer_id": customer, "is_shared": False, "first_seen_at": first,
        "last_seen_at": last, "session_count": count,
    }
    for visitor, customer, first, last, count in (
        ("v1", "c7", _at(6, 0), _at(9, 0), 2),
        ("v2", None, _at(7, 0), _at(7, 9), 1),
        ("v3", None, _at(7, 0), _at(7, 0), 1),
    )
]  # fmt: skip
_CART = {
    "devices": "mobile", "visitor_count": 1, "most_items": 1, "items_at_end": 1, "order_id": None,
    "recovery_hours": None,
}  # fmt: skip
CARTS: list[dict[str, Any]] = [
    _CART | {
        "shopper_kind": "customer", "shopper_id": "c7", "site": "nl", "state": "recovered",
        "stage": "ordered", "order_id": "o1", "channel": "Organic Search", "opened_at": _at(6, 4),
        "last_touched_at": _at(8, 58), "recovery_hours": 3.0, "session_count": 2,
        "most_value_reporting_amount": Decimal(12),
        "value_at_end_reporting_amount": Decimal(12),
    },
    _CART | {
        "shopper_kind": "visitor", "shopper_id": "v2", "site": "uk", "state": "abandoned", "stage": "cart",
        "channel": "Email", "opened_at": _at(7, 9), "last_touched_at": _at(7, 9), "session_count": 1,
        "most_value_reporting_amount": PENCE, "value_at_end_reporting_amount": PENCE,
    },
]  # fmt: skip


def _day(
    site: str, sessions: int, visitors: int, steps: tuple[int, ...], carts: dict[str, int]
) -> dict[str, Any]:
    funnel = {
        f"{mode}_{step}_count": count
        for mode in ("open", "closed")
        for step, count in zip(FUNNEL, steps, strict=True)
    }
    seen = ("session_count", "engaged_session_count", "page_view_count", "product_view_count")
    fates = {f"{state}_cart_count": carts.get(state, 0) for state in STATES}
    day = {"site": site, "visit_date": DAY, "visitor_count": visitors}
    return day | dict.fromkeys(seen, sessions) | funnel | fates


DAILY_VISITS = [
    _day("nl", 2, 1, (2, 2, 1, 1, 1, 1), {"recovered": 1}),
    _day("uk", 1, 1, (1, 1, 0, 0, 0, 0), {"abandoned": 1}),
    _day("(all)", 3, 2, (3, 3, 1, 1, 1, 1), {"recovered": 1, "abandoned": 1}),
]


def publish(folder: Path) -> Path:
    """A snapshot of the same in a shop's folder, where readers look; returns its database."""
    place = folder / "published" / "2024-01-03-0"
    place.mkdir(parents=True)
    (folder / "published" / "current").symlink_to(place.name)
    with duckdb.connect(place / DATABASE) as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute("create schema marts")
        for statement in (_SESSION_ROWS, _EXCLUDED, _CART_ROWS, _CART_DAYS, _ORDERS, _FUNNEL, _DAYS):
            con.execute(statement)
        for table, start in (("weekly_kpis", "week_start_date"), ("monthly_kpis", "month_start_date")):
            con.execute(f"create table marts.{table} as select *, kpi_date as {start} from marts.daily_kpis")
    return place / DATABASE


def _id(event: str) -> str:
    return hashlib.sha256(event.encode()).hexdigest()


_SESSION_ROWS = f"""
    create table marts.sessions as
    select *, true as is_engaged, date '2024-01-01' as session_date, 2::bigint as page_view_count,
        1::bigint as product_view_count, 1::bigint as add_to_cart_count, 'mobile' as device_category,
        '/' as landing_page_path, 'home' as landing_page_type
    from (values
        ('{_id("e1")}', 'v1', 'nl', 'customer:c7', 'c7', timestamptz '2024-01-01 06:00+00',
            timestamptz '2024-01-01 06:05+00', 'Organic Search', 'Organic Search', 'Organic Search',
            'google', 'organic', null, 'NL', 3::bigint, 0::bigint, false, false, false, true, true),
        ('{_id("e2")}', 'v1', 'nl', 'customer:c7', 'c7', '2024-01-01 08:50+00', '2024-01-01 09:00+00',
            'Direct', 'Organic Search', 'Organic Search', '(direct)', '(none)', null, 'NL', 7, 1, true, true,
            true, false, false),
        ('{_id("e3")}', 'v2', 'uk', 'visitor:v2', null, '2024-01-01 07:00+00', '2024-01-01 07:09+00',
            'Email', 'Email', 'Email', 'newsletter', 'email', 'weekly', 'GB', 3, 0, false, false, false,
            true, true)
    ) as rows(session_id, visitor_id, site, shopper_id, customer_id, started_at, ended_at, channel,
        last_non_direct_channel, first_touch_channel, source, medium, campaign, country_code, event_count,
        purchase_count, has_begin_checkout, has_add_shipping, has_add_payment, is_new_visitor, is_new_to_site)
"""
_EXCLUDED = """
    create table marts.excluded_traffic as select 'nl' as site, date '2024-01-01' as session_date,
        'bot' as exclusion_reason, 1::bigint as session_count, 1::bigint as event_count
"""
_CART_ROWS = """
    create table marts.carts as
    select *, date '2024-01-01' as opened_date, 1::decimal(18, 4) as fullest_quantity,
        1::decimal(18, 4) as end_quantity, end_amount as fullest_amount, 1::bigint as visitor_count,
        1::bigint as device_category_count
    from (values
        ('customer:c7', 'c7', 'nl', timestamptz '2024-01-01 06:04+00', timestamptz '2024-01-01 08:58+00',
            'recovered', 'purchase', 'o1', 3::double, 12::decimal(18, 4), 2::bigint, 'Organic Search'),
        ('visitor:v2', null, 'uk', '2024-01-01 07:09+00', '2024-01-01 07:09+00', 'abandoned', 'cart', null,
            null, 11.7, 1, 'Email')
    ) as rows(shopper_id, customer_id, site, opened_at, last_touched_at, state, stage, order_id,
        hours_to_recovery, end_amount, session_count, channel)
"""
_CART_DAYS = """
    create table marts.daily_cart_abandonment as
    select site, date '2024-01-01' as cart_date, (recovered + abandoned)::bigint as cart_count,
        0::bigint as ordered_cart_count, recovered::bigint as recovered_cart_count,
        abandoned::bigint as abandoned_cart_count, 0::bigint as emptied_cart_count,
        0::bigint as open_cart_count, recovered::bigint as checkout_cart_count,
        0::bigint as abandoned_checkout_cart_count, 0::bigint as unvalued_cart_count,
        0::bigint as order_without_cart_count, (11.7 * abandoned)::decimal(18, 4) as abandoned_amount,
        (12 * recovered)::decimal(18, 4) as recovered_amount,
        abandoned / (recovered + abandoned) as cart_abandonment_ratio,
        case when recovered > 0 then 0::double end as checkout_abandonment_ratio
    from (values ('nl', 1, 0), ('uk', 0, 1), ('(all)', 1, 1)) as rows(site, recovered, abandoned)
"""
_ORDERS = f"""
    create table marts.orders as select 'o1' as order_id, 'purchase_event' as attributed_by,
        '{_id("e2")}' as session_id, 'Direct' as channel, 'Organic Search' as last_non_direct_channel,
        'Organic Search' as first_touch_channel
"""


# The first of January 2024 begins a day, a week and a month.
_DAYS = """
    create table marts.daily_kpis as
    select site, date '2024-01-01' as kpi_date, sessions::bigint as session_count,
        visitors::bigint as visitor_count, new::bigint as new_visitor_count, 0::bigint as bounce_count,
        orders::bigint as order_session_count, (2 * sessions)::bigint as page_view_count,
        0::double as bounce_ratio, orders / sessions as conversion_ratio, 2::double as page_views_per_session,
        seconds::decimal(18, 6) as time_on_site_seconds, (recovered + abandoned)::bigint as cart_count,
        0::bigint as ordered_cart_count, recovered::bigint as recovered_cart_count,
        abandoned::bigint as abandoned_cart_count, 0::bigint as emptied_cart_count,
        0::bigint as open_cart_count, abandoned / (recovered + abandoned) as cart_abandonment_ratio
    from (values ('nl', 2, 1, 1, 1, 450, 1, 0), ('uk', 1, 1, 1, 0, 540, 0, 1),
        ('(all)', 3, 2, 2, 1, 480, 1, 1)
    ) as rows(site, sessions, visitors, new, orders, seconds, recovered, abandoned)
"""


def _groups() -> list[tuple[str, str, str, str, tuple[int, ...], int]]:
    """Site, channel, device, new or returning; sessions of each step; visitors."""
    looked, bought = (1, 1, 1, 0, 0, 0, 0), (1,) * 7
    rows = []
    for site, own in (
        ("nl", {("Organic Search", "new"): looked, ("Direct", "returning"): bought}),
        ("uk", {("Email", "new"): looked}),
        (
            "(all)",
            {("Organic Search", "new"): looked, ("Direct", "returning"): bought, ("Email", "new"): looked},
        ),
    ):
        visitors = 2 if site == "(all)" else 1
        whole = tuple(map(sum, zip(*own.values(), strict=True)))
        rows += [(site, "(all)", device, "(all)", whole, visitors) for device in ("(all)", "mobile")]
        for kind in ("new", "returning"):
            steps = [counts for (_, own_kind), counts in own.items() if own_kind == kind]
            if steps:
                rows.append(
                    (site, "(all)", "(all)", kind, tuple(map(sum, zip(*steps, strict=True))), visitors)
                )
        rows += [(site, channel, "(all)", "(all)", counts, 1) for (channel, _), counts in own.items()]
    return rows


def _funnel_rows() -> str:
    return ", ".join(
        str((*group, visitors, counts[0], *(count for count in counts[1:] for _ in ("open", "closed"))))
        for *group, counts, visitors in _groups()
    )


_FUNNEL_COUNTS = ", ".join(
    ["visitor_count", "session_count"]
    + [f"{step}_session_count, closed_{step}_session_count" for step in FUNNEL]
)
_FUNNEL = f"""
    create table marts.daily_funnel as
    select date '2024-01-01' as session_date, site, channel, device_category, visitor_kind,
        columns('_count$')::bigint
    from (values {_funnel_rows()}) as rows(site, channel, device_category, visitor_kind, {_FUNNEL_COUNTS})
"""
