"""The joined shop as a folder: its settings, and what its platforms wrote."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from joined_ga4 import write_ga4
from joined_money import Spend, draw_rates, draw_spend, write_rates, write_spend
from joined_orders import FIRST_CUSTOMER, Order, Sale, customer_email, draw_orders
from joined_visits import Visits, draw_visits
from joined_world import FIRST_DAY, LAST_DAY, MIDDLE_DAY, Size
from shopify_bulk import GID, Line, agreement, as_text, money, order, sale, units

SHOP_TOML = """
name = "joined"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
sites.nl = { time_zone = "Europe/Amsterdam", currency = "EUR" }
sites.uk = { time_zone = "Europe/London", currency = "GBP" }
sources.shopify_nl = { adapter = "shopify", sites = { "*" = "nl" } }
sources.shopify_uk = { adapter = "shopify", sites = { "*" = "uk" } }
sources.google_ads = { adapter = "google_ads", sites = { "*" = "nl" } }
sources.meta_ads = { adapter = "meta_ads", sites = { "*" = "nl" } }
sources.microsoft_ads = { adapter = "microsoft_ads", sites = { "*" = "uk" } }
sources.ecb = { adapter = "ecb" }

[sources.ga4]
adapter = "ga4"
tax_ratio = 0.21
engagement = true
sites = { "www.voorbeeldwinkel.example" = "nl", "www.exampleshop.example" = "uk" }
"""


@dataclass(frozen=True)
class Joined:
    """What the exports were written from, and how many rows GA4's have."""

    visits: Visits
    orders: list[Order]
    spend: list[Spend]
    rates: dict[date, dict[str, Decimal]]
    event_rows: int


def make_joined_shop(folder: Path, size: Size) -> Joined:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shop.toml").write_text(SHOP_TOML, encoding="utf-8")
    exports = folder / "exports"
    visits = draw_visits(size)
    orders, spend, rates = draw_orders(size, visits), draw_spend(size), draw_rates(size)
    event_rows = write_ga4(exports / "ga4", visits, orders)
    _write_orders(exports, orders, visits.customers)
    write_spend(exports, spend)
    write_rates(exports, rates)
    return Joined(visits, orders, spend, rates, event_rows)


def _write_orders(exports: Path, orders: list[Order], customers: int) -> None:
    """Bulk operations of both shops in the middle and at the end: then only of what changed since."""
    middle = datetime.combine(MIDDLE_DAY, time(23), UTC)
    for day, until, since in (
        (MIDDLE_DAY, middle, datetime.combine(FIRST_DAY, time(0), UTC)),
        (LAST_DAY, datetime.combine(LAST_DAY, time(23), UTC), middle - timedelta(days=1)),
    ):
        for site in ("nl", "uk"):
            told = [one for one in orders if one.site.name == site and one.at <= until]
            lines = [line for one in told for line in _lines(one, since, until)]
            path = exports / f"shopify_{site}" / str(day)
            path.mkdir(parents=True)
            (path / "bulk-1.jsonl").write_text(as_text(lines), encoding="utf-8")
    people = as_text([_customer(number) for number in range(customers)])
    (exports / "shopify_nl" / str(LAST_DAY) / "bulk-2.jsonl").write_text(people, encoding="utf-8")


def _lines(one: Order, since: datetime, until: datetime) -> Iterator[Line]:
    """An order as it stood at a moment, if it changed since another; a child may stand before its parent."""
    back = [(at, sales) for at, sales in one.back if at <= until]
    updated = max([one.at, *(at for at, _ in back)])
    if updated < since:
        return
    named = {"id": f"{GID}Customer/{FIRST_CUSTOMER + one.customer}"} if one.customer is not None else None
    sold, returned = (
        sum(sale.total for sale in one.sold),
        sum(sale.total for _, some in back for sale in some),
    )
    financial = {"pending": "PENDING"}.get(one.status, "PARTIALLY_REFUNDED" if back else "PAID")
    currency = one.site.currency
    groups = [("ORDER", one.at, one.sold), *(("REFUND", at, sales) for at, sales in back)]
    for number, (reason, at, sales) in enumerate(groups):
        yield from _agreement(one, number, reason, at, sales)
    yield order(
        one.number,
        "0",
        "0",
        createdAt=f"{one.at:%Y-%m-%dT%H:%M:%SZ}",
        updatedAt=f"{updated:%Y-%m-%dT%H:%M:%SZ}",
        cancelledAt=f"{updated:%Y-%m-%dT%H:%M:%SZ}" if one.status == "cancelled" else None,
        test=one.status == "test",
        displayFinancialStatus=financial,
        currencyCode=currency,
        sourceName="pos" if one.is_in_store else "web",
        email=one.email,
        customer=named,
        totalPriceSet=money(str(sold), currency),
        netPaymentSet=money(str(sold + returned), currency),
    )


def _agreement(one: Order, number: int, reason: str, at: datetime, sales: list[Sale]) -> Iterator[Line]:
    ident = one.number * 10 + number
    yield agreement(ident, one.number, reason, "2026-01-01") | {"happenedAt": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    for nth, sold in enumerate(sales):
        what = units(sold.quantity, sold.product) if sold.product and sold.quantity else {}
        currency = one.site.currency
        yield sale(ident * 10 + nth, ident, sold.what, "0", "0", **what) | {
            "totalAmount": money(str(sold.total), currency),
            "totalTaxAmount": money(str(sold.tax), currency),
            "totalDiscountAmountBeforeTaxes": money(str(sold.discount), currency),
        }


def _customer(number: int) -> Line:
    return {
        "id": f"{GID}Customer/{FIRST_CUSTOMER + number}",
        "createdAt": "2026-01-02T03:04:05Z",
        "email": customer_email(number),
        "emailMarketingConsent": {"marketingState": "SUBSCRIBED"},
        "defaultAddress": {"countryCodeV2": "NL", "zip": "3511 XZ"},
    }
