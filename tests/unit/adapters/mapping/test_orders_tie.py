"""Orders of a mapping and their lines: the first row of each, sums that tie, rows that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from mapped_shop import mapped_shop, tried

ORDERS = """
[[tables]]
feed = "orders"
first_of = "Order"
order_id = "Order"
ordered_at = "Day"
email = "Mail"
sales_channel = {is = "store"}
status = {is = "paid"}
currency_code = {is = "EUR"}
discount_amount = {is = 0}
shipping_amount = {is = 0}
other_charges_amount = {is = 0}
tax_amount = {is = 0}
total_amount = "Total"

[[tables]]
feed = "order_lines"
order_id = "Order"
product_id = "Code"
quantity = {is = 1}
gross_amount = "Price"
discount_amount = {is = 0}
"""
TILL = "Order,Day,Mail,Total,Code,Price\n"


def till(*rows: str) -> dict[str, str | bytes]:
    return {"till.csv": TILL + "\n".join(rows) + "\n"}


def test_rows_of_one_order_that_do_not_say_the_same_are_rejected(tmp_path: Path) -> None:
    """Empty says nothing; the values of a personal column are not told."""
    rows = [
        "A,2026-03-01 09:00,,3,M,1",
        "A,2026-03-01 09:00,,4,N,2",
        "B,2026-03-01 09:00,a@x.nl,1,M,1",
        "B,2026-03-01 09:00,b@x.nl,1,N,0",
        "C,2026-03-01 09:00,c@x.nl,3,M,1",
        "C,,,,N,2",
    ]
    result = tried(tmp_path, ORDERS, till(*rows))
    assert result.rows("orders", "order_id", "total_amount") == [("C", "3.00")]
    found = {row[:3] for row in result.rejected}
    assert found == {
        ("orders", "Total", "disagrees"),
        ("orders", "Mail", "disagrees"),
        ("order_lines", None, "no_header"),
    }
    reasons = [row[3] for row in result.rejected if row[2] == "disagrees"]
    assert sorted(reasons) == [
        "rows of one Order do not say the same: found '3' and '4', expected one value",
        "rows of one Order do not say the same: found two (not told), expected one value",
    ]


def test_lines_of_an_order_may_lie_anywhere(tmp_path: Path) -> None:
    rows = ["A,2026-03-01 09:00,,3,M,1", "B,2026-03-01 09:00,,7,M,7", "A,2026-03-01 09:00,,3,N,2"]
    result = tried(tmp_path, ORDERS, till(*rows))
    assert result.rejected == []
    assert result.rows("order_lines", "order_id", "line_number", "currency_code") == [
        ("A", 1, "EUR"),
        ("A", 2, "EUR"),
        ("B", 1, "EUR"),
    ]


def test_a_rejected_line_takes_its_order_along(tmp_path: Path) -> None:
    result = tried(
        tmp_path,
        ORDERS,
        till("A,2026-03-01 09:00,,3,M,1", "A,2026-03-01 09:00,,3,N,two", "B,2026-03-01 09:00,,1,M,1"),
    )
    assert [(table, rule) for table, _, rule, _ in result.rejected] == [
        ("order_lines", "type"),
        ("order_lines", "does_not_tie"),
        ("orders", "does_not_tie"),
    ]
    assert result.rows("orders", "order_id") == [("B",)]


@pytest.mark.parametrize(
    ("total", "is_kept"), [("3.02", True), ("3.03", False), ("2.98", True), ("2.97", False)]
)
def test_a_cent_a_line_may_be_rounding(tmp_path: Path, total: str, is_kept: bool) -> None:  # noqa: FBT001
    rows = [f"A,2026-03-01 09:00,,{total},M,1", f"A,2026-03-01 09:00,,{total},N,2"]
    result = tried(tmp_path, ORDERS, till(*rows))
    assert bool(result.rejected) is not is_kept


def test_a_total_that_the_file_lacks_is_the_sum(tmp_path: Path) -> None:
    mapping = ORDERS.replace('total_amount = "Total"', "total_amount = {sum_of_lines = true}")
    result = tried(tmp_path, mapping, till("A,2026-03-01 09:00,,,M,1", "A,2026-03-01 09:00,,,N,2.50"))
    assert result.rows("orders", "order_id", "total_amount") == [("A", "3.50")]
    assert mapped_shop(tmp_path, mapping).settings.has_summed_totals("erp")


TAXED = ORDERS.replace("tax_amount = {is = 0}", "tax_amount = {sum_of_taxes = true}").replace(
    "shipping_amount = {is = 0}", 'shipping_amount = {from = "Sent", ex_tax = "Rate"}'
).replace('gross_amount = "Price"', 'gross_amount = {from = "Price", ex_tax = "Rate"}')  # fmt: skip


def test_two_rates_in_one_order_matter_only_where_shipping_costs(tmp_path: Path) -> None:
    """Order A: 121.00 and 109.00, sent for nothing. Nobody knows the rate of what B was sent for."""
    rows = ["A,2026-03-01 09:00,,230,M,121,0.00,21", "A,2026-03-01 09:00,,230,N,109,0.00,9",
            "B,2026-03-01 09:00,,235,M,121,5.00,21", "B,2026-03-01 09:00,,235,N,109,5.00,9"]  # fmt: skip
    text = "Order,Day,Mail,Total,Code,Price,Sent,Rate\n" + "\n".join(rows) + "\n"
    result = tried(tmp_path, TAXED, {"till.csv": text})
    assert result.rows("orders", "order_id", "tax_amount") == [("A", "30.00")]
    assert ("orders", "Rate", "disagrees") in {row[:3] for row in result.rejected}


def test_lines_of_a_return_are_counted_by_all_that_names_it(tmp_path: Path) -> None:
    """Both returns of A on 2 March and those of B have one day, or one order, in common."""
    mapping = """
[[tables]]
feed = "returns"
return_id = {join = ["Order", "-", "Day"]}
product_id = "Code"
returned_at = "At"
quantity = {is = 1}
currency_code = {is = "EUR"}
"""
    rows = [f"{order},{day},{code},2026-03-0{day}T10:00:00Z" for order, day, code in
            (("A", 2, "M"), ("B", 2, "M"), ("A", 2, "N"), ("A", 3, "M"))]  # fmt: skip
    result = tried(tmp_path, mapping, {"r.csv": "Order,Day,Code,At\n" + "\n".join(rows) + "\n"})
    assert result.rows("returns", "return_id", "line_number") == [
        ("A-2", 1),
        ("A-2", 2),
        ("A-3", 1),
        ("B-2", 1),
    ]


def test_rows_of_totals_go_aside_in_every_table(tmp_path: Path) -> None:
    """They name no order, so that each of them stands alone."""
    aside = 'only_if = {column = "Order", is_empty = false}\notherwise = "skipped:total_row"\norder_id ='
    rows = ["A,2026-03-01 09:00,,3,M,1", "A,2026-03-01 09:00,,3,N,2", ",,,3,,3", ",,,3,,3"]
    result = tried(tmp_path, ORDERS.replace("order_id =", aside), till(*rows))
    assert result.rejected == []
    assert result.destinations() == {
        ("orders", "orders"): (1, "3.00"),
        ("orders", "skipped:total_row"): (2, "0.00"),
        ("order_lines", "order_lines"): (2, "3.00"),
        ("order_lines", "skipped:total_row"): (2, "0.00"),
    }
