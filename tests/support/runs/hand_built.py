"""A small warehouse made by hand, to publish from."""

from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from mandje.publish.snapshot import Beside
from mandje.shop.settings import Shop

SHOP_TOML = """
name = "basket"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
snapshots_to_keep = 3
[engine]
memory_limit = "1GiB"
[sites.nl]
time_zone = "Europe/Amsterdam"
currency = "EUR"
[sources.orders]
adapter = "canonical"
"""

PAGE_TEXT = "<!doctype html><title>The morning</title>"
STAGES = {"run_date": [date(2011, 12, 8)], "stage": ["load"], "seconds": [1.5]}
OPS = Beside({"stages": pl.DataFrame(STAGES)}, lambda _con: PAGE_TEXT)

FIRST_DAY = date(2011, 12, 8)


def build_warehouse(shop: Shop, orders: int, said: str = "first") -> None:
    """Marts and predictions by hand: `orders` orders over three months, and a journal that says `said`."""
    shop.warehouse.parent.mkdir(exist_ok=True)
    shop.warehouse.unlink(missing_ok=True)
    with duckdb.connect(shop.warehouse) as con:
        con.execute(
            f"""
            SET TimeZone = 'UTC';
            CREATE SCHEMA marts; CREATE SCHEMA predictions; CREATE SCHEMA staging;
            CREATE TABLE staging.hidden AS SELECT 1 AS x;
            CREATE TABLE marts.orders (
                order_id VARCHAR NOT NULL, ordered_at TIMESTAMP WITH TIME ZONE, order_date DATE,
                total_amount DECIMAL(18,4), coupon_code VARCHAR);
            INSERT INTO marts.orders SELECT 'o' || i, ordered_at, ordered_at::DATE, i + 0.1234,
                CASE WHEN i % 2 = 0 THEN 'SAVE' END
            FROM (SELECT i, TIMESTAMPTZ '2011-10-01 10:00:00+00' + (i % 69) * INTERVAL 1 DAY AS ordered_at
                FROM range({orders}) AS t (i));
            COMMENT ON TABLE marts.orders IS 'One row per order; the shop''s own.';
            COMMENT ON COLUMN marts.orders.total_amount IS 'Total. Unit: EUR.';
            CREATE TABLE marts.returns (return_id VARCHAR, return_date DATE);
            CREATE TABLE marts.stamp AS SELECT {orders}::BIGINT AS order_count;
            CREATE TABLE marts.restatements AS SELECT '{said}' AS said;
            CREATE TABLE predictions.churn_risk AS SELECT 'p1' AS person_id, 0.25::DOUBLE AS p;
            """
        )


def names(folder: Path) -> list[str]:
    """Names in a folder, sorted."""
    return sorted(path.name for path in folder.iterdir())
