"""Files of other shapes: another ERP, two files of one mapping, documents, packed cells, columns as rows."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from mandje.errors import MandjeError
from mapped_shop import tried

# An ERP with English headers and points: header and lines in files of their own, prices without tax.
TWO_FILES = """
file = "orders*"
time_zone = "America/New_York"

[[tables]]
feed = "orders"
order_id = "Doc No"
ordered_at = "Doc Date"
customer_id = "Customer"
sales_channel = {from = "Source", map = {WEB = "online", POS = "store"}}
status = {is = "paid"}
currency_code = "Currency"
discount_amount = {is = 0}
shipping_amount = "Freight"
other_charges_amount = {is = 0}
tax_amount = "Tax"
total_amount = "Grand Total"

[[tables]]
feed = "order_lines"
file = "lines*"
order_id = "Doc No"
line_number = "Line"
product_id = "Item"
quantity = "Qty"
unit_price_amount = "Unit Price"
discount_amount = {from = "Discount", empty = 0}
currency_code = "Currency"
"""
ORDERS = (
    "Doc No|Doc Date|Customer|Source|Currency|Freight|Tax|Grand Total\n"
    'SO-2|2026-03-07 20:30:00|C9|POS|USD|0.00|0.00|"1,003.00"\n'
    "SO-1|2026-03-07 10:00:00|C1|WEB|USD|5.00|1.50|26.00\n"
)
LINES = (
    "Doc No,Line,Item,Qty,Unit Price,Discount,Currency\n"
    "SO-1,2,CUP,1,9.50,,USD\n"
    "SO-2,1,DESK,1,1003.00,0,USD\n"
    "SO-1,1,MUG,2,5.25,0.50,USD\n"
)


def test_orders_and_lines_of_two_files_tie(tmp_path: Path) -> None:
    result = tried(tmp_path, TWO_FILES, {"orders-1.csv": ORDERS, "lines-1.csv": LINES})
    assert (result.rejected, result.faults) == ([], ())
    assert result.rows("orders", "order_id", "ordered_at", "sales_channel", "total_amount") == [
        ("SO-1", datetime(2026, 3, 7, 15, 0, tzinfo=UTC), "online", "26.00"),
        ("SO-2", datetime(2026, 3, 8, 1, 30, tzinfo=UTC), "store", "1003.00"),
    ]
    assert result.destinations() == {
        ("orders", "orders"): (2, "1029.00"),
        ("order_lines", "order_lines"): (3, "1022.50"),
    }


def test_a_file_of_no_pattern_is_refused_with_the_patterns(tmp_path: Path) -> None:
    (fault,) = tried(tmp_path, TWO_FILES, {"stock.csv": "a,b\n1,2\n"}).faults
    assert (fault.reason, fault.error.found) == ("unknown_file", "stock.csv")
    assert fault.error.expected == "a name such as orders* or lines*"


def test_a_file_that_lacks_a_column_is_refused_with_its_name(tmp_path: Path) -> None:
    short = ORDERS.replace("|Tax|", "|VAT|")
    (fault,) = tried(tmp_path, TWO_FILES, {"orders.csv": short, "lines.csv": LINES}).faults
    assert fault.reason == "header"
    assert str(fault.error).startswith("missing column: Tax")


def test_a_separator_that_is_told_is_binding(tmp_path: Path) -> None:
    told = 'separator = ";"\n' + TWO_FILES
    faults = tried(tmp_path, told, {"orders.csv": ORDERS.replace("|", ";"), "lines.csv": LINES}).faults
    assert [fault.file.path.name for fault in faults] == ["lines.csv"]


def test_a_decimal_mark_that_is_told_is_binding(tmp_path: Path) -> None:
    """1.234 alone may be both; 12.50 is no number of a file with commas."""
    mapping = 'decimal = ","\n' + PRODUCTS
    rows = "Code;Name;Price;Day\nA;Mug;1.234;x\nB;Cup;12,5;x\nC;Pot;12.50;x\n"
    result = tried(tmp_path, mapping, {"p.csv": rows})
    assert result.rows("products", "product_id", "list_price_amount") == [("A", "1234.00"), ("B", "12.50")]
    assert result.rejected == [
        (
            "products",
            "Price",
            "type",
            "found '12.50', expected a number such as 1234,50: , is its decimal mark",
        )
    ]


PRODUCTS = """
[[tables]]
feed = "products"
product_id = "Code"
name = "Name"
category = {is = "all"}
currency_code = {is = "EUR"}
list_price_amount = "Price"
"""
SPEND = """
time_form = ["%m/%d/%Y", "%Y%m%d"]

