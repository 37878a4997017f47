from __future__ import annotations

import polars as pl
import pytest

from mandje.adapters.shopify.words import order_status, sales_channel


def status(paid: str | None, sent: str, statuses: dict[str, str] | None = None, **more: object) -> str:
    row = {
        "is_test": False,
        "cancelled_at": None,
        "financial_status": paid,
        "fulfillment_status": sent,
    } | more
    return (
        pl.DataFrame([row], schema_overrides={"financial_status": pl.String})
        .select(order_status(statuses or {}))
        .item()
    )


@pytest.mark.parametrize(
    ("paid", "sent", "expected"),
    [
        ("PAID", "FULFILLED", "fulfilled"),
        ("PAID", "UNFULFILLED", "paid"),
        ("PARTIALLY_REFUNDED", "PARTIALLY_FULFILLED", "paid"),
        ("PENDING", "FULFILLED", "pending"),
        ("AUTHORIZED", "UNFULFILLED", "pending"),
        ("PARTIALLY_PAID", "FULFILLED", "pending"),
        ("EXPIRED", "UNFULFILLED", "failed"),
        ("VOIDED", "UNFULFILLED", "failed"),
        (None, "FULFILLED", "fulfilled"),
        ("paid", "fulfilled", "fulfilled"),
    ],
)
def test_states_in_our_words(paid: str | None, sent: str, expected: str) -> None:
    assert status(paid, sent) == expected


def test_the_shops_own_words_come_first_but_not_before_tests_and_cancellations() -> None:
    own = {"partially_paid": "paid", "ON_HOLD": "pending"}
    assert status("PARTIALLY_PAID", "UNFULFILLED", own) == "paid"
    assert status("PAID", "ON_HOLD", own) == "pending"
    assert status("PARTIALLY_PAID", "UNFULFILLED", own, is_test=True) == "test"
    assert status("PARTIALLY_PAID", "UNFULFILLED", own, cancelled_at="2027-05-01") == "cancelled"


def test_channels_in_our_words() -> None:
    names = ["web", "POS", "shopify_draft_order", "amazon", "580111", None]
    found = pl.DataFrame({"name": names}).select(sales_channel(pl.col("name"))).to_series()
    assert found.to_list() == ["online", "store", "online", "marketplace", "online", "online"]
