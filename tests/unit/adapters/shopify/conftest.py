from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from mandje.adapters.shopify import shopify_adapter
from mandje.adapters.shopify.adapter import Shopify
from mandje.contracts.columns import money_column
from mandje.contracts.feeds import FEEDS
from plain_csv import read_records
from plain_links import unpacked
from shopify_bulk import Line, as_text, plant_customers, plant_orders, plant_settings

Frames = dict[str, pl.DataFrame]
ReadOrders = Callable[..., Frames]
ReadExport = Callable[..., Frames]
DELIVERED = date(2027, 5, 5)
NEW_COLUMNS = (("order_lines", "gross_amount"), ("returns", "tax_amount"), ("adjustments", "tax_amount"))


@pytest.fixture(autouse=True, scope="module")
def _feeds_with_tax_given_back() -> Iterator[None]:
    """Columns of the feeds that not every version of the contracts has."""
    with pytest.MonkeyPatch.context() as patch:
        for feed, column in NEW_COLUMNS:
            table = FEEDS[feed]
            if column not in table.names:
                added = (*table.columns, money_column(column, "", nullable=True, signed=True))
                patch.setitem(FEEDS, feed, replace(table, columns=added))
        yield


@pytest.fixture(scope="session")
def shopify() -> Shopify:
    return shopify_adapter("shop", plant_settings("nl"))


@pytest.fixture(scope="session")
def read_orders(shopify: Shopify) -> ReadOrders:
    """Frames of lines of orders in one file."""

    def read(lines: list[Line], file: str = "bulk.jsonl") -> Frames:
        return unpacked(shopify.tables, "orders", as_text(lines), DELIVERED, file)

    return read


@pytest.fixture(scope="session")
def plants(shopify: Shopify, read_orders: ReadOrders) -> Mapping[str, pl.DataFrame]:
    """All frames of the shop of plants."""
    customers = unpacked(shopify.tables, "customers", as_text(plant_customers()), DELIVERED)
    return read_orders(plant_orders()) | customers


@pytest.fixture(scope="session")
def read_export(shopify: Shopify) -> ReadExport:
    """The frame of an orders export."""

    def read(text: str, file: str = "orders_export_1.csv") -> Frames:
        return {"lines": read_records(shopify.tables["lines"], text, DELIVERED, file)}

    return read
