"""Two platforms, two currencies, two clocks and equal order numbers: one night, one set of marts."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from command_line import told
from mandje.night.reconciliation import reconciliation
from mandje.publish.query import query_snapshot
from mandje.shop.settings import Shop, load_shop
from shopify_bulk import as_text, plant_customers, plant_orders
from woocommerce_export import ORDERS, REFUNDS, lines_of

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
DAY = date(2026, 5, 9)
SHOP_TOML = """
name = "both"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
sites.nl = { time_zone = "Europe/Amsterdam", currency = "EUR" }
sites.us = { time_zone = "America/New_York", currency = "USD" }
sources.tea = { adapter = "woocommerce", sites = { "*" = "nl" }, id_prefix = "tea-" }
sources.plants = { adapter = "shopify", sites = { "*" = "us" }, id_prefix = "plants-" }
sources.exchange_rates = { adapter = "canonical" }
"""
RATES = {"USD": "0.5", "GBP": "1.25"}
# Words of the exports that must stay in exports/.
PERSONAL = ("Noor", "Lena", "noor@", "lena@", "ring twice", "203.0.113")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """After its night. Both platforms number from 301 on; the plants are sold for dollars."""
    folder = tmp_path_factory.mktemp("both")
    (folder / "shop.toml").write_text(SHOP_TOML, encoding="utf-8")
    sold = [one | {"id": one["id"] - 2700} for one in ORDERS]
    back = [one | {"parent_id": one["parent_id"] - 2700} for one in REFUNDS]
    bulk = as_text(plant_orders()).replace("2027-", "2026-").replace('"EUR"', '"USD"')
    rates = [
        f"{day},{code},EUR,{rate}" for day in _days() for code, rate in (("USD", "0.5"), ("GBP", "1.25"))
    ]
    files = {
        "tea/orders.jsonl": "\n".join(lines_of(sold)),
        "tea/refunds.jsonl": "\n".join(lines_of(back)),
        "plants/bulk-77.jsonl": bulk,
        "plants/bulk-78.jsonl": as_text(plant_customers()),
        "exchange_rates/rates.csv": "\n".join(["rate_date,from_currency,to_currency,rate", *rates]),
    }
    for name, text in files.items():
        source, file = name.split("/")
        path = folder / "exports" / source / str(DAY) / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    told("night", folder, "--date", DAY)
    return load_shop(folder)


def _days() -> list[str]:
    return ["2026-03-02", "2026-03-04", *(f"2026-05-0{day}" for day in range(1, 10))]


def test_every_order_is_there_once_with_its_sums(shop: Shop) -> None:
    rows = query_snapshot(
        shop,
        """
        SELECT order_id, site, currency_code, delivered_total_amount, delivered_tax_amount
        FROM marts.orders WHERE order_id IN ('tea-301', 'plants-301', 'tea-308') ORDER BY order_id
        """,
    ).rows()
    assert rows == [
        ("plants-301", "us", "USD", Decimal("38.1500"), Decimal("3.1500")),
        ("tea-301", "nl", "EUR", Decimal("22.8900"), Decimal("1.8900")),
        ("tea-308", "nl", "GBP", Decimal("15.0000"), Decimal("0.0000")),
    ]
    counts = query_snapshot(shop, "SELECT site, count(*) FROM marts.orders GROUP BY ALL ORDER BY ALL").rows()
    assert counts == [("nl", len(ORDERS) - 1), ("us", 7)]  # a draft is none


def test_money_given_back_takes_its_tax_along(shop: Shop) -> None:
    """Plants: 10.00 + 0.90 and 2.00 of order 301, 50.00 + 4.50 of 303, 1.00 + 0.09 of 307; in dollars."""
    back = query_snapshot(
        shop,
        """
        SELECT sum(returned_amount), sum(tax_refund_amount) FROM marts.daily_kpis
        WHERE site = 'us'
        """,
    ).rows()
    assert back == [(Decimal("30.0000"), Decimal("2.7450"))]
    whole = query_snapshot(
        shop,
        """
        SELECT net_sales_amount, tax_amount - tax_refund_amount
        FROM marts.orders WHERE order_id = 'tea-302'
        """,
    ).rows()
    assert whole == [(Decimal("0.0000"), Decimal("0.0000"))]


def test_no_row_and_no_cent_is_lost(shop: Shop) -> None:
    result = reconciliation(shop)
    assert result.is_equal, list(result.faults())
    assert result.accounts.deliveries == 3


def test_nothing_personal_leaves_the_exports(shop: Shop) -> None:
    with duckdb.connect(str(shop.published / "current" / "mandje.duckdb"), read_only=True) as snapshot:
        texts = _texts_of(snapshot)
    with duckdb.connect() as connection:
        for path in shop.raw.rglob("*.parquet"):
            texts += str(connection.sql(f"FROM read_parquet('{path}')").fetchall())
    texts += "".join(path.read_text(encoding="utf-8") for path in shop.ops.rglob("*.json"))
    texts += json.dumps([path.name for path in shop.raw.rglob("*")])
    assert [word for word in PERSONAL if word in texts] == []


def _texts_of(snapshot: duckdb.DuckDBPyConnection) -> str:
    names = snapshot.sql("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
    return "".join(str(snapshot.sql(f'FROM "{schema}"."{table}"').fetchall()) for schema, table in names)
