"""Days of GA4 through validation and load: delivered again, in every form, in chunks, with broken lines."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from ga4_export import NOON, Json, event, text_of, thing, write_parquet
from mandje.adapters.recognise import recognise
from mandje.ingest import batches, parse_documents, reader
from mandje.ingest.accounts.destinations import accounts
from mandje.ingest.accounts.reading_warnings import told_of_reading
from mandje.ingest.accounts.rejects import rejected_rows
from mandje.ingest.documents import lines as document_lines
from mandje.ingest.store.partitions import current_partitions, paths_by_feed
from mandje.shop.settings import Shop
from store_support import drop, make_shop, night

DAY, LATER = date(2026, 3, 1), date(2026, 3, 4)
SETTINGS = """
name = "visits"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
sites.nl = { time_zone = "Europe/Amsterdam", currency = "EUR" }
sources.visits = { adapter = "ga4", tax_ratio = 0.21 }
"""
THINGS = [thing("MUG", 12.1, "2", item_name="Mug"), thing("TEE", 24.2, "1")]
GIVEN = [
    event("session_start", params={"mail": "anna@shop.example"}),
    event("page_view", 0, page="https://www.shop.example/?gclid=SECRET&mail=anna@shop.example"),
    event("page_view", 1),
    event("add_to_cart", 2, items=THINGS, params={"currency": "EUR", "value": 48.4}),
    event("purchase", 3, ecommerce={"transaction_id": "5001"}, params={"value": 48.4}, user_id="7001"),
    event("page_view", 4, user_pseudo_id=None),
]
ROWS = 5


def feed(shop: Shop) -> pl.DataFrame:
    (paths,) = paths_by_feed(current_partitions(shop)).values()
    return pl.concat([pl.read_parquet(path) for path in paths])


def content(shop: Shop) -> list[tuple[object, ...]]:
    """The rows without where they came from."""
    rows = feed(shop)
    return (
        rows.select(name for name in rows.columns if not name.startswith("delivery_")).sort("event_id").rows()
    )


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "shop", SETTINGS)


def delivered(folder: Path, name: str, events: Sequence[Json]) -> Shop:
    shop = make_shop(folder, SETTINGS)
    path = drop(shop, "visits", DAY, text_of(events), name)
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(path.read_bytes()))
    if name.endswith(".parquet"):
        write_parquet(events, path)
    night(shop, LATER)
    return shop


def test_every_form_of_a_day_says_the_same(tmp_path: Path) -> None:
    names = ("events.jsonl", "000000000000.json", "x.jsonl.gz", "x.json.gz", "part-0.parquet")
    shops = {name: delivered(tmp_path / name, name, GIVEN) for name in names}
    assert len({str(content(shop)) for shop in shops.values()}) == 1
    assert feed(shops["part-0.parquet"])["delivery_line"].to_list() == [3, 4, 5, 5, 6]
    assert feed(shops["events.jsonl"])["delivery_line"].to_list() == [2, 3, 4, 4, 5]
    for name, shop in shops.items():
        found = recognise(shop.exports / "visits" / str(DAY) / name)
        assert found is not None
        assert (found.adapter, found.kind.name) == ("ga4", "events")


def test_a_day_that_is_delivered_again_adds_its_new_events_alone(shop: Shop) -> None:
    drop(shop, "visits", DAY, text_of([*GIVEN, GIVEN[2]]), "events.jsonl")
    night(shop, LATER)
    assert feed(shop).height == ROWS + 1
    assert feed(shop)["event_id"].n_unique() == ROWS
    late = event("page_view", 50)
    drop(shop, "visits", LATER, text_of([late, *reversed(GIVEN)]), "events_20260301.jsonl")
    night(shop, LATER)
    assert feed(shop)["event_id"].n_unique() == ROWS + 1
    drop(shop, "visits", DAY, text_of([*GIVEN, late]), "events.jsonl")
    night(shop, LATER)
    assert feed(shop)["event_id"].n_unique() == ROWS + 1
    assert feed(shop).height == 2 * (ROWS + 1)


def test_where_events_went_and_what_is_noted(shop: Shop) -> None:
    drop(shop, "visits", DAY, text_of([one | {"new_column": 1} for one in GIVEN]), "events.jsonl")
    night(shop, LATER)
    where = accounts(shop).destinations.select("table_name", "destination", "row_count").rows()
    assert where == [
        ("events", "session_events", 4),
        ("events", "skipped:no_shop_event", 1),
        ("events", "skipped:no_visitor", 1),
    ]
    told = {one.check: one for one in told_of_reading(current_partitions(shop))}
    assert told["events_not_used"].severity == "note"
    assert told["events_not_used"].sentence == (
        "1 event(s) tell nothing of shopping and are not used: session_start (1)."
    )
    assert told["columns_not_read"].sentence.endswith("visits since 2026-03-01: new_column.")
    assert set(told) == {"events_not_used", "columns_not_read", "addresses_out_of_place"}


def test_an_event_that_is_not_used_is_noted_once_with_all_of_its_rows(shop: Shop) -> None:
    for day in (DAY, LATER):
        drop(
            shop, "visits", day, text_of([event("scroll"), event("scroll", 1), event("page_view")]), "e.jsonl"
        )
    night(shop, LATER)
    (one,) = told_of_reading(current_partitions(shop))
    assert one.count == 4
    assert one.sentence.endswith("are not used: scroll (4).")
    assert [json.loads(key) for key in one.keys] == [
        {"delivery": "visits 2026-03-04", "column": "scroll", "rows": 4}
    ]


def test_a_line_cut_in_half_is_one_rejected_row(shop: Shop) -> None:
    lines = text_of(GIVEN).splitlines(keepends=True)
    lines[2] = lines[2][: len(lines[2]) // 2] + "\n"
    drop(shop, "visits", DAY, "".join(lines), "events.jsonl")
    night(shop, LATER)
    (one,) = rejected_rows(shop).to_dicts()
    assert (one["delivery_line"], one["rule"]) == (3, "json")
    assert feed(shop).height == ROWS - 1


def test_a_product_without_a_number_is_one_rejected_event(shop: Shop) -> None:
    wrong = event("view_item", 9, items=[thing("MUG", "ten")])
    drop(shop, "visits", DAY, text_of([*GIVEN, wrong]), "events.jsonl")
    night(shop, LATER)
    (one,) = rejected_rows(shop).to_dicts()
    assert (one["delivery_line"], one["rule"]) == (7, "item")
    assert feed(shop).height == ROWS


def test_chunks_say_what_a_whole_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = [event("view_item", 0, items=THINGS, batch_event_index=str(number)) for number in range(20)]
    whole = delivered(tmp_path / "whole", "000.json", [*GIVEN, *given])
    monkeypatch.setattr(reader, "BATCH_BYTES", 1)
    monkeypatch.setattr(batches, "BATCH_BYTES", 1)
    monkeypatch.setattr(parse_documents, "MOST_CHUNK_BYTES", 8192)
    monkeypatch.setattr(document_lines, "_BLOCK_ROWS", 8)
    monkeypatch.setattr(document_lines, "MOST_LIST_BYTES", 4096)  # lines in a `.json` file are no list
    streamed = delivered(tmp_path / "streamed", "000.json", [*GIVEN, *given])
    assert content(streamed) == content(whole)
    one, other = (current_partitions(shop)[0].ledger for shop in (whole, streamed))
    for part in ("read", "destinations", "derived", "feeds", "noted"):
        assert one[part] == other[part]


def test_events_far_after_their_delivery_are_impossible_and_old_ones_are_not(shop: Shop) -> None:
    day = 86_400_000_000
    given = [event("page_view", 0, event_timestamp=str(NOON + days * day)) for days in (-40, 0, 1, 2, 3)]
    drop(shop, "visits", DAY, text_of(given), "events.jsonl")
    night(shop, LATER)
    assert feed(shop).height == 3
    assert set(rejected_rows(shop)["rule"]) == {"impossible_date"}


def test_nothing_personal_leaves_the_exports(shop: Shop) -> None:
    drop(shop, "visits", DAY, text_of(GIVEN), "events.jsonl")
    night(shop, LATER)
    notes = [*shop.raw.rglob("*.json"), *shop.ops.rglob("*.json")]
    written = [str(pl.read_parquet(path).rows()) for path in shop.raw.rglob("*.parquet")]
    written += [path.read_text(encoding="utf-8") for path in notes]
    assert written
    assert [word for word in ("anna", "SECRET", "Utrecht", "gclid=") if word in "".join(written)] == []
