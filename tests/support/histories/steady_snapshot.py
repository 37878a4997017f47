"""A snapshot of a shop on which every day is alike, to plant a change in."""

from datetime import date

import duckdb

AS_OF = date(2025, 5, 30)
DAYS = 40 * 7

# 160 visits a day, 100 of them on phones: of 16 visits, 4 have a cart, 2 come to the checkout, 1 orders.
_TABLES = f"""
CREATE SCHEMA marts; CREATE SCHEMA ops;
CREATE TABLE days AS SELECT DATE '{AS_OF}' - CAST(i AS INTEGER) AS day FROM range({DAYS}) AS t (i);
CREATE TABLE marts.sessions AS
SELECT day AS session_date, i AS number, CASE WHEN i // 16 % 2 = 0 THEN 'nl' ELSE 'uk' END AS site,
    CASE WHEN i < 100 THEN 'mobile' ELSE 'desktop' END AS device_category,
    CASE WHEN i % 4 = 1 THEN 'Paid Search' ELSE 'Direct' END AS channel,
    CASE WHEN i % 4 = 0 THEN 1 ELSE 0 END AS add_to_cart_count, i % 8 = 0 AS has_begin_checkout,
    CASE WHEN i % 16 = 0 THEN 1 ELSE 0 END AS order_count
FROM days, range(160) AS t (i);
CREATE TABLE marts.carts AS
SELECT session_date AS opened_date, CAST(session_date AS TIMESTAMPTZ) + INTERVAL 10 HOUR AS opened_at,
    CASE WHEN order_count > 0 THEN opened_at + INTERVAL 10 MINUTE END AS ordered_at, site, number,
    device_category AS first_device_category,
    CASE WHEN order_count > 0 THEN 'ordered' ELSE 'abandoned' END AS state
FROM marts.sessions WHERE add_to_cart_count > 0;
CREATE TABLE marts.orders AS
SELECT session_date AS order_date, site, number, 'online' AS sales_channel, true AS is_counted,
    CAST(40 + number // 4 AS DECIMAL(18, 4)) AS gross_sales_amount,
    CAST(0 AS DECIMAL(18, 4)) AS discount_amount
FROM marts.sessions WHERE order_count > 0;
CREATE TABLE marts.order_lines AS
SELECT day AS order_date, i AS number, CASE WHEN i < 4 THEN 'p1' ELSE 'p2' END AS product_id,
    true AS is_counted
FROM days, range(10) AS t (i);
CREATE TABLE marts.returns AS
SELECT product_id || day AS return_id, 'of ' || return_id AS person_id, day AS return_date, 'nl' AS site,
    true AS is_counted, product_id, CAST(7 AS BIGINT) AS days_since_order
FROM days, (VALUES ('p1'), ('p2')) AS t (product_id) WHERE dayofyear(day) % 4 = 0;
CREATE TABLE marts.products AS
FROM (VALUES ('p1', 'Blue vase'), ('p2', NULL)) AS t (product_id, product_name);
CREATE TABLE marts.daily_kpis AS
SELECT day AS kpi_date, site, false AS has_missing_delivery, 2 AS new_customer_count, 5 AS customer_count
FROM days, (VALUES ('nl'), ('uk'), ('(all)')) AS t (site);
CREATE TABLE marts.daily_channels AS
SELECT day AS channel_date, site, 'Paid Search' AS channel, 20 AS session_count,
    CAST(10 + dayofyear(day) % 3 AS DECIMAL(18, 4)) AS spend_amount
FROM days, (VALUES ('nl'), ('uk')) AS t (site);
CREATE TABLE ops.deliveries (source VARCHAR, delivery_date DATE, state VARCHAR);
"""


def steady_snapshot() -> duckdb.DuckDBPyConnection:
    """The snapshot, open for planting. `number` tells visits, carts, orders and lines of a day apart."""
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'; SET threads = 1")
    con.execute(_TABLES)
    return con


def empty_snapshot() -> duckdb.DuckDBPyConnection:
    """The same tables without a row."""
    con = steady_snapshot()
    for schema, table in con.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall():
        con.execute(f"DELETE FROM {schema}.{table}")
    return con
