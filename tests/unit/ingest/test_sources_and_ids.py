"""Sources that name their feed, what goes before their ids, and what is told of how they were read."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from mandje.adapters import adapter_for
from mandje.contracts.ids import PREFIXED
from mandje.errors import MandjeError
from mandje.ingest.accounts.rejects import rejected_rows
from mandje.ingest.accounts.told import told_of_reading
from mandje.ingest.discover import pending
from mandje.ingest.due.rhythm import sources_of_feeds
from mandje.ingest.store.partitions import current_partitions
from mandje.ingest.store.people import with_known_people
from mandje.ingest.store.secret_key import secret_key
from mandje.ingest.values.email_hash import hash_value
from mandje.shop.settings import Shop, load_shop
from parse_support import FEEDS, csv_bytes, good_row
from store_support import LAST_NIGHT, drop, make_shop, night, picture

SITES = """
name = "small"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
sites.nl = { time_zone = "Europe/Amsterdam", currency = "EUR" }
sites.be = { time_zone = "Europe/Brussels", currency = "EUR" }
"""
DAY = "2025-01-07"
TIME = "2025-01-06T10:00:00Z"


def _source(name: str, settings: str = "") -> str:
    return f'\n[sources.{name}]\nadapter = "canonical"\n{settings}\n'


def _drop(shop: Shop, source: str, feed: str, *changes: dict[str, str]) -> None:
    """Deliver sound rows of a feed with some values changed; names of other feeds' columns are left out."""
    table = FEEDS[feed]
    sound = good_row(table) | {c.name: TIME for c in table.columns if c.type == "timestamp"} | {"site": "nl"}
    rows = [{name: (sound | change)[name] for name in table.names} for change in changes]
    drop(shop, source, DAY, csv_bytes(rows))


def _loaded(shop: Shop) -> dict[tuple[str, str], pl.DataFrame]:
    return {
        (one.source, feed): pl.read_parquet(one.folder / f"{feed}.parquet")
        for one in current_partitions(shop)
        for feed in one.feeds
    }


def test_two_sources_hold_one_feed_and_their_numbers_stay_apart(tmp_path: Path) -> None:
    settings = SITES + "".join(
        _source(f"{kind}_{site}", f'feed = "{feed}"\nid_prefix = "{site}-"')
        for site in ("nl", "be")
        for kind, feed in (("shop", "orders"), ("lines", "order_lines"))
    )
    shop = make_shop(tmp_path, settings)
    for site in ("nl", "be"):
        _drop(shop, f"shop_{site}", "orders", {"order_id": " 1.0 ", "customer_id": "0"}, {"order_id": "2"})
        bad = {"order_id": "2", "quantity": "0"}
        _drop(shop, f"lines_{site}", "order_lines", {"order_id": "1"}, bad)
    night(shop)
    rows = _loaded(shop)
    for site in ("nl", "be"):
        orders = rows[f"shop_{site}", "orders"]
        assert orders["order_id"].to_list() == [f"{site}-1", f"{site}-2"]
        assert orders["customer_id"].to_list() == [None, f"{site}-abc"]
        assert orders["visitor_id"].to_list() == ["abc", "abc"]
        assert rows[f"lines_{site}", "order_lines"]["order_id"].to_list() == [f"{site}-1"]
    assert sorted(rejected_rows(shop)["document_id"]) == ["be-2", "nl-2"]
    assert sources_of_feeds(shop) == {
        "orders": ["shop_nl", "shop_be"],
        "order_lines": ["lines_nl", "lines_be"],
    }


@pytest.mark.parametrize("feed", FEEDS)
def test_a_prefix_goes_before_the_ids_that_systems_number_and_no_other(tmp_path: Path, feed: str) -> None:
    shop = make_shop(tmp_path, SITES + _source("mine", f'feed = "{feed}"\nid_prefix = "x:"'))
    _drop(shop, "mine", feed, {"rate_date": DAY, "spend_date": DAY})
    night(shop)
    row = _loaded(shop)["mine", feed].row(0, named=True)
    for column in FEEDS[feed].columns:
        if column.is_id:
            assert row[column.name] == ("x:abc" if column.name in PREFIXED else "abc")
    assert "x:" not in {str(row[c.name])[:2] for c in FEEDS[feed].columns if c.name not in PREFIXED}


def test_a_table_puts_the_prefix_of_the_row_s_site(tmp_path: Path) -> None:
    prefixes = 'feed = "returns"\nid_prefix = { nl = "n", be = "b" }'
    shop = make_shop(tmp_path, SITES + _source("back", prefixes))
    changes = [{"return_id": "1", "order_id": "7", "site": site} for site in ("nl", "be")]
    _drop(shop, "back", "returns", *changes, {"return_id": "2", "site": "be", "quantity": "x"})
    night(shop)
    found = _loaded(shop)["back", "returns"].select("return_id", "order_id", "customer_id", "product_id")
    assert found.rows() == [("n1", "n7", "nabc", "abc"), ("b1", "b7", "babc", "abc")]
    assert rejected_rows(shop)["document_id"].to_list() == ["b2"]


