"""Small reports of advertising cost as each network writes them, and what of them is spend, by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

FIRST, SECOND = date(2026, 3, 1), date(2026, 3, 2)
GOOGLE = """Campaign report
"1 March 2026 - 2 March 2026"
Day\tCampaign\tCampaign type\tCurrency code\tCost\tImpr.\tClicks
2026-03-01\tTea\tSearch\tEUR\t"2,000.25"\t"20,400"\t410
2026-03-01\tMugs\tShopping\tEUR\t10.50\t700\t9
2026-03-02\tTea\tSearch\tEUR\t0.00\t8\t0
2026-03-02\tMugs\tShopping\tEUR\t4.25\t --\t3
Total: Search\t --\t --\tEUR\t"2,000.25"\t"20,408"\t410
Total: Account\t --\t --\tEUR\t"2,015.00"\t"21,108"\t422
"""
GOOGLE_SPEND = [
    (FIRST, "nl", "google", "cpc", "Mugs", "EUR", Decimal("10.5000"), 9, 700),
    (FIRST, "nl", "google", "cpc", "Tea", "EUR", Decimal("2000.2500"), 410, 20_400),
    (SECOND, "nl", "google", "cpc", "Mugs", "EUR", Decimal("4.2500"), 3, None),
    (SECOND, "nl", "google", "cpc", "Tea", "EUR", Decimal("0.0000"), 0, 8),
]
META = """Day,Campaign name,Amount spent (EUR),Impressions,Link clicks,Clicks (all),Reporting ends
2026-03-01,New | NL,30.25,5000,50,90,2026-03-01
2026-03-02,New | NL,12.75,4100,,70,2026-03-02
,,43.00,9100,50,160,2026-03-02
"""
META_SPEND = [
    (FIRST, "nl", "facebook", "paid_social", "New | NL", "EUR", Decimal("30.2500"), 50, 5000),
    (SECOND, "nl", "facebook", "paid_social", "New | NL", "EUR", Decimal("12.7500"), None, 4100),
]
MICROSOFT = """"Report Name: Campaigns"
"Report Time: 3/1/2026,3/2/2026"
"Rows: 2"

"TimePeriod","CampaignName","CurrencyCode","Spend","Impressions","Clicks"
"2026-03-01","Tea","EUR","8.10","150","6"
"2026-03-02","Tea","EUR","7.90","140","5"

"©2026 Microsoft Corporation. All rights reserved. "
"""
MICROSOFT_SPEND = [
    (FIRST, "nl", "bing", "cpc", "Tea", "EUR", Decimal("8.1000"), 6, 150),
    (SECOND, "nl", "bing", "cpc", "Tea", "EUR", Decimal("7.9000"), 5, 140),
]
