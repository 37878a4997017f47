"""Discover: what lies in the exports, what is due, what is missing. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median_low

from mandje.ingest.due.delivery_schedule import LEAST_GAPS, is_missing, lacking_days
from mandje.ingest.due.plan import SourcePlan, plan_night
from mandje.ingest.exports.deliveries import delivery_dates, unexpected_entries
from mandje.shop.settings import Shop
from mandje.shop.sources import Source

# So many days are named at each end of a long list.
SHOWN_DAYS = 3
WEEK = 7


@dataclass(frozen=True, slots=True)
class Days:
    """Some days: how many, and the first and last few as YYYY-MM-DD."""

    count: int
    first: tuple[str, ...] = ()
    last: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceDiscovery:
    """One source up to the run date.

    `delivered` are all its deliveries, `missing` the days up to the run date on which another was due by its
    rhythm, or by their usual distance where none is set; `empty` are folders without a file, `later`
    deliveries after the run date.
    """

    source: str
    on_refused: str
    expected: str
    delivered: Days
    new: Days
    changed: Days
    gone: Days
    refused: Days
    missing: Days
    empty: Days
    later: Days


@dataclass(frozen=True, slots=True)
class Discovery:
    """What night `run_date` finds; `unexpected` names entries of the exports that nobody reads."""

    run_date: str
    sources: tuple[SourceDiscovery, ...]
    unexpected: tuple[str, ...]

    @property
    def is_settled(self) -> bool:
        """Whether nothing is new, changed or gone."""
        return not any(s.new.count or s.changed.count or s.gone.count for s in self.sources)


def discover(shop: Shop, run_date: date) -> Discovery:
    """Compare the exports up to `run_date` with what is loaded.

    Raises:
        MandjeError: shop.toml names an adapter that cannot read a source; a file cannot be read.
    """
    return discovered(shop, run_date, plan_night(shop, run_date))


def discovered(shop: Shop, run_date: date, plans: Sequence[SourcePlan]) -> Discovery:
    """The same from plans of the night that are known already."""
    unexpected = unexpected_entries(shop, (plan.listing for plan in plans))
    return Discovery(
        run_date.isoformat(),
        tuple(_discovered(shop, plan, run_date) for plan in plans),
        tuple(unexpected),
    )


def pending(shop: Shop, run_date: date) -> bool:
    """Whether night `run_date` would load or drop anything."""
    return not all(plan.is_settled for plan in plan_night(shop, run_date))


def due_dates(shop: Shop, newest_night: date | None) -> list[date]:
    """Delivery dates after the newest night run; all of them before the first night."""
    return [day for day in delivery_dates(shop) if newest_night is None or day > newest_night]


def days_between(days: Sequence[date]) -> list[date]:
    """Days between the first and the last of some days that are not among them."""
    return [
        before + timedelta(number)
        for before, after in pairwise(sorted(days))
        for number in range(1, (after - before).days)
    ]


def missing_days(days: Sequence[date]) -> list[date]:
    """Days between some days on which another was due: each, or one a week or rarer if they keep to that.

    A gap counts as two from 1.75 times the usual one on: weeks shift by a day, quarters differ by two.
    """
    present = sorted(set(days))
    gaps = [(after - before).days for before, after in pairwise(present)]
    usual = _usual_gap(gaps)
    return [
        before + timedelta(usual * number)
        for before, gap in zip(present, gaps, strict=False)
        for number in range(1, (4 * gap + usual) // (4 * usual))
    ]


def _usual_gap(gaps: Sequence[int]) -> int:
    """The median, where it is a week or more and three of four gaps are about as long; else a day."""
    if len(gaps) < LEAST_GAPS:
        return 1
    usual = median_low(gaps)
    alike = sum(abs(gap - usual) <= 1 + usual // 20 for gap in gaps)
    return usual if usual >= WEEK and 4 * alike >= 3 * len(gaps) else 1


def _discovered(shop: Shop, plan: SourcePlan, run_date: date) -> SourceDiscovery:
    folders = plan.listing.folders
    source = shop.settings.sources[plan.source]
    return SourceDiscovery(
        source=plan.source,
        on_refused=source.on_refused,
        expected=source.expected,
        delivered=_days([delivery.delivery_date for delivery in plan.deliveries]),
        new=_days([delivery.delivery_date for delivery in plan.new]),
        changed=_days([delivery.delivery_date for delivery in plan.changed]),
        gone=_days(plan.gone),
        refused=_days([delivery.delivery_date for delivery in plan.refused]),
        missing=_days(_missing(source, plan, run_date)),
        empty=_days(plan.empty),
        later=_days([day for day in folders if day > run_date]),
    )


def _missing(source: Source, plan: SourcePlan, run_date: date) -> list[date]:
    delivered = sorted(delivery.delivery_date for delivery in plan.deliveries)
    if source.expected == "any":
        return missing_days(delivered)
    days = lacking_days(source, delivered, run_date)
    is_owed = is_missing(source, delivered, run_date) and run_date not in days
    return [*days, run_date] if is_owed else days


def _days(days: Sequence[date]) -> Days:
    names = [day.isoformat() for day in days]
    rest = names[SHOWN_DAYS:]
    return Days(len(names), tuple(names[:SHOWN_DAYS]), tuple(rest[-SHOWN_DAYS:]))
