"""Which deliveries are read together, and which file belongs to which table."""

from __future__ import annotations

import gzip
import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from mandje.contracts.feeds import FEEDS
from mandje.ingest import batches
from mandje.ingest.exports.deliveries import Delivery, DeliveryFile
from mandje.ingest.store.partitions import current_partitions
from mandje.ingest.validate import validate
from mandje.night.pipeline import run_stage
from store_support import drop, lines, make_shop
from tiny_shop import small_shop
from woocommerce_export import line, order

TABLES = dict.fromkeys(("orders", "order_items", "order_items_old"), FEEDS["orders"])


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("orders.csv", "orders"),
        ("orders-2.csv.gz", "orders"),
        ("order_items_01.csv", "order_items"),
        ("order_items_old.csv", "order_items_old"),
        ("ordersx.csv", None),
        ("orders", None),
        ("items.csv", None),
    ],
)
def test_a_file_belongs_to_the_longest_name_that_it_starts_with(name: str, table: str | None) -> None:
    assert batches.table_of(name, TABLES) == table


def test_the_only_table_of_a_source_takes_every_file() -> None:
    assert batches.table_of("export (3).csv", {"orders": FEEDS["orders"]}) == "orders"


def deliveries(*sizes: int, ending: str = ".csv") -> list[Delivery]:
    first = date(2025, 1, 1)
    return [
        Delivery("orders", first + timedelta(n), Path(), (DeliveryFile(f"a{ending}", size, ""),), "")
        for n, size in enumerate(sizes)
    ]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ((), []),
        ((30, 30, 30), [2, 1]),
        ((100, 1, 1, 200), [1, 2, 1]),
        ((50, 50, 1), [2, 1]),
        ((1,) * 7, [3, 3, 1]),
    ],
)
def test_batches_are_bounded_by_bytes_and_count(
    monkeypatch: pytest.MonkeyPatch, sizes: tuple[int, ...], expected: list[int]
) -> None:
    monkeypatch.setattr(batches, "BATCH_BYTES", 100)
    monkeypatch.setattr(batches, "BATCH_DELIVERIES", 3)
    given = deliveries(*sizes) if 30 not in sizes else deliveries(*(size + 20 for size in sizes))
    found = list(batches.batches(given))
    assert [len(batch) for batch in found] == expected
    assert [delivery for batch in found for delivery in batch] == given


def test_a_packed_byte_weighs_more() -> None:
    plain, packed = deliveries(100)[0], deliveries(100, ending=".csv.gz")[0]
    assert batches.weight(packed) > batches.weight(plain) == 100


def test_validation_tells_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_DELIVERIES", 2)
    shop = make_shop(tmp_path)
    for day in range(1, 6):
        drop(shop, "order_lines", date(2025, 1, day), lines(1))
    told: list[tuple[str, int, int]] = []
    validate(shop, date(2025, 1, 31), lambda *step: told.append(step))
    assert [(done, total) for _, done, total in told] == [(0, 5), (2, 5), (2, 5), (4, 5), (4, 5), (5, 5)]
    assert told[0][0] == "order_lines 2025-01-01"


@pytest.mark.parametrize("name", ["refunds-3.json", "orders-9.json", "page-9.json.gz"])
def test_a_page_without_rows_ends_an_export(tmp_path: Path, name: str) -> None:
    """Whoever asks page by page gets `[]` at the end, and may write it down."""
    settings = """
name = "tea"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
sites.nl = { time_zone = "Europe/Amsterdam", currency = "EUR" }
sources.web = { adapter = "woocommerce" }
"""
    page = b" [\n]\n"
    content = {name: gzip.compress(page) if name.endswith(".gz") else page}
    content["orders-1.json"] = json.dumps([order(1, "10.90", "0.90", [line(1, "10.00", "0.90")])]).encode()
    shop = small_shop(tmp_path, settings).shop
    for file, written in content.items():
        path = shop.exports / "web" / "2026-03-05" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written)
    for stage in ("discover", "validate", "load"):
        run_stage(shop.folder, date(2026, 3, 5), stage)
    (loaded,) = current_partitions(shop)
    assert loaded.ledger["status"] == "accepted"
    assert [one["rows"] for one in loaded.ledger["feeds"] if one["feed"] == "orders"] == [1]
