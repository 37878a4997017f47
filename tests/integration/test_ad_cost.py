"""Three networks and the bank's rates beside orders and visits: one night, and cost meets sales."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ad_reports import GOOGLE, META, MICROSOFT
from command_line import told
from mandje.night.reconciliation import reconciliation
from mandje.publish.query import query_snapshot
from mandje.shop.settings import load_shop

pytestmark = [pytest.mark.full, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
DAY = date(2026, 3, 3)
SHOP_TOML = """
name = "ads"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
sites.nl = { time_zone = "Europe/Amsterdam", currency = "EUR" }
sources.google = { adapter = "google_ads" }
sources.meta = { adapter = "meta_ads" }
sources.microsoft = { adapter = "microsoft_ads" }
sources.bank = { adapter = "ecb" }
sources.orders = { adapter = "canonical" }
sources.order_lines = { adapter = "canonical" }
sources.session_events = { adapter = "canonical" }
"""
AMOUNTS = "discount_amount,shipping_amount,other_charges_amount,tax_amount"
FILES = {
    "google": GOOGLE,
    "meta": META,
    "microsoft": MICROSOFT,
    "bank": "Date,USD,JPY,GBP,\n2026-03-02,1.25,160.00,0.80,\n2026-02-27,1.00,160.00,0.80,\n",
    "orders": f"""\
order_id,ordered_at,customer_id,site,sales_channel,status,currency_code,total_amount,{AMOUNTS}
1,2026-03-01T10:00:00Z,c1,nl,online,paid,USD,4030,0,0,0,0
""",
    "order_lines": """order_id,line_number,product_id,quantity,currency_code,unit_price_amount,discount_amount
1,1,p1,1,USD,4030,0
""",
    "session_events": """\
event_id,event_at,visitor_id,event_type,site,page_path,order_id,source,medium,campaign
e1,2026-03-01T09:50:00Z,v1,page_view,nl,/,,google,cpc,Tea
e2,2026-03-01T10:00:00Z,v1,purchase,nl,/thanks,1,google,cpc,Tea
e3,2026-03-01T11:00:00Z,v2,page_view,nl,/,,facebook,paid_social,New | NL
""",
}


def test_cost_meets_sales(tmp_path: Path) -> None:
    """Search: 2015.00 and 16.00. Dollars of a Sunday are worth a euro each, by the Friday before."""
    (tmp_path / "shop.toml").write_text(SHOP_TOML, encoding="utf-8")
    for source, text in FILES.items():
        path = tmp_path / "exports" / source / str(DAY) / "any.csv"
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    told("night", tmp_path, "--date", DAY)
    shop = load_shop(tmp_path)
    result = reconciliation(shop)
    assert result.is_equal, list(result.faults())
    rows = query_snapshot(
        shop,
        """
        SELECT channel, spend_amount, click_count, net_sales_amount, round(roas_ratio, 3)
        FROM marts.channel_performance
        WHERE site = 'nl' AND month_start_date = DATE '2026-03-01'
            AND channel IN ('(all)', 'Paid Search', 'Paid Social')
        ORDER BY channel
        """,
    ).rows()
    sold = Decimal("4030.0000")
    assert rows == [
        ("(all)", Decimal("2074.0000"), 483, sold, 1.943),
        ("Paid Search", Decimal("2031.0000"), 433, sold, 1.984),
        ("Paid Social", Decimal("43.0000"), 50, Decimal("0.0000"), 0.0),
    ]
