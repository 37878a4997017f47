"""A column that nobody reads is told once, with the first delivery that had it, however many have it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

import polars as pl
import pytest

from mandje.contracts.feeds import FEEDS
from mandje.findings.finding import Finding
from mandje.ingest.accounts.reading_warnings import told_of_reading
from mandje.ingest.store.partitions import Partition, current_partitions
from store_support import drop, make_shop, night

FIRST = date(2026, 3, 5)


@dataclass(frozen=True)
class Read:
    """As much of a partition as is asked for."""

    source: str
    delivery_date: date
    ledger: dict[str, Any]


def read(source: str, day: int, *columns: str, kind: str = "unknown_column") -> Read:
    noted = [{"table": "orders", "column": column, "kind": kind, "rows": 7} for column in columns]
    return Read(source, FIRST + timedelta(days=day), {"noted": noted})


def told(*partitions: Read) -> tuple[Finding, ...]:
    return told_of_reading(cast("tuple[Partition, ...]", partitions))


def test_events_that_no_feed_has_are_a_note_by_name() -> None:
    parts = [read("klaviyo", day, "Placed Order", kind="unused_event") for day in (1, 0)]
    (one,) = told(*parts)
    assert (one.check, one.severity, one.count) == ("events_not_used", "note", 14)
    assert one.sentence == "14 event(s) are of kinds that no feed has and are not used: Placed Order (14)."


def test_a_column_is_told_once_with_its_first_delivery() -> None:
    (one,) = told(
        read("woocommerce", 2, "bar", "foo", "new"),
        read("woocommerce", 0, "foo", "bar"),
        read("ads", 1, "CTR"),
    )
    assert one.check == "columns_not_read"
    assert one.count == 4
    assert one.sentence == (
        "4 unknown column(s) of the shop's systems are not read:"
        " ads since 2026-03-06: CTR; woocommerce since 2026-03-05: new, bar, foo."
    )
    keys = [json.loads(key) for key in one.keys]
    assert keys == [
        {"delivery": "woocommerce 2026-03-07", "column": "new", "rows": 7},
        {"delivery": "ads 2026-03-06", "column": "CTR", "rows": 7},
        {"delivery": "woocommerce 2026-03-05", "column": "bar", "rows": 7},
        {"delivery": "woocommerce 2026-03-05", "column": "foo", "rows": 7},
    ]


def test_of_many_columns_the_first_ones_are_named() -> None:
    (one,) = told(read("ads", 0, *(f"c{n:02}" for n in range(11))))
    assert one.count == 11
    assert one.sentence.endswith("c05, c06, c07, 3 more.")


def test_what_is_noted_of_rows_is_still_added_up() -> None:
    columns, rows = told(
        *(read("ads", day, "sent_at", kind="no_offset") for day in range(3)), read("ads", 0, "x")
    )[::-1]
    assert (rows.check, rows.count) == ("times_without_offset", 21)
    assert (columns.check, columns.count) == ("columns_not_read", 1)


def test_from_the_file_to_the_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FEEDS, "adjustments", replace(FEEDS["adjustments"], open=True))
    settings = """
name = "small"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
[sites.nl]
time_zone = "Europe/Amsterdam"
currency = "EUR"
[sources.adjustments]
adapter = "canonical"
time_zone = "Europe/Amsterdam"
"""
    shop = make_shop(tmp_path, settings)
    header = "adjustment_id;adjusted_at;site;kind;currency_code;amount;memo"
    row = "a{};2025-01-05 10:00:00;nl;discount;EUR;1,50;secret"
    drop(shop, "adjustments", "2025-01-05", "\n".join([header, row.format(1), row.format(2), ""]))
    drop(shop, "adjustments", "2025-01-06", "\n".join([header + ";other", row.format(3) + ";secret", ""]))
    night(shop)
    (one,) = told_of_reading(current_partitions(shop))
    assert one.sentence.endswith("are not read: adjustments since 2025-01-05: other, memo.")
    assert [json.loads(key)["rows"] for key in one.keys] == [1, 2]
    rows = pl.read_parquet([each.folder / "adjustments.parquet" for each in current_partitions(shop)])
    assert rows["amount"].cast(pl.String).to_list() == ["1.5000"] * 3
    assert not any(b"secret" in path.read_bytes() for path in shop.raw.rglob("*.json"))
