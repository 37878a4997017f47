"""What is refused, with its words, and what is only odd."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest

from mandje.adapters.base import REFUSED_SCHEMA
from mandje.adapters.woocommerce.adapter import WooCommerce
from woocommerce_export import (
    ORDERS,
    REFUNDS,
    SHOP,
    Frames,
    Json,
    charge,
    line,
    line_back,
    order,
    read,
    refund,
)

D = Decimal
ROUNDED = [line(number, "8.26", "1.74") for number in (1, 2, 3)]
REFUND_LINE = line_back(9, 1, "-10.00", "-0.90")


def refused(given: Frames, shop: WooCommerce = SHOP) -> list[tuple[str, str]]:
    found = shop.refused(given)
    assert dict(found.schema) == REFUSED_SCHEMA
    return found.select("document_id", "rule").rows()


@pytest.mark.parametrize("total", ["22.88", "22.90"])
def test_one_cent_in_one_total_refuses_that_order_alone(total: str) -> None:
    given = read([ORDERS[0] | {"total": total}, *ORDERS[1:]], REFUNDS)
    reason = SHOP.refused(given).row(0, named=True)["reason"]
    assert refused(given) == [("3001", "does_not_tie")]
    assert reason.startswith("lines 17.00 + shipping 4.00 + fees 0.00 + tax 1.89 = 22.89, but the total says")
    assert total in reason


def test_a_difference_that_rounding_cannot_make_gets_no_advice_on_rounding() -> None:
    given = read([order(1, "32.00", "5.21", ROUNDED)])
    reasons = SHOP.refused(given)["reason"].to_list()
    assert reasons == ["lines 24.78 + shipping 0.00 + fees 0.00 + tax 5.21 = 29.99, but the total says 32.00"]


@pytest.mark.parametrize(
    ("lines", "tax"),
    [
        (ROUNDED, "5.21"),  # prices with tax: 3 × (8.26 + 1.74)
        ([line(1, "24.79", "5.20"), line(2, "0.01", "0.01")], "5.20"),  # without: 24.80 + 5.20
        ([line(n, "8.264463", "1.735537") for n in (1, 2, 3)], "5.206611"),  # as many places as there are
    ],
)
def test_prices_with_or_without_tax_tie(lines: list[Json], tax: str) -> None:
    assert refused(read([order(1, "30.00", tax, lines)])) == []


def test_an_order_without_lines_ties_to_nothing() -> None:
    given = read([order(1, "0.00", "0.00", []), order(2, "1.00", "0.00", [])])
    assert refused(given) == [("2", "does_not_tie")]


def test_a_line_that_is_rejected_takes_its_order_along() -> None:
    given = read([order(1, "10.90", "0.90", [line(1, "10.00", "0.90", quantity=0)])])
    assert given["line_items"].is_empty()
    assert refused(given) == [("1", "does_not_tie")]


@pytest.mark.parametrize(
    ("orders", "refunds"),
    [
        ([order(1, " ", "0.90", [line(1, "10.00", "0.90")])], []),
        ([order(1, "10.90", "0.90", [line(1, "10.00", "0.90")], date_created_gmt=None)], []),
        ([], [refund(5, 1, "-10.90", line_items=[REFUND_LINE])]),
    ],
)
def test_lines_of_a_header_that_was_rejected_go_with_it(orders: list[Json], refunds: list[Json]) -> None:
    given = read(orders, refunds)
    assert given["orders"].is_empty()
    assert given["refunds"].is_empty()
    assert refused(given) == [("1", "no_header")]


def test_a_line_told_twice_in_one_order_is_no_line() -> None:
    given = read([order(1, "21.80", "1.80", [line(1, "10.00", "0.90"), line(1, "10.00", "0.90")])])
    assert refused(given) == [("1", "line_twice")]


def test_a_draft_need_not_tie() -> None:
    given = read([order(1, "1.00", "0.00", [line(1, "10.00", "0.90")], status="trash")])
    assert refused(given) == []
    assert SHOP.map(given).feeds["orders"].is_empty()


def test_a_state_that_the_shop_explains_is_no_draft_and_not_unknown() -> None:
    shop = WooCommerce({"*": "nl"}, {"wc-packed": "fulfilled", "trash": "cancelled"}, "EUR", "UTC")
    lines = [line(1, "10.00", "0.90")]
    given = read(
        [
            order(1, "10.90", "0.90", lines, status="packed"),
            order(2, "10.90", "0.90", lines, status="wc-trash"),
            order(3, "10.90", "0.90", lines, status="lost", date_paid_gmt=None),
        ]
    )
    orders = shop.map(given).feeds["orders"].sort("order_id")
    assert orders["status"].to_list() == ["fulfilled", "cancelled", "pending"]
    assert shop.map(given).noted["column_name"].to_list() == ["lost"]


def test_refunds_of_a_draft_are_skipped_with_it() -> None:
    given = read(
        [order(1, "10.90", "0.90", [line(1, "10.00", "0.90")], status="trash")],
        [refund(5, 1, "10.90"), refund(6, 1, "10.90", line_items=[REFUND_LINE])],
    )
    mapped = SHOP.map(given)
    assert refused(given) == []
    assert set(mapped.routed["destination"]) == {"skipped:draft"}
    assert mapped.feeds["returns"].is_empty()
    assert mapped.feeds["adjustments"].is_empty()


def test_a_refund_that_its_lines_tell_whole_needs_no_order() -> None:
    given = read([], [refund(5, 1, "10.90", line_items=[REFUND_LINE])])
    returns = SHOP.map(given).feeds["returns"]
    assert refused(given) == []
    assert returns.select("order_id", "site", "currency_code", "refund_amount", "tax_amount").rows() == [
        ("1", "nl", "EUR", D("10.00"), D("0.90"))
    ]
    assert returns["updated_at"].to_list() == [datetime(2026, 3, 4, 12, tzinfo=UTC)]


def test_a_refund_that_its_lines_do_not_tell_needs_its_order() -> None:
    given = read([], [refund(5, 1, "12.00", line_items=[REFUND_LINE])])
    reason = (
        "refund 5 gives back 1.10 beyond its lines, and its order is not in this delivery: "
        "deliver refunds together with their order"
    )
    assert SHOP.refused(given).row(0)[1:] == ("1", "no_order", reason)


def test_sites_by_currency() -> None:
    shop = WooCommerce({"EUR": "nl", "GBP": "uk"}, {}, None, "UTC")
    lines = [line(1, "10.00", "0.90")]
    given = read(
        [order(n, "10.90", "0.90", lines, currency=code) for n, code in ((1, "EUR"), (3, "GBP"), (2, "USD"))],
        [refund(5, 9, "10.90", line_items=[REFUND_LINE])],
    )
    found = shop.refused(given)
    assert found.select("document_id", "rule").rows() == [("2", "no_site"), ("9", "no_order")]
    assert "currency USD has no site" in found["reason"][0]
    kept = {
        name: rows.filter(pl.col("order_id") != "2") for name, rows in given.items() if "order_id" in rows
    }
    kept |= {"orders": given["orders"].filter(pl.col("id") != "2")}
    assert shop.map(kept).feeds["orders"]["site"].to_list() == ["nl", "uk"]


def test_all_back_without_lines_after_a_part_came_back_is_a_price_correction() -> None:
    sold = order(1, "10.90", "0.90", [line(1, "10.00", "0.90")])
    given = read([sold], [refund(5, 1, "10.90"), refund(6, 1, "0.50")])
    mapped = SHOP.map(given)
    assert mapped.feeds["returns"].is_empty()
    assert mapped.feeds["adjustments"]["kind"].to_list() == ["price_correction", "price_correction"]


def test_more_than_all_back_is_a_price_correction() -> None:
    given = read([order(1, "10.90", "0.90", [line(1, "10.00", "0.90")])], [refund(5, 1, "21.80")])
    mapped = SHOP.map(given)
    assert mapped.feeds["returns"].is_empty()
    assert mapped.feeds["adjustments"].select("kind", "amount", "tax_amount").rows() == [
        ("price_correction", D("20.00"), D("1.80"))
    ]


def test_tax_of_a_whole_order_that_rounding_hides_goes_to_its_first_line() -> None:
    # Own taxes are 2 × 0.87 = 1.74, the order's is 1.73: 8.30 + 1.73 = 10.03.
    sold = order(1, "10.03", "1.73", [line(1, "4.15", "0.87"), line(2, "4.15", "0.87")])
    given = read([sold], [refund(5, 1, "10.03")])
    returns = SHOP.map(given).feeds["returns"].sort("line_number")
    assert refused(given) == []
    assert returns.select("refund_amount", "tax_amount").rows() == [
        (D("4.15"), D("0.86")),
        (D("4.15"), D("0.87")),
    ]


def test_a_price_that_was_raised_is_gross() -> None:
    given = read([order(1, "13.08", "1.08", [line(1, "12.00", "1.08", subtotal="10.00")])])
    lines = SHOP.map(given).feeds["order_lines"]
    assert lines.select("gross_amount", "discount_amount").rows() == [(D(12), D(0))]


def test_two_lines_of_a_refund_that_name_one_line_keep_their_own_numbers() -> None:
    sold = order(1, "21.80", "1.80", [line(1, "20.00", "1.80", quantity=2)])
    back = [line_back(8, 1, "-5.00", "-0.45"), line_back(9, 1, "-5.00", "-0.45", quantity=0)]
    nameless = line_back(10, None, "-1.00", "-0.09")
    given = read([sold], [refund(5, 1, "11.99", line_items=[*back, nameless])])
    returns = SHOP.map(given).feeds["returns"].sort("line_number")
    assert returns.select("line_number", "quantity").rows() == [(8, D(1)), (9, D(0)), (10, D(1))]


@pytest.mark.parametrize(
    "lists",
    [
        {},
        {"line_items": [line_back(8, 1, "-10.00", "-0.90")], "fee_lines": [charge(9, "1.00", "0.09")]},
    ],
    ids=["without lines", "told by lines"],
)
def test_a_fee_below_0_that_comes_back_is_a_discount_taken(lists: Json) -> None:
    """Net sales are 10.00 − 1.00 when sold and −10.00 + 1.00 when all comes back."""
    sold = order(1, "9.81", "0.81", [line(1, "10.00", "0.90")], fee_lines=[charge(2, "-1.00", "-0.09")])
    given = read([sold], [refund(5, 1, "9.81", **lists)])
    mapped = SHOP.map(given)
    assert mapped.feeds["adjustments"].select("kind", "amount", "tax_amount").rows() == [
        ("discount", D("-1.00"), D("-0.09"))
    ]
    assert mapped.feeds["returns"]["refund_amount"].to_list() == [D("10.00")]
