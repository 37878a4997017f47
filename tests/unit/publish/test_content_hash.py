from collections import Counter
from collections.abc import Sequence

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mandje.publish.content_hash import content_hash, snapshot_hash

Row = tuple[str | None, str | None]


CON = duckdb.connect()


def table_hash(columns: str, rows: Sequence[Row]) -> str:
    CON.execute(f"CREATE OR REPLACE TABLE t ({columns})")
    if rows:
        CON.execute(
            f"INSERT INTO t VALUES {', '.join(['(?, ?)'] * len(rows))}", [c for row in rows for c in row]
        )
    return content_hash(CON, "main", "t")


def query_hash(query: str, setup: str = "SELECT 1", volatile: Sequence[str] = ()) -> str:
    with duckdb.connect() as con:
        con.execute(f"{setup}; CREATE TABLE t AS {query}")
        return content_hash(con, "main", "t", volatile)


CELL = st.none() | st.text("an1:2", max_size=3)
ROWS = st.lists(st.tuples(CELL, CELL), max_size=4)


@settings(max_examples=80, deadline=None)
@given(ROWS, ROWS)
def test_equal_exactly_for_equal_multisets_of_rows(left: list[Row], right: list[Row]) -> None:
    same = Counter(left) == Counter(right)
    assert (table_hash("a VARCHAR, b VARCHAR", left) == table_hash("a VARCHAR, b VARCHAR", right)) == same


@settings(max_examples=30, deadline=None)
@given(ROWS.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_row_order_and_column_order_do_not_count(both: tuple[list[Row], list[Row]]) -> None:
    rows, shuffled = both
    turned = [(b, a) for a, b in shuffled]
    assert table_hash("a VARCHAR, b VARCHAR", rows) == table_hash("b VARCHAR, a VARCHAR", turned)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT NULL::VARCHAR AS a", "SELECT '' AS a"),
        ("SELECT NULL::VARCHAR AS a", "SELECT 'n' AS a"),
        ("SELECT 'x' AS a, NULL::VARCHAR AS b", "SELECT NULL::VARCHAR AS a, 'x' AS b"),
        ("SELECT 'ab' AS a, 'c' AS b", "SELECT 'a' AS a, 'bc' AS b"),
        ("SELECT 'é1:' AS a, '' AS b", "SELECT 'é' AS a, '1:' AS b"),
        ("SELECT 1 AS a, NULL::INTEGER AS b", "SELECT NULL::INTEGER AS a, 1 AS b"),
        ("SELECT 12 AS a, 3 AS b", "SELECT 1 AS a, 23 AS b"),
        ("SELECT NULL::BOOLEAN AS a", "SELECT false AS a"),
        ("SELECT 1 AS a, '2;' AS b, 3 AS c", "SELECT 1 AS a, '2' AS b, 3 AS c"),
        ("SELECT NULL::DECIMAL(18, 4)[] AS a", "SELECT []::DECIMAL(18, 4)[] AS a"),
        ("SELECT 1::INTEGER AS a", "SELECT 1::BIGINT AS a"),
        ("SELECT 1 AS a", "SELECT 1 AS b"),
        ("SELECT 1 AS a FROM range(2)", "SELECT 1 AS a FROM range(3)"),
        ("SELECT 1 AS a WHERE false", "SELECT 1 AS a"),
        ("SELECT 0.1::DOUBLE + 0.2::DOUBLE AS a", "SELECT 0.3::DOUBLE AS a"),
        ("SELECT ['a', 'b'] AS a", "SELECT ['a, b'] AS a"),
        (
            "SELECT TIMESTAMPTZ '2011-12-09 12:00:00+00' AS a",
            "SELECT TIMESTAMPTZ '2011-12-09 12:00:00.000001+00' AS a",
        ),
        ("SELECT 'infinity'::TIMESTAMPTZ AS a", "SELECT NULL::TIMESTAMPTZ AS a"),
    ],
)
def test_other_content_has_another_hash(one: str, other: str) -> None:
    assert query_hash(one) != query_hash(other)


@pytest.mark.parametrize("setup", ["SET threads = 1", "SET threads = 4", "SET TimeZone = 'Asia/Tokyo'"])
def test_threads_and_session_do_not_count(setup: str) -> None:
    query = (
        "SELECT hash(i) AS id, i / 7 AS ratio, "
        "TIMESTAMPTZ '2011-01-01 00:00:00+00' + i * INTERVAL 1 HOUR AS at FROM range(300000) AS t (i)"
    )
    assert query_hash(query, setup) == query_hash(query)


def test_volatile_columns_are_left_out() -> None:
    one = query_hash("SELECT 1 AS a, 'x' AS run_id", volatile=["run_id"])
    assert one == query_hash("SELECT 1 AS a, 'y' AS run_id", volatile=["run_id"])
    assert one != query_hash("SELECT 2 AS a, 'x' AS run_id", volatile=["run_id"])


def test_minus_zero_is_zero() -> None:
    assert query_hash("SELECT -0.0::DOUBLE AS a") == query_hash("SELECT 0.0::DOUBLE AS a")


def test_snapshot_hash_covers_public_state_and_no_journal() -> None:
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA marts; CREATE SCHEMA predictions; CREATE SCHEMA staging")
        con.execute(
            "CREATE TABLE marts.a AS SELECT 1 AS x; CREATE TABLE marts.orders_history AS SELECT 1 AS x"
        )
        con.execute("CREATE TABLE staging.s AS SELECT 1 AS x; CREATE TABLE predictions.p AS SELECT 1 AS x")
        first = snapshot_hash(con)
        con.execute("INSERT INTO marts.orders_history VALUES (2); INSERT INTO staging.s VALUES (2)")
        assert snapshot_hash(con) == first
        con.execute("INSERT INTO predictions.p VALUES (2)")
        assert snapshot_hash(con) != first
