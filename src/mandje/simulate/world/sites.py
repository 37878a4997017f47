"""The sites of a simulated shop."""

from __future__ import annotations

from dataclasses import dataclass

# Site of the rows over all sites.
ALL_SITES = "(all)"


@dataclass(frozen=True, slots=True)
class SiteOfWorld:
    """A site: its name in shop.toml, clock, currency, share of the customers, and level of its prices.

    `price_level` is its money per unit of the first site's for the same goods; `tax_percent` is on top.
    """

    name: str
    time_zone: str
    currency: str
    share: float
    price_level: float
    tax_percent: int
    country: str


# By site code. The shop's deliveries and reporting follow the first.
SITES = (
    SiteOfWorld("nl", "Europe/Amsterdam", "EUR", 0.65, 1.0, 21, "NL"),
    SiteOfWorld("uk", "Europe/London", "GBP", 0.35, 0.86, 20, "GB"),
)

# Where staff look at the shop.
INTERNAL_HOST = "intranet.demo.example"
