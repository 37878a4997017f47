"""The example of the page on mappings: what it says of its sample is so, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mandje.shop.settings import Shop
from mapped_shop import SHOP_TOML, destinations, loaded, mapped_shop, rejected, rows_of
from repository import ROOT

EXAMPLE = ROOT / "docs" / "examples" / "erp"
PAGE = ROOT / "docs" / "how-to" / "mapping.md"
MAPPING = (EXAMPLE / "mappings" / "erp.toml").read_text(encoding="utf-8")
SAMPLE = (EXAMPLE / "verkoop.csv").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    toml = (EXAMPLE / "shop.toml").read_text(encoding="utf-8")
    return loaded(mapped_shop(tmp_path_factory.mktemp("erp"), MAPPING, toml), {"verkoop-0308.csv": SAMPLE})


def test_orders_have_their_amounts_without_tax(shop: Shop) -> None:
    """5001: 6.05 of shipping is 5.00 and 1.05; tax 4.20 + 0.90 + 1.05. 5002: 1.35 − 0.09."""
    columns = ("order_id", "status", "customer_id", "shipping_amount", "tax_amount", "total_amount")
    assert rows_of(shop, "orders", *columns) == [
        ("5001", "fulfilled", "K17", "5.00", "6.15", "41.15"),
        ("5002", "paid", None, "0.00", "1.26", "15.26"),
        ("5003", "cancelled", "K17", "5.00", "3.15", "18.15"),
        ("5004", "fulfilled", "K20", "0.00", "210.00", "1210.00"),
    ]
    times = [moment for (moment,) in rows_of(shop, "orders", "ordered_at")]
    assert times[1] == datetime(2026, 3, 2, 22, 40, tzinfo=UTC)


def test_lines_are_numbered_and_priced(shop: Shop) -> None:
    columns = ("order_id", "line_number", "product_id", "quantity", "gross_amount", "discount_amount")
    assert rows_of(shop, "order_lines", *columns) == [
        ("5001", 1, "MOK-1", "2.00", "20.00", "0.00"),
        ("5001", 2, "BOEK-7", "1.00", "10.00", "0.00"),
        ("5002", 1, "THEE-3", "3.00", "15.00", "1.00"),
        ("5003", 1, "MOK-1", "1.00", "10.00", "0.00"),
        ("5004", 1, "KAST-2", "1.00", "1000.00", "0.00"),
    ]


def test_what_came_back_takes_its_tax_along(shop: Shop) -> None:
    columns = ("return_id", "line_number", "order_id", "site", "currency_code", "refund_amount", "tax_amount")
    assert rows_of(shop, "returns", *columns) == [("R5001", 1, "5001", "nl", "EUR", "10.00", "2.10")]
    assert rows_of(shop, "returns", "returned_at") == [(datetime(2026, 3, 4, 23, 0, tzinfo=UTC),)]


def test_each_row_has_one_destination_in_each_table(shop: Shop) -> None:
    assert destinations(shop) == {
        ("orders", "orders"): (4, "1284.56"),
        ("order_lines", "order_lines"): (5, "1054.00"),
        ("orders_taxes", "orders:tax_amount"): (4, "220.56"),
        ("returns", "returns"): (1, "-10.00"),
        ("returns", "skipped:no_return"): (4, "0.00"),
        ("returns_taxes", "returns:tax_amount"): (1, "-2.10"),
    }
    assert rejected(shop) == []


def test_the_page_shows_the_files_of_the_example() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name in ("mappings/erp.toml", "shop.toml", "verkoop.csv"):
        assert (EXAMPLE / name).read_text(encoding="utf-8") in page, name


def test_one_cent_more_rejects_that_order_alone(tmp_path: Path) -> None:
    shop = loaded(mapped_shop(tmp_path, MAPPING), {"verkoop.csv": SAMPLE.replace("15,26", "15,29")})
    words = (
        "its 1 lines 14.00 − discount 0.00 + shipping 0.00 + other charges 0.00 + tax 1.26 are 15.26, "
        "its total is 15.29"
    )
    assert rejected(shop) == [
        ("order_lines", None, "does_not_tie", words),
        ("orders", None, "does_not_tie", words),
    ]
    assert [order for (order,) in rows_of(shop, "orders", "order_id")] == ["5001", "5003", "5004"]
    assert destinations(shop)["orders", "rejected:does_not_tie"] == (1, "15.29")


def _columns_turned(text: str, separator: str) -> str:
    rows = [line.split(";")[::-1] for line in text.splitlines()]
    return "\r\n".join(separator.join([*row, "x" if n else "Kleur"]) for n, row in enumerate(rows)) + "\r\n"


def test_order_of_columns_line_ends_and_marks_at_the_begin_change_nothing(shop: Shop, tmp_path: Path) -> None:
    turned = b"\xef\xbb\xbf" + _columns_turned(SAMPLE, ";").encode()
    other = loaded(mapped_shop(tmp_path, MAPPING), {"verkoop.csv": turned})
    for feed, column in (
        ("orders", "total_amount"),
        ("order_lines", "gross_amount"),
        ("returns", "tax_amount"),
    ):
        assert rows_of(other, feed, column) == rows_of(shop, feed, column)


def test_what_is_not_told_is_found_out(shop: Shop, tmp_path: Path) -> None:
    """Tabs, the decimal comma and the order of day and month (25-02) follow from the file."""
    bare = "\n".join(
        line for line in MAPPING.splitlines() if not line.startswith(("separator", "decimal", "time_form"))
    )
    late = SAMPLE.replace("05-03-2026", "25-02-2026").replace(";", "\t")
    other = loaded(mapped_shop(tmp_path, bare, SHOP_TOML), {"verkoop.csv": late})
    assert rows_of(other, "orders", "ordered_at", "total_amount") == rows_of(
        shop, "orders", "ordered_at", "total_amount"
    )
