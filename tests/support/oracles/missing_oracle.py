"""Days without an expected delivery, minute by minute on every clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mandje.ingest.due.rhythm import MissingDelivery

ALL = "(all)"
MONEY = ("orders", "order_lines", "returns", "adjustments", "service_contacts")
ORDERS = ("orders", "order_lines")
# No clock is set by less.
STEP = timedelta(minutes=15)


def missing(*deliveries: tuple[str, str]) -> list[MissingDelivery]:
    """Of these feeds and days, each of a source that is called like its feed."""
    return [MissingDelivery(feed, feed, date.fromisoformat(day)) for feed, day in deliveries]


def lacking_days(
    deliveries: Iterable[MissingDelivery],
    clocks: Mapping[str, str],
    shop_clock: str,
    feeds: Collection[str] | None = None,
) -> dict[str, set[date]]:
    """Local days by site, and of all sites, that lack a part of a delivery of these feeds; None: of any."""
    found: dict[str, set[date]] = defaultdict(set)
    for one in deliveries:
        if feeds is not None and one.feed not in feeds:
            continue
        began = datetime.combine(one.delivery_date, time(), ZoneInfo(shop_clock)).astimezone(UTC)
        moment = began
        while moment.astimezone(ZoneInfo(shop_clock)).date() == one.delivery_date:
            for site, clock in clocks.items():
                day = moment.astimezone(ZoneInfo(clock)).date()
                found[site].add(day)
                found[ALL].add(day)
            moment += STEP
    return found


def is_month_lacking(days: Collection[date], month: date) -> bool:
    """Whether one of the days lies in the month that a first day begins."""
    return any((day.year, day.month) == (month.year, month.month) for day in days)


@dataclass(frozen=True)
class Days:
    """First and last day of the history; by site and for all: last days that were over, and days that lack.

    `lacking` a delivery of any feed, `lacking_money` one with money of orders.
    """

    first: date
    as_of: date
    last_over: Mapping[str, date]
    lacking: Mapping[str, set[date]]
    lacking_money: Mapping[str, set[date]]

    def is_over(self, site: str, month: date) -> bool:
        """Whether the last day of the month was over on the clock of the site."""
        next_month = (month + timedelta(days=31)).replace(day=1)
        return next_month - timedelta(days=1) <= self.last_over[site]

    def is_whole(self, site: str, month: date) -> bool:
        """Whether the history holds all of the month."""
        held = self.first <= month and self.is_over(site, month)
        return held and not is_month_lacking(self.lacking[site], month)

    def has_all_money(self, site: str, month: date) -> bool:
        """Whether all money of the month's orders was delivered; the first month may be cut."""
        return self.is_over(site, month) and not is_month_lacking(self.lacking_money[site], month)
