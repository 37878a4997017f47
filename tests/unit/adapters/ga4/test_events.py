"""What events of GA4 become: kinds, pages, traffic, products and values, worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ga4_export import NAME, Json, clicked, event, text_of, thing
from mandje.adapters import SKIPPED_REASONS, adapter_for
from mandje.adapters.base import Mapped
from mandje.contracts.feeds import FEEDS
from mandje.ingest.parse import RowContext
from mandje.ingest.parse_documents import parse_documents
from mandje.ingest.read.parsed import FileFault, Parsed
from mandje.ingest.read.unpacked import Unpacked
from mandje.ingest.table_chunks import kinds_by_name, tables_of
from mandje.shop.settings import ShopSettings
from parse_support import AMSTERDAM, KEY, export_file

DAY = date(2026, 3, 1)
SITE = {"time_zone": "Europe/Amsterdam", "currency": "EUR"}


def settings(*names: str, **options: Any) -> ShopSettings:
    """A shop with sites of these names, else with one."""
    source = {"adapter": "ga4", "on_refused": "go_on", "on_missing": "go_on"} | options
    return ShopSettings.model_validate(
        {
            "name": "shop",
            "reporting_currency": "EUR",
            "time_zone": "Europe/Amsterdam",
            "sites": dict.fromkeys(names or ("nl",), SITE),
            "sources": {"visits": source},
        }
    )


def parsed(events: list[Json], folder: Path) -> Parsed:
    path = folder / NAME
    path.write_text(text_of(events), encoding="utf-8")
    adapter = adapter_for("visits", settings())
    (kind,) = kinds_by_name(adapter.kinds)
    rules = RowContext(KEY, AMSTERDAM)
    (found,) = parse_documents([export_file(path, DAY)], kind, tables_of(adapter, kind), rules, Unpacked())
    assert not isinstance(found, FileFault)
    return found["events"]


class Reads:
    """Reads events and maps them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def mapped(self, *events: Json, of: ShopSettings | None = None) -> Mapped:
        adapter = adapter_for("visits", of or settings())
        found = parsed(list(events), self._folder)
        assert found.rejected.is_empty()
        mapped = adapter.map({"events": found.rows})
        assert mapped.feeds["session_events"].schema == FEEDS["session_events"].polars_schema()
        assert mapped.accounts["row_count"].sum() == len(events)
        return mapped

    def rows(self, *events: Json, of: ShopSettings | None = None) -> list[dict[str, Any]]:
        return self.mapped(*events, of=of).feeds["session_events"].to_dicts()

    def one(self, given: Json, of: ShopSettings | None = None) -> dict[str, Any]:
        (row,) = self.rows(given, of=of)
        return row


@pytest.fixture
def read(tmp_path: Path) -> Reads:
    return Reads(tmp_path)


def destinations(mapped: Mapped) -> Mapping[str, int]:
    return dict(mapped.accounts.select("destination", "row_count").iter_rows())


def test_each_event_of_shopping_has_its_type(read: Reads) -> None:
    names = {
        "page_view": "page_view",
        "view_item": "product_view",
        "view_search_results": "search",
        "add_to_cart": "add_to_cart",
        "remove_from_cart": "remove_from_cart",
        "begin_checkout": "begin_checkout",
        "add_shipping_info": "add_shipping",
        "add_payment_info": "add_payment",
        "purchase": "purchase",
    }
    rows = read.rows(*(event(name, minute) for minute, name in enumerate(names)))
    assert [row["event_type"] for row in rows] == list(names.values())
    assert rows[2]["event_at"] == datetime(2026, 3, 1, 11, 2, tzinfo=UTC)
    assert {(row["visitor_id"], row["native_session_id"], row["site"]) for row in rows} == {
        ("111.222", "9001", "nl")
    }


def test_other_events_are_counted_by_name_and_those_without_a_visitor_are_set_apart(read: Reads) -> None:
    given = [
        event("session_start"),
        event("scroll"),
        event("scroll", 1),
        event("odd name with anna@shop.example"),
        event("page_view", user_pseudo_id=None),
        event("session_start", user_pseudo_id=None),
        event("page_view"),
    ]
    mapped = read.mapped(*given)
    assert destinations(mapped) == {
        "skipped:no_shop_event": 5,
        "skipped:no_visitor": 1,
        "session_events": 1,
    }
    assert set(destinations(mapped)) - {"session_events"} <= SKIPPED_REASONS.keys()
    noted = mapped.noted.select("table_name", "column_name", "kind", "row_count").rows()
    assert sorted(noted) == [
        ("events", "(other)", "unused_event", 1),
        ("events", "scroll", "unused_event", 2),
        ("events", "session_start", "unused_event", 2),
    ]


