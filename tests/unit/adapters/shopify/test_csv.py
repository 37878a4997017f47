from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest

from mandje.adapters.base import Mapped
from mandje.adapters.shopify.adapter import Shopify
from mandje.contracts.feeds import FEEDS
from shopify_csv import DESTINATIONS, Record, as_csv, first, line, plant_export

ReadExport = Callable[..., dict[str, pl.DataFrame]]


@pytest.fixture(scope="module")
def mapped(shopify: Shopify, read_export: ReadExport) -> Mapped:
    return shopify.map(read_export(as_csv(plant_export())))


def cents(rows: pl.DataFrame, *columns: str) -> list[tuple[str, ...]]:
    return [tuple(f"{value:.2f}" for value in values) for values in rows.select(columns).rows()]


def refusals(shopify: Shopify, tables: dict[str, pl.DataFrame]) -> list[tuple[str, str, str]]:
    return shopify.refused(tables).select("document_id", "rule", "reason").rows()


def with_first(number: str, **values: str) -> list[Record]:
    """The export with values of the first line of an order changed."""
    given = {key.replace("_", " "): value for key, value in values.items()}
    records = plant_export()
    place = next(place for place, record in enumerate(records) if record["Name"] == number)
    records[place] |= given
    return records


def test_every_row_has_one_destination_with_its_money(mapped: Mapped) -> None:
    found = {
        (row["table_name"], row["destination"], row["currency_code"]): (row["row_count"], row["money_amount"])
        for row in mapped.routed.rows(named=True)
    }
    assert found == {place: (rows, Decimal(amount)) for place, (rows, amount) in DESTINATIONS.items()}
    assert mapped.derived.is_empty()


def test_orders_tell_their_charges_and_state(mapped: Mapped) -> None:
    orders = mapped.feeds["orders"].sort("order_id")
    assert dict(orders.schema) == FEEDS["orders"].polars_schema()
    columns = ("shipping_amount", "other_charges_amount", "tax_amount", "total_amount")
    assert dict(zip(orders["order_id"], cents(orders, *columns), strict=True)) == {
        "9031": ("5.00", "0.00", "4.95", "59.95"),
        "9032": ("0.00", "1.50", "1.62", "21.12"),
        "9033": ("0.00", "0.00", "2.43", "29.43"),
        "9034": ("5.00", "26.00", "2.16", "57.16"),
        "9035": ("0.00", "0.00", "0.90", "10.90"),
        "9036": ("5.00", "0.00", "1.35", "16.35"),
        "9037": ("0.00", "0.00", "0.25", "3.00"),
    }
    assert orders["status"].to_list() == [
        *("fulfilled", "fulfilled", "fulfilled", "paid", "test", "cancelled", "fulfilled")
    ]
    assert orders["sales_channel"].to_list() == ["online", "store", *["online"] * 5]
    assert orders["coupon_code"].to_list() == ["SPRING", *[None] * 6]
    assert orders["email_hash"].null_count() == 1
    assert orders["ordered_at"][0] == datetime(2027, 5, 1, 21, 30, tzinfo=UTC)


def test_lines_are_without_tax_and_bear_the_discounts(mapped: Mapped) -> None:
    lines = mapped.feeds["order_lines"].sort("order_id", "line_number")
    assert cents(lines, "gross_amount", "discount_amount") == [
        ("30.00", "0.00"),
        ("20.00", "0.00"),
        ("20.00", "2.00"),
        # 2.18 and 0.70 of 1.09 are 2.88, without tax 2.64; 0.39 is 0.36.
        ("20.00", "2.64"),
        ("10.00", "0.36"),
        ("24.00", "0.00"),
        ("10.00", "0.00"),
        ("10.00", "0.00"),
        ("0.91", "0.00"),
        ("0.92", "0.00"),
        ("0.92", "0.00"),
    ]
    assert lines["line_number"].to_list() == [1, 2, 1, 1, 2, 1, 1, 1, 1, 2, 3]
    assert lines["product_id"].to_list() == [
        *("FERN", "POT", "POT", "POT", "FERN", "SEED"),
        *["FERN"] * 2,
        *["BULB"] * 3,
    ]


def test_money_given_back_is_one_return_on_the_orders_day(mapped: Mapped) -> None:
    returns = mapped.feeds["returns"].sort("return_id")
    columns = ("return_id", "line_number", "order_id", "product_id", "quantity")
    assert returns.select(columns).rows() == [
        ("R9031", 1, "9031", "(refund)", Decimal(0)),
        ("R9036", 1, "9036", "(refund)", Decimal(0)),
    ]
    assert cents(returns, "refund_amount", "tax_amount") == [("10.00", "0.90"), ("15.00", "1.35")]
    assert set(returns["returned_at"]) == {datetime(2027, 5, 1, 21, 30, tzinfo=UTC)}