[[tables]]
feed = "ad_spend"
spend_date = "Day"
source = {is = "google"}
medium = {is = "cpc"}
campaign = "Campaign"
currency_code = {is = "EUR"}
cost_amount = "Cost"
"""


def test_a_form_of_days_that_is_told_settles_them(tmp_path: Path) -> None:
    rows = "Day,Campaign,Cost\n03/04/2026,A,1\n20260305,B,2\n2026-03-06,C,3\n"
    result = tried(tmp_path, SPEND, {"spend.csv": rows})
    assert result.rows("ad_spend", "campaign", "spend_date", "site") == [
        ("A", date(2026, 3, 4), "nl"),
        ("B", date(2026, 3, 5), "nl"),
    ]
    assert result.rejected == [
        ("ad_spend", "Day", "type", "found '2026-03-06', expected a time as %m/%d/%Y or %Y%m%d")
    ]


def test_parquet_is_read_as_it_is(tmp_path: Path) -> None:
    frame = pl.DataFrame({"Code": ["A", "B"], "Name": ["Mug", "Cup"], "Price": [1.5, 1234.0], "More": [1, 2]})
    frame.write_parquet(tmp_path / "p.parquet")
    content = (tmp_path / "p.parquet").read_bytes()
    result = tried(tmp_path, 'decimal = ","\n' + PRODUCTS, {"p.parquet": content})
    assert result.rows("products", "product_id", "list_price_amount") == [("A", "1.50"), ("B", "1234.00")]
    assert result.noted["column_name"].to_list() == ["More"]


DOCUMENTS = """
file = "*.jsonl"

[[tables]]
feed = "orders"
order_id = "id"
ordered_at = "placed.at"
email = "buyer.email"
sales_channel = {is = "online"}
status = {is = "paid"}
currency_code = {is = "EUR"}
coupon_code = {pairs = "extra", key = "coupon"}
discount_amount = {is = 0}
shipping_amount = "delivery.price"
other_charges_amount = {is = 0}
tax_amount = {is = 0}
total_amount = "total"

