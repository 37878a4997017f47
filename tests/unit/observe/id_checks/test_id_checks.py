"""Ids that stand for two things or too many: found in raw rows, held or told, and let through by name."""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mandje.contracts.feeds import FEEDS
from mandje.contracts.ids import PREFIXED
from mandje.findings.finding import short_key
from mandje.findings.holds import keep_passes
from mandje.observe.id_checks.checks import IdChecks, check_ids
from mandje.shop.settings import Shop, load_shop

DAY = date(2024, 5, 3)
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
ONE_SITE = """
name = "kiosk"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
[sites.nl]
time_zone = "Europe/Amsterdam"
currency = "EUR"
[sources.orders]
adapter = "canonical"
"""
TWO_SITES = ONE_SITE + '[sites.be]\ntime_zone = "Europe/Brussels"\ncurrency = "EUR"\n'

Row = Mapping[str, Any]


def make_shop(folder: Path, settings: str = TWO_SITES) -> Shop:
    (folder / "shop.toml").write_text(settings)
    shop = load_shop(folder)
    shop.warehouse.parent.mkdir()
    with duckdb.connect(shop.warehouse) as con:
        con.execute("CREATE SCHEMA raw; CREATE SCHEMA staging; CREATE SCHEMA marts")
        con.execute("CREATE TABLE marts.sessions (visitor_id VARCHAR)")
        for name, table in FEEDS.items():
            columns = ", ".join(f"{column} {kind}" for column, kind in table.sql_schema().items())
            con.execute(f"CREATE TABLE raw.{name} ({columns})")
            con.execute(f"CREATE VIEW staging.stg_{name} AS SELECT * FROM raw.{name}")
    return shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path)


def deliver(shop: Shop, feed: str, rows: Iterable[Row], day: date = DAY, file: str = "a.csv") -> None:
    """Rows as if they had been loaded: what a row does not say is null, its line is its place."""
    with duckdb.connect(shop.warehouse) as con:
        con.execute("SET TimeZone = 'UTC'")
        for number, row in enumerate(rows, start=2):
            place = {"delivery_source": feed, "delivery_date": day, "delivery_file": file}
            known = place | {"delivery_line": number} | dict(row)
            names = ", ".join(known)
            marks = ", ".join("?" for _ in known)
            con.execute(f"INSERT INTO raw.{feed} ({names}) VALUES ({marks})", list(known.values()))


def order(number: str, site: str = "nl", total: int = 10, **more: object) -> Row:
    return {"order_id": number, "site": site, "total_amount": total, "currency_code": "EUR"} | more


def found(checks: IdChecks) -> dict[str, tuple[str, int | None]]:
    return {one.check: (one.severity, one.count) for one in checks.findings}


def test_ids_of_one_site_each_say_nothing(shop: Shop) -> None:
    deliver(shop, "orders", [order("1"), order("2", "be"), order("3", "be")])
    deliver(shop, "orders", [order("2", "be", total=11)], DAY + timedelta(days=1))
    assert check_ids(shop, DAY) == IdChecks((), ())


@pytest.mark.parametrize(
    ("feed", "column"),
    [
        ("orders", "order_id"),
        ("returns", "return_id"),
        ("adjustments", "adjustment_id"),
        ("session_events", "event_id"),
    ],
)
def test_an_id_with_two_sites_is_held_with_its_files_also_over_deliveries(
    shop: Shop, feed: str, column: str
) -> None:
    deliver(shop, feed, [{column: "7", "site": "nl"}, {column: "8", "site": "nl"}])
    deliver(shop, feed, [{column: "7", "site": "be"}], DAY + timedelta(days=1), "b.csv")
    checks = check_ids(shop, DAY)
    assert found(checks) == {f"{feed}_two_sites": ("hold", 1)}
    (hold,) = checks.holds
    assert (
        f"{column}=7 (be in {feed}/2024-05-04/b.csv line 2, nl in {feed}/2024-05-03/a.csv line 2)"
        in hold.told
    )
    assert ("id_prefix" in hold.mend) == (column in PREFIXED)  # no other id ever gets one
    assert [short_key(key) for key in checks.findings[0].keys] == [
        f"{column}=7 (be in {feed}/2024-05-04/b.csv line 2, nl in {feed}/2024-05-03/a.csv line 2)"
    ]
    assert f"{column}=7" not in checks.findings[0].sentence  # readers of the manifest see sentences, no keys


