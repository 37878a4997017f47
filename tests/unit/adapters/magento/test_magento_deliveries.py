"""Deliveries of Magento's tables: what is refused, what is told twice, and however they are written."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from magento_export import (
    DAY,
    ITEMS,
    MEMO_ITEMS,
    MEMOS,
    ORDERS,
    WRONG_MEMO_ITEMS,
    WRONG_MEMOS,
    Row,
    Tables,
    as_csv,
    garden,
    garden_shop,
    loaded,
    memo,
    memo_item,
)
from mandje.adapters.magento import KINDS
from mandje.adapters.recognise import kind_of, recognise
from mandje.contracts.feeds import FEEDS
from mandje.ingest import parse, reader
from mandje.ingest.accounts.destinations import accounts
from mandje.ingest.accounts.recount import recount
from mandje.ingest.accounts.rejects import rejected_rows
from mandje.ingest.store.partitions import current_partitions, paths_by_feed
from mandje.ingest.store.quarantine import refused_deliveries
from mandje.shop.settings import Shop

FORMS: dict[str, Callable[[list[Row]], tuple[str, bytes]]] = {
    "semicolons": lambda rows: (
        "csv",
        b"\xef\xbb\xbf" + as_csv([dict(sorted(row.items())) for row in rows], ";", "\r\n").encode(),
    ),
    "tabs": lambda rows: ("csv", as_csv(_without_breaks(rows), "\t").encode()),
    "json": lambda rows: ("jsonl", "\n".join(json.dumps(row) for row in rows).encode()),
}


def feeds(shop: Shop) -> dict[str, pl.DataFrame]:
    """All rows of the feeds, but for where they came from, in the order of all columns."""
    found = {}
    for feed, paths in paths_by_feed(current_partitions(shop)).items():
        rows = pl.concat([pl.read_parquet(path) for path in paths]).select(FEEDS[feed].names)
        found[feed] = rows.sort([c for c in rows.columns if not c.endswith("_hash")], nulls_last=True)
    return {feed: rows.drop([c for c in rows.columns if c.endswith("_hash")]) for feed, rows in found.items()}


def _without_breaks(rows: list[Row]) -> list[Row]:
    return [row | {"store_name": "NL"} if "store_name" in row else row for row in rows]


def equal(one: Shop, other: Shop) -> bool:
    left, right = feeds(one), feeds(other)
    return left.keys() == right.keys() and all(rows.equals(right[feed]) for feed, rows in left.items())


@pytest.fixture(scope="module")
def garden_of_one_day(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return garden_shop(tmp_path_factory.mktemp("one"), {DAY: garden()})


@pytest.mark.parametrize("form", [*FORMS, "parquet"])
def test_the_same_tables_however_they_are_written(tmp_path: Path, form: str, garden_of_one_day: Shop) -> None:
    shop = garden_shop(tmp_path, {})
    folder = shop.exports / "garden" / str(DAY)
    folder.mkdir(parents=True)
    for name, rows in garden().items():
        if form == "parquet":
            frame = pl.DataFrame(rows, infer_schema_length=None)
            # As tools write that know no empty integers.
            frame.with_columns(pl.col(pl.Int64).cast(pl.Float64)).write_parquet(folder / f"{name}.parquet")
        else:
            ending, content = FORMS[form](rows)
            (folder / f"{name[::-1]}.{ending}").write_bytes(content)
    assert equal(loaded(tmp_path), garden_of_one_day)


def test_a_delivery_read_in_chunks_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, garden_of_one_day: Shop
) -> None:
    """Items and credit memos wait for their order, items of credit memos for these; a file is a chunk."""
    monkeypatch.setattr(reader, "BATCH_BYTES", 1)
    monkeypatch.setattr(parse, "MOST_CHUNK_BYTES", 1)
    shop = garden_shop(tmp_path, {})
    folder = shop.exports / "garden" / str(DAY)
    folder.mkdir(parents=True)
    for name, rows in garden().items():
        parts = (rows[:4], rows[4:]) if name == "sales_order" else (rows,)
        for number, part in enumerate(parts):
            (folder / f"{name}-{number}.csv").write_text(as_csv(part), encoding="utf-8")
    chunked = loaded(tmp_path)
    assert equal(chunked, garden_of_one_day)
    (one,), (other,) = current_partitions(garden_of_one_day), current_partitions(chunked)
    assert {part: other.ledger[part] for part in ("read", "destinations", "feeds")} == {
        part: one.ledger[part] for part in ("read", "destinations", "feeds")
    }
    assert recount(chunked).is_empty()


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The garden with what must be refused, among many orders so that the delivery is not."""
    orders = [one for one in _many(ORDERS) if one["entity_id"] != 208]
    memos = [
        *(one for one in MEMOS if one["entity_id"] != 44),
        *(one | {"entity_id": 202} if one["entity_id"] == 48 else one for one in WRONG_MEMOS),
        memo(49, 151, "12.10", "2.10", "10.00"),
        memo(51, 151, "12.10", "2.10", "10.00"),
        memo(52, 151, "12.10", "2.10", "10.00"),
    ]
    alone = [
        *(memo_item(80, 49, 9004, "10.0000", "2.1000"), memo_item(81, 49, 9003, None, None)),
        *(memo_item(82, 51, 9005, "10.0000", "2.1000"), memo_item(83, 51, 9006, None, None)),
        *(memo_item(84, 52, 9007, "10.0000", "0.0000"), memo_item(85, 52, 9008, "10.0000", "2.1000")),
    ]
    tables: Tables = {
        "sales_order": [one | CHANGED.get(one["entity_id"], {}) for one in orders],
        "sales_order_item": [one for one in ITEMS if one["order_id"] != 205],
        "sales_creditmemo": memos,
        "sales_creditmemo_item": [
            *MEMO_ITEMS,
            *alone,
            *(one | {"parent_id": 202} for one in WRONG_MEMO_ITEMS),
        ],
    }
    return garden_shop(tmp_path_factory.mktemp("wrong"), {DAY: garden() | tables})


