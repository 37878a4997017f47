"""Amounts that a source may tell in rows of their own have a place of their own in the accounts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mandje.contracts.feeds import FEEDS
from mandje.ingest.accounts.batch_totals import charge_columns, feed_sums
from raw_shop import raw_frame


def test_tax_that_is_given_back_is_money_that_leaves() -> None:
    rows = [
        {"return_id": "r1", "refund_amount": Decimal("49.46"), "tax_amount": Decimal("10.39")},
        {"return_id": "r2", "refund_amount": Decimal(10), "tax_amount": None},
        {"return_id": "r3", "refund_amount": Decimal(-10), "tax_amount": Decimal("-2.10")},
    ]
    sums = feed_sums("returns", raw_frame(FEEDS["returns"], rows))
    assert sums.select("destination", "row_count", "money_amount").rows() == [
        ("returns", 3, Decimal("-49.46")),
        ("returns:tax_amount", 0, Decimal("-8.29")),
    ]


@pytest.mark.parametrize(
    ("feed", "columns"),
    [("order_lines", []), ("returns", ["tax_amount"]), ("adjustments", ["tax_amount"])],
)
def test_only_named_amounts_are_charges(feed: str, columns: list[str]) -> None:
    assert charge_columns(feed) == columns
