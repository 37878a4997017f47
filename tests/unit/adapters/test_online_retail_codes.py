from __future__ import annotations

import re

import polars as pl
import pytest

from mandje.adapters.online_retail_codes import (
    CODES,
    GOODS,
    NO_CATEGORY,
    RETURN,
    UNKNOWN_CATEGORY,
    classify,
)
from mandje.contracts.feeds import FEEDS


def test_the_table_knows_every_code_of_the_real_shop(invoice_lines: pl.DataFrame) -> None:
    classes = classify(invoice_lines["StockCode"])
    assert classes.height == invoice_lines["StockCode"].n_unique() == 4070
    assert classes.filter(pl.col("category") == UNKNOWN_CATEGORY).is_empty()


def test_every_entry_of_the_table_is_met_in_the_real_shop(invoice_lines: pl.DataFrame) -> None:
    real = [code.upper() for code in invoice_lines["StockCode"].unique()]
    assert [c.pattern for c in CODES if not any(re.fullmatch(c.pattern, code) for code in real)] == []


def test_every_code_goes_to_places_that_exist_and_says_why() -> None:
    (kinds,) = (column.allowed for column in FEEDS["adjustments"].columns if column.name == "kind")
    refunds = {f"adjustments:{kind}" for kind in kinds} | {RETURN}
    for code in CODES:
        assert code.sold in {GOODS, "orders:shipping_amount", "orders:other_charges_amount"}
        assert code.refunded in refunds
        assert (code.sold == GOODS) == (code.refunded == RETURN)
        assert code.why.endswith(".")


@pytest.mark.parametrize(
    ("code", "sold", "refunded"),
    [
        ("85123A", GOODS, RETURN),
        ("85123a", GOODS, RETURN),
        ("gift_0001_20", GOODS, RETURN),
        ("POST", "orders:shipping_amount", "adjustments:shipping_refund"),
        ("C2", "orders:shipping_amount", "adjustments:shipping_refund"),
        ("m", "orders:other_charges_amount", "adjustments:charge_refund"),
        ("D", "orders:other_charges_amount", "adjustments:discount"),
        ("BANK CHARGES", "orders:other_charges_amount", "adjustments:shop_cost"),
    ],
)
def test_codes_go_where_the_table_says(code: str, sold: str, refunded: str) -> None:
    assert classify(pl.Series([code])).row(0) == (code, sold, refunded, NO_CATEGORY)


@pytest.mark.parametrize("code", ["XMAS", "POSTER", "MM", "1234"])
def test_an_unknown_code_is_goods_in_a_category_that_shows_it(code: str) -> None:
    assert classify(pl.Series([code])).row(0) == (code, GOODS, RETURN, UNKNOWN_CATEGORY)
