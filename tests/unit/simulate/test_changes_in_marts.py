"""Changes planted in marts: they stand inside, on their days only, and are gone after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from planted_marts import changeable, days_through, planted

FIRST, LAST = date(2025, 5, 10), date(2025, 5, 19)
# Ten days of twenty phone orders and twenty desktop orders, and ten days before.
MARTS = """
CREATE SCHEMA marts;
CREATE TABLE marts.orders AS
SELECT 'o' || number AS order_id, 's' || number AS session_id, DATE '2025-04-30' + number // 40 AS order_date,
    (DATE '2025-04-30' + number // 40) + TIME '12:00' AS ordered_at, 'c' || number AS person_id,
    'c' || number AS customer_id, 'nl' AS site
FROM (SELECT CAST(range AS INTEGER) AS number FROM range(800));
CREATE TABLE marts.sessions AS
SELECT session_id, 1 AS order_count, site,
    if(right(session_id, 1) IN ('0', '2', '4', '6', '8'), 'mobile', 'desktop') AS device_category,
    true AS has_begin_checkout, true AS has_add_shipping, true AS has_add_payment
FROM marts.orders;
CREATE TABLE marts.carts AS
SELECT 'k' || order_id AS cart_id, order_id, ordered_at, 'ordered' AS state FROM marts.orders;
CREATE TABLE marts.order_lines AS
SELECT order_id, order_date, 1 AS line_number, 'p1' AS product_id, 1 AS quantity, 50 AS gross_sales_amount,
    5 AS discount_amount, 20 AS cost_of_goods_amount, true AS is_counted
FROM marts.orders;
CREATE TABLE marts.returns AS
SELECT 'r1' AS return_id, order_id, order_id AS named_order_id, person_id, customer_id, 'p2' AS product_id,
    site, order_date, order_date AS return_date, ordered_at AS returned_at, 0 AS days_since_order,
    1 AS quantity, 9 AS returned_amount, 4 AS cost_of_goods_returned_amount, true AS is_counted
FROM marts.orders WHERE order_id = 'o0';
CREATE TABLE marts.daily_channels AS
SELECT unnest(generate_series(DATE '2025-05-01', DATE '2025-05-19', INTERVAL 1 DAY))::DATE AS channel_date,
    'Paid Search' AS channel, 3 AS spend_amount;
"""


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("marts")
    with duckdb.connect(folder / "snapshot.duckdb") as connection:
        connection.execute(MARTS)
    (folder / "snapshot.duckdb").chmod(0o400)
    with changeable(folder / "snapshot.duckdb", folder / "copy.duckdb") as connection:
        yield connection


def test_about_half_of_the_phones_orders_are_lost_and_their_carts_left(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    with planted(marts, "phones", FIRST, LAST):
        by_device = dict(
            _all(marts, "SELECT device_category, sum(order_count) FROM marts.sessions GROUP BY ALL")
        )
        lost = 400 - int(by_device["mobile"])
        assert by_device["desktop"] == 400
        assert 75 < lost < 125  # of 200 within the days
        assert _all(marts, "SELECT state, count(*) FROM marts.carts GROUP BY ALL ORDER BY ALL") == [
            ("abandoned", lost), ("ordered", 800 - lost),
        ]  # fmt: skip
        assert _count(marts, "orders") == _count(marts, "order_lines") == 800 - lost
        assert _all(marts, f"SELECT count(*) FROM marts.orders WHERE order_date < '{FIRST}'") == [(400,)]
    assert _count(marts, "orders") == 800


def test_what_comes_back_was_sold_five_to_twelve_days_before(marts: duckdb.DuckDBPyConnection) -> None:
    with planted(marts, "comes_back", FIRST, LAST):
        rows = _all(
            marts,
            "SELECT min(return_date), max(return_date), min(days_since_order), max(days_since_order),"
            " count(*), min(returned_amount), max(returned_amount)"
            " FROM marts.returns WHERE product_id = 'p1' AND return_date = order_date + days_since_order",
        )
        # 0.8 × 40 a day in ten days, but for those of 28 and 29 April, before the first order: about 308.
        ((first, last, fewest, most, count, least, largest),) = rows
        assert (first, last, fewest, most, least, largest) == (FIRST, LAST, 5, 12, 45, 45)
        assert 280 < count < 336
        assert _count(marts, "returns") == count + 1
    assert _count(marts, "returns") == 1


def test_a_channel_costs_twice_as_much_on_its_days(marts: duckdb.DuckDBPyConnection) -> None:
    spent = "SELECT sum(spend_amount) FROM marts.daily_channels"
    with planted(marts, "channel_cost", FIRST, LAST):
        assert _all(marts, spent) == [(3 * 19 + 3 * 10,)]
    assert _all(marts, spent) == [(3 * 19,)]


def test_days_through_end_with_the_last() -> None:
    assert days_through(FIRST, LAST, 4) == [date(2025, 5, 11), date(2025, 5, 15), LAST]


def _count(marts: duckdb.DuckDBPyConnection, table: str) -> int:
    ((count,),) = marts.execute(f"SELECT count(*) FROM marts.{table}").fetchall()
    return int(count)


def _all(marts: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[object, ...]]:
    return marts.execute(sql).fetchall()
