from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

import polars as pl

from mandje.adapters.base import ACCOUNT_SCHEMA, Mapped
from mandje.adapters.id_rules import WithIds
from mandje.adapters.shopify.adapter import Shopify
from mandje.adapters.shopify.sales import SKIPPED_REASONS
from mandje.contracts.feeds import FEEDS
from mandje.contracts.ids import IdRules
from shopify_bulk import DESTINATIONS, Line, money, order, plant_orders

Frames = dict[str, pl.DataFrame]
ReadOrders = Callable[..., Frames]


def destinations(mapped: Mapped) -> dict[tuple[str, str], tuple[int, Decimal]]:
    return {
        (row["table_name"], row["destination"]): (row["row_count"], row["money_amount"])
        for row in mapped.routed.rows(named=True)
    }


def amounts(mapped: Mapped, feed: str, key: str, *columns: str) -> dict[str, tuple[str, ...]]:
    """Amounts of a feed by the first of its key, to the cent as texts."""
    rows = mapped.feeds[feed].select(key, *columns).rows()
    return {name: tuple(f"{value:.2f}" for value in values) for name, *values in rows}


def test_every_row_has_one_destination_with_its_money(
    shopify: Shopify, plants: Mapping[str, pl.DataFrame]
) -> None:
    mapped = shopify.map(plants)
    assert dict(mapped.routed.schema) == ACCOUNT_SCHEMA
    assert destinations(mapped) == {
        place: (rows, Decimal(amount)) for place, (rows, amount) in DESTINATIONS.items()
    }
    priced = mapped.routed.filter(pl.col("money_amount") != 0)
    assert set(priced["currency_code"]) == {"EUR"}
    assert mapped.derived.is_empty()


def test_orders_add_up_what_their_sales_charge(shopify: Shopify, plants: Mapping[str, pl.DataFrame]) -> None:
    columns = ("shipping_amount", "other_charges_amount", "tax_amount", "total_amount")
    assert amounts(shopify.map(plants), "orders", "order_id", *columns) == {
        "301": ("5.00", "0.00", "3.15", "38.15"),
        "302": ("0.00", "1.50", "1.62", "21.12"),
        "303": ("0.00", "25.00", "6.30", "101.30"),
        "304": ("5.00", "1.00", "1.44", "17.44"),
        "305": ("0.00", "0.00", "0.90", "10.90"),
        "306": ("0.00", "0.00", "4.50", "54.50"),
        "307": ("0.00", "3.00", "1.98", "26.97"),
    }


def test_orders_tell_who_where_and_in_which_state(
    shopify: Shopify, plants: Mapping[str, pl.DataFrame]
) -> None:
    orders = shopify.map(plants).feeds["orders"].sort("order_id")
    assert dict(orders.schema) == FEEDS["orders"].polars_schema()
    assert orders["status"].to_list() == [
        "fulfilled",
        "fulfilled",
        "fulfilled",
        "cancelled",
        "test",
        "pending",
        "paid",
    ]
    assert orders["sales_channel"].to_list() == ["online", "store", *["online"] * 4, "marketplace"]
    assert orders["coupon_code"].to_list() == [None, "SPRING", *[None] * 5]
    assert orders["customer_id"].to_list() == ["71", None, "72", *[None] * 4]
    assert orders["email_hash"][0] == hashlib.sha256(b"lena@plants.example").hexdigest()
    assert set(orders["site"]) == {"nl"}
    assert orders["ordered_at"][0] == datetime(2027, 5, 1, 10, tzinfo=UTC)
    assert orders["updated_at"][0] == datetime(2027, 5, 4, 10, tzinfo=UTC)


def test_lines_are_worth_their_sale_without_tax_before_discounts(
    shopify: Shopify, plants: Mapping[str, pl.DataFrame]
) -> None:
    lines = shopify.map(plants).feeds["order_lines"].sort("order_id", "line_number")
    cents = [
        (f"{gross:.2f}", f"{less:.2f}")
        for gross, less in lines.select("gross_amount", "discount_amount").rows()
    ]
    assert cents == [
        ("30.00", "0.00"),
        ("20.00", "2.00"),
        ("50.00", "0.00"),
        ("20.00", "0.00"),
        ("10.00", "0.00"),
        ("10.00", "0.00"),
        ("50.00", "0.00"),
        ("21.99", "0.00"),
    ]
    assert lines["line_number"].to_list() == [1, 1, 1, 2, 1, 1, 1, 1]
    assert lines["product_id"].to_list() == ["1", "2", "3", "2", "1", "1", "3", "4"]
    assert lines["quantity"].to_list() == [3, 1, 1, 1, 1, 1, 1, 3]
    assert lines["unit_price_amount"].null_count() == lines.height


def test_what_comes_back_stands_on_its_own_day(shopify: Shopify, plants: Mapping[str, pl.DataFrame]) -> None:
    mapped = shopify.map(plants)
    returns = mapped.feeds["returns"].sort("return_id")
    columns = ("return_id", "line_number", "order_id", "product_id", "reason")
    assert returns.select(columns).rows() == [
        ("3012", 1, "301", "1", "refund"),
        ("3032", 1, "303", "3", "return"),
        ("3042", 1, "304", "1", "refund"),
    ]
    assert [day.day for day in returns["returned_at"]] == [2, 3, 2]
    assert set(returns["quantity"]) == {Decimal(1)}
    assert amounts(mapped, "returns", "return_id", "refund_amount", "tax_amount") == {
        "3012": ("10.00", "0.90"),
        "3032": ("50.00", "4.50"),
        "3042": ("10.00", "0.90"),
    }
    adjustments = mapped.feeds["adjustments"].sort("adjustment_id")
    assert adjustments.select("adjustment_id", "kind", "order_id").rows() == [
        ("30122", "price_correction", "301"),
        ("30422", "shipping_refund", "304"),
        ("30423", "charge_refund", "304"),
        ("30721", "discount", "307"),
    ]
    assert amounts(mapped, "adjustments", "adjustment_id", "amount", "tax_amount") == {
        "30122": ("2.00", "0.00"),
        "30422": ("5.00", "0.45"),
        "30423": ("1.00", "0.09"),
        "30721": ("1.00", "0.09"),
    }


