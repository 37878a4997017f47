"""`ops.deliveries` and `ops.sources`, on a shop whose raw folder and records are written by hand."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from mandje.night.deliveries import delivery_tables
from mandje.observe.records.nights import write_record
from mandje.shop.settings import Shop, load_shop

SHOP_TOML = """
name = "basket"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
[sites.nl]
time_zone = "Europe/Amsterdam"
currency = "EUR"
[sources.orders]
adapter = "canonical"
expected = "daily"
closed = ["2025-01-05"]
[sources.ad_spend]
adapter = "canonical"
expected = "weekly"
[sources.returns]
adapter = "canonical"
[sources.customers]
adapter = "canonical"
expected = "daily"
"""


def january(day: int) -> date:
    return date(2025, 1, day)


def deliver(shop: Shop, source: str, day: int, rows: int, status: str = "accepted") -> None:
    folder = shop.raw / source / january(day).isoformat()
    folder.mkdir(parents=True)
    current = {"sha256": "0" * 64, "folder": "0" * 12, "rules": "tests", "status": status}
    (folder / "current.json").write_text(
        json.dumps(current | {"feeds": {source: rows} if rows else {}, "rejected_rows": 0})
    )


def night(shop: Shop, day: int, late: tuple[str, ...] = ()) -> None:
    write_record(shop, january(day), "load", {"stage": "load", "result": {}})
    log = {"has_moved": True, "late": late, "changed": [], "gone": []}
    before = shop.ops / "before" / f"{january(day)}.json"
    before.parent.mkdir(exist_ok=True)
    before.write_text(json.dumps(log))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    (tmp_path / "shop.toml").write_text(SHOP_TOML)
    return load_shop(tmp_path)


@pytest.fixture
def told(shop: Shop) -> Shop:
    """Nights 4 and 7, and one of the 8th that met what should have come on the 3rd."""
    for day, rows in ((2, 10), (3, 4), (4, 0), (7, 5)):
        deliver(shop, "orders", day, rows)
    deliver(shop, "orders", 8, 0, "refused")
    deliver(shop, "returns", 2, 1)
    night(shop, 4)
    night(shop, 7)
    night(shop, 8, late=("orders/2025-01-03",))
    return shop


def test_each_delivery_stands_with_its_state_and_the_night_that_met_it(told: Shop) -> None:
    rows = delivery_tables(told)["deliveries"].rows()
    assert rows == [
        ("ad_spend", january(8), "missing", None, "ad_spend", january(8)),
        ("customers", january(8), "missing", None, "customers", january(8)),
        ("orders", january(2), "loaded", 10, "orders", january(4)),
        ("orders", january(3), "loaded", 4, "orders", january(8)),
        ("orders", january(4), "loaded", 0, "orders", january(4)),
        ("orders", january(6), "missing", None, "orders", january(7)),
        ("orders", january(7), "loaded", 5, "orders", january(7)),
        ("orders", january(8), "refused", None, "orders", january(8)),
        ("returns", january(2), "loaded", 1, "returns", january(4)),
    ]


def test_days_that_no_weekly_delivery_tells_of_are_missing(told: Shop) -> None:
    deliver(told, "ad_spend", 1, 1)
    late = january(8) + timedelta(days=9)
    write_record(told, late, "load", {"stage": "load", "result": {}})
    rows = delivery_tables(told)["deliveries"].rows()
    days = [row[1] for row in rows if row[0] == "ad_spend" and row[2] == "missing"]
    # A delivery of the 10th at the latest would have told of the 2nd; one of the 17th is owed.
    assert days == [*map(january, range(2, 10)), late]


def test_sources_say_whether_they_are_whole(told: Shop) -> None:
    rows = delivery_tables(told)["sources"].rows()
    canonical = "canonical"
    assert rows == [
        ("ad_spend", canonical, "ad_spend", "weekly", None, None, 0, 0, 1, 0),
        ("customers", canonical, "customers", "daily", None, None, 0, 0, 1, 0),
        ("orders", canonical, "orders", "daily", january(2), january(7), 4, 1, 1, 19),
        ("returns", canonical, "returns", "any", january(2), january(2), 1, 0, 0, 1),
    ]


def test_a_shop_before_its_first_night_has_no_delivery(shop: Shop) -> None:
    tables = delivery_tables(shop)
    assert tables["deliveries"].height == 0
    assert tables["sources"].select("source", "row_count").rows() == [
        (name, 0) for name in ("ad_spend", "customers", "orders", "returns")
    ]
