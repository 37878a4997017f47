"""What the joined shop spends on advertising and what its currencies are worth, as networks and ECB write."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from joined_world import DAYS, LAST_DAY, MIDDLE_DAY, Size

CENT, RATE = Decimal("0.01"), Decimal("0.000000000001")
GOOGLE, META, MICROSOFT = "google_ads", "meta_ads", "microsoft_ads"
# Networks mend the costs of past days: the later file tells of so many days before the earlier one ended.
MENDED_DAYS = 5


@dataclass(frozen=True)
class Spend:
    """A day of a campaign: what it cost as told first, and as it stands now."""

    network: str
    site: str
    channel: str
    campaign: str
    currency: str
    day: date
    first_cost: Decimal
    cost: Decimal
    impressions: int
    clicks: int


CAMPAIGNS = (
    (GOOGLE, "nl", "Paid Search", "NL - Brand", "EUR"),
    (GOOGLE, "nl", "Paid Shopping", "NL - Shopping", "EUR"),
    (META, "nl", "Paid Social", "Prospecting | NL", "EUR"),
    (MICROSOFT, "uk", "Paid Search", "UK - Bing Brand", "GBP"),
)


def draw_spend(size: Size) -> list[Spend]:
    chance = random.Random(size.seed + 1)
    rows = []
    for day in DAYS:
        for campaign in CAMPAIGNS:
            first = (Decimal(chance.randrange(0, 200_000)) / 100).quantize(CENT)
            is_mended = MIDDLE_DAY - timedelta(days=MENDED_DAYS) < day <= MIDDLE_DAY
            cost = first + (Decimal("1.11") if is_mended else 0)
            clicks = chance.randrange(900)
            network, site, channel, name, currency = campaign
            rows.append(
                Spend(network, site, channel, name, currency, day, first, cost, 20 * clicks + 7, clicks)
            )
    return rows


def draw_rates(size: Size) -> dict[date, dict[str, Decimal]]:
    """What a euro is worth on working days, from a week before the first."""
    chance = random.Random(size.seed + 2)
    days = [DAYS[0] - timedelta(days=7 - n) for n in range(len(DAYS) + 7)]
    return {
        day: {
            "USD": Decimal(chance.randrange(10_000, 11_500)) / 10_000,
            "GBP": Decimal(chance.randrange(83_000, 88_000)) / 100_000,
        }
        for day in days
        if day.weekday() < 5
    }


def rate_to_euro(rates: dict[date, dict[str, Decimal]], currency: str, day: date) -> Decimal:
    """The latest on or before the day: 1 / x, to 12 places."""
    if currency == "EUR":
        return Decimal(1)
    known = max(one for one in rates if one <= day)
    return (1 / rates[known][currency]).quantize(RATE, ROUND_HALF_UP)


def write_spend(exports: Path, spend: list[Spend]) -> None:
    """A file of each network in the middle, and one at the end that tells of some days once more."""
    writers = {GOOGLE: _google, META: _meta, MICROSOFT: _microsoft}
    for network, as_text in writers.items():
        own = [one for one in spend if one.network == network]
        later_from = MIDDLE_DAY - timedelta(days=MENDED_DAYS)
        early = [(one, one.first_cost) for one in own if one.day <= MIDDLE_DAY]
        late = [(one, one.cost) for one in own if one.day > later_from]
        for day, rows in ((MIDDLE_DAY, early), (LAST_DAY, late)):
            path = exports / network / str(day) / "report.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(as_text(rows))


Rows = list[tuple[Spend, Decimal]]


def _google(rows: Rows) -> bytes:
    """Tabs, thousands marks in quotes, two lines before the header and two rows of totals, in UTF-16."""
    cost = sum((cost for _, cost in rows), Decimal(0))
    seen, clicks = sum(one.impressions for one, _ in rows), sum(one.clicks for one, _ in rows)
    lines = [
        ["Campaign report"],
        ['"1 February 2026 - 2 April 2026"'],
        ["Day", "Campaign", "Campaign type", "Currency code", "Cost", "Impr.", "Clicks"],
        *(
            [
                str(one.day),
                one.campaign,
                "Search",
                "EUR",
                f'"{cost:,}"',
                f'"{one.impressions:,}"',
                str(one.clicks),
            ]
            for one, cost in rows
        ),
        ["Total: Search", " --", " --", "EUR", f'"{cost:,}"', f'"{seen:,}"', f'"{clicks:,}"'],
        ["Total: Account", " --", " --", "EUR", f'"{cost:,}"', f'"{seen:,}"', f'"{clicks:,}"'],
    ]
    return "".join("\t".join(line) + "\n" for line in lines).encode("utf-16")


def _meta(rows: Rows) -> bytes:
    """The currency in a column's name, a row of totals without a day, no clicks where there were none."""
    header = "Day,Campaign name,Amount spent (EUR),Impressions,Link clicks,Reporting starts,Reporting ends"
    totals = (
        sum(cost for _, cost in rows),
        sum(one.impressions for one, _ in rows),
        sum(one.clicks for one, _ in rows),
    )
    lines = [
        header,
        *(
            f"{one.day},{one.campaign},{cost},{one.impressions},{one.clicks or ''},{one.day},{one.day}"
            for one, cost in rows
        ),
        ",,{},{},{},2026-02-02,2026-04-02".format(*totals),
    ]
    return ("\n".join(lines) + "\n").encode("utf-8-sig")


def _microsoft(rows: Rows) -> bytes:
    """Lines about the report before the header, whose it is after the rows; all in quotes."""
    preamble = [
        "Report Name: Campaign Performance",
        "Report Time: 2/2/2026,4/2/2026",
        "Time Zone: (GMT) London",
        "Last Completed Available Day: 4/2/2026 11:00:00 PM (GMT)",
        "Report Aggregation: Daily",
        "Report Filter: ",
        "Potential Incomplete Data: false",
        f"Rows: {len(rows)}",
    ]
    header = ["TimePeriod", "CampaignName", "CurrencyCode", "Spend", "Impressions", "Clicks"]
    table = [
        [str(one.day), one.campaign, one.currency, str(cost), str(one.impressions), str(one.clicks)]
        for one, cost in rows
    ]
    lines = [f'"{line}"' for line in preamble] + [""]
    lines += [",".join(f'"{cell}"' for cell in row) for row in [header, *table]]
    lines += ["", '"©2026 Microsoft Corporation. All rights reserved. "']
    return ("\n".join(lines) + "\n").encode("utf-8")


def write_rates(exports: Path, rates: dict[date, dict[str, Decimal]]) -> None:
    """Wide, newest first, with a comma at the end of each line, and one currency that is not quoted."""
    for until in (MIDDLE_DAY, LAST_DAY):
        days = sorted((day for day in rates if day <= until), reverse=True)
        rows = [f"{day},{rates[day]['USD']},165.25,{rates[day]['GBP']},N/A," for day in days]
        path = exports / "ecb" / str(until) / "eurofxref-hist.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(["Date,USD,JPY,GBP,RUB,", *rows]) + "\n", encoding="utf-8")
