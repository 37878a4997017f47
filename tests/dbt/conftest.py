"""Warehouses for tests: raw rows in, a built working database out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from mandje.contracts.feeds import FEEDS
from mandje.ingest.due.rhythm import MissingDelivery
from mandje.shop.settings import Shop, load_shop
from mandje.warehouse.build import dbt_variables, register_partitions
from mandje.warehouse.dbt import run_dbt
from no_predictions import predict_nothing
from once_per_run import made_once, parsed_once, shared_folder
from online_retail_shop import SAMPLE, make_online_retail
from raw_shop import FeedRows, WrittenPartition, make_raw_shop

BuildWarehouse = Callable[..., Shop]


@pytest.fixture(scope="session", autouse=True)
def dbt_reads_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with parsed_once(shared_folder(tmp_path_factory)):
        yield


@pytest.fixture(scope="session")
def build_warehouse(tmp_path_factory: pytest.TempPathFactory) -> BuildWarehouse:
    """A function (feeds, as_of_date, selection=…, settings=…, missing=…) that gives a shop with models built.

    `selection` are dbt's own words, all models where it is left out; predictions have no rows. `missing` are
    the missing deliveries, none where it is left out.
    """

    def build(
        feeds: FeedRows,
        as_of_date: date,
        selection: tuple[str, ...] = (),
        settings: str = "",
        missing: Sequence[MissingDelivery] = (),
    ) -> Shop:
        raw = make_raw_shop(tmp_path_factory.mktemp("shop"), feeds, settings)
        return _build(raw, as_of_date, selection, missing)

    return build


@pytest.fixture(scope="session")
def whole_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Every model built, from one row per feed: an order of two units with one of them sent back.

    One for all processes: to be read only.
    """
    return load_shop(made_once(tmp_path_factory, "whole_warehouse", _build_one_of_each))


def _build_one_of_each(folder: Path) -> None:
    day = date(2025, 1, 20)
    order = {"order_id": "o1", "customer_id": "c1", "product_id": "p1", "delivery_date": day}
    known = {feed: set(table.polars_schema()) for feed, table in FEEDS.items()}
    special = {
        "orders": {"total_amount": Decimal(10), "ordered_at": datetime(2025, 1, 20, 9, tzinfo=UTC)},
        "order_lines": {"quantity": Decimal(2), "unit_price_amount": Decimal(5)},
        "returns": {"quantity": Decimal(1), "refund_amount": Decimal(5)},
        "exchange_rates": {"from_currency": "GBP", "to_currency": "EUR", "rate_date": day},
    }
    rows = {
        feed: [{name: value for name, value in order.items() if name in columns} | special.get(feed, {})]
        for feed, columns in known.items()
    }
    _build(make_raw_shop(folder, rows), date(2025, 1, 31))


def _build(
    raw: tuple[Shop, list[WrittenPartition]],
    as_of_date: date,
    selection: tuple[str, ...] = (),
    missing: Sequence[MissingDelivery] = (),
) -> Shop:
    shop, partitions = raw
    register_partitions(shop, as_of_date, partitions, missing)
    predict_nothing(shop)
    types = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    results = run_dbt(shop, "build", (*selection, *types), dbt_variables(shop, as_of_date))
    wrong = [f"{one.name}: {one.message}" for one in results if one.status != "success"]
    assert results
    assert not wrong, "\n".join(wrong)
    return shop


@pytest.fixture(scope="session")
def online_retail_marts(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The whole of Online Retail, built and tested up to its marts; nothing is predicted.

    One for all processes: to be read only.
    """
    folder = made_once(tmp_path_factory, "online_retail_marts", _build_online_retail)
    return replace(load_shop(SAMPLE), folder=folder)


def _build_online_retail(folder: Path) -> None:
    shop, partition = make_online_retail(folder)
    last_day = date(2011, 12, 9)
    register_partitions(shop, last_day, [partition], [])
    predict_nothing(shop)
    chosen = ("--exclude", "customer_value+", "--exclude-resource-type", "unit_test")
    results = run_dbt(shop, "build", chosen, dbt_variables(shop, last_day))
    wrong = [f"{one.name}: {one.message}" for one in results if one.status not in {"success", "pass"}]
    assert not wrong, "\n".join(wrong)
