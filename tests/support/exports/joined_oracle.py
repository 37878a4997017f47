"""What the joined shop's marts must say, worked out slowly from what its exports were written from."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from joined_money import Spend, rate_to_euro
from joined_orders import FIRST_CUSTOMER, Order, customer_email
from joined_shop import Joined
from joined_visits import SECOND
from joined_visits_oracle import GAP_US, REACH_US, Session, sessions_of

PLACES, ZERO = Decimal("0.0001"), Decimal(0)
ALL = "(all)"
TOLERANCE_US = 300 * SECOND
Row = dict[str, Any]


@dataclass
class Sold:
    """An order with its person, its session and its money in euros."""

    order: Order
    day: date
    person: str
    is_counted: bool
    session: Session | None
    attributed_by: str
    gross: Decimal
    discount: Decimal
    shipping: Decimal
    charges: Decimal
    tax: Decimal
    # By day: goods, corrections of prices, shipping and tax given back.
    back: list[tuple[date, dict[str, Decimal]]]
    is_new: bool = False

    def given_back(self, what: str) -> Decimal:
        return sum((sums[what] for _, sums in self.back), ZERO)

    @property
    def net(self) -> Decimal:
        return self.gross - self.discount - self.given_back("correction") - self.given_back("goods")

    def channel(self, kind: str) -> str:
        return getattr(self.session, kind) if self.session else f"({self.attributed_by})"

    @property
    def is_online(self) -> bool:
        return not self.order.is_in_store

    @property
    def converts(self) -> bool:
        """Whether its session is one with an order: it could still go on when the order was placed."""
        if not (self.is_counted and self.is_online and self.session):
            return False
        return (
            self.attributed_by == "purchase_event"
            or _us(self.order.at) <= self.session.last_event_us + GAP_US
        )


@dataclass
class Figures:
    sessions: list[Session]
    orders: list[Sold]
    spend: list[tuple[Spend, Decimal]]


def figures_of(joined: Joined) -> Figures:
    sessions = sessions_of(joined.visits)
    bought = _first_purchases(sessions)
    lives = _by(sessions, lambda one: one.customer)
    orders = [_sold(one, joined, bought, lives) for one in joined.orders]
    met: set[str] = set()
    for one in sorted(orders, key=lambda one: (one.order.at, str(one.order.number))):
        one.is_new = one.is_counted and one.person not in met
        met |= {one.person} if one.is_counted else set()
    spend = [
        (one, _euros(one.cost, rate_to_euro(joined.rates, one.currency, one.day))) for one in joined.spend
    ]
    return Figures(sessions, orders, spend)


def _us(moment: datetime) -> int:
    return int(moment.timestamp()) * SECOND


def _euros(amount: Decimal, rate: Decimal) -> Decimal:
    return (amount * rate).quantize(PLACES, ROUND_HALF_UP)


def _by(rows: Iterable[Any], key: Any) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def _first_purchases(sessions: list[Session]) -> dict[int, Session]:
    """The session of each order's first purchase event, by the visit whose order it is."""
    found: dict[int, tuple[int, Session]] = {}
    for session in sessions:
        for visit, at in session.purchases:
            if visit not in found or at < found[visit][0]:
                found[visit] = (at, session)
    return {visit: session for visit, (_, session) in found.items()}


def _sold(
    order: Order, joined: Joined, bought: dict[int, Session], lives: dict[str | None, list[Session]]
) -> Sold:
    day = order.at.astimezone(order.site.zone).date()
    is_counted = order.status == "paid"
    rate = rate_to_euro(joined.rates, order.site.currency, day) if is_counted else ZERO
    customer, person = _person(order, joined.visits.customers)
    attributed_by, session = _attributed(order, customer, bought, lives)
    lines = [one for one in order.sold if one.what == "ORDER PRODUCT"]

    def charged(what: str) -> Decimal:
        return _euros(sum((one.total - one.tax for one in order.sold if one.what == what), ZERO), rate)

    return Sold(
        order=order,
        day=day,
        person=person,
        is_counted=is_counted,
        session=session,
        attributed_by=attributed_by,
        gross=sum((_euros(one.total - one.tax + one.discount, rate) for one in lines), ZERO),
        discount=sum((_euros(one.discount, rate) for one in lines), ZERO),
        shipping=charged("ORDER SHIPPING"),
        charges=charged("ORDER TIP"),
        tax=_euros(sum((one.tax for one in order.sold), ZERO), rate),
        back=list(_back(order, rate)),
    )


def _back(order: Order, rate: Decimal) -> Iterator[tuple[date, dict[str, Decimal]]]:
    kinds = {"goods": "RETURN PRODUCT", "correction": "RETURN ADJUSTMENT", "shipping": "RETURN SHIPPING"}
    for at, sales in order.back:
        sums = {
            kind: sum((_euros(-(one.total - one.tax), rate) for one in sales if one.what == what), ZERO)
            for kind, what in kinds.items()
        }
        sums["tax"] = sum((_euros(-one.tax, rate) for one in sales), ZERO)
        yield at.astimezone(order.site.zone).date(), sums


def _person(order: Order, customers: int) -> tuple[str | None, str]:
    """The customer, by id or by whose address it is; else the address."""
    addresses = (
        {customer_email(number): number for number in range(customers)} if order.customer is None else {}
    )
    email = order.email.strip().lower()
    number = addresses.get(email) if order.customer is None else order.customer
    customer = None if number is None else str(FIRST_CUSTOMER + number)
    return customer, f"customer:{customer}" if customer else f"email:{email}"


def _attributed(
    order: Order, customer: str | None, bought: dict[int, Session], lives: dict[str | None, list[Session]]
) -> tuple[str, Session | None]:
    if order.is_in_store:
        return "offline", None
    if order.visit in bought:
        return "purchase_event", bought[order.visit]
    near = _nearest(_us(order.at), lives.get(customer, [])) if customer else None
    return ("person", near) if near else ("unknown", None)


def _nearest(ordered: int, life: list[Session]) -> Session | None:
    """The last session of 30 days; else, if that was over, one that begins within five minutes after."""
    starts = [one.started_us for one in life]
    before, soon = bisect_right(starts, ordered), bisect_right(starts, ordered + TOLERANCE_US)
    last = life[before - 1] if before else None
    if soon > before and (last is None or last.last_event_us + GAP_US < ordered):
        return life[soon - 1]
    return last if last and last.started_us >= ordered - REACH_US else None


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