def test_two_sites_are_found_as_a_slow_reading_finds_them(shop: Shop) -> None:
    chance = random.Random(5)
    sites: dict[str, set[str]] = defaultdict(set)
    for number in range(4):
        rows = [order(str(chance.randrange(60)), chance.choice(("nl", "nl", "nl", "be"))) for _ in range(30)]
        deliver(shop, "orders", rows, DAY + timedelta(days=number))
        for row in rows:
            sites[row["order_id"]].add(row["site"])
    twice = {one for one, of in sites.items() if len(of) > 1}
    (told,) = [one for one in check_ids(shop, DAY).findings if one.check == "orders_two_sites"]
    assert twice
    assert {key.split('"')[3] for key in told.keys} == twice
    assert told.count == len(twice)


def test_a_shop_of_one_site_is_not_asked(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, ONE_SITE)
    deliver(shop, "orders", [order("7"), order("7", "be")])
    assert check_ids(shop, DAY).holds == ()


def test_an_id_of_two_sources_is_told_and_holds_nothing(shop: Shop) -> None:
    deliver(shop, "orders", [order("7"), order("8")])
    deliver(shop, "orders", [order("7", delivery_source="till"), order("8", "be", delivery_source="till")])
    checks = check_ids(shop, DAY)
    assert found(checks) == {"orders_two_sites": ("hold", 1), "orders_two_sources": ("warn", 1)}
    (told,) = [one for one in checks.findings if one.check == "orders_two_sources"]
    assert [short_key(key) for key in told.keys] == [
        "order_id=7 (orders in orders/2024-05-03/a.csv line 2, till in till/2024-05-03/a.csv line 2)"
    ]


def test_a_pass_is_for_these_ids_and_sites_on_every_night(shop: Shop) -> None:
    deliver(shop, "orders", [order("7"), order("8")])
    deliver(shop, "orders", [order("7", "be")], DAY + timedelta(days=1))
    keep_passes(shop, DAY, check_ids(shop, DAY).holds, "the order moved to the Belgian site")
    deliver(shop, "orders", [order("7", "be", total=12)], DAY + timedelta(days=2))
    later = check_ids(shop, DAY + timedelta(days=2))
    assert found(later) == {"orders_two_sites": ("warn", 1)}
    deliver(shop, "orders", [order("8", "be")], DAY + timedelta(days=3))
    again = check_ids(shop, DAY + timedelta(days=3))
    assert found(again) == {"orders_two_sites": ("hold", 2)}
    assert again.holds[0].sentence.index("order_id=8") < again.holds[0].sentence.index("order_id=7")


def test_rows_of_one_key_with_other_content_in_one_delivery_are_told(shop: Shop) -> None:
    deliver(shop, "orders", [order("1", total=32), order("2"), order("1", total=64), order("2")])
    (told,) = check_ids(shop, DAY).findings
    assert (told.check, told.severity, told.count) == ("orders_same_key", "warn", 1)
    assert [short_key(key) for key in told.keys] == [
        "order_id=1 (orders/2024-05-03: 32 EUR in a.csv line 2, 64 EUR in a.csv line 4)"
    ]


@pytest.mark.parametrize(
    ("times", "is_told"),
    [
        ((None, None), True),
        ((NOON, NOON), True),
        ((NOON, NOON + timedelta(seconds=1)), False),
        ((None, NOON), False),
    ],
)
def test_a_time_of_change_that_decides_is_no_conflict(
    shop: Shop,
    times: tuple[datetime | None, datetime | None],
    is_told: bool,  # noqa: FBT001
) -> None:
    rows = [order("1", total=number, updated_at=time) for number, time in enumerate(times, start=1)]
    deliver(shop, "orders", rows)
    assert bool(check_ids(shop, DAY).findings) == is_told


def test_content_that_a_later_delivery_settled_is_not_told(shop: Shop) -> None:
    line = {"order_id": "1", "line_number": 1, "quantity": 1, "unit_price_amount": 5, "currency_code": "EUR"}
    deliver(shop, "order_lines", [line, line | {"unit_price_amount": 6}])
    assert found(check_ids(shop, DAY)) == {"order_lines_same_key": ("warn", 1)}
    deliver(shop, "order_lines", [line], DAY + timedelta(days=1))
    with duckdb.connect(shop.warehouse) as con:
        newest = "SELECT * FROM raw.order_lines WHERE delivery_date = DATE '2024-05-04'"
        con.execute(f"CREATE OR REPLACE VIEW staging.stg_order_lines AS {newest}")
    assert found(check_ids(shop, DAY)) == {}


