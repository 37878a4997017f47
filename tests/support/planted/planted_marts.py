"""The same changes in the marts of a snapshot, for any day of its history.

Near enough to count how often each is named, without a night for each. What follows in other marts (a day's
figures, customers) stays as it was.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import duckdb

Change = Callable[[duckdb.DuckDBPyConnection, date, date], object]

_VIEWS = """
SELECT view_name FROM duckdb_views()
WHERE schema_name = 'marts' AND view_name IN ('sessions', 'carts', 'orders', 'order_lines')
"""
_LOST = """
CREATE OR REPLACE TEMP TABLE lost AS
SELECT orders.order_id, orders.session_id
FROM marts.orders AS orders
INNER JOIN marts.sessions AS sessions USING (session_id)
WHERE orders.order_date BETWEEN $first AND $last AND sessions.order_count > 0
    AND {where} AND md5_number(orders.order_id) % 100 < {percent}
"""
_AS_IF_NOT_PLACED = (
    "UPDATE marts.sessions SET order_count = 0 WHERE session_id IN (SELECT session_id FROM lost)",
    """
    UPDATE marts.carts SET state = 'abandoned', order_id = NULL, ordered_at = NULL
    WHERE order_id IN (SELECT order_id FROM lost)
    """,
    "DELETE FROM marts.order_lines WHERE order_id IN (SELECT order_id FROM lost)",
    "DELETE FROM marts.orders WHERE order_id IN (SELECT order_id FROM lost)",
)
_NO_CHECKOUT = """
UPDATE marts.sessions SET has_begin_checkout = false, has_add_shipping = false, has_add_payment = false
WHERE session_id IN (SELECT session_id FROM lost)
"""
_BEST_SELLER = """
SELECT product_id FROM marts.order_lines
WHERE order_date BETWEEN $first::DATE - 90 AND $first::DATE - 1
GROUP BY product_id ORDER BY sum(quantity) DESC, product_id LIMIT 1
"""
# Whole lines, 5 to 12 days after they were ordered; what came back of them already does so no more.
_COMES_BACK = """
CREATE OR REPLACE TEMP TABLE back AS
SELECT orders.*, lines.line_number, lines.product_id, lines.quantity,
    lines.gross_sales_amount - lines.discount_amount AS paid_amount,
    lines.cost_of_goods_amount AS cost_amount,
    orders.order_date + CAST(5 + md5_number(order_id || '-') % 8 AS INTEGER) AS return_date
FROM marts.order_lines AS lines
INNER JOIN (SELECT order_id, order_date, person_id, customer_id, site, ordered_at FROM marts.orders) AS orders
    USING (order_id)
WHERE lines.product_id = $product AND lines.is_counted AND md5_number(order_id) % 100 < $percent
    AND lines.order_date BETWEEN $first::DATE - 12 AND $last
"""
_RETURNED = """
INSERT INTO marts.returns BY NAME
SELECT example.* REPLACE (
    'planted-' || back.order_id || back.line_number AS return_id, back.order_id AS order_id,
    back.order_id AS named_order_id, back.person_id AS person_id, back.customer_id AS customer_id,
    back.product_id AS product_id, back.site AS site, back.return_date AS return_date,
    back.order_date AS order_date, back.return_date - back.order_date AS days_since_order,
    back.ordered_at + to_days(CAST(back.return_date - back.order_date AS INTEGER)) AS returned_at,
    back.quantity AS quantity, back.paid_amount AS returned_amount,
    back.cost_amount AS cost_of_goods_returned_amount
)
FROM back
CROSS JOIN (
    SELECT * FROM marts.returns WHERE is_counted AND order_id IS NOT NULL ORDER BY ALL LIMIT 1
) AS example
WHERE back.return_date BETWEEN $first AND $last
"""
_DEARER = """
UPDATE marts.daily_channels SET spend_amount = 2 * spend_amount
WHERE channel = $channel AND channel_date BETWEEN $first AND $last
"""


@contextmanager
def changeable(database: Path, private: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of a snapshot that may be changed: views that changes are made in are tables there."""
    shutil.copyfile(database, private)
    private.chmod(0o600)
    with duckdb.connect(private) as connection:
        for (name,) in connection.execute(_VIEWS).fetchall():
            connection.execute(f"CREATE TABLE marts.{name}_told AS FROM marts.{name}")
            connection.execute(f"DROP VIEW marts.{name}")
            connection.execute(f"ALTER TABLE marts.{name}_told RENAME TO {name}")
        yield connection


@contextmanager
def planted(connection: duckdb.DuckDBPyConnection, name: str, first: date, last: date) -> Iterator[None]:
    """The change stands inside, and is gone after."""
    connection.begin()
    try:
        MART_KINDS[name](connection, first, last)
        yield
    finally:
        connection.rollback()


def days_through(first: date, last: date, step: int) -> list[date]:
    """Every so many days, the last one among them."""
    count = (last - first).days // step
    return [last - timedelta(days=step * back) for back in reversed(range(count + 1))]


def _lose_orders(where: str, percent: int, *more: str) -> Change:
    def change(connection: duckdb.DuckDBPyConnection, first: date, last: date) -> None:
        connection.execute(_LOST.format(where=where, percent=percent), {"first": first, "last": last})
        for statement in (*more, *_AS_IF_NOT_PLACED):
            connection.execute(statement)

    return change


def _come_back(percent: int) -> Change:
    def change(connection: duckdb.DuckDBPyConnection, first: date, last: date) -> None:
        days = {"first": first, "last": last}
        ((product,),) = connection.execute(_BEST_SELLER, {"first": first}).fetchall()
        connection.execute(_COMES_BACK, {"product": product, "percent": percent, **days})
        connection.execute(
            "DELETE FROM marts.returns"
            " WHERE (order_id, product_id) IN (SELECT (order_id, product_id) FROM back)"
        )
        connection.execute(_RETURNED, days)

    return change


def _cost_more(channel: str) -> Change:
    return lambda connection, first, last: connection.execute(
        _DEARER, {"channel": channel, "first": first, "last": last}
    )


MART_KINDS: Mapping[str, Change] = {
    "phones": _lose_orders("device_category = 'mobile'", 50),
    "phones_a_third": _lose_orders("device_category = 'mobile'", 35),
    "tablets": _lose_orders("device_category = 'tablet'", 50),
    "one_site": _lose_orders("sessions.site = 'uk'", 50),
    "carts_left": _lose_orders("true", 40, _NO_CHECKOUT),
    "carts_left_a_quarter": _lose_orders("true", 28, _NO_CHECKOUT),
    "comes_back": _come_back(80),
    "comes_back_a_third": _come_back(35),
    "channel_cost": _cost_more("Paid Search"),
    "affiliates_cost": _cost_more("Affiliates"),
}