CHANGED: dict[object, Row] = {201: {"base_grand_total": "36.3100"}, 206: {"store_id": 7}}


def _many(orders: list[Row]) -> list[Row]:
    nothing = {"base_tax_amount": 0, "base_grand_total": 0}
    return orders + [ORDERS[8] | nothing | {"entity_id": number} for number in range(1001, 1400)]


def test_what_does_not_tie_or_lacks_what_it_belongs_to_is_refused_alone(wrong: Shop) -> None:
    """A credit memo may have the number of an order (202): that one stays as it is."""
    told = rejected_rows(wrong).select("table_name", "document_id", "rule").sort(pl.all()).rows()
    assert told == [
        ("creditmemos", "creditmemo 202", "does_not_tie"),
        ("creditmemos", "creditmemo 45", "does_not_tie"),
        ("creditmemos", "creditmemo 49", "no_order"),
        ("creditmemos", "creditmemo 52", "does_not_tie"),
        *[("sales_creditmemo_item", "creditmemo 202", "does_not_tie")],
        *[("sales_creditmemo_item", "creditmemo 44", "no_header")] * 2,
        *[("sales_creditmemo_item", "creditmemo 49", "no_order")] * 2,
        *[("sales_creditmemo_item", "creditmemo 52", "does_not_tie")] * 2,
        ("sales_order", "201", "does_not_tie"),
        ("sales_order", "205", "does_not_tie"),
        ("sales_order", "206", "no_site"),
        ("sales_order_item", "201", "does_not_tie"),
        ("sales_order_item", "206", "no_site"),
        ("sales_order_item", "208", "no_order"),
    ]
    found = feeds(wrong)
    assert {"202", "203", "204", "207", "209", "210"} < set(found["orders"]["order_id"])
    assert found["returns"]["return_id"].sort().to_list() == ["41", "42", "43", "47", "50", "51"]
    assert accounts(wrong).differences.is_empty()
    assert recount(wrong).is_empty()


def test_a_refusal_says_the_sums(wrong: Shop) -> None:
    rows = rejected_rows(wrong).unique("document_id", keep="first", maintain_order=True)
    reasons = dict(rows.select("document_id", "reason").rows())
    assert (
        "lines 30.00 - discount 5.00 + shipping 5.00 + charges 0.00 + tax 6.30 = 36.30, but the total says"
        " 36.31" in reasons["201"]
    )
    assert reasons["205"].startswith("none of its items is among the rows that were read")
    assert reasons["creditmemo 202"] == "its lines are 10.00, but base_subtotal says 0.00"
    assert reasons["creditmemo 45"] == "it gives back -3.00: less than nothing"
    assert "item 9003 of the order" in reasons["creditmemo 49"]
    assert "only its order could tell" in reasons["creditmemo 52"]
    assert "its store 7 has no site" in reasons["206"]


