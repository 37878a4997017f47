"""A delivery of eleven orders and three refunds: every figure is worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest

from mandje.adapters.base import Mapped
from mandje.adapters.woocommerce import SKIPPED_REASONS
from mandje.contracts.feeds import FEEDS
from woocommerce_export import ORDERS, REFUNDS, SHOP, Frames, read

D = Decimal
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def given() -> Frames:
    return read(ORDERS, REFUNDS)


@pytest.fixture(scope="module")
def mapped(given: Frames) -> Mapped:
    assert SHOP.refused(given).is_empty()
    return SHOP.map(given)


def test_every_row_has_its_destination_with_its_money(mapped: Mapped) -> None:
    columns = ("table_name", "destination", "currency_code", "row_count", "money_amount")
    assert sorted(mapped.routed.select(columns).rows(), key=str) == sorted(
        [
            # 22.89 + 61.04 + 30.52 + 9.81 + 3 × 5.45 + 21.80 + 30.00
            ("orders", "orders", "EUR", 9, D("192.41")),
            ("orders", "orders", "GBP", 1, D("15.00")),
            ("orders", "skipped:draft", "EUR", 1, D("10.90")),
            # 17 + 50 + 24 + 10 + 3 × 5 + 20 + 3 × 8.26
            ("line_items", "order_lines", "EUR", 11, D("160.78")),
            ("line_items", "order_lines", "GBP", 2, D("15.00")),
            ("line_items", "skipped:draft", "EUR", 1, D("5.00")),
            ("shipping_lines", "orders:shipping_amount", "EUR", 3, D("12.00")),
            ("shipping_lines", "skipped:draft", "EUR", 1, D("4.00")),
            ("fee_lines", "orders:other_charges_amount", "EUR", 1, D("2.00")),
            ("fee_lines", "orders:discount_amount", "EUR", 1, D("-1.00")),
            ("fee_lines", "skipped:draft", "EUR", 1, D("1.00")),
            ("coupon_lines", "skipped:told_by_lines", None, 2, D(0)),
            ("coupon_lines", "skipped:draft", None, 1, D(0)),
            ("refunds", "skipped:container", None, 3, D(0)),
            ("refund_line_items", "returns", "EUR", 2, D("-28.00")),
            ("refund_shipping_lines", "adjustments:shipping_refund", "EUR", 1, D("-4.00")),
            ("refund_rests", "returns", "EUR", 1, D("-50.00")),
            ("refund_rests", "adjustments:shipping_refund", "EUR", 1, D("-4.00")),
            ("refund_rests", "adjustments:charge_refund", "EUR", 1, D("-2.00")),
            # 3003: −1.76; 3010: the lines told 10.83 too much.
            ("refund_rests", "adjustments:price_correction", "EUR", 2, D("9.07")),
        ],
        key=str,
    )


def test_orders_tell_what_was_asked(mapped: Mapped) -> None:
    orders = mapped.feeds["orders"].sort("order_id")
    columns = ("discount_amount", "shipping_amount", "other_charges_amount", "tax_amount", "total_amount")
    assert orders.select("order_id", "status", "sales_channel", "customer_id", "coupon_code").rows() == [
        ("3001", "fulfilled", "online", "7", "lente"),
        ("3002", "fulfilled", "online", "7", None),
        ("3003", "fulfilled", "online", "7", None),
        ("3004", "paid", "store", None, None),
        ("3005", "pending", "online", "7", None),
        ("3006", "cancelled", "online", "7", None),
        ("3008", "paid", "online", "7", None),
        ("3009", "failed", "online", "7", None),
        ("3010", "fulfilled", "online", "7", None),
        ("3011", "fulfilled", "online", "7", None),
    ]
    assert orders.select(columns).rows()[:4] == [
        (D(0), D(4), D(0), D("1.89"), D("22.89")),
        (D(0), D(4), D(2), D("5.04"), D("61.04")),
        (D(0), D(4), D(0), D("2.52"), D("30.52")),
        (D(1), D(0), D(0), D("0.81"), D("9.81")),
    ]
    assert orders["ordered_at"].unique().to_list() == [datetime(2026, 3, 2, 10, tzinfo=UTC)]
    assert orders.filter(order_id="3002")["updated_at"].item() == NOON


def test_lines_carry_their_discount(mapped: Mapped) -> None:
    lines = mapped.feeds["order_lines"].sort("line_number")
    columns = ("order_id", "line_number", "product_id", "quantity", "gross_amount", "discount_amount")
    assert lines.select(columns).rows()[:3] == [
        ("3001", 1, "71", D(2), D(20), D(3)),
        ("3002", 5, "72", D(1), D(50), D(0)),
        ("3003", 8, "73", D(3), D(24), D(0)),
    ]
    assert lines.filter(order_id="3008")["product_id"].to_list() == ["OLD-1", "(deleted)"]


def test_returns_are_lines_given_back_and_lines_of_orders_given_back_whole(mapped: Mapped) -> None:
    columns = ("return_id", "line_number", "order_id", "customer_id", "product_id", "quantity")
    returns = mapped.feeds["returns"].sort("return_id")
    assert returns.select(*columns, "refund_amount", "tax_amount").rows() == [
        ("4002", 5, "3002", "7", "72", D(1), D("50.00"), D("4.50")),
        ("4003", 8, "3003", "7", "71", D(1), D("8.00"), D("0.72")),
        ("4010", 21, "3010", "7", "71", D(1), D("20.00"), D("1.80")),
    ]
    assert returns["returned_at"].unique().to_list() == [NOON]


def test_adjustments_are_what_is_no_goods(mapped: Mapped) -> None:
    adjustments = mapped.feeds["adjustments"].sort("adjustment_id")
    assert adjustments.select("adjustment_id", "order_id", "kind", "amount", "tax_amount").rows() == [
        ("4002-6", "3002", "shipping_refund", D("4.00"), D("0.36")),
        ("4002-7", "3002", "charge_refund", D("2.00"), D("0.18")),
        ("4003-27", "3003", "shipping_refund", D("4.00"), D("0.36")),
        # 15.00 − 13.08 = 1.92; its tax 1.92 × 2.52 ÷ 30.52 = 0.1585.
        ("4003-rest", "3003", "price_correction", D("1.76"), D("0.16")),
        # 10.00 − 21.80 = −11.80; its tax 11.80 × 1.80 ÷ 21.80 = 0.9743.
        ("4010-rest", "3010", "price_correction", D("-10.83"), D("-0.97")),
    ]


def test_frames_have_the_schemas_of_their_feeds(mapped: Mapped) -> None:
    assert tuple(mapped.feeds) == SHOP.feeds
    for name, frame in mapped.feeds.items():
        assert dict(frame.schema) == FEEDS[name].polars_schema()
        required = [column.name for column in FEEDS[name].columns if not column.nullable]
        assert sum(frame.select(required).null_count().row(0)) == 0
        assert frame.select("delivery_date", *FEEDS[name].key).is_unique().all()
    skipped = mapped.routed.filter(pl.col("destination").str.starts_with("skipped:"))
    assert set(skipped["destination"]) == set(SKIPPED_REASONS) - {"skipped:repeated"}


def test_nothing_of_a_person_is_read(given: Frames, mapped: Mapped) -> None:
    secrets = ("noor", "ring", "203.0.113", "@")
    for frame in [*given.values(), *mapped.feeds.values()]:
        texts = frame.select(pl.col(pl.String).str.to_lowercase())
        found = [pl.any_horizontal(pl.all().str.contains(word, literal=True)) for word in secrets]
        assert texts.is_empty() or not texts.select(pl.any_horizontal(*found).any()).item()
    hashes = mapped.feeds["orders"]["email_hash"]
    assert hashes.str.contains("^[0-9a-f]{64}$").all()


def test_a_state_that_nobody_explained_is_told(given: Frames) -> None:
    assert SHOP.map(given).noted.select("column_name", "row_count").rows() == [("packed", 1)]