[[tables]]
feed = "order_lines"
each = "items"
order_id = "^id"
line_number = {counter_of = "^id"}
product_id = "sku"
quantity = "count"
gross_amount = {from = "price", times = "count"}
discount_amount = {is = 0}
"""
ORDER = {
    "id": 7,
    "placed": {"at": "2026-03-01T10:00:00Z"},
    "buyer": {"email": "Noor@Example.org", "name": "N. Bakker"},
    "delivery": {"price": "2.50"},
    "total": "12.50",
    "extra": [{"key": "gift", "value": "no"}, {"key": "coupon", "value": "MARCH"}],
    "items": [{"sku": "MUG", "count": 1, "price": 4.0}, {"sku": "CUP", "count": 2, "price": 3}],
}


def test_documents_are_unpacked(tmp_path: Path) -> None:
    text = json.dumps(ORDER) + "\n" + json.dumps(ORDER | {"id": 8, "total": "12.60"}) + "\n"
    result = tried(tmp_path, DOCUMENTS, {"orders.jsonl": text})
    assert result.rows("order_lines", "order_id", "line_number", "product_id", "gross_amount") == [
        ("7", 1, "MUG", "4.00"),
        ("7", 2, "CUP", "6.00"),
    ]
    assert result.rows("orders", "order_id", "coupon_code", "shipping_amount") == [("7", "MARCH", "2.50")]
    ((address,),) = result.rows("orders", "email_hash")
    assert len(address) == 64
    assert {rule for _, _, rule, _ in result.rejected} == {"does_not_tie"}


def test_half_a_document_is_one_rejected_row(tmp_path: Path) -> None:
    text = json.dumps(ORDER) + "\n" + json.dumps(ORDER)[:60] + "\n"
    result = tried(tmp_path, DOCUMENTS, {"orders.jsonl": text})
    assert [(table, rule) for table, _, rule, _ in result.rejected] == [("orders", "json")]


PACKED = """
[[tables]]
feed = "order_lines"
unpack = {column = "Lines", items = ";", fields = "|", names = ":"}
order_id = "Order"
line_number = {counter_of = "Order"}
product_id = "Lines.sku"
quantity = "Lines.qty"
gross_amount = "Lines.total"
discount_amount = {is = 0}
currency_code = {is = "EUR"}
"""


def test_cells_are_unpacked(tmp_path: Path) -> None:
    rows = "Order,Lines\nA,sku:MUG|qty:2|total:9.00;sku:CUP|total:3.50|qty:1\nB,sku:POT|qty:1|total:4;\nC,\n"
    result = tried(tmp_path, PACKED, {"o.csv": rows})
    assert result.rejected == []
    assert result.rows(
        "order_lines", "order_id", "line_number", "product_id", "quantity", "gross_amount", "delivery_part"
    ) == [
        ("A", 1, "MUG", "2.00", "9.00", "Lines[0]"),
        ("A", 2, "CUP", "1.00", "3.50", "Lines[1]"),
        ("B", 1, "POT", "1.00", "4.00", "Lines[0]"),
    ]


@pytest.mark.parametrize("cell", ["sku:MUG|qty", "sku:MUG|sku:CUP|qty:1", "sku:A;B|qty:1|total:2"])
def test_a_cell_that_cannot_be_told_is_rejected(tmp_path: Path, cell: str) -> None:
    result = tried(tmp_path, PACKED, {"o.csv": f"Order,Lines\nA,{cell}\nB,sku:POT|qty:1|total:4\n"})
    assert [row[:3] for row in result.rejected] == [("order_lines", "Lines", "packed_cell")]
    assert result.rows("order_lines", "order_id") == [("B",)]


WIDE = """
[[tables]]
feed = "exchange_rates"
columns_to_rows = {like = "[A-Z]{3}", name = "Code", value = "Rate"}
only_if = {column = "Rate", is_empty = false}
otherwise = "skipped:not_quoted"
rate_date = "Date"
from_currency = {is = "EUR"}
to_currency = "Code"
rate = "Rate"
"""


@pytest.mark.parametrize("which", ['like = "[A-Z]{3}"', 'columns = ["USD", "JPY"]'])
def test_columns_are_rows(tmp_path: Path, which: str) -> None:
    mapping = WIDE.replace('like = "[A-Z]{3}"', which)
    result = tried(
        tmp_path, mapping, {"r.csv": "Date,USD,JPY\n2026-03-02,1.08,N/A\n2026-03-03,1.09,161.25\n"}
    )
    assert result.rows("exchange_rates", "rate_date", "to_currency", "rate") == [
        (date(2026, 3, 2), "USD", "1.0800000000"),
        (date(2026, 3, 3), "JPY", "161.2500000000"),
        (date(2026, 3, 3), "USD", "1.0900000000"),
    ]
    assert result.destinations()["exchange_rates", "skipped:not_quoted"] == (1, "0.00")


def test_a_value_in_a_column_that_is_no_number_is_rejected(tmp_path: Path) -> None:
    result = tried(tmp_path, WIDE, {"r.csv": "Date,USD\n2026-03-02,one\n"})
    assert [row[:3] for row in result.rejected] == [("exchange_rates", "Rate", "type")]


@pytest.mark.parametrize(
    ("which", "missing"),
    [
        ('columns = ["USD", "JPY"]', "missing column: JPY"),
        ('like = "X[A-Z]{2}"', "missing column: X[A-Z]{2}"),
    ],
)
def test_a_file_without_the_columns_that_are_rows_is_refused(
    tmp_path: Path, which: str, missing: str
) -> None:
    mapping = WIDE.replace('like = "[A-Z]{3}"', which)
    result = tried(tmp_path, mapping, {"r.csv": "Date,USD\n2026-03-02,1.08\n"})
    assert [(fault.reason, missing in str(fault.error)) for fault in result.faults] == [("header", True)]


# Returns as lines of their own, with less than 0 units, in the receipts of a till.
NEGATIVE = """
[[tables]]
feed = "returns"
only_if = {column = "Units", below = 0}
otherwise = "skipped:sold"
return_id = {join = ["R", "Receipt"]}
site = {is = "nl"}
product_id = "Code"
returned_at = "Day"
quantity = {from = "Units", times = -1}
currency_code = {is = "EUR"}
refund_amount = {from = "Price", times = ["Units", -1], ex_tax = 0.21}
"""
RECEIPTS = (
    "Receipt,Code,Day,Units,Price\n"
    "1,MUG,2026-03-01T10:00:00Z,2,12.10\n"
    "2,MUG,2026-03-02T10:00:00Z,-2,12.10\n"
    "2,CUP,2026-03-02T10:00:00Z,-1,6.05\n"
    "3,CUP,2026-03-03T10:00:00Z,-1,6.05\n"
)


def test_lines_of_less_than_0_units_are_returns(tmp_path: Path) -> None:
    result = tried(tmp_path, NEGATIVE, {"r.csv": RECEIPTS})
    assert result.rejected == []
    assert result.rows("returns", "return_id", "product_id", "quantity", "refund_amount", "tax_amount") == [
        ("R2", "CUP", "1.00", "5.00", "1.05"),
        ("R2", "MUG", "2.00", "20.00", "4.20"),
        ("R3", "CUP", "1.00", "5.00", "1.05"),
    ]


@pytest.mark.parametrize(
    ("found", "changed"),
    [('{from = "Units", times = -1}', '"Units"'), ('times = ["Units", -1]', 'times = "Units"')],
)
def test_a_return_whose_signs_disagree_is_rejected_whole(tmp_path: Path, found: str, changed: str) -> None:
    result = tried(tmp_path, NEGATIVE.replace(found, changed), {"r.csv": RECEIPTS})
    assert [row[:3] for row in result.rejected] == [("returns", None, "range")] * 3
    assert all("above 0; times = -1 in the mapping turns a sign" in row[3] for row in result.rejected)
    assert result.destinations()["returns", "skipped:sold"] == (1, "0.00")


def test_documents_take_over_what_their_order_says(tmp_path: Path) -> None:
    """Also where an object stands between the order and the list."""
    mapping = DOCUMENTS.replace('{is = "EUR"}', '"money.code"').replace(
        'each = "items"', 'each = "cart.items"'
    )
    bare = mapping.replace('order_id = "^id"\nline_number = {counter_of = "^id"}\n', "")
    order = {name: value for name, value in ORDER.items() if name != "items"}
    text = json.dumps(order | {"money": {"code": "EUR"}, "cart": {"items": ORDER["items"]}})
    result = tried(tmp_path, bare, {"orders.jsonl": text + "\n"})
    assert result.rejected == []
    columns = "order_id", "line_number", "currency_code", "gross_amount"
    assert result.rows("order_lines", *columns) == [("7", 1, "EUR", "4.00"), ("7", 2, "EUR", "6.00")]


def test_what_stands_in_another_file_is_not_taken_over(tmp_path: Path) -> None:
    mapping = TWO_FILES.removesuffix('currency_code = "Currency"\n')
    with pytest.raises(MandjeError) as wrong:
        tried(tmp_path, mapping, {})
    told = str(wrong.value.found)
    assert (
        "tables[2] (order_lines).currency_code: orders read it from Currency of orders*, and no row of"
        in told
    )
    assert 'write currency_code = {is = "..."}, or a column of lines*' in told