def test_engagement_is_read_where_it_is_asked_for(read: Reads) -> None:
    given = [event("scroll"), event("user_engagement", 1), event("session_start")]
    rows = read.rows(*given, of=settings(engagement=True))
    assert [row["event_type"] for row in rows] == ["engagement", "engagement"]


PAGES = (
    ("https://www.shop.example/p/mug?gclid=SECRET#top", "www.shop.example", "/p/mug"),
    ("https://www.Shop.example", "www.shop.example", "/"),
    ("https://test.Shop.example:8080/p", "test.shop.example", "/p"),
    ("https://www.shop.example?q=scarf", "www.shop.example", "/"),
    ("https://www.shop.example#a/b", "www.shop.example", "/"),
    ("http://me:SECRET@shop.example:8080/a%20b/%C3%A9#x?y", "www.shop.example", "/a%20b/%C3%A9"),
    ("/p/mug?x=1", "www.shop.example", "/p/mug"),
    ("about:blank", "www.shop.example", "(none)"),
    ("(not set)", "www.shop.example", "(none)"),
    (None, "www.shop.example", "(none)"),
)


def test_a_page_is_its_host_and_path_alone(read: Reads) -> None:
    rows = read.rows(*(event("page_view", minute, page=page) for minute, (page, *_) in enumerate(PAGES)))
    assert [(row["host"], row["page_path"]) for row in rows] == [(host, path) for _, host, path in PAGES]


def test_the_host_before_is_told_without_its_page(read: Reads) -> None:
    given = [
        event("page_view", 0, params={"page_referrer": "https://www.google.com/search?q=SECRET"}),
        event("page_view", 1, params={"page_referrer": "android-app://com.google.android.gm/"}),
        event("page_view", 2, params={"page_referrer": ""}),
        event("page_view", 3),
    ]
    hosts = [row["referrer_host"] for row in read.rows(*given)]
    assert hosts == ["www.google.com", "com.google.android.gm", None, None]


def traffic(row: Mapping[str, Any]) -> tuple[str | None, ...]:
    return tuple(row[name] for name in ("source", "medium", "campaign", "keyword", "click_id_type"))


NONE = clicked("(not set)", "(not set)", "(not set)")
ORGANIC = {"manual_source": "google", "manual_medium": "organic", "manual_campaign_name": "(organic)"}


TRAFFIC: tuple[tuple[Json, tuple[str | None, ...]], ...] = (
    ({}, (None, None, None, None, None)),
    (
        {
            "session_traffic_source_last_click": {
                "cross_channel_campaign": clicked("google", "cpc", "Brand"),
                "manual_campaign": clicked("other", "email", "x"),
            },
            "collected_traffic_source": ORGANIC | {"gclid": "SECRET"},
        },
        ("google", "cpc", "Brand", None, "gclid"),
    ),
    (
        {
            "session_traffic_source_last_click": {
                "cross_channel_campaign": NONE,
                "manual_campaign": clicked("mail", "email", "(not set)") | {"term": "scarf"},
            },
            "collected_traffic_source": ORGANIC,
        },
        ("mail", "email", None, "scarf", None),
    ),
    (
        {
            "session_traffic_source_last_click": {"manual_campaign": clicked("(direct)", "(none)")},
        },
        ("(direct)", "(none)", None, None, None),
    ),
    (
        {"session_traffic_source_last_click": {"manual_campaign": NONE}, "collected_traffic_source": ORGANIC},
        ("google", "organic", "(organic)", None, None),
    ),
    (
        {"collected_traffic_source": ORGANIC | {"gclid": "SECRET"}},
        ("google", "cpc", None, None, "gclid"),
    ),
    ({"collected_traffic_source": {"dclid": "SECRET"}}, ("google", "cpc", None, None, "dclid")),
    (
        {
            "collected_traffic_source": {
                "srsltid": "SECRET",
                "manual_source": "google",
                "manual_medium": "organic",
            }
        },
        ("google", "organic", None, None, "srsltid"),
    ),
    (
        {"page": "https://www.shop.example/?a=1&gbraid=SECRET"},
        ("google", "cpc", None, None, "gbraid"),
    ),
    (
        {
            "page": "https://www.shop.example/?gclid=SECRET",
            "params": {"source": "paper", "medium": "banner", "campaign": "Spring", "term": "mug"},
        },
        ("paper", "banner", "Spring", "mug", "gclid"),
    ),
    ({"page": "https://www.shop.example/?fbclid=SECRET"}, (None, None, None, None, "fbclid")),
    ({"page": "https://www.shop.example/?gclid="}, (None, None, None, None, None)),
)


