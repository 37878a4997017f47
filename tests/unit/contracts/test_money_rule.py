"""What a row is worth: the same on both engines as in exact decimal arithmetic."""

from __future__ import annotations

import random
from decimal import ROUND_HALF_UP, Decimal
from typing import get_args

import duckdb
import polars as pl

from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import DECIMAL, MoneyRule
from mandje.shop.sources import FeedName

RULE = FEEDS["order_lines"].money
RULE_COLUMNS = ("quantity", "unit_price_amount", "gross_amount", "discount_amount")
PLACES = Decimal("0.0001")


def test_products_are_exact_and_rounded_half_away_from_zero() -> None:
    rng = random.Random(7)
    halves = [
        ("0.5", "0.0001", "0"),
        ("-0.5", "0.0001", "0"),
        ("2.5", "0.0003", "0"),
        ("0.01", "0.0250", "1"),
    ]
    large = [("999999.9999", "999999.9999", "0.0001"), ("1", "999999999999.9999", "0")]
    drawn = [
        (f"{rng.randrange(10**8) / 10**4:.4f}", f"{rng.randrange(10**7) / 10**4:.4f}", "0.1")
        for _ in range(500)
    ]
    rows = [[Decimal(cell) for cell in row] for row in halves + large + drawn]
    names = ("quantity", "unit_price_amount", "discount_amount")
    frame = _lines(pl.DataFrame(rows, schema=dict.fromkeys(names, DECIMAL), orient="row"))
    expected = [(q * p).quantize(PLACES, ROUND_HALF_UP) - less for q, p, less in rows]
    assert frame.select(RULE.polars()).to_series().to_list() == expected
    assert _by_sql(frame) == expected


def test_the_price_of_a_whole_line_wins() -> None:
    """3 books of 19.95 with 21 % tax are 49.46 without it; 16.4867 times 3 is 49.4601."""
    rows = [
        (Decimal(3), None, Decimal("49.46"), Decimal(0)),
        (Decimal(3), Decimal("16.4867"), Decimal("49.46"), Decimal(5)),
        (Decimal(3), Decimal("16.4867"), Decimal(0), Decimal(0)),
        (Decimal(3), Decimal("16.4867"), None, Decimal(0)),
        (Decimal(3), None, None, Decimal(1)),
    ]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(RULE_COLUMNS, DECIMAL), orient="row")
    expected = [Decimal(text) for text in ("49.46", "44.46", "0", "49.4601", "-1")]
    assert frame.select(RULE.polars()).to_series().to_list() == expected
    assert _by_sql(frame) == expected


def test_what_was_paid_otherwise_comes_on_top() -> None:
    """48.40, of which 20.00 by gift card and 8.40 from credit, costs 48.40."""
    rule = MoneyRule(("total",), less="less", plus=("cards", "credit"))
    rows = [("20.00", "20.00", "8.40", None), ("5", None, None, "1"), (None, "2", None, None)]
    frame = pl.DataFrame(
        [[None if cell is None else Decimal(cell) for cell in row] for row in rows],
        schema=dict.fromkeys(("total", "cards", "credit", "less"), DECIMAL),
        orient="row",
    )
    expected = [Decimal("48.40"), Decimal(4), Decimal(2)]
    assert frame.select(rule.polars()).to_series().to_list() == expected
    assert [row[0] for row in duckdb.sql(f"SELECT {rule.sql()} FROM frame").fetchall()] == expected
    assert rule.columns == ("total", "less", "cards", "credit")


def _lines(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.lit(None, DECIMAL).alias("gross_amount"))


def _by_sql(rows: pl.DataFrame) -> list[Decimal]:
    with duckdb.connect() as connection:
        connection.register("rows", rows.to_arrow())
        return [money for (money,) in connection.execute(f"SELECT {RULE.sql()} FROM rows").fetchall()]


def test_a_missing_part_counts_as_nothing() -> None:
    frame = pl.DataFrame(
        {
            "quantity": [None, Decimal(2)],
            "unit_price_amount": [Decimal(3), Decimal(3)],
            "discount_amount": [None, None],
        },
        schema=dict.fromkeys(("quantity", "unit_price_amount", "discount_amount"), DECIMAL),
    )
    assert _lines(frame).select(RULE.polars()).to_series().to_list() == [Decimal(0), Decimal(6)]


def test_settings_name_the_feeds_that_there_are() -> None:
    assert get_args(FeedName) == tuple(FEEDS)