def test_the_sample_ties(shopify: Shopify, read_export: ReadExport) -> None:
    assert refusals(shopify, read_export(as_csv(plant_export()))) == []


@pytest.mark.parametrize(
    ("number", "values", "reason"),
    [
        (
            "#31",
            {"Total": "59.96"},
            "Subtotal, Shipping, Duties and tips are 59.95, Taxes are 4.95, so Total cannot be 59.96",
        ),
        (
            "#33",
            {"Discount_Amount": "3.26"},
            (
                "its lines are 32.70 before discounts; discounts on lines are 2.18, Discount Amount is 3.26, "
                "so Subtotal cannot be 29.43"
            ),
        ),
        (
            "#35",
            {"Lineitem_price": "10.91"},
            (
                "its lines are 10.91 before discounts; discounts on lines are 0.00, Discount Amount is 0.00, "
                "so Subtotal cannot be 10.90"
            ),
        ),
        (
            "#35",
            {"Lineitem_taxable": "false"},
            "Taxes are 0.90, but no line is taxable and nothing is charged for Shipping",
        ),
        (
            "#34",
            {"Lineitem_discount": "30.00", "Subtotal": "19.00", "Total": "27.16"},
            "discounts on lines are 30.00, Discount Amount is 0.00: more than goods",
        ),
    ],
)
def test_one_cent_refuses_that_order_alone(
    shopify: Shopify, read_export: ReadExport, number: str, values: dict[str, str], reason: str
) -> None:
    tables = read_export(as_csv(with_first(number, **values)))
    assert refusals(shopify, tables) == [(number, "does_not_tie", reason)]


def test_lines_without_their_first_one_are_no_order(shopify: Shopify, read_export: ReadExport) -> None:
    lines = read_export(as_csv(plant_export()))["lines"]
    ((number, rule, _),) = refusals(shopify, {"lines": lines[1:]})
    assert (number, rule) == ("#31", "no_order")


def test_each_order_without_an_id_is_refused(shopify: Shopify, read_export: ReadExport) -> None:
    records = [record | ({"Id": ""} if record["Name"] in ("#35", "#36") else {}) for record in plant_export()]
    found = [(number, rule) for number, rule, _ in refusals(shopify, read_export(as_csv(records)))]
    assert found == [("#35", "no_order"), ("#36", "no_order")]


def test_two_orders_of_one_name_stay_two(shopify: Shopify, read_export: ReadExport) -> None:
    other = first("#31", line("palm", "54.50"), Subtotal="54.50", Taxes="4.50", Total="54.50", Id="777")
    tables = read_export(as_csv([*plant_export()[:2], other]))
    assert refusals(shopify, tables) == []
    lines = shopify.map(tables).feeds["order_lines"].sort("order_id")
    assert lines.select("order_id", "product_id").rows() == [
        ("777", "PALM"),
        ("9031", "FERN"),
        ("9031", "POT"),
    ]


def test_what_a_delivery_holds_twice_counts_once(
    shopify: Shopify, read_export: ReadExport, mapped: Mapped
) -> None:
    once = read_export(as_csv(plant_export()))["lines"]
    again = read_export(as_csv(with_first("#31", Financial_Status="pending")[:4]), "orders_export_2.csv")[
        "lines"
    ]
    doubled = shopify.map({"lines": pl.concat([again, once])})
    assert {feed: rows.height for feed, rows in doubled.feeds.items()} == {
        feed: rows.height for feed, rows in mapped.feeds.items()
    }
    found = doubled.feeds["orders"].filter(pl.col("order_id") == "9031")
    assert found.select("status", "delivery_file").rows() == [("pending", "orders_export_2.csv")]
    skipped = doubled.routed.filter(pl.col("destination") == "skipped:repeated")
    assert skipped.select("table_name", "row_count").rows() == [("lines", 4)]


def test_an_older_export_has_other_and_fewer_names(shopify: Shopify, read_export: ReadExport) -> None:
    gone = ("Duties", "Lineitem discount")
    records = [
        {name.replace("Cancelled", "Canceled"): value for name, value in record.items() if name not in gone}
        for record in plant_export()
        if record["Name"] in ("#31", "#36")
    ]
    orders = shopify.map(read_export(as_csv(records))).feeds["orders"].sort("order_id")
    assert orders["status"].to_list() == ["fulfilled", "cancelled"]


def test_a_line_that_was_taken_out_is_skipped(shopify: Shopify, read_export: ReadExport) -> None:
    records = plant_export()
    records.insert(1, {**records[1], **line("moss", "9.00", 0)})
    tables = read_export(as_csv(records))
    assert refusals(shopify, tables) == []
    mapped = shopify.map(tables)
    assert mapped.routed.filter(pl.col("destination") == "skipped:no_units")["row_count"].to_list() == [1]
    numbers = mapped.feeds["order_lines"].filter(pl.col("order_id") == "9031")["line_number"]
    assert numbers.to_list() == [1, 2]