def test_traffic_is_told_by_the_most_settled_place(read: Reads) -> None:
    rows = read.rows(*(event("page_view", minute, **more) for minute, (more, _) in enumerate(TRAFFIC)))
    assert [traffic(row) for row in rows] == [expected for _, expected in TRAFFIC]
    assert "SECRET" not in str(rows)


def test_products_have_a_row_each_with_their_worth_without_tax(read: Reads) -> None:
    """12.10 × 2 ÷ 1.21 = 20; 10 × 3 ÷ 1.21 = 24.7934 (24.79338…); 0.05 ÷ 1.21 = 0.0413 (0.04132…)."""
    things = [
        thing("MUG", 12.1, "2", item_name="Mug"),
        thing("(not set)", 10, 3),
        thing(None, 0.05),
        thing("NO-PRICE", None, "1", price_in_usd=9.99),
    ]
    given = event("add_to_cart", items=things, params={"currency": "eur", "value": 99.0})
    mapped = read.mapped(given, of=settings(tax_ratio="0.21"))
    rows = mapped.feeds["session_events"].to_dicts()
    assert [(row["product_id"], row["quantity"], row["value_amount"]) for row in rows] == [
        ("MUG", Decimal(2), Decimal("20.0000")),
        (None, Decimal(3), Decimal("24.7934")),
        (None, Decimal(1), Decimal("0.0413")),
        ("NO-PRICE", Decimal(1), None),
    ]
    first, *others = [row["event_id"] for row in rows]
    assert others == [f"{first}#{number}" for number in (2, 3, 4)]
    assert [row["delivery_part"] for row in rows] == [f"items[{place}]" for place in range(4)]
    assert {row["currency_code"] for row in rows} == {"EUR"}
    assert mapped.derived.select("feed", "row_count").rows() == [("session_events", 3)]


def test_other_events_are_one_row_worth_their_value(read: Reads) -> None:
    things = [thing("MUG", 12.1, "2"), thing("TEE", 24.2)]
    params = {"currency": "EUR", "value": 54.45}
    given = [
        event("begin_checkout", 0, items=things, params=params),
        event("purchase", 1, items=things, params=params, ecommerce={"transaction_id": "5001"}, user_id="c1"),
        event("purchase", 2, params=params, ecommerce={"transaction_id": "(not set)"}),
        event("purchase", 3, params={"transaction_id": "5002", "value": 10}),
        event("view_item", 4, params=params),
    ]
    rows = read.rows(*given, of=settings(tax_ratio="0.21"))
    assert [row["value_amount"] for row in rows] == [
        *[Decimal("45.0000")] * 3,
        Decimal("8.2645"),
        Decimal("45.0000"),
    ]
    assert [row["order_id"] for row in rows] == [None, "5001", None, "5002", None]
    assert [row["customer_id"] for row in rows] == [None, "c1", None, None, None]
    assert {(row["product_id"], row["quantity"]) for row in rows} == {(None, None)}


def test_halves_are_rounded_away_from_zero(read: Reads) -> None:
    """0.0001 ÷ 2 = 0.00005; −0.0001 likewise; without a ratio values stay."""
    given = [event("purchase", 0, params={"value": 0.0001}), event("purchase", 1, params={"value": -0.0001})]
    half = settings(tax_ratio="0.9999999")
    assert [row["value_amount"] for row in read.rows(*given, of=half)] == [
        Decimal("0.0001"),
        Decimal("-0.0001"),
    ]
    assert [row["value_amount"] for row in read.rows(*given)] == [Decimal("0.0001"), Decimal("-0.0001")]