def visits(shop: Shop, visitors: Iterable[str]) -> None:
    with duckdb.connect(shop.warehouse) as con:
        con.executemany("INSERT INTO marts.sessions VALUES (?)", [[one] for one in visitors])


@pytest.mark.parametrize(
    ("count", "total", "expected"),
    [
        (5, 5, None),  # a shop of five orders
        (19, 60, None),
        (20, 60, "warn"),
        (49, 60, "warn"),
        (50, 60, "hold"),
        (60, 1000, None),  # 5 %, and what chance may add to it
        (80, 1000, "warn"),
        (250, 1000, "hold"),
    ],
)
def test_an_absurd_share_of_orders(shop: Shop, count: int, total: int, expected: str | None) -> None:
    place_orders(shop, "customer_id", count, total)
    checks = check_ids(shop, DAY)
    told = {} if expected is None else {"orders_share_customer_id": (expected, 1)}
    assert found(checks) == told
    assert [one.figure for one in checks.holds] == [name for name in told if expected == "hold"]


def test_every_id_of_an_order_is_looked_at(shop: Shop) -> None:
    for column in ("customer_id", "email_hash", "visitor_id"):
        place_orders(shop, column, 40, 100)
    assert found(check_ids(shop, DAY)) == {
        f"orders_share_{column}": ("warn", 1) for column in ("customer_id", "email_hash", "visitor_id")
    }


def place_orders(shop: Shop, column: str, count: int, total: int) -> None:
    """So many orders, far apart, of which the first ones have one id in a column."""
    with duckdb.connect(shop.warehouse) as con:
        con.execute(
            f"INSERT INTO raw.orders (order_id, site, ordered_at, {column}, delivery_source, delivery_date)"
            f" SELECT '{column}' || i, 'nl', DATE '2000-01-01' + CAST(i * 9 AS INTEGER),"
            f" CASE WHEN i < {count} THEN '0' ELSE 'x' || i END, 'orders', DATE '{DAY}'"
            f" FROM range({total}) t (i)"
        )


def test_an_absurd_share_of_visits_is_told_and_passed_whatever_it_grows_to(shop: Shop) -> None:
    visits(shop, ["monitor"] * 300 + [f"v{number}" for number in range(700)])
    checks = check_ids(shop, DAY)
    assert found(checks) == {"visits_share_visitor_id": ("hold", 1)}
    assert "monitor has 300 (30.0 %)" in checks.holds[0].told
    keep_passes(shop, DAY, checks.holds, "our own monitor")
    visits(shop, ["monitor"] * 48)
    assert found(check_ids(shop, DAY + timedelta(days=1))) == {"visits_share_visitor_id": ("warn", 1)}


def test_the_shares_are_settings(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, TWO_SITES + "[ids]\ntold_visit_ratio = 0.5\nheld_ratio = 0.9\n")
    visits(shop, ["monitor"] * 300 + [f"v{number}" for number in range(700)])
    assert found(check_ids(shop, DAY)) == {}


def test_an_address_of_many_and_a_customer_of_many_addresses_are_told(shop: Shop) -> None:
    on = [{"ordered_at": NOON + timedelta(days=30 * number)} for number in range(5)]
    relay = [order(f"r{i}", customer_id=f"c{i}", email_hash="relay", **at) for i, at in enumerate(on)]
    till = [order(f"t{i}", customer_id="till", email_hash=f"e{i}", **at) for i, at in enumerate(on)]
    deliver(shop, "orders", relay[:4] + till[:4])
    assert found(check_ids(shop, DAY)) == {}
    deliver(shop, "orders", relay[4:] + till[4:], DAY + timedelta(days=1))
    assert found(check_ids(shop, DAY)) == {
        "addresses_many_customers": ("warn", 1),
        "customers_many_addresses": ("warn", 1),
    }


@pytest.mark.parametrize(("days", "is_told"), [(1, True), (2, False)])
def test_guests_of_one_address_within_a_week_are_told(shop: Shop, days: int, is_told: bool) -> None:  # noqa: FBT001
    rows = [order(f"g{i}", email_hash="relay", ordered_at=NOON + timedelta(days=days * i)) for i in range(5)]
    deliver(shop, "orders", rows)
    assert bool(found(check_ids(shop, DAY))) == is_told
