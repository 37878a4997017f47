"""Of some columns a row needs one: which one is its own affair."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from mandje.contracts.feeds import FEEDS
from mandje.ingest.accounts.destinations import accounts
from mandje.ingest.accounts.recount import recount
from parse_support import LINE, csv_bytes, parse_bytes
from tiny_shop import line, small_shop

DAY = date(2025, 3, 3)
BARE = {name: value for name, value in LINE.items() if name != "unit_price_amount"}


def test_a_line_needs_a_unit_price_or_the_price_of_the_whole_line(tmp_path: Path) -> None:
    prices = [("10.25", ""), ("", "20.50"), ("10.25", "20.49"), ("", ""), ("x", "20.50"), (" ", " ")]
    rows = [
        LINE | {"line_number": str(n), "unit_price_amount": unit, "gross_amount": gross}
        for n, (unit, gross) in enumerate(prices, start=1)
    ]
    outcome = parse_bytes(tmp_path, csv_bytes(rows))
    assert outcome.rows["line_number"].to_list() == [1, 2, 3]
    assert outcome.rejected.select("column_name", "rule", "delivery_line").rows() == [
        ("unit_price_amount", "missing", 5),
        ("unit_price_amount", "type", 6),
        ("unit_price_amount", "missing", 7),
    ]
    assert outcome.rejected["reason"][0] == "found nothing, expected a value here or in gross_amount"


def test_a_file_needs_one_of_the_columns(tmp_path: Path) -> None:
    gross = parse_bytes(tmp_path, csv_bytes([BARE | {"gross_amount": "20.50"}]))
    assert (gross.rows["gross_amount"].to_list(), gross.faults) == ([Decimal("20.5")], [])
    (fault,) = parse_bytes(tmp_path, csv_bytes([BARE])).faults
    assert "missing column: unit_price_amount or gross_amount" in str(fault)
    assert "unit_price_amount or gross_amount; and perhaps updated_at, unit_cost_amount" in str(fault)


def test_a_line_worth_too_much_is_so_by_its_whole_price_too(tmp_path: Path) -> None:
    rows = [
        LINE | {"line_number": "1", "gross_amount": "1000000000000"},
        LINE
        | {"line_number": "2", "quantity": "99999999", "unit_price_amount": "99999999", "gross_amount": "5"},
    ]
    outcome = parse_bytes(tmp_path, csv_bytes(rows))
    assert outcome.rejected.select("rule", "column_name", "delivery_line").rows() == [
        ("range", "quantity", 2)
    ]
    assert outcome.rows["gross_amount"].to_list() == [Decimal(5)]


def test_columns_of_a_group_may_each_be_empty() -> None:
    groups = {table: group for table in FEEDS.values() for group in table.one_of}
    assert all(
        {c.name: c for c in table.columns}[name].nullable for table, group in groups.items() for name in group
    )


def test_the_ledger_and_its_recount_take_the_price_of_the_whole_line(tmp_path: Path) -> None:
    lines = [
        line("o1", 1, "p1", 3, "16.4867") | {"gross_amount": "49.46"},
        line("o1", 2, "p1", 3, "") | {"gross_amount": "49.46", "discount_amount": "9.46"},
        line("o1", 3, "p1", 3, "16.4867") | {"gross_amount": ""},
    ]
    shop = small_shop(tmp_path).deliver("order_lines", DAY, lines)
    shop.stages(DAY, "discover", "validate", "load")
    (told,) = accounts(shop.shop).destinations.iter_rows(named=True)
    assert (told["destination"], told["row_count"], told["money_amount"]) == (
        "order_lines",
        3,
        Decimal("138.9201"),
    )
    assert recount(shop.shop).is_empty()


def test_a_message_goes_to_a_customer_or_an_address(tmp_path: Path) -> None:
    whom = [
        ("c1", ""),
        ("", "Ann@shop.nl"),
        ("ann@shop.nl", ""),
        ("", ""),
        ("0", " "),
        ("guest", "b@shop.nl"),
    ]
    rows = [
        {"message_id": f"m{n}", "channel": "e-mail", "customer_id": customer, "email": email}
        for n, (customer, email) in enumerate(whom)
    ]
    outcome = parse_bytes(tmp_path, csv_bytes(rows), table=FEEDS["messages"])
    assert outcome.rows["message_id"].to_list() == ["m0", "m1", "m2", "m5"]
    assert outcome.rows["sent_at"].null_count() == 4
    hashes = outcome.rows["email_hash"].to_list()
    assert (hashes[0], hashes[1] == hashes[2], hashes[3] is None) == (None, True, False)
    assert outcome.rejected.select("column_name", "rule", "delivery_line").rows() == [
        ("customer_id", "missing", 5),
        ("customer_id", "missing", 6),
    ]
    assert outcome.rejected["reason"][0] == "found nothing, expected a value here or in email_hash"
