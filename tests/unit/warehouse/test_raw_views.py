from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from mandje.contracts.feeds import FEEDS
from mandje.errors import MandjeError
from mandje.ingest.due.rhythm import MissingDelivery
from mandje.ingest.read.parsed import REJECTED_SCHEMA
from mandje.shop.settings import Shop
from mandje.warehouse.build import register_partitions
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.raw_views import register_raw
from raw_shop import make_raw_shop

DAY = date(2025, 1, 31)
KPI = {"site": "nl", "kpi_date": date(2025, 1, 29), "order_count": 7}


def _rows(shop: Shop, query: str) -> list[tuple[object, ...]]:
    with open_warehouse(shop, read_only=True) as connection:
        return connection.execute(query).fetchall()


def _publish(shop: Shop, name: str, **changed: object) -> Path:
    folder = shop.published / name
    month = folder / "parquet" / "daily_kpis" / "month=2025-01"
    month.mkdir(parents=True)
    pl.DataFrame([KPI | changed]).write_parquet(month / "part.parquet")
    return folder


@pytest.mark.parametrize("feed", FEEDS)
def test_a_feed_without_files_is_empty_and_typed(shop: Shop, feed: str) -> None:
    register_raw(shop, {}, DAY, [])
    described = _rows(shop, f"SELECT column_name, column_type FROM (DESCRIBE raw.{feed})")
    assert dict(described) == FEEDS[feed].sql_schema()
    assert _rows(shop, f"SELECT * FROM raw.{feed}") == []


def test_views_show_exactly_the_listed_files_even_in_an_odd_folder(tmp_path: Path) -> None:
    odd = tmp_path / "it's [odd] *"
    rows = [{"order_id": "a", "delivery_date": date(2025, 1, 1)}, {"order_id": "b", "delivery_date": DAY}]
    shop, partitions = make_raw_shop(odd, {"orders": rows})
    register_partitions(shop, DAY, partitions, [])
    assert _rows(shop, "SELECT order_id FROM raw.orders ORDER BY ALL") == [("a",), ("b",)]
    register_partitions(shop, DAY, partitions[1:], [])
    assert _rows(shop, "SELECT order_id FROM raw.orders") == [("b",)]


def test_a_file_that_is_gone_is_one_clear_error(shop: Shop) -> None:
    with pytest.raises(MandjeError, match=r"is damaged.*gone\.parquet.*reads that delivery anew"):
        register_raw(shop, {"orders": [shop.raw / "gone.parquet"]}, DAY, [])


def test_rejected_rows_and_sites(shop: Shop, tmp_path: Path) -> None:
    frame = pl.DataFrame([{"rule": "type", "money_amount": Decimal(3)}], schema=REJECTED_SCHEMA)
    frame.write_parquet(tmp_path / "rejected.parquet")
    register_raw(shop, {}, DAY, [], [tmp_path / "rejected.parquet"])
    assert _rows(shop, "SELECT rule, money_amount FROM raw.rejected_rows") == [("type", Decimal(3))]
    assert _rows(shop, "SELECT site, time_zone, currency_code FROM raw.sites") == [
        ("nl", "Europe/Amsterdam", "EUR"),
        ("uk", "Europe/London", "GBP"),
    ]


def test_missing_deliveries_are_typed_and_may_be_none(shop: Shop) -> None:
    query = "SELECT source, feed, delivery_date FROM raw.missing_deliveries"
    register_raw(shop, {}, DAY, [])
    assert _rows(shop, query) == []
    types = dict(_rows(shop, "SELECT column_name, column_type FROM (DESCRIBE raw.missing_deliveries)"))
    assert types == {"source": "VARCHAR", "feed": "VARCHAR", "delivery_date": "DATE"}
    register_raw(shop, {}, DAY, [MissingDelivery("web", "session_events", DAY)])
    assert _rows(shop, query) == [("web", "session_events", DAY)]
    assert (
        dict(_rows(shop, "SELECT column_name, column_type FROM (DESCRIBE raw.missing_deliveries)")) == types
    )


def test_published_kpis_are_the_last_word_on_the_latest_earlier_day(shop: Shop) -> None:
    first = _publish(shop, "2025-01-30-aaaaaaaaaaaa", order_count=1)
    second = _publish(shop, "2025-01-30-bbbbbbbbbbbb", order_count=2)
    _publish(shop, "2025-01-31-cccccccccccc", order_count=3)
    _publish(shop, ".private-snapshot", order_count=4)
    for moment, folder in enumerate((second, first), start=1):
        os.utime(folder, (moment, moment))
    assert _published(shop, DAY) == [(1,)]
    assert _published(shop, date(2025, 2, 1)) == [(3,)]
    assert _published(shop, date(2025, 1, 30)) == []


def _published(shop: Shop, as_of_date: date) -> list[tuple[object, ...]]:
    register_raw(shop, {}, as_of_date, [])
    return _rows(shop, "SELECT order_count FROM raw.published_daily_kpis")


def test_published_kpis_have_the_columns_of_today(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    today: Callable[[], dict[str, str]] = lambda: {"kpi_date": "date", "new_amount": "decimal(18,4)"}  # noqa: E731
    monkeypatch.setattr("mandje.warehouse.raw_views._kpi_columns", today)
    _publish(shop, "2025-01-30-aaaaaaaaaaaa")
    register_raw(shop, {}, DAY, [])
    assert _rows(shop, "SELECT * FROM raw.published_daily_kpis") == [(date(2025, 1, 29), None)]


def test_segments_of_the_last_snapshot_are_empty_where_it_had_none(shop: Shop) -> None:
    for name, columns in (("2025-01-29", {}), ("2025-01-30", {"rfm_segment": "Lost"})):
        mart = shop.published / f"{name}-aaaaaaaaaaaa" / "parquet" / "customer_value"
        mart.mkdir(parents=True)
        row = {"person_id": "customer:c1", "as_of_date": date.fromisoformat(name), "order_count": 1}
        pl.DataFrame([row | columns]).write_parquet(mart / "part.parquet")
    assert _segments(shop, date(2025, 1, 31)) == [("customer:c1", date(2025, 1, 30), "Lost")]
    assert _segments(shop, date(2025, 1, 30)) == [("customer:c1", date(2025, 1, 29), None)]
    assert _segments(shop, date(2025, 1, 29)) == []


def _segments(shop: Shop, as_of_date: date) -> list[tuple[object, ...]]:
    register_raw(shop, {}, as_of_date, [])
    return _rows(shop, "SELECT person_id, as_of_date, rfm_segment FROM raw.published_customer_value")
