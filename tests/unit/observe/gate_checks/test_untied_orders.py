from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from mandje.errors import MandjeError
from mandje.observe.gate_checks.untied_orders import compare_totals
from mandje.shop.settings import Totals

LIMITS = Totals()


def tonight(orders: int, untied: int, not_counted: int = 0) -> duckdb.DuckDBPyConnection:
    """A working database with so many orders, some of which do not tie; others do not count."""
    con = duckdb.connect()
    con.execute("CREATE SCHEMA intermediate")
    con.execute(
        f"""
        CREATE TABLE intermediate.int_order_totals_compared AS
        SELECT i >= {untied} AS is_tied, true AS is_counted FROM range({orders}) AS r (i)
        UNION ALL SELECT false, false FROM range({not_counted})
        """
    )
    return con


def snapshot(path: Path, orders: int, untied: int) -> Path:
    """What was published: the total of some orders is more than their two lines and other parts allow."""
    with duckdb.connect(str(path)) as con:
        con.execute("CREATE SCHEMA marts")
        con.execute(
            f"""
            CREATE TABLE marts.orders AS
            SELECT true AS is_counted, 2 AS line_count, 100.0 AS delivered_gross_sales_amount,
                5.0 AS delivered_discount_amount, 4.0 AS delivered_shipping_amount,
                2.0 AS delivered_other_charges_amount, 21.0 AS delivered_tax_amount,
                if(i < {untied}, 122.021, 122.02) AS delivered_total_amount
            FROM range({orders}) AS r (i)
            """
        )
    return path


@pytest.mark.parametrize(
    ("orders", "untied", "is_held"),
    [
        (100, 5, False),
        (100, 6, True),
        (600, 6, False),
        (600, 7, True),
        (6, 6, True),
        (5, 5, False),
        (0, 0, False),
    ],
)
def test_more_than_both_limits_are_held(orders: int, untied: int, is_held: bool) -> None:  # noqa: FBT001
    assert bool(compare_totals(tonight(orders, untied, not_counted=50), None, LIMITS)) is is_held


def test_a_hold_names_before_and_now_and_what_lists_them(tmp_path: Path) -> None:
    (hold,) = compare_totals(tonight(200, 20), snapshot(tmp_path / "before", 100, 3), LIMITS)
    assert (hold.figure, hold.before, hold.now) == ("untied_orders", "3", "20")
    assert "20 of 200" in hold.sentence
    assert "order_totals_add_up" in hold.sentence


@pytest.mark.parametrize(("before", "is_held"), [(19, True), (20, False), (21, False)])
def test_what_was_published_is_not_held_again_until_it_grows(
    tmp_path: Path,
    before: int,
    is_held: bool,  # noqa: FBT001
) -> None:
    assert bool(compare_totals(tonight(200, 20), snapshot(tmp_path / "b", 150, before), LIMITS)) is is_held


def test_the_limits_are_the_shop_s() -> None:
    many = Totals(most_untied_orders=2, most_untied_ratio=Decimal("0.5"))
    assert not compare_totals(tonight(10, 5), None, many)
    assert compare_totals(tonight(10, 6), None, many)


def test_a_snapshot_without_orders_is_nothing_before_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "sessions")).close()
    (hold,) = compare_totals(tonight(10, 9), tmp_path / "sessions", LIMITS)
    assert hold.before == "0"
    (tmp_path / "damaged").write_bytes(b"x" * 9000)
    with pytest.raises(MandjeError, match="damaged"):
        compare_totals(tonight(10, 9), tmp_path / "damaged", LIMITS)