def test_customers_keep_an_area_and_say_yes_only_when_they_did(
    shopify: Shopify, plants: Mapping[str, pl.DataFrame]
) -> None:
    customers = shopify.map(plants).feeds["customers"]
    columns = ("customer_id", "country_code", "postal_area", "consent_marketing", "consent_profiling")
    assert customers.select(columns).rows() == [
        ("71", "NL", "3511", True, None),
        ("72", None, None, False, None),
    ]
    assert customers["first_seen_at"][0] == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_lines_in_any_order_give_the_same(shopify: Shopify, read_orders: ReadOrders) -> None:
    shuffled = plant_orders()
    random.Random(5).shuffle(shuffled)
    straight, mixed = (shopify.map(read_orders(lines)) for lines in (plant_orders(), shuffled))
    assert destinations(straight) == destinations(mixed)
    for feed, rows in straight.feeds.items():
        without_place = rows.drop("delivery_line")
        assert without_place.sort(without_place.columns).equals(
            mixed.feeds[feed].drop("delivery_line").sort(without_place.columns)
        )


def test_what_a_delivery_holds_twice_counts_once(shopify: Shopify, read_orders: ReadOrders) -> None:
    once = read_orders(plant_orders())
    again = read_orders([line for line in plant_orders() if "/302" in line["id"]], "second.jsonl")
    both = {name: pl.concat([once[name], again[name]]) for name in once}
    straight, doubled = shopify.map(once), shopify.map(both)
    assert shopify.refused(both).is_empty()
    for feed, rows in straight.feeds.items():
        assert rows.height == doubled.feeds[feed].height
    assert doubled.feeds["orders"]["total_amount"].sum() == straight.feeds["orders"]["total_amount"].sum()
    repeated = doubled.routed.filter(pl.col("destination") == "skipped:repeated")
    assert repeated.select("table_name", "row_count").rows() == [
        ("orders", 1),
        ("sales", 2),
    ]


def test_the_newest_header_stands(shopify: Shopify, read_orders: ReadOrders) -> None:
    newest = order(305, "10.90", "10.90", test=True, updatedAt="2027-05-04T11:00:00Z", sourceName="pos")
    tables = read_orders(plant_orders())
    frames = read_orders([newest], "a.jsonl")
    orders = pl.concat([frames["orders"], tables["orders"]])
    mapped = shopify.map(tables | {"orders": orders})
    found = mapped.feeds["orders"].filter(pl.col("order_id") == "305")
    assert found.select("sales_channel", "delivery_file").rows() == [("store", "a.jsonl")]


def test_a_product_without_its_own_id_is_its_code_or_custom(
    shopify: Shopify, read_orders: ReadOrders
) -> None:
    lines = plant_orders()
    for line in lines:
        if line["id"].endswith("Sale/30111"):
            line["lineItem"] = line["lineItem"] | {"product": None}
        if line["id"].endswith("Sale/30511"):
            line["lineItem"] = None
    rows = shopify.map(read_orders(lines)).feeds["order_lines"].sort("order_id")
    assert rows["product_id"][0] == "SKU1"
    assert rows.filter(pl.col("order_id") == "305")["product_id"].to_list() == ["(custom)"]


def test_ids_get_what_goes_before_them(shopify: Shopify, plants: Mapping[str, pl.DataFrame]) -> None:
    feeds = WithIds(shopify, IdRules(prefix="nl-")).map(plants).feeds
    assert feeds["orders"].sort("order_id")["order_id"][0] == "nl-301"
    assert feeds["returns"].sort("return_id").select("return_id", "order_id", "customer_id").row(0) == (
        "nl-3012",
        "nl-301",
        "nl-71",
    )
    assert set(feeds["order_lines"]["product_id"]) == {"1", "2", "3", "4"}


def test_an_update_without_a_discount_corrects_the_price(shopify: Shopify, read_orders: ReadOrders) -> None:
    lines: list[Line] = [
        line | {"totalDiscountAmountBeforeTaxes": money("0.00")}
        if line["id"].endswith("Sale/30721")
        else line
        for line in plant_orders()
    ]
    kinds = shopify.map(read_orders(lines)).feeds["adjustments"]
    assert kinds.filter(pl.col("order_id") == "307")["kind"].to_list() == ["price_correction"]


def test_every_reason_to_skip_is_explained(shopify: Shopify, read_orders: ReadOrders) -> None:
    one = read_orders(plant_orders())
    twice = {name: pl.concat([rows, rows]) for name, rows in one.items()}
    found = {name for _, name in destinations(shopify.map(twice)) if name.startswith("skipped:")}
    assert found == set(SKIPPED_REASONS)


def test_no_rows_give_no_rows(shopify: Shopify) -> None:
    mapped = shopify.map({})
    assert mapped.routed.is_empty()
    assert shopify.refused({}).is_empty()
    assert all(rows.is_empty() for rows in mapped.feeds.values())
    assert set(mapped.feeds) == set(shopify.feeds)