def test_another_prefix_or_list_reads_what_is_loaded_again(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, SITES + _source("orders"))
    _drop(shop, "orders", "orders", {"order_id": "9", "customer_id": "0"})
    night(shop)
    first = picture(shop.raw)
    assert not pending(shop, LAST_NIGHT)
    for changed in ('id_prefix = "a"', '[ids]\nplaceholders = ["x"]'):
        make_shop(tmp_path, SITES + _source("orders", changed))
        assert pending(load_shop(tmp_path), LAST_NIGHT)
        night(load_shop(tmp_path))
        assert picture(shop.raw) != first
    assert _loaded(shop)["orders", "orders"]["customer_id"].to_list() == ["0"]
    night(make_shop(tmp_path, SITES + _source("orders")))
    assert picture(shop.raw) == first


WRONG = {
    'feed = "order"': "Input should be 'orders'",
    'feed = "orders"\nid_prefix = { de = "d" }': "names de",
    'feed = "orders"\nid_prefix = "a b"': r"1 fault.*not a text such as .*found 'a b'",
    'feed = "orders"\nid_prefix = ""': r"1 fault.*not a text such as",
    'feed = "orders"\nid_prefix = 5': r"1 fault.*not a text such as .*found 5",
    'feed = "orders"\nid_prefix = {nl = 3}': r"1 fault.*not a text such as .*'nl': 3",
    'feed = "customers"\nid_prefix = { nl = "n" }': "name no site",
    "": "no source named shop",
}


@pytest.mark.parametrize("settings", WRONG)
def test_a_wrong_setting_of_a_source_is_a_users_mistake(tmp_path: Path, settings: str) -> None:
    with pytest.raises(MandjeError, match=WRONG[settings]):
        adapter_for("shop", make_shop(tmp_path, SITES + _source("shop", settings)).settings)


def test_only_a_canonical_source_names_its_feed(tmp_path: Path) -> None:
    settings = SITES + '\n[sources.orders]\nadapter = "thelook"\nfeed = "orders"\n'
    with pytest.raises(MandjeError, match="makes its own feeds"):
        make_shop(tmp_path, settings)


def test_what_holds_orders_stops_the_night_under_any_name(tmp_path: Path) -> None:
    names = {"a": "orders", "b": "order_lines", "c": "returns", "orders": "customers"}
    settings = SITES + "".join(_source(name, f'feed = "{feed}"') for name, feed in names.items())
    sources = make_shop(tmp_path, settings).settings.sources
    assert {name: one.on_refused for name, one in sources.items()} == {
        "a": "stop",
        "b": "stop",
        "c": "go_on",
        "orders": "go_on",
    }
    assert [sources[name].on_missing for name in names] == ["wait", "wait", "go_on", "go_on"]


def test_no_address_is_written_and_all_are_told(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, SITES + _source("orders") + _source("customers") + _source("session_events"))
    for feed in ("orders", "customers", "session_events"):
        for_all = dict.fromkeys(_texts(feed), "Ann%40shop.nl") | {"email_hash": ""}
        _drop(shop, feed, feed, for_all, {"status": "ann@shop.nl", "event_type": "ann@shop.nl"})
    night(shop)
    written = [path.read_bytes() for path in shop.raw.rglob("*.json")]
    frames = [pl.read_parquet(path) for path in shop.raw.rglob("*.parquet")]
    written += [frame.select(pl.col(pl.String)).write_csv().encode() for frame in frames]
    assert not any(b"@" in text or b"%40" in text for text in written)
    hashed = hash_value("ann@shop.nl", secret_key(shop, create=False))
    rows = _loaded(shop)
    for feed in ("orders", "customers", "session_events"):
        assert hashed in rows[feed, feed]["customer_id"].to_list()
    assert rows["orders", "orders"]["email_hash"].to_list() == [hashed]
    (told,) = told_of_reading(current_partitions(shop))
    assert told.check == "addresses_out_of_place"
    assert told.severity == "warn"
    assert told.count == sum(len(_texts(feed)) for _, feed in rows)
    assert told.sentence.endswith("more columns.")


def _texts(feed: str) -> list[str]:
    """Columns that any text may stand in."""
    return [
        column.name
        for column in FEEDS[feed].columns
        if column.type == "text"
        and not (column.allowed or column.pattern or column.is_email or column.name == "site")
    ]


def test_what_is_told_names_columns_deliveries_and_counts(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, SITES + _source("orders"))
    guests = [{"order_id": f"o{n}", "customer_id": "(not set)" if n else "5.0"} for n in range(30)]
    _drop(shop, "orders", "orders", *guests)
    night(shop)
    told = {one.check: one for one in told_of_reading(current_partitions(shop))}
    assert told.keys() == {"placeholder_ids", "ids_as_floats"}
    assert told["placeholder_ids"].count == 29
    assert "orders.customer_id (29)" in told["placeholder_ids"].sentence
    assert told["placeholder_ids"].keys == (
        '{"delivery": "orders 2025-01-07", "column": "customer_id", "rows": 29}',
    )


def test_a_person_may_be_named_by_an_address(tmp_path: Path) -> None:
    sources = _source("orders", 'id_prefix = "nl-"') + _source("customers")
    people = '[internal]\ncustomers = [" c1 ", "Ann@shop.nl"]\n'
    shop = make_shop(tmp_path, SITES + sources + people)
    hashed = hash_value("ann@shop.nl", secret_key(shop, create=True))
    named = with_known_people(shop).settings.internal.customers
    assert named == ("c1", hashed, f"nl-{hashed}")
    assert with_known_people(shop).settings.sources == shop.settings.sources
