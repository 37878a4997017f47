"""The plug-in's CSV: cells are unpacked whatever names hold, and say what the API says."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from mandje.adapters.woocommerce import KINDS
from woocommerce_export import ORDERS, REFUNDS, SHOP, csv_row, line, order, read, read_csv, refund

D = Decimal
LINES = [line(1, "20.00", "1.80"), line(2, "20.00", "1.80"), line(3, "20.00", "1.80")]
SOLD = order(1, "65.40", "5.40", LINES)


def test_the_figures_of_the_api_come_out_of_the_csv() -> None:
    orders = [sold for sold in ORDERS if sold["id"] != 3008]  # a state of a plug-in: only the API tells paid
    api, csv = SHOP.map(read(orders)), SHOP.map(read_csv([csv_row(sold) for sold in orders]))
    same = ["delivery_source", "order_id", "ordered_at", "customer_id", "site", "status", "email_hash"]
    amounts = [name for name in api.feeds["orders"].columns if name.endswith("_amount")]
    for columns in (same, amounts):
        assert csv.feeds["orders"].select(columns).rows() == api.feeds["orders"].select(columns).rows()
    lines = ["order_id", "product_id", "quantity", "gross_amount", "discount_amount"]
    assert csv.feeds["order_lines"].select(lines).rows() == api.feeds["order_lines"].select(lines).rows()
    counted = ["destination", "currency_code", "row_count", "money_amount"]
    by_table = ("table_name", *counted)
    named = api.routed.with_columns(pl.format("csv_{}", "table_name").alias("table_name"))
    assert csv.routed.select(by_table).sort(by_table).equals(named.select(by_table).sort(by_table))
    assert csv.accounts["table_name"].unique().to_list() == ["csv_orders"]


def test_names_may_hold_what_parts_the_cells() -> None:
    names = ["Mug; blue|large: 2:1", "Tea|total", ";a|b:;c"]
    rows = [
        csv_row(order(1, "65.40", "5.40", [one | {"name": n} for one, n in zip(LINES, names, strict=True)]))
    ]
    given = read_csv(rows)
    lines = SHOP.map(given).feeds["order_lines"]
    assert SHOP.refused(given).is_empty()
    assert lines.select("line_number", "product_id", "quantity", "gross_amount").rows() == [
        (number, "71", D(1), D(20)) for number in (1, 2, 3)
    ]
    assert lines["delivery_part"].to_list() == ["line_items[0]", "line_items[1]", "line_items[2]"]


@pytest.mark.parametrize(
    ("cell", "text", "reason"),
    [
        ("line_items", "product_id:71|total:20.00|quantity:1|name:a|total:1", "line_items, number 1: total"),
        ("line_items", "product_id:71|total:20.00|quantity:0", "line_items, number 1: quantity"),
        ("line_items", "total:1.00|quantity:1;total:-1.00|quantity:1", "line_items, number 2: total"),
        ("line_items", "2 x Tea, 1 x Mug", "line_items, number 1: quantity"),
        ("shipping_lines", "method_id:post|total:", "shipping_lines, number 1: total"),
        ("fee_lines", "title:x|total:1,00", "fee_lines, number 1: total"),
        ("coupon_lines", "code:lente", "coupon_lines, number 1: amount"),
        ("refunds", "id:5|date:2026-03-29 02:30:00|amount:1.00", "refunds, number 1: date"),
        ("refunds", "date:2026-03-05 02:30:00|amount:1.00", "refunds, number 1: id"),
    ],
)
def test_a_cell_that_cannot_be_read_refuses_its_order_alone(cell: str, text: str, reason: str) -> None:
    given = read_csv([csv_row(SOLD, **{cell: text}), csv_row(ORDERS[0])])
    refused = SHOP.refused(given).select("document_id", "rule", "reason").rows()
    assert refused == [("1", "packed_cell", f"{reason} is missing, told twice or cannot be read")]


def test_one_cent_in_one_total_refuses_that_order_alone() -> None:
    given = read_csv([csv_row(SOLD | {"total": "65.41"}), csv_row(ORDERS[0])])
    assert SHOP.refused(given).select("document_id", "rule").rows() == [("1", "does_not_tie")]


def test_coupons_are_shared_to_the_cent() -> None:
    given = read_csv([csv_row(SOLD, coupon_lines="code:a|amount:9.00;code:b|amount:1.00")])
    mapped = SHOP.map(given)
    # 10.00 over three equal lines: 3.33, 6.67 − 3.33, 10.00 − 6.67.
    assert mapped.feeds["order_lines"].select("gross_amount", "discount_amount").rows() == [
        (D("23.33"), D("3.33")),
        (D("23.34"), D("3.34")),
        (D("23.33"), D("3.33")),
    ]
    assert mapped.feeds["orders"]["coupon_code"].to_list() == ["a"]


@settings(deadline=None, max_examples=25)
@drawn(
    st.lists(st.tuples(st.integers(0, 9999), st.integers(1, 9)), min_size=1, max_size=5),
    st.integers(0, 9999),
    st.integers(0, 1000),
)
def test_all_of_the_coupons_is_in_the_lines(lines: list[tuple[int, int]], cents: int, seed: int) -> None:
    """Whatever it is, no cent of it is lost, and the order of rows says nothing."""
    off = D(cents) / 100
    sold = [line(n, str(D(total) / 100), "0", quantity=units) for n, (total, units) in enumerate(lines)]
    total = str(sum((D(one["total"]) for one in sold), D(0)))
    rows = [csv_row(order(n, total, "0", sold), coupon_lines=f"code:a|amount:{off}") for n in (1, 2)]
    given = read_csv(rows)
    shuffled = {"csv_orders": given["csv_orders"].sample(fraction=1, shuffle=True, seed=seed)}
    key = ("order_id", "line_number")
    found = SHOP.map(given).feeds["order_lines"].sort(key)
    assert SHOP.map(shuffled).feeds["order_lines"].sort(key).equals(found)
    assert found["discount_amount"].sum() == 2 * off
    assert (found["discount_amount"] >= 0).all()
    assert (found["gross_amount"] - found["discount_amount"]).to_list() == [
        D(one["total"]) for one in sold
    ] * 2


def test_a_coupon_of_all_is_shared_by_units() -> None:
    free = [line(1, "0.00", "0.00", quantity=3), line(2, "0.00", "0.00", quantity=1)]
    given = read_csv([csv_row(order(1, "0.00", "0.00", free), coupon_lines="code:free|amount:10.00")])
    lines = SHOP.map(given).feeds["order_lines"]
    assert lines["gross_amount"].to_list() == [D("7.50"), D("2.50")]
    assert lines["discount_amount"].to_list() == [D("7.50"), D("2.50")]


def test_a_refund_is_a_price_correction_or_all_of_the_order() -> None:
    part, whole = refund(5, 1, "6.54"), REFUNDS[0]
    given = read_csv([csv_row(SOLD, [part]), csv_row(ORDERS[1], [whole])])
    mapped = SHOP.map(given)
    # 6.54 × 5.40 ÷ 65.40 = 0.54.
    assert mapped.feeds["adjustments"].select("adjustment_id", "kind", "amount", "tax_amount").rows() == [
        ("4002-2", "shipping_refund", D("4.00"), D("0.36")),
        ("4002-3", "charge_refund", D("2.00"), D("0.18")),
        ("5-rest", "price_correction", D("6.00"), D("0.54")),
    ]
    assert mapped.feeds["returns"].select("return_id", "order_id", "refund_amount").rows() == [
        ("4002", "3002", D("50.00"))
    ]
    times = mapped.feeds["returns"]["returned_at"].to_list()
    assert times == [datetime(2026, 3, 4, 12, tzinfo=UTC)]


def test_the_site_has_its_own_clock() -> None:
    rows = [
        csv_row(
            SOLD | {"date_created": "2025-10-26T02:30:00"},
            [refund(5, 1, "1.00", date_created="2025-10-26T02:30:00")],
        )
    ]
    mapped = SHOP.map(read_csv(rows))
    # Half past two happens twice that night: the first time counts, in summer time.
    half_past_midnight = datetime(2025, 10, 26, 0, 30, tzinfo=UTC)
    assert mapped.feeds["orders"]["ordered_at"].to_list() == [half_past_midnight]
    assert mapped.feeds["adjustments"]["adjusted_at"].to_list() == [half_past_midnight]


def test_both_ways_in_one_delivery_are_both_counted() -> None:
    given = read(ORDERS[:1]) | read_csv([csv_row(ORDERS[2])])
    assert SHOP.refused(given).is_empty()
    assert SHOP.map(given).feeds["orders"]["order_id"].to_list() == ["3001", "3003"]


def test_kinds_are_told_apart() -> None:
    api, refunds, csv = KINDS
    assert set(csv_row(SOLD)) >= csv.needed - {"total_shipping"}
    assert set(SOLD) >= api.needed
    assert not set(SOLD) >= refunds.needed
    assert set(REFUNDS[0]) >= refunds.needed
    assert not set(REFUNDS[0]) >= api.needed
    names = {table.part.kind for table in SHOP.tables.values() if table.part}
    assert names == {kind.name for kind in KINDS}
