from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandje.errors import MandjeError
from mandje.truth.tables.cells import compare_counts, compare_rows

DAYS = pl.DataFrame(
    {
        "site": ["nl", "nl", "uk"],
        "kpi_date": [date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 1)],
        "order_count": [3, 0, 1],
        "net_sales_amount": [Decimal("10.0001"), None, Decimal("2.5000")],
    },
    schema_overrides={"net_sales_amount": pl.Decimal(18, 4)},
)
KEYS = ["site", "kpi_date"]


def test_the_same_rows_in_another_order_are_equal() -> None:
    result = compare_rows("days", KEYS, DAYS, DAYS.reverse())
    assert (result.figures, result.differences.height, result.is_equal) == (6, 0, True)


def test_the_last_digit_and_an_empty_cell_are_differences_with_their_place() -> None:
    found = DAYS.with_columns(pl.Series("net_sales_amount", ["10.0002", "0", "2.5"]).cast(pl.Decimal(18, 4)))
    result = compare_rows("days", KEYS, DAYS, found)
    assert result.differences.rows() == [
        ("days", "nl 2024-01-01", "net_sales_amount", "10.0001", "10.0002"),
        ("days", "nl 2024-01-02", "net_sales_amount", "(empty)", "0.0000"),
    ]


def test_a_row_of_one_side_only_is_one_difference_either_way() -> None:
    more = compare_rows("days", KEYS, DAYS.head(2), DAYS)
    less = compare_rows("days", KEYS, DAYS, DAYS.head(2))
    assert more.differences.rows() == [("days", "uk 2024-01-01", "(row)", "no row", "a row")]
    assert less.differences.rows() == [("days", "uk 2024-01-01", "(row)", "a row", "no row")]
    assert more.figures == less.figures == 5


def test_a_column_that_is_not_there_is_no_equality() -> None:
    with pytest.raises(MandjeError, match="order_count"):
        compare_rows("days", KEYS, DAYS, DAYS.drop("order_count"))


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 5)),
    st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 5)),
)
def test_counts_differ_exactly_where_a_slow_comparison_says(
    expected: dict[str, int], found: dict[str, int]
) -> None:
    result, cells = compare_counts("rows", ["outcome"], _counts(expected), _counts(found))
    both = sorted(expected.keys() | found.keys())
    slow = [key for key in both if expected.get(key, 0) != found.get(key, 0)]
    assert result.differences["key"].to_list() == slow
    assert {key: pair for key, *pair in cells.iter_rows()} == {
        key: [expected.get(key, 0), found.get(key, 0)] for key in both
    }


def _counts(rows: dict[str, int]) -> pl.DataFrame:
    schema = {"outcome": pl.String(), "row_count": pl.Int64()}
    return pl.DataFrame(list(rows.items()), schema=schema, orient="row")