def test_a_product_without_a_sound_number_refuses_its_event(tmp_path: Path) -> None:
    wrong = (("ten", None), (10, "-1"), (10, "two"), (10, "1e3"), (10**13, 1))
    given = [
        event("add_to_cart", minute, items=[thing("B", 1), thing("A", *numbers)])
        for minute, numbers in enumerate(wrong)
    ]
    found = parsed([*given, event("purchase", 9, items=[thing("A", "ten")])], tmp_path)
    refused = adapter_for("visits", settings()).refused({"events": found.rows})
    assert refused["document_id"].to_list() == found.rows["event_id"].to_list()[: len(wrong)]
    assert set(refused["rule"]) == {"item"}
    assert '"A"' in refused["reason"][0]


def test_sites_go_by_host_with_or_without_www(read: Reads) -> None:
    several = settings(
        "nl", "be", sites={"www.shop.example": "nl", "BE.shop.example": "be", "shop.example": "be"}
    )
    given = [
        event("page_view", minute, page=f"https://{host}/")
        for minute, host in enumerate(
            ["www.shop.example", "shop.example", "be.shop.example", "www.be.shop.example", "test.example"]
        )
    ]
    mapped = read.mapped(*given, of=several)
    assert mapped.feeds["session_events"]["site"].to_list() == ["nl", "be", "be", "be"]
    assert destinations(mapped) == {"session_events": 4, "skipped:no_site": 1}
    assert mapped.noted.select("column_name", "kind", "row_count").rows() == [
        ("test.example", "unknown_host", 1)
    ]
    other = settings("nl", "be", sites={"be.shop.example": "be", "*": "nl"})
    assert [row["site"] for row in read.rows(*given, of=other)] == ["nl", "nl", "be", "be", "nl"]
    only = settings(sites={"www.shop.example": "nl"})
    assert {row["site"] for row in read.rows(*given, of=only)} == {"nl"}


def test_words_for_nothing_are_nothing_and_addresses_never_stay(read: Reads) -> None:
    row = read.one(
        event(
            "view_search_results",
            page="https://www.shop.example/s?mail=anna@shop.example",
            params={"search_term": "mug for anna@shop.example", "currency": "(not set)"},
            geo={"country": "(not set)", "city": "Utrecht"},
            user_id="anna@shop.example",
        )
    )
    assert row["country_code"] is None
    assert row["currency_code"] is None
    assert row["search_term"] == "mug for (address)"
    assert len(row["customer_id"]) == 64
    assert not any(word in str(row) for word in ("@", "Utrecht", "ad-SECRET"))


WRONG: tuple[tuple[Json, str, str], ...] = (
    ({"event_timestamp": "2026-03-01T11:00:00Z"}, "event_at", "type"),
    ({"event_timestamp": "1772362800000000.5"}, "event_at", "type"),
    ({"event_timestamp": "-1772362800000000"}, "event_at", "type"),
    ({"event_timestamp": None}, "event_at", "missing"),
    ({"event_timestamp": str(1_572_362_800_000_000 * 2)}, "event_at", "impossible_date"),
    ({"event_name": None}, "event_name", "missing"),
    ({"params": {"value": "much"}}, "value", "type"),
    ({"params": {"currency": "euro"}}, "currency", "pattern"),
)


def test_what_cannot_be_read_is_rejected(tmp_path: Path) -> None:
    given = [event("page_view", minute, **wrong) for minute, (wrong, *_) in enumerate(WRONG)]
    found = parsed([*given, event("page_view", 9)], tmp_path)
    told = found.rejected.select("column_name", "rule").rows()
    assert told == [(column, rule) for _, column, rule in WRONG]
    assert found.rows.height == 1


def test_numbers_may_be_written_as_text_or_not(tmp_path: Path) -> None:
    given = event("page_view", 0, params={"value": 10})
    written = given | {name: int(given[name]) for name in ("event_timestamp", "event_bundle_sequence_id")}
    rows = parsed([given, written], tmp_path).rows
    assert rows["event_id"].n_unique() == 1
    assert rows["event_at"].n_unique() == 1


def test_no_times_are_told_to_lack_an_offset(tmp_path: Path) -> None:
    assert parsed([event("page_view")], tmp_path).noted.filter(pl.col("kind") == "no_offset").is_empty()
