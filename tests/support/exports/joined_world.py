"""What is the same for all exports of the joined shop: its days, sites, sources of traffic and size.

A shop with a Dutch and a British site, two Shopify shops and one GA4 property, that advertises with three
networks. The clocks go forward in its last week, and a weekend without exchange rates is never far.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

FIRST_DAY, LAST_DAY = date(2026, 2, 2), date(2026, 4, 2)
DAYS = [FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1)]
MIDDLE_DAY = DAYS[30]
# GA4 writes a table per day of the property's own clock.
PROPERTY_ZONE = ZoneInfo("Europe/Amsterdam")


@dataclass(frozen=True)
class Site:
    name: str
    host: str
    currency: str
    zone: ZoneInfo
    tax_percent: int
    country: str


SITES = (
    Site("nl", "www.voorbeeldwinkel.example", "EUR", PROPERTY_ZONE, 21, "Netherlands"),
    Site("uk", "www.exampleshop.example", "GBP", ZoneInfo("Europe/London"), 20, "United Kingdom"),
)


@dataclass(frozen=True)
class Traffic:
    """What brings visits, how GA4 writes it, and the channel that it is: GA4's default groups.

    `told_in` names the field that knows: the session's cross_channel or manual campaign, or, in tables from
    before there was one, collected.
    """

    source: str
    medium: str
    campaign: str | None
    channel: str
    share: float
    told_in: str = "cross_channel"
    referrer: str | None = None
    click_id: str | None = None


DIRECT = "Direct"
TRAFFIC = (
    Traffic("(direct)", "(none)", "(direct)", DIRECT, 0.34),
    Traffic("google", "organic", "(organic)", "Organic Search", 0.24, referrer="https://www.google.com/"),
    Traffic("google", "cpc", "NL - Brand", "Paid Search", 0.10, click_id="gclid"),
    # An older table, which only knows what was collected: a click beside "organic".
    Traffic("google", "organic", "(organic)", "Paid Search", 0.03, told_in="collected", click_id="gclid"),
    Traffic("google", "cpc", "NL - Shopping", "Paid Shopping", 0.08, click_id="gclid"),
    Traffic("facebook", "paid_social", "Prospecting | NL", "Paid Social", 0.08, told_in="manual"),
    Traffic("bing", "cpc", "UK - Bing Brand", "Paid Search", 0.04),
    Traffic("newsletter", "email", "spring", "Email", 0.05, told_in="collected"),
    Traffic(
        "blog.voorbeeld.example",
        "referral",
        "(referral)",
        "Referral",
        0.04,
        referrer="https://blog.voorbeeld.example/",
    ),
)


@dataclass(frozen=True)
class Size:
    """How many orders and, about, how many events."""

    orders: int
    events: int
    seed: int = 20260202


SMALL = Size(300, 20_000)
LARGE = Size(10_000, 1_000_000)
