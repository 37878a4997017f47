"""Clocks of sources: times without an offset, and the word on them while nobody named a clock."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from mandje.ingest.accounts.told import told_of_reading
from mandje.ingest.store.partitions import current_partitions, rejected_paths
from mandje.shop.settings import Shop
from store_support import drop, make_shop, night

SETTINGS = """
name = "small"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
[sites.nl]
time_zone = "Europe/Amsterdam"
currency = "EUR"
[sources.adjustments]
adapter = "canonical"
"""
HEADER = "adjustment_id,adjusted_at,site,kind,currency_code,amount"
# Text, and the moment on the clock of Amsterdam; None where that clock skipped it.
TIMES = {
    "2024-03-31 01:59:59": datetime(2024, 3, 31, 0, 59, 59, tzinfo=UTC),
    "2024-03-31 02:30:00": None,
    "2024-03-31 03:00:00": datetime(2024, 3, 31, 1, tzinfo=UTC),
    "2024-10-27 02:30:00": datetime(2024, 10, 27, 0, 30, tzinfo=UTC),
    "2024-12-01T10:00": datetime(2024, 12, 1, 9, tzinfo=UTC),
    "2024-12-01 10:00:00.5": datetime(2024, 12, 1, 9, 0, 0, 500_000, tzinfo=UTC),
    "2024-12-01 10:00:00+00": datetime(2024, 12, 1, 10, tzinfo=UTC),
    "2024-12-01 10:00:00.25-03": datetime(2024, 12, 1, 13, 0, 0, 250_000, tzinfo=UTC),
    "2024-12-01T10:00:00Z": datetime(2024, 12, 1, 10, tzinfo=UTC),
}


def _deliver(shop: Shop, times: list[str]) -> None:
    rows = [f"a{number},{time},nl,discount,EUR,1" for number, time in enumerate(times)]
    drop(shop, "adjustments", "2025-01-05", "\n".join([HEADER, *rows]) + "\n")


def _read(shop: Shop) -> list[datetime]:
    frame = pl.read_parquet([one.folder / "adjustments.parquet" for one in current_partitions(shop)])
    return frame.sort("adjustment_id")["adjusted_at"].to_list()


def test_a_source_has_a_clock_of_its_own_and_is_read_again_when_that_changes(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, SETTINGS)
    _deliver(shop, list(TIMES))
    night(shop)
    assert len(_read(shop)) == len(TIMES)
    assert _read(shop)[0] == datetime(2024, 3, 31, 1, 59, 59, tzinfo=UTC)
    shop = make_shop(tmp_path, SETTINGS + 'time_zone = "Europe/Amsterdam"\n')
    night(shop)
    assert _read(shop) == [time for time in TIMES.values() if time is not None]
    rejected = pl.read_parquet(rejected_paths(current_partitions(shop)))
    assert rejected["rule"].to_list() == ["type"]
    assert "Europe/Amsterdam" in rejected["reason"][0]


def test_times_without_an_offset_are_told_until_their_clock_is_named(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, SETTINGS)
    _deliver(shop, list(TIMES))
    night(shop)
    (told,) = told_of_reading(current_partitions(shop))
    unzoned = [text for text in TIMES if not text.endswith(("Z", "+00", "-03"))]
    assert told.count == len(unzoned) == 6
    key = {"delivery": "adjustments 2025-01-05", "column": "adjusted_at", "rows": 6}
    assert [json.loads(key) for key in told.keys] == [key]
    assert "adjustments.adjusted_at (6)" in told.sentence
    shop = make_shop(tmp_path, SETTINGS + 'time_zone = "UTC"\n')
    night(shop)
    assert told_of_reading(current_partitions(shop)) == ()


def test_nothing_is_told_of_times_with_an_offset(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, SETTINGS)
    _deliver(
        shop, ["2024-12-01T10:00:00Z", "no time", "2024-12-01 10:00:00 UTC", "2024-12-01T10:00:00+01:00"]
    )
    night(shop)
    assert told_of_reading(current_partitions(shop)) == ()
