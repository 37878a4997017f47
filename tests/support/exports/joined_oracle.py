"""Orders of the joined shop with their persons, sessions and euros, worked out one by one."""

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
TOLERANCE_US = 300 * SECOND


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
    customers = {customer_email(number): number for number in range(joined.visits.customers)}
    orders = [_sold(one, joined.rates, _person(one, customers), bought, lives) for one in joined.orders]
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
    order: Order,
    rates: dict[date, dict[str, Decimal]],
    who: tuple[str | None, str],
    bought: dict[int, Session],
    lives: dict[str | None, list[Session]],
) -> Sold:
    day = order.at.astimezone(order.site.zone).date()
    is_counted = order.status == "paid"
    rate = rate_to_euro(rates, order.site.currency, day) if is_counted else ZERO
    customer, person = who
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


def _person(order: Order, customers: dict[str, int]) -> tuple[str | None, str]:
    """The customer, by id or by whose address it is; else the address."""
    email = order.email.strip().lower()
    number = customers.get(email) if order.customer is None else order.customer
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
