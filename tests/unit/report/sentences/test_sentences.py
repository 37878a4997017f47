"""What the morning opens with: planted changes are named, near ones not, every number is its query's."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import duckdb
import pytest

from mandje.report.sentences import Sentence, Words, sentences
from steady_snapshot import AS_OF, empty_snapshot, steady_snapshot

SINCE = AS_OF - timedelta(days=13)


@pytest.fixture(scope="module")
def steady() -> duckdb.DuckDBPyConnection:
    return steady_snapshot()


@pytest.fixture
def con(steady: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """The steady shop; what a test plants is taken back."""
    steady.begin()
    yield steady
    steady.rollback()


def _only(con: duckdb.DuckDBPyConnection) -> Sentence:
    (found,) = sentences(con, AS_OF)
    return found


def _numbers(values: dict[str, Any]) -> list[Any]:
    """Every value of a sentence, those of its parts too."""
    found = []
    for value in values.values():
        found += _numbers(value.values) if isinstance(value, Words) else [value]
    return found


def _phones(con: duckdb.DuckDBPyConnection) -> None:
    """Of seven orders on phones a day four are not placed."""
    lost = f"number IN (0, 48, 64, 80) AND %s >= DATE '{SINCE}'"
    con.execute(f"UPDATE marts.sessions SET order_count = 0 WHERE {lost % 'session_date'}")
    con.execute(f"DELETE FROM marts.orders WHERE {lost % 'order_date'}")
    con.execute(f"UPDATE marts.carts SET state = 'abandoned', ordered_at = NULL WHERE {lost % 'opened_date'}")


def test_a_quiet_shop_says_nothing(con: duckdb.DuckDBPyConnection) -> None:
    assert sentences(con, AS_OF) == ()


def test_tables_without_a_row_say_nothing() -> None:
    assert sentences(empty_snapshot(), AS_OF) == ()


def test_phones_that_order_less_are_one_sentence_with_its_step(con: duckdb.DuckDBPyConnection) -> None:
    _phones(con)
    found = _only(con)
    assert (found.kind, found.section) == ("conversion_fell_with_detail", "funnel")
    assert found.values["place"] == Words("place_device", {"cut": Words("device_mobile", {"name": "mobile"})})
    assert (found.values["now_ratio"], found.values["before_ratio"]) == (0.03, 0.07)
    # of 13 checkouts on phones a day 7 became an order, then 3
    detail = found.values["detail"]
    assert detail.key == "detail_paid_fell"
    assert detail.values == {
        "detail_now_ratio": pytest.approx(3 / 13),
        "detail_before_ratio": pytest.approx(7 / 13),
    }


def test_carts_that_are_left_without_more_visits(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "INSERT INTO marts.carts SELECT opened_date, opened_at, NULL, site, number, first_device_category,"
        f" 'abandoned' FROM marts.carts WHERE state = 'abandoned' AND opened_date >= DATE '{SINCE}'"
    )
    found = _only(con)
    assert (found.kind, found.section) == ("carts_left_a_visit_rose", "carts")
    assert (found.values["now_count"], found.values["before_count"]) == (30 * 2 * 14, 30 * 14)


def test_a_cart_of_today_is_compared_with_carts_of_their_last_day(con: duckdb.DuckDBPyConnection) -> None:
    """Half of the orders come three days after the cart: those of the newest carts are yet to come."""
    con.execute(
        "UPDATE marts.carts SET state = 'recovered', ordered_at = opened_at + INTERVAL 3 DAY"
        f" WHERE number < 80 AND state = 'ordered' AND opened_date <= DATE '{AS_OF}' - 3"
    )
    con.execute(
        "UPDATE marts.carts SET state = 'abandoned', ordered_at = NULL WHERE number < 80"
        f" AND state = 'ordered' AND opened_date > DATE '{AS_OF}' - 3"
    )
    assert sentences(con, AS_OF) == ()


def test_a_product_that_begins_to_come_back(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "INSERT INTO marts.returns SELECT 'more' || day, 'one ' || day, day, 'nl', true, 'p1', 7 FROM days"
        f" WHERE day > DATE '{AS_OF}' - 14"
    )
    found = _only(con)
    assert (found.kind, found.section) == ("comes_back", "returns")
    assert found.values["product"] == "Blue vase"
    assert found.values["returned_count"] == 17
    # one in four days, and as much was sold of it; the shop's ratio is near that of the product
    assert found.values["expected_count"] == pytest.approx(3.5, rel=0.1)


def test_one_person_who_sends_all_back_is_no_news(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "INSERT INTO marts.returns SELECT 'more' || day, 'the same', day, 'nl', true, 'p1', 7 FROM days"
        f" WHERE day > DATE '{AS_OF}' - 14"
    )
    assert [one.kind for one in sentences(con, AS_OF) if one.kind == "comes_back"] == []


def test_a_product_that_sells_more_and_comes_back_as_ever_is_not_told(con: duckdb.DuckDBPyConnection) -> None:
    for day in range(14):
        con.execute(
            f"INSERT INTO marts.order_lines SELECT DATE '{AS_OF}' - 7 - {day}, i, 'p1', true"
            " FROM range(16) AS t (i)"
        )
    con.execute(
        "INSERT INTO marts.returns SELECT 'more' || day, 'one ' || day, day, 'nl', true, 'p1', 7 FROM days"
        f" WHERE day > DATE '{AS_OF}' - 14"
    )
    assert [one.kind for one in sentences(con, AS_OF) if one.kind == "comes_back"] == []


def test_a_product_sold_at_a_loss_is_not_said_to_come_back(con: duckdb.DuckDBPyConnection) -> None:
    """It lost money by its discount, not by what came back: nothing is said of how it sells."""
    con.execute(
        "INSERT INTO marts.returns SELECT 'few' || day, 'one ' || day, day, 'nl', true, 'p1', 7 FROM days"
        f" WHERE day > DATE '{AS_OF}' - 3"
    )
    con.execute("ALTER TABLE marts.order_lines ADD COLUMN discount_amount DECIMAL(18, 4) DEFAULT 43")
    assert sentences(con, AS_OF) == ()


def test_clicks_that_cost_twice(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "UPDATE marts.daily_channels SET spend_amount = 2 * spend_amount"
        f" WHERE channel_date >= DATE '{SINCE}'"
    )
    found = _only(con)
    assert (found.kind, found.section) == ("cost_a_visit_rose", "channels")
    assert found.values["now_amount"] == pytest.approx(2 * found.values["before_amount"], rel=0.01)


def test_twice_the_visits_for_twice_the_money(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "UPDATE marts.daily_channels SET spend_amount = 2 * spend_amount, session_count = 2 * session_count"
        f" WHERE channel_date >= DATE '{SINCE}'"
    )
    assert _only(con).kind == "spend_rose"


def test_spend_that_is_not_told_yet_is_not_less_spend(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(f"DELETE FROM marts.daily_channels WHERE channel_date > DATE '{AS_OF}' - 6")
    assert sentences(con, AS_OF) == ()


def test_orders_of_half_the_value(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "UPDATE marts.orders SET gross_sales_amount = gross_sales_amount / 2"
        f" WHERE order_date >= DATE '{SINCE}'"
    )
    found = _only(con)
    assert found.kind == "order_value_fell"
    assert found.values["before_amount"] == pytest.approx(58)  # 40, 44, … 76
    assert found.values["now_amount"] == pytest.approx(29)


def test_what_is_missing_comes_first_and_its_days_are_left_out(con: duckdb.DuckDBPyConnection) -> None:
    _phones(con)
    con.execute(
        f"INSERT INTO ops.deliveries VALUES ('session_events', DATE '{AS_OF}', 'missing'),"
        f" ('orders', DATE '{AS_OF}' - 14, 'missing'), ('orders', DATE '{AS_OF}' - 1, 'loaded'),"
        f" ('ad_spend', DATE '{AS_OF}' - 2, 'refused'), ('ad_spend', DATE '{AS_OF}' - 3, 'refused')"
    )
    con.execute(f"DELETE FROM marts.sessions WHERE session_date = DATE '{AS_OF}'")
    con.execute(f"UPDATE marts.daily_kpis SET has_missing_delivery = true WHERE kpi_date = DATE '{AS_OF}'")
    missing, refused, phones = sentences(con, AS_OF)
    assert missing.kind == "delivery_missing"
    assert missing.values == {"source": "session_events", "delivery_date": AS_OF, "all_count": 1}
    assert (refused.kind, refused.values["all_count"]) == ("deliveries_refused", 2)
    assert phones.values["now_ratio"] == 0.03


def test_rows_after_the_day_are_not_looked_at(con: duckdb.DuckDBPyConnection) -> None:
    _phones(con)
    assert sentences(con, SINCE - timedelta(days=1)) == ()


def test_at_most_five_the_most_unusual_first(con: duckdb.DuckDBPyConnection) -> None:
    _phones(con)
    con.execute(
        "UPDATE marts.orders SET gross_sales_amount = gross_sales_amount / 2"
        f" WHERE order_date >= DATE '{SINCE}'"
    )
    con.execute(
        "UPDATE marts.daily_channels SET spend_amount = 2 * spend_amount"
        f" WHERE channel_date >= DATE '{SINCE}'"
    )
    con.execute(f"DELETE FROM marts.returns WHERE return_date >= DATE '{SINCE}'")
    con.execute(f"UPDATE marts.daily_kpis SET new_customer_count = 0 WHERE kpi_date >= DATE '{SINCE}'")
    con.execute(f"INSERT INTO ops.deliveries VALUES ('orders', DATE '{AS_OF}', 'missing')")
    found = sentences(con, AS_OF)
    assert len(found) == 5
    assert found[0].kind == "delivery_missing"
    assert [one.unusual for one in found] == sorted((one.unusual for one in found), reverse=True)


def test_every_number_is_of_its_query(con: duckdb.DuckDBPyConnection) -> None:
    _phones(con)
    con.execute(
        "UPDATE marts.daily_channels SET spend_amount = 2 * spend_amount"
        f" WHERE channel_date >= DATE '{SINCE}'"
    )
    con.execute(f"INSERT INTO ops.deliveries VALUES ('orders', DATE '{AS_OF}', 'missing')")
    found = sentences(con, AS_OF)
    assert len(found) == 3
    for one in found:
        cursor = con.execute(one.sql)
        names = [column[0] for column in cursor.description]
        (row,) = cursor.fetchall()
        for name, value in zip(names, row, strict=True):
            assert value in _numbers(one.values), name


def test_a_name_is_a_value_as_it_stands(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "UPDATE marts.products SET product_name = '<script>alert(1)</script>' WHERE product_id = 'p1'"
    )
    con.execute(
        "INSERT INTO marts.returns SELECT 'more' || day, 'one ' || day, day, 'nl', true, 'p1', 7 FROM days"
        f" WHERE day > DATE '{AS_OF}' - 14"
    )
    assert _only(con).values["product"] == "<script>alert(1)</script>"
