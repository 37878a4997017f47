from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl
import pytest

from mandje.adapters.base import REFUSED_SCHEMA
from mandje.adapters.shopify.adapter import Shopify
from shopify_bulk import GID, Line, money, plant_orders

ReadOrders = Callable[..., dict[str, pl.DataFrame]]


def with_change(id_ends: str, **values: Any) -> list[Line]:
    """The plant shop's lines, one of them changed."""
    lines = [line | values if line["id"].endswith(id_ends) else line for line in plant_orders()]
    assert lines != plant_orders()
    return lines


def refusals(shopify: Shopify, tables: Mapping[str, pl.DataFrame]) -> list[tuple[str, str, str]]:
    refused = shopify.refused(tables)
    assert dict(refused.schema) == REFUSED_SCHEMA
    return refused.select(pl.col("document_id").str.split("/").list.last(), "rule", "reason").rows()


def test_sound_orders_tie(shopify: Shopify, plants: Mapping[str, pl.DataFrame]) -> None:
    assert refusals(shopify, plants) == []


@pytest.mark.parametrize(
    ("change", "number", "reason"),
    [
        (
            ("Order/302", {"totalPriceSet": money("21.13")}),
            "302",
            "its sales ORDER 21.12, totalPriceSet says 21.13",
        ),
        (
            ("Sale/30212", {"totalAmount": money("1.49")}),
            "302",
            "its sales ORDER 21.11, totalPriceSet says 21.12",
        ),
        (
            ("Order/301", {"netPaymentSet": money("25.24")}),
            "301",
            "all its sales are 25.25, netPaymentSet says 25.24",
        ),
        (
            ("Sale/30122", {"totalAmount": money("-2.01")}),
            "301",
            "all its sales are 25.24, netPaymentSet says 25.25",
        ),
        (
            ("Order/305", {"currencyCode": "SEK"}),
            "305",
            "its sales are in EUR, the order in SEK",
        ),
    ],
)
def test_one_cent_refuses_that_order_alone(
    shopify: Shopify, read_orders: ReadOrders, change: tuple[str, dict[str, Any]], number: str, reason: str
) -> None:
    id_ends, values = change
    changed = read_orders(with_change(id_ends, **values))
    assert refusals(shopify, changed) == [(number, "does_not_tie", reason)]


def test_payments_of_an_order_that_is_not_paid_prove_nothing(
    shopify: Shopify, read_orders: ReadOrders
) -> None:
    assert refusals(shopify, read_orders(with_change("Order/306", netPaymentSet=money("1.00")))) == []


@pytest.mark.parametrize(
    ("id_ends", "values", "words"),
    [
        ("Sale/30212", {"lineType": "UNKNOWN"}, "actionType ORDER, lineType UNKNOWN, quantity 1"),
        ("Sale/30212", {"actionType": "UNKNOWN"}, "actionType UNKNOWN, lineType TIP, quantity 1"),
        ("Sale/30211", {"lineType": "WARRANTY"}, "actionType ORDER, lineType WARRANTY, quantity 1"),
        ("Sale/30211", {"quantity": None}, "actionType ORDER, lineType PRODUCT, quantity null"),
        ("Sale/30211", {"quantity": 0}, "actionType ORDER, lineType PRODUCT, quantity 0"),
    ],
)
def test_a_sale_that_nobody_knows_refuses_its_order(
    shopify: Shopify, read_orders: ReadOrders, id_ends: str, values: dict[str, Any], words: str
) -> None:
    ((number, rule, reason),) = refusals(shopify, read_orders(with_change(id_ends, **values)))
    assert (number, rule) == ("302", "unknown_sale")
    assert reason.endswith(words)
    assert f"{GID}{id_ends}" in reason


def test_sales_without_their_order_are_refused_once(shopify: Shopify, read_orders: ReadOrders) -> None:
    tables = read_orders(plant_orders())
    without = tables["orders"].filter(~pl.col("order_id").str.ends_with("/303"))
    ((number, rule, _),) = refusals(shopify, tables | {"orders": without})
    assert (number, rule) == ("303", "no_order")


def test_an_order_without_sales_is_refused(shopify: Shopify, read_orders: ReadOrders) -> None:
    tables = read_orders(plant_orders())
    without = tables["sales"].filter(~pl.col("order_id").str.ends_with("/305"))
    assert refusals(shopify, tables | {"sales": without}) == [
        ("305", "does_not_tie", "its sales ORDER 0.00, totalPriceSet says 10.90")
    ]
