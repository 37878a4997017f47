"""Orders and returns of bol: every figure is worked out by hand."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from mandje.errors import MandjeError
from mandje.ingest import parse_documents, reader
from mandje.ingest.documents import lines as document_lines
from platform_shop import DAY, Json, PlatformShop, lines_of

D = Decimal
OPTIONS = 'adapter = "bol", tax_ratio = 0.21'
NOON = "2026-05-02T12:00:00+02:00"
PERSONAL = ("Noor", "Kade 4", "token-9", "@", "bel mij")


def item(number: str, price: object, *, sold: int = 1, cancelled: int = 0, **keys: object) -> Json:
    return {
        "orderItemId": number,
        "offer": {"offerId": f"o{number}", "reference": f"SKU-{number}"},
        "product": {"ean": f"87{number}", "title": "Noor's cup"},
        "quantity": sold + cancelled,
        "quantityShipped": sold,
        "quantityCancelled": cancelled,
        "unitPrice": price,
        "commission": 1.5,
    } | keys


def order(number: str, *items: Json, **keys: object) -> Json:
    return {
        "orderId": number,
        "orderPlacedDateTime": NOON,
        "shipmentDetails": {"firstName": "Noor", "streetName": "Kade 4", "email": "token-9@bol.example"},
        "billingDetails": {"firstName": "Noor"},
        "orderItems": list(items),
    } | keys


def result(handling: str, quantity: int = 1, **keys: object) -> Json:
    return {
        "quantity": quantity,
        "processingResult": "ACCEPTED",
        "handlingResult": handling,
        "processingDateTime": "2026-05-06T09:00:00+02:00",
    } | keys


def sent_back(rma: str, of: str, ean: str, *results: Json) -> Json:
    return {
        "rmaId": rma,
        "orderId": of,
        "ean": ean,
        "expectedQuantity": 1,
        "returnReason": {"mainReason": "Defect", "customerComments": "bel mij"},
        "handled": bool(results),
        "processingResults": list(results),
        "customerDetails": {"firstName": "Noor"},
    }


def returned(number: str, *items: Json) -> Json:
    return {
        "returnId": number,
        "registrationDateTime": "2026-05-05T08:00:00+02:00",
        "fulfilmentMethod": "FBR",
        "returnItems": list(items),
    }


ORDERS = [
    # 3 × 19.95 = 59.85, without tax 49.4628; 12.1 is 10.00.
    order("501", item("11", 19.95, sold=3), item("12", "12.10", commission=None)),
    # One of two is cancelled, and all of the other item: 36.30 is left, 30.00 without tax.
    order("502", item("21", 36.3, cancelled=1, quantityShipped=0), item("22", 5, sold=0, cancelled=2)),
    order("503", item("31", 24.2, sold=0, cancelled=2)),
]
RETURNS = [
    returned("71", sent_back("9001", "501", "8711", result("RETURN_RECEIVED", 2))),
    returned(
        "72",
        sent_back("9002", "502", "8721", result("CUSTOMER_KEEPS_PRODUCT_PAID", processingResult="REJECTED")),
        sent_back("9003", "501", "8712"),
        # Lost, and then found: it is given back once.
        sent_back("9004", "501", "8711", result("RETURN_ITEM_LOST"), result("STILL_RECEIVED")),
        sent_back("9005", "501", "8711", result("RETURN_RECEIVED", processingResult="PENDING")),
    ),
]


def delivered(tmp_path: Path, orders: list[Json] = ORDERS, returns: list[Json] = RETURNS) -> PlatformShop:
    files = {"a.jsonl": lines_of(orders), "b.jsonl": lines_of(returns)}
    shop = PlatformShop(tmp_path, OPTIONS)
    return shop.deliver({name: text for name, text in files.items() if text})


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> PlatformShop:
    return delivered(tmp_path_factory.mktemp("bol"))


def test_every_row_has_its_destination_with_its_money(shop: PlatformShop) -> None:
    assert shop.destinations() == [
        ("commissions", "adjustments:shop_cost", 2, D("-3.0000")),
        ("commissions", "skipped:cancelled", 2, D("-3.0000")),
        ("commissions", "skipped:no_commission", 1, D(0)),
        # 49.4628 + 10 + 30 + 2 × 20 of the order that was cancelled whole; 2 × 4.1322 as they were ordered.
        ("order_items", "order_lines", 4, D("129.4628")),
        ("order_items", "skipped:cancelled", 1, D("8.2645")),
        ("orders", "orders", 3, D(0)),
        ("released_commissions", "adjustments:shop_cost", 1, D(0)),
        ("return_items", "skipped:container", 4, D(0)),
        ("return_items", "skipped:not_handled", 1, D(0)),
        ("return_results", "returns", 2, D(0)),
        ("return_results", "skipped:not_handled", 1, D(0)),
        ("return_results", "skipped:not_refunded", 2, D(0)),
    ]
    assert [word for word in PERSONAL if word in shop.texts()] == []


def test_orders_tell_what_was_sold_and_always_tie(shop: PlatformShop) -> None:
    columns = (
        "order_id",
        "status",
        "tax_amount",
        "total_amount",
        "sales_channel",
        "customer_id",
        "email_hash",
    )
    assert shop.rows("orders", *columns) == [
        ("501", "fulfilled", D("12.4872"), D("71.9500"), "marketplace", None, None),
        ("502", "paid", D("6.3000"), D("36.3000"), "marketplace", None, None),
        ("503", "cancelled", D("8.4000"), D("48.4000"), "marketplace", None, None),
    ]
    lines = shop.rows("order_lines", "order_id", "line_number", "product_id", "quantity", "gross_amount")
    assert lines == [
        ("501", 1, "8711", D(3), D("49.4628")),
        ("501", 2, "8712", D(1), D("10.0000")),
        ("502", 1, "8721", D(1), D("30.0000")),
        ("503", 1, "8731", D(2), D("40.0000")),
    ]
    costs = shop.rows("adjustments", "adjustment_id", "order_id", "kind", "amount", "adjusted_at")
    placed = datetime(2026, 5, 2, 10, tzinfo=UTC)
    assert costs == [
        ("11", "501", "shop_cost", D("1.5000"), placed),
        ("21", "502", "shop_cost", D("1.5000"), placed),
        # An earlier version of the order may have told a commission on what is cancelled now.
        ("22", "502", "shop_cost", D(0), placed),
    ]


def test_returns_tell_units_and_are_priced_later(shop: PlatformShop) -> None:
    columns = ("return_id", "line_number", "order_id", "product_id", "quantity", "refund_amount", "reason")
    assert shop.rows("returns", *columns) == [
        ("71", 1, "501", "8711", D(2), None, "Defect"),
        ("72", 2, "501", "8711", D(1), None, "Defect"),
    ]


def test_pages_as_they_came_are_the_same(shop: PlatformShop, tmp_path: Path) -> None:
    broken = lines_of(ORDERS)[:90]
    files = {
        "1.jsonl": lines_of([{"orders": ORDERS[:2]}]) + broken + "\n" + lines_of([{"orders": ORDERS[2:]}]),
        "2.json": json.dumps({"returns": RETURNS}),
        "returns-3.json": '{"returns": []}',
    }
    paged = PlatformShop(tmp_path, OPTIONS).deliver(files)
    kept = [row for row in paged.destinations() if not row[1].startswith("rejected:")]
    assert kept == shop.destinations()
    assert [one[:2] for one in paged.rejected()] == [("orders", "json")]


def test_a_delivery_read_in_chunks_is_the_same(
    shop: PlatformShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "BATCH_BYTES", 1)
    monkeypatch.setattr(parse_documents, "MOST_CHUNK_BYTES", 1)
    monkeypatch.setattr(document_lines, "_BLOCK_ROWS", 1)
    assert delivered(tmp_path).destinations() == shop.destinations()


def test_a_return_may_come_without_its_order(tmp_path: Path) -> None:
    assert delivered(tmp_path, [], RETURNS[:1]).rows("returns", "order_id", "quantity") == [("501", D(2))]


def test_what_is_told_twice_counts_in_its_latest_state(tmp_path: Path) -> None:
    changed = [item("11", 10, latestChangedDateTime=f"2026-05-0{day}T10:00:00+02:00") for day in (4, 3)]
    later = returned("71", sent_back("9001", "501", "8711"))
    shop = delivered(
        tmp_path, [order("501", changed[0], item("12", 10)), order("501", changed[1])], [*RETURNS[:1], later]
    )
    assert shop.rows("orders", "order_id", "total_amount") == [("501", D(20))]
    repeated = [row[:3] for row in shop.destinations() if row[1] == "skipped:repeated"]
    assert repeated == [
        ("commissions", "skipped:repeated", 1),
        ("order_items", "skipped:repeated", 1),
        ("orders", "skipped:repeated", 1),
        ("return_items", "skipped:repeated", 1),
    ]
    assert shop.rows("returns", "return_id", "quantity") == [("71", D(2))]


@pytest.mark.parametrize(
    ("items", "rule", "reason"),
    [
        ([item("91", 10), item("91", 10)], "line_twice", "two of its items have the id 91"),
        ([], "no_lines", "it names no item"),
        ([item("91", 10), item("92", None)], "no_lines", "its item 92 was rejected"),
        (
            [item("91", 10, sold=2, quantity=3, quantityCancelled=2)],
            "does_not_tie",
            "of item 91: 2 sent + 2 cancelled are more than the 3 ordered",
        ),
    ],
)
def test_an_order_that_cannot_be_is_refused_whole(
    tmp_path: Path, items: list[Json], rule: str, reason: str
) -> None:
    good = [order(str(number), item(f"7{number}", 10)) for number in range(600, 640)]
    shop = delivered(tmp_path, [*good, order("66", *items)], [])
    assert len(shop.rows("orders", "order_id")) == len(good)
    mine = [one for one in shop.rejected() if one[1] == rule]
    assert ("orders", rule) in {one[:2] for one in mine}
    assert all(one[2].startswith(reason) for one in mine)
    assert "66" not in {row[0] for row in shop.rows("order_lines", "order_id")}


def test_a_word_that_nobody_knows_is_refused_by_name(tmp_path: Path) -> None:
    handled = [
        returned(str(n), sent_back(f"8{n}", "501", "8711", result("RETURN_RECEIVED")))
        for n in range(100, 140)
    ]
    odd = returned("99", sent_back("99", "501", "8711", result("EATEN")))
    (rejected,) = delivered(tmp_path, [], [*handled, odd]).rejected()
    assert rejected[:2] == ("return_results", "allowed")
    assert "EATEN" in rejected[2]


def test_half_a_line_is_one_refused_row(tmp_path: Path) -> None:
    text = lines_of([order(str(number), item(f"7{number}", 10)) for number in range(600, 640)])
    shop = PlatformShop(tmp_path, OPTIONS).deliver({"orders.jsonl": text + lines_of(ORDERS)[:90] + "\n"})
    assert [one[:2] for one in shop.rejected()] == [("orders", "json")]


def test_cut_into_days_in_any_order_it_is_the_same(shop: PlatformShop, tmp_path: Path) -> None:
    cut = PlatformShop(tmp_path, OPTIONS)
    for day, documents in enumerate((RETURNS, ORDERS[1:], ORDERS[:1])):
        cut.deliver({"page.jsonl": lines_of(documents)}, date(2026, 5, 7 + day))
    for feed, columns in (
        ("orders", ("order_id", "status", "total_amount")),
        ("order_lines", ("order_id", "line_number", "gross_amount")),
        ("returns", ("return_id", "line_number", "order_id", "quantity")),
    ):
        assert cut.rows(feed, *columns) == shop.rows(feed, *columns)


def test_a_source_without_a_rate_of_tax_says_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(MandjeError, match=r"add tax_ratio = 0\.21") as error:
        PlatformShop(tmp_path, 'adapter = "bol"').deliver({"a.jsonl": lines_of(ORDERS)}, DAY)
    assert "source platform" in str(error.value)
