"""A night of the shop that the page on mappings makes: orders, persons, returns, taxes."""

from __future__ import annotations

import shutil
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from command_line import told
from mandje.night.reconciliation import reconciliation
from mandje.publish.query import query_snapshot
from mandje.shop.settings import Shop, load_shop
from repository import ROOT

pytestmark = [pytest.mark.full, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
DAY = date(2026, 3, 8)
EXAMPLE = ROOT / "docs" / "examples" / "erp"
# Words of the file that must stay in exports/.
PERSONAL = ("noor@", "lena@", "Bakker", "Mulder", "broodboek")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("erp") / "shop"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("*.csv"))
    place = folder / "exports" / "erp" / str(DAY)
    place.mkdir(parents=True)
    shutil.copy(EXAMPLE / "verkoop.csv", place)
    told("night", folder, "--date", DAY)
    return load_shop(folder)


def test_orders_are_what_the_page_says(shop: Shop) -> None:
    query = """
        SELECT
            order_id, delivered_total_amount, net_sales_amount, tax_amount, tax_refund_amount, returned_amount
        FROM marts.orders ORDER BY order_id
    """
    rows = query_snapshot(shop, query).rows()
    assert [(row[0], *(f"{amount:.2f}" for amount in row[1:])) for row in rows] == [
        ("5001", "41.15", "20.00", "6.15", "2.10", "10.00"),
        ("5002", "15.26", "14.00", "1.26", "0.00", "0.00"),
        ("5003", "18.15", "0.00", "0.00", "0.00", "0.00"),
        ("5004", "1210.00", "1000.00", "210.00", "0.00", "0.00"),
    ]


def test_a_customer_and_a_guest_are_two_persons(shop: Shop) -> None:
    query = "SELECT count(DISTINCT person_id), count(person_id) FROM marts.orders WHERE is_counted"
    assert query_snapshot(shop, query).rows() == [(3, 3)]


def test_no_row_and_no_cent_is_lost(shop: Shop) -> None:
    result = reconciliation(shop)
    assert result.is_equal, list(result.faults())
    back = query_snapshot(shop, "SELECT sum(returned_amount) FROM marts.daily_kpis WHERE site = 'nl'").rows()
    assert back == [(Decimal("10.0000"),)]


def test_nothing_personal_leaves_the_exports(shop: Shop) -> None:
    with duckdb.connect(str(shop.published / "current" / "mandje.duckdb"), read_only=True) as snapshot:
        names = snapshot.sql("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        texts = "".join(str(snapshot.sql(f'FROM "{schema}"."{table}"').fetchall()) for schema, table in names)
    with duckdb.connect() as connection:
        for path in shop.raw.rglob("*.parquet"):
            texts += str(connection.sql(f"FROM read_parquet('{path}')").fetchall())
    texts += "".join(path.read_text(encoding="utf-8") for path in shop.ops.rglob("*.json"))
    assert [word for word in PERSONAL if word in texts] == []
