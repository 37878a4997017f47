"""Deliveries of platforms through validation and load: as a plain reader says, however big or told twice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mandje.adapters.woocommerce import KINDS
from mandje.contracts.feeds import FEEDS
from mandje.ingest import parse_documents, reader
from mandje.ingest.accounts.destinations import accounts
from mandje.ingest.accounts.recount import recount
from mandje.ingest.accounts.rejects import rejected_rows
from mandje.ingest.documents import lines as document_lines
from mandje.ingest.load import load
from mandje.ingest.parse import RowContext
from mandje.ingest.read.unpacked import Unpacked
from mandje.ingest.store.partitions import current_partitions, paths_by_feed
from mandje.ingest.store.quarantine import refused_deliveries
from mandje.ingest.validate import validate
from mandje.shop.settings import Shop, load_shop
from parse_support import AMSTERDAM, KEY, export_file
from plain_documents import unpack
from shopify_bulk import as_text, plant_orders
from woocommerce_export import ORDERS, REFUNDS, SHOP, Json, lines_of, order
from woocommerce_export import line as item

DAY = date(2026, 3, 7)
SHOP_TOML = """
name = "tea"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
sites.nl = { time_zone = "Europe/Amsterdam", currency = "EUR" }
sources.tea = { adapter = "woocommerce", on_refused = "go_on" }
sources.plants = { adapter = "shopify", on_refused = "go_on" }
"""


def make_shop(folder: Path) -> Shop:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shop.toml").write_text(SHOP_TOML, encoding="utf-8")
    return load_shop(folder)


def deliver(shop: Shop, source: str, name: str, lines: Sequence[str], day: date = DAY) -> None:
    folder = shop.exports / source / str(day)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def loaded(shop: Shop, day: date = DAY) -> Shop:
    validate(shop, day)
    load(shop, day)
    return shop


def feeds(shop: Shop) -> dict[str, pl.DataFrame]:
    """All rows of the feeds, but for where they came from and hashes, in the order of all columns."""
    found = {}
    for feed, paths in paths_by_feed(current_partitions(shop)).items():
        names = [column.name for column in FEEDS[feed].columns if not column.personal]
        rows = pl.concat([pl.read_parquet(path) for path in paths]).select(names)
        found[feed] = rows.sort(rows.columns, nulls_last=True)
    return found


def tea_shop(folder: Path, orders: Sequence[Json] = ORDERS, refunds: Sequence[Json] = REFUNDS) -> Shop:
    shop = make_shop(folder)
    deliver(shop, "tea", "page.jsonl", lines_of(orders))
    deliver(shop, "tea", "back.jsonl", lines_of(refunds))
    return loaded(shop)


@pytest.mark.parametrize(("kind", "documents"), [("orders", ORDERS), ("refunds", REFUNDS)])
def test_the_reader_reads_what_a_plain_reader_reads(tmp_path: Path, kind: str, documents: list[Json]) -> None:
    lines = lines_of(documents)
    path = tmp_path / "orders.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    own = [table for table in SHOP.tables.values() if table.part is not None and table.part.kind == kind]
    (known,) = (one for one in KINDS if one.name == kind)
    context, file = RowContext(KEY, AMSTERDAM), export_file(path, DAY)
    (found,) = parse_documents.parse_documents([file], known, own, context, Unpacked())
    plain = unpack(lines, SHOP.tables, kind, day=DAY)
    assert isinstance(found, dict)
    for table in own:
        columns = ["delivery_line", "delivery_part"] + [c.name for c in table.columns if not c.personal]
        rows, expected = found[table.name].rows.select(columns), plain.rows[table.name].select(columns)
        assert rows.sort(columns).equals(expected.sort(columns)), table.name
        assert found[table.name].rejected.height == sum(name == table.name for name, *_ in plain.broken)


def test_a_delivery_read_in_chunks_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tea_shop(tmp_path / "whole")
    monkeypatch.setattr(reader, "BATCH_BYTES", 1)
    monkeypatch.setattr(parse_documents, "MOST_CHUNK_BYTES", 1)
    monkeypatch.setattr(document_lines, "_BLOCK_ROWS", 1)
    chunked = tea_shop(tmp_path / "chunked")
    expected = feeds(whole)
    found = feeds(chunked)
    assert found.keys() == expected.keys()
    for feed, rows in expected.items():
        assert found[feed].equals(rows), feed
    (one,), (other,) = current_partitions(whole), current_partitions(chunked)
    assert {part: other.ledger[part] for part in ("read", "destinations", "feeds", "noted")} == {
        part: one.ledger[part] for part in ("read", "destinations", "feeds", "noted")
    }
    assert recount(chunked).is_empty()


def test_one_cent_refuses_that_order_alone_with_its_sums(tmp_path: Path) -> None:
    cheaper = [one | {"total": "9.82"} if one["id"] == 3004 else one for one in ORDERS]
    shop = tea_shop(tmp_path, cheaper)
    rejected = rejected_rows(shop)
    assert set(rejected["document_id"]) == {"3004"}
    assert set(rejected["rule"]) == {"does_not_tie"}
    assert rejected.select("table_name", "delivery_part").rows() == [
        ("orders", None),
        ("line_items", "line_items[0]"),
        ("fee_lines", "fee_lines[0]"),
    ]
    assert "= 9.81, but the total says 9.82" in rejected["reason"][0]
    assert accounts(shop).differences.is_empty()
    assert recount(shop).is_empty()


def test_half_a_line_is_one_refused_row(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    lines = lines_of([one for one in ORDERS if one["id"] not in {3002, 3003, 3010}])
    lines[1] = lines[1][: len(lines[1]) // 2]
    deliver(shop, "tea", "orders.jsonl", lines)
    rejected = rejected_rows(loaded(shop))
    assert rejected.select("delivery_line", "rule", "table_name").rows() == [(2, "json", "orders")]
    assert feeds(shop)["orders"].height == len(lines) - 2  # the draft, too, is none


def test_pages_that_overlap_count_an_order_once(tmp_path: Path) -> None:
    once = tea_shop(tmp_path / "once")
    shop = make_shop(tmp_path / "twice")
    for name in ("page-1.jsonl", "page-2.jsonl"):
        deliver(shop, "tea", name, lines_of(ORDERS))
    deliver(shop, "tea", "refunds.jsonl", lines_of(REFUNDS))
    for feed, rows in feeds(loaded(shop)).items():
        assert rows.unique().height == feeds(once)[feed].height, feed
    assert recount(shop).is_empty()


def test_no_refund_that_day_is_nothing_odd(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    deliver(shop, "tea", "orders.jsonl", lines_of([order(1, "10.90", "0.90", [item(1, "10.00", "0.90")])]))
    deliver(shop, "tea", "refunds.jsonl", [])
    assert feeds(loaded(shop))["orders"].height == 1
    deliver(shop, "tea", "orders.jsonl", [])
    assert [one.reason for one in refused_deliveries(loaded(shop))] == ["empty_file"]


@pytest.mark.parametrize(
    ("source", "lines", "told"),
    [
        ("tea", as_text(plant_orders()).splitlines(), "Shopify orders"),
        ("plants", lines_of(ORDERS), "WooCommerce orders"),
    ],
)
def test_a_file_of_another_platform_says_where_it_belongs(
    tmp_path: Path, source: str, lines: list[str], told: str
) -> None:
    shop = make_shop(tmp_path)
    deliver(shop, source, "export.jsonl", lines)
    deliver(shop, "tea", "orders.jsonl", lines_of(ORDERS[:1]), date(2026, 3, 1))
    (refused,) = refused_deliveries(loaded(shop))
    error = str(refused.as_error())
    assert "\n" not in error
    assert told in error
    assert f"exports/{'plants' if source == 'tea' else 'tea'}/" in error


def test_a_whole_tree_in_any_order_of_lines(tmp_path: Path) -> None:
    straight, mixed, day = make_shop(tmp_path / "straight"), make_shop(tmp_path / "mixed"), date(2026, 5, 9)
    lines = as_text(plant_orders()).replace("2027-", "2026-").splitlines()
    deliver(straight, "plants", "bulk-1.jsonl", lines, day)
    deliver(mixed, "plants", "bulk-1.jsonl", lines[::-1], day)
    expected = feeds(loaded(straight, day))
    for feed, rows in feeds(loaded(mixed, day)).items():
        assert rows.equals(expected[feed]), feed
    counts: dict[str, Any] = dict(accounts(straight).delivered.select("table_name", "row_count").rows())
    assert counts["sales"] == sum("lineType" in json.loads(line) for line in lines)


def test_an_order_without_the_refund_that_it_names_waits_for_it(tmp_path: Path) -> None:
    """Its former state stays: nothing that was given back is lost."""
    shop = make_shop(tmp_path)
    orders = [
        one | {"refunds": [{"id": 4003, "reason": "Noor rang"}]} if one["id"] == 3003 else one
        for one in ORDERS
    ]
    deliver(shop, "tea", "orders.jsonl", lines_of(orders))
    deliver(shop, "tea", "refunds.jsonl", lines_of(REFUNDS))
    before = feeds(loaded(shop))
    assert rejected_rows(shop).is_empty()
    deliver(shop, "tea", "orders.jsonl", lines_of(orders), date(2026, 3, 8))
    rejected = rejected_rows(loaded(shop, date(2026, 3, 8)))
    assert set(rejected.select("document_id", "rule").rows()) == {("3003", "refund_missing")}
    assert "it names refund 4003" in rejected["reason"][0]
    found = feeds(shop)["returns"]
    assert found.equals(before["returns"])