def test_half_a_line_is_one_refused_row_and_its_order_does_not_tie(tmp_path: Path) -> None:
    shop = garden_shop(tmp_path, {})
    folder = shop.exports / "garden" / str(DAY)
    folder.mkdir(parents=True)
    tables = garden() | {"sales_order": _many(ORDERS)}
    for name, rows in tables.items():
        lines = [json.dumps(row) for row in rows]
        if name == "sales_order_item":
            lines[0] = lines[0][: len(lines[0]) // 2]
        (folder / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    told = rejected_rows(loaded(tmp_path)).select("table_name", "delivery_line", "rule").sort(pl.all()).rows()
    assert told == [("sales_order", 1, "does_not_tie"), ("sales_order_item", 1, "json")]


def test_a_query_without_a_row_writes_an_empty_file(tmp_path: Path) -> None:
    """So it is read of what waits for its order; orders that nobody told are a fault."""
    orders = {name: rows for name, rows in garden().items() if name.startswith("sales_order")}
    shop = garden_shop(tmp_path, {DAY: orders})
    for name in ("sales_creditmemo", "sales_creditmemo_item"):
        (shop.exports / "garden" / str(DAY) / f"{name}.csv").touch()
    assert feeds(loaded(tmp_path))["orders"].height == len(ORDERS)
    (shop.exports / "garden" / str(DAY) / "sales_order.csv").write_text("", encoding="utf-8")
    assert [one.reason for one in refused_deliveries(loaded(tmp_path))] == ["empty_file"]


def test_what_a_delivery_tells_twice_counts_once_in_its_last_state(tmp_path: Path) -> None:
    shop = garden_shop(tmp_path, {DAY: garden()})
    folder = shop.exports / "garden" / str(DAY)
    later = ORDERS[5] | {"state": "canceled", "status": "canceled", "updated_at": "2026-04-12 08:00:00"}
    (folder / "again.csv").write_text(as_csv([later]), encoding="utf-8")
    (folder / "items.csv").write_text(as_csv([ITEMS[9]]), encoding="utf-8")
    (folder / "back.csv").write_text(as_csv([MEMOS[0]]), encoding="utf-8")
    (folder / "back_items.csv").write_text(as_csv(MEMO_ITEMS[:3]), encoding="utf-8")
    again = loaded(tmp_path, DAY)
    counts = accounts(again).destinations.filter(destination="skipped:repeated")
    assert counts.select("table_name", "row_count").sort(pl.all()).rows() == [
        ("creditmemos", 1),
        ("sales_creditmemo_item", 3),
        ("sales_order", 1),
        ("sales_order_item", 1),
    ]
    assert feeds(again)["orders"].filter(order_id="206")["status"].to_list() == ["cancelled"]
    assert accounts(again).differences.is_empty()


def test_deliveries_of_single_days_hold_the_same(tmp_path: Path, garden_of_one_day: Shop) -> None:
    """Orders with their items and credit memos, each on a day of its own; those of older orders alone."""
    days: dict[date, Tables] = {}
    for number, one in enumerate([*ORDERS, {"entity_id": 150}]):
        own = one["entity_id"]
        memos = [two for two in MEMOS if two["order_id"] == own]
        ids = {two["entity_id"] for two in memos}
        found: Tables = {
            "sales_order": [two for two in ORDERS if two["entity_id"] == own],
            "sales_order_item": [two for two in ITEMS if two["order_id"] == own],
            "sales_creditmemo": memos,
            "sales_creditmemo_item": [two for two in MEMO_ITEMS if two["parent_id"] in ids],
        }
        days[DAY + timedelta(number)] = {name: rows for name, rows in found.items() if rows}
    days[DAY]["customer_entity"] = garden()["customer_entity"]
    assert equal(garden_shop(tmp_path, days), garden_of_one_day)


def test_each_table_is_known_by_its_columns(tmp_path: Path) -> None:
    for name, rows in garden().items():
        path = tmp_path / "dump.csv"
        path.write_text(as_csv(rows), encoding="utf-8")
        kind, found = kind_of(path, KINDS), recognise(path)
        assert kind is not None
        assert kind.name == name
        assert found is not None
        assert found.adapter == "magento"
    grid = tmp_path / "grid.csv"
    grid.write_text(
        "ID,Purchase Point,Purchase Date,Grand Total (Base),Grand Total (Purchased),Status\n",
        encoding="utf-8",
    )
    told = recognise(grid)
    assert told is not None
    assert "it holds no lines" in told.note


def test_a_table_that_nobody_reads_refuses_its_delivery(tmp_path: Path) -> None:
    shop = garden_shop(tmp_path, {DAY: {"sales_invoice": [{"entity_id": 1, "order_id": 201, "state": 2}]}})
    assert [one.reason for one in refused_deliveries(shop)] == ["unknown_file"]
