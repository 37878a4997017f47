"""A delivery of ten orders and seven credit memos with their traps: every figure is worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest

from magento_export import DAY, garden, garden_shop
from mandje.ingest.accounts.destinations import accounts
from mandje.ingest.accounts.recount import recount
from mandje.ingest.accounts.rejects import rejected_rows
from mandje.ingest.store.partitions import current_partitions, paths_by_feed
from mandje.shop.settings import Shop

D = Decimal


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return garden_shop(tmp_path_factory.mktemp("garden"), {DAY: garden()})


@pytest.fixture(scope="module")
def feeds(shop: Shop) -> dict[str, pl.DataFrame]:
    paths = paths_by_feed(current_partitions(shop))
    return {feed: pl.concat(pl.read_parquet(path) for path in own) for feed, own in paths.items()}


def test_every_row_has_its_destination_with_its_money(shop: Shop) -> None:
    columns = ("table_name", "destination", "currency_code", "row_count", "money_amount")
    assert rejected_rows(shop).is_empty()
    assert accounts(shop).differences.is_empty()
    assert recount(shop).is_empty()
    assert sorted(accounts(shop).destinations.select(columns).rows(), key=str) == sorted(
        [
            # 36.30 + 21.78 + 21.78 + 48.40 + 14.10 + 12.10 + 41.14 + 3 × 12.10
            ("sales_order", "orders", "EUR", 10, D("231.90")),
            # 30 + 18 + 18 + 40 + 10 + 10 + 30 + 10 + 10 + 0 + 10
            ("sales_order_item", "order_lines", "EUR", 11, D("186.00")),
            ("sales_order_item", "skipped:part_of_parent", None, 4, D(0)),
            ("creditmemos", "skipped:container", None, 6, D(0)),
            ("creditmemos", "skipped:not_refunded", None, 1, D(0)),
            # 18 + 15 + 25 + 10 + 40 + 10
            ("sales_creditmemo_item", "returns", "EUR", 6, D("-118.00")),
            ("sales_creditmemo_item", "skipped:part_of_parent", None, 3, D(0)),
            ("sales_creditmemo_item", "skipped:nothing_returned", None, 1, D(0)),
            ("sales_creditmemo_item", "skipped:not_refunded", None, 1, D(0)),
            ("creditmemo_shipping", "adjustments:shipping_refund", "EUR", 2, D("-9.00")),
            ("creditmemo_discount", "adjustments:discount", "EUR", 1, D("5.00")),
            ("creditmemo_charges", "adjustments:charge_refund", "EUR", 1, D("-2.00")),
            ("creditmemo_adjustment_negative", "adjustments:price_correction", "EUR", 1, D("2.50")),
            ("order_canceled", "adjustments:price_correction", "EUR", 1, D("-20.00")),
            ("customer_entity", "customers", None, 2, D(0)),
        ],
        key=str,
    )


def test_orders_cost_what_was_asked_however_it_was_paid(feeds: dict[str, pl.DataFrame]) -> None:
    orders = feeds["orders"].sort("order_id")
    names = ("discount_amount", "shipping_amount", "other_charges_amount", "tax_amount", "total_amount")
    assert orders.select("order_id", *names).rows()[:7] == [
        ("201", D(5), D(5), D(0), D("6.30"), D("36.30")),
        ("202", D(0), D(0), D(0), D("3.78"), D("21.78")),
        ("203", D(0), D(0), D(0), D("3.78"), D("21.78")),
        ("204", D(0), D(0), D(0), D("8.40"), D("48.40")),
        ("205", D(0), D(0), D(2), D("2.10"), D("14.10")),
        ("206", D(0), D(0), D(0), D("2.10"), D("12.10")),
        ("207", D(0), D(4), D(0), D("7.14"), D("41.14")),
    ]
    assert orders.select("site", "status", "customer_id").rows() == [
        *[("nl", "fulfilled", "900")] * 5,
        ("be", "fulfilled", None),
        ("nl", "fulfilled", "900"),
        ("nl", "cancelled", "900"),
        ("nl", "fulfilled", "900"),
        ("nl", "pending", "900"),
    ]
    assert orders["ordered_at"].unique().to_list() == [datetime(2026, 4, 10, 8, tzinfo=UTC)]
    assert orders["coupon_code"].to_list()[:3] == [None, "SOW", "SOW"]


def test_a_line_is_worth_what_it_and_its_parts_are(feeds: dict[str, pl.DataFrame]) -> None:
    lines = feeds["order_lines"].sort("line_number")
    names = ("order_id", "line_number", "product_id", "quantity", "gross_amount", "discount_amount")
    assert lines.select(*names, "unit_cost_amount").rows()[:3] == [
        ("201", 1, "31", D(2), D(30), D(0), D(4)),
        ("202", 2, "40", D(1), D(20), D(2), None),
        ("203", 5, "40", D(1), D(20), D(2), D(4)),
    ]
    assert lines.filter(order_id="209").select("product_id", "gross_amount").rows() == [
        ("31", D(10)),
        ("33", D(0)),
    ]


def test_returns_are_lines_of_the_order_with_their_tax(feeds: dict[str, pl.DataFrame]) -> None:
    names = ("return_id", "line_number", "order_id", "product_id", "quantity", "refund_amount", "tax_amount")
    assert feeds["returns"].sort("return_id").select(names).rows() == [
        ("41", 2, "202", "40", D(1), D(18), D("3.78")),
        ("42", 1, "201", "31", D(1), D(15), D("3.15")),
        ("43", 9001, "150", "50", D(1), D(25), D("5.25")),
        ("44", 13, "209", "31", D(1), D(10), D("2.10")),
        ("47", 8, "204", "31", D(1), D(40), D("8.40")),
        ("50", 9, "205", "31", D(1), D(10), D("2.10")),
    ]
    assert feeds["returns"]["returned_at"].unique().to_list() == [datetime(2026, 4, 15, 23, tzinfo=UTC)]


def test_adjustments_are_what_no_line_tells(feeds: dict[str, pl.DataFrame]) -> None:
    names = ("adjustment_id", "order_id", "kind", "amount", "tax_amount")
    adjustments = feeds["adjustments"].sort("adjustment_id")
    assert adjustments.select(names).rows() == [
        ("42-discount", "201", "discount", D(-5), D(0)),
        ("42-shipping", "201", "shipping_refund", D(5), D(0)),
        ("43-shipping", "150", "shipping_refund", D(4), D("0.84")),
        ("44-adjustment_negative", "209", "price_correction", D("-2.50"), D(0)),
        ("50-charges", "205", "charge_refund", D(2), D(0)),
        ("order-207-canceled", "207", "price_correction", D(20), D("4.20")),
    ]
    # Nobody tells when a part of an order was cancelled.
    assert adjustments["adjusted_at"].to_list()[-1] == datetime(2026, 4, 10, 8, tzinfo=UTC)


def test_customers_are_known_by_hash_and_year(feeds: dict[str, pl.DataFrame]) -> None:
    customers = feeds["customers"].sort("customer_id")
    assert customers.select("customer_id", "birth_year", "gender").rows() == [
        ("900", 1971, "female"),
        ("901", None, None),
    ]
    guest = feeds["orders"].filter(order_id="206")["email_hash"].item()
    assert guest == customers["email_hash"][0]


def test_nothing_of_a_person_is_read(feeds: dict[str, pl.DataFrame]) -> None:
    texts = str([frame.rows() for frame in feeds.values()]).lower()
    assert [word for word in ("wies", "203.0.113", "fake", "@", "1971, 2") if word in texts] == []


def test_a_state_that_nobody_explained_is_told(shop: Shop) -> None:
    (delivery,) = current_partitions(shop)
    assert [one["column"] for one in delivery.ledger["noted"]] == ["odd"]
