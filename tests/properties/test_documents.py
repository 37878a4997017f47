"""Orders that arrive in pieces end the same in any order and grouping: whole documents and changes, mixed.

One shop: its platform exports whole orders with their items, of which some came back (adapter `thelook`),
beside it a system that lists changed lines alone, also of orders of the platform. Nothing but what tells of
documents is built.
"""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from mandje.ingest.store.partitions import partitions_until
from mandje.night.pipeline import run_stage
from mandje.shop.settings import Shop, load_shop
from mandje.warehouse.build import dbt_variables, register_partitions
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.dbt import run_dbt

SHOP_TOML = """
name = "pieces"
reporting_currency = "EUR"
time_zone = "UTC"
[sites.eu]
time_zone = "UTC"
currency = "EUR"
[sources.orders]
adapter = "thelook"
[sources.order_lines]
adapter = "canonical"
documents = "changes"
"""
DAYS = [date(2025, 3, 1) + timedelta(days=n) for n in range(6)]
LAST = date(2025, 3, 20)
LOOKED_AT = {
    "staging": ("stg_orders", "stg_order_lines", "stg_returns"),
    "intermediate": ("int_row_outcomes",),
}

Row = dict[str, Any]
# Rows by source, delivery date and file.
Exports = dict[tuple[str, date], dict[str, list[Row]]]
State = dict[str, list[tuple[Any, ...]]]


def header(order_id: str) -> Row:
    return {"order_id": order_id, "user_id": "u1", "status": "Complete", "created_at": "2025-03-01 10:00:00"}


def item(order_id: str, number: int, *, came_back: bool = False) -> Row:
    back = "2025-03-02 10:00:00" if came_back else ""
    ids = {"id": number, "order_id": order_id, "user_id": "u1", "product_id": f"p{number}"}
    return ids | {"returned_at": back, "sale_price": "10.00"}


def change(order_id: str, number: int, quantity: int, updated_at: str = "") -> Row:
    ids = {"order_id": order_id, "line_number": number, "updated_at": updated_at, "product_id": "p"}
    money = {"currency_code": "EUR", "unit_price_amount": "7.00", "discount_amount": "0"}
    return ids | {"quantity": quantity} | money


def platform(exports: Exports, day: date, order_id: str, items: Iterable[Row]) -> None:
    """A version of an order: its header, and its items where there are any."""
    exports["orders", day]["orders"].append(header(order_id))
    exports["orders", day]["order_items"].extend(items)


def known_world() -> Exports:
    exports: Exports = defaultdict(lambda: defaultdict(list))
    platform(exports, DAYS[0], "header_alone", [item("header_alone", 1), item("header_alone", 2)])
    platform(exports, DAYS[2], "header_alone", [])
    platform(exports, DAYS[0], "withdrawn", [item("withdrawn", 3, came_back=True), item("withdrawn", 4)])
    platform(exports, DAYS[1], "withdrawn", [item("withdrawn", 3), item("withdrawn", 4)])
    platform(exports, DAYS[0], "came_back", [item("came_back", 5, came_back=True)])
    platform(exports, DAYS[3], "came_back", [])
    platform(exports, DAYS[0], "shorter", [item("shorter", 6), item("shorter", 7)])
    platform(exports, DAYS[1], "shorter", [item("shorter", 6)])
    for number in (1, 2, 3):
        exports["order_lines", DAYS[0]]["order_lines"].append(change("changed", number, 1))
        exports["order_lines", DAYS[0]]["order_lines"].append(change("shorter", number + 5, 1))
    exports["order_lines", DAYS[1]]["order_lines"] += [change("changed", 2, 9), change("changed", 3, 0)]
    exports["order_lines", DAYS[4]]["order_lines"].append(change("header_alone", 2, 3))
    return exports


def add_at_random(exports: Exports, seed: int) -> Exports:
    chance = random.Random(seed)
    for number in range(40):
        order_id = f"r{number}"
        for day in sorted(chance.sample(DAYS, chance.randrange(1, 5))):
            items = [item(order_id, 100 * number + n, came_back=chance.random() < 0.4) for n in range(1, 4)]
            if chance.random() < 0.6:
                platform(exports, day, order_id, items[: chance.randrange(4)])
            else:
                stamp = chance.choice(["", "", "2025-03-01T11:00:00Z", "2025-03-02T11:00:00Z"])
                told = change(order_id, chance.randrange(1, 4), chance.randrange(3), stamp)
                exports["order_lines", day]["order_lines"].append(told)
    return exports


def drop(shop: Shop, exports: Exports, deliveries: Iterable[tuple[str, date]]) -> None:
    for source, day in deliveries:
        for name, rows in exports[source, day].items():
            path = shop.exports / source / day.isoformat() / f"{name}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, list(rows[0] if rows else item("", 0)))
                writer.writeheader()
                writer.writerows(rows)


def take_in(shop: Shop, exports: Exports, schedule: Sequence[Sequence[tuple[str, date]]]) -> None:
    for number, arrived in enumerate(schedule, start=1):
        drop(shop, exports, arrived)
        night = LAST - timedelta(days=len(schedule) - number)
        for stage in ("discover", "validate", "load"):
            run_stage(shop.folder, night, stage)


def state(shop: Shop) -> State:
    register_partitions(shop, LAST, partitions_until(shop, LAST), [])
    chosen = ("--select", "+int_row_outcomes", "--resource-type", "model")
    results = run_dbt(shop, "build", chosen, dbt_variables(shop, LAST))
    assert [one.message for one in results if one.status != "success"] == []
    with open_warehouse(shop, read_only=True) as con:
        return {
            table: con.execute(f"SELECT * FROM {schema}.{table} ORDER BY ALL NULLS LAST").fetchall()
            for schema, tables in LOOKED_AT.items()
            for table in tables
        }


def make_shop(folder: Path) -> Shop:
    folder.mkdir()
    (folder / "shop.toml").write_text(SHOP_TOML)
    shop = load_shop(folder)
    shop.key_file.write_text("5eed" * 16)
    shop.key_file.chmod(0o600)
    return shop


@pytest.fixture(scope="module")
def exports() -> Exports:
    return add_at_random(known_world(), seed=12)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory, exports: Exports) -> State:
    shop = make_shop(tmp_path_factory.mktemp("documents") / "shop")
    take_in(shop, exports, [sorted(exports)])
    return state(shop)


def lines_of(reference: State, order_id: str) -> list[tuple[int, int]]:
    """Number and quantity of the lines that an order has."""
    return [(row[1], int(row[4])) for row in reference["stg_order_lines"] if row[0] == order_id]


def test_each_known_order_has_the_lines_and_refunds_that_it_should(reference: State) -> None:
    assert lines_of(reference, "header_alone") == [(1, 1), (2, 3)]
    assert lines_of(reference, "withdrawn") == [(1, 1), (2, 1)]
    assert lines_of(reference, "came_back") == [(1, 1)]
    assert lines_of(reference, "shorter") == [(1, 1)]
    assert lines_of(reference, "changed") == [(1, 1), (2, 9)]
    returned = {row[0] for row in reference["stg_returns"]}
    assert returned & {"Rwithdrawn", "Rcame_back"} == {"Rcame_back"}
    outcomes = {row[4] for row in reference["int_row_outcomes"]}
    assert outcomes == {"kept", "superseded", "duplicate", "took_away", "without_header"}


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.full)])
def test_any_order_and_grouping_give_the_same(
    tmp_path: Path, exports: Exports, reference: State, seed: int
) -> None:
    deliveries = sorted(exports)
    random.Random(seed).shuffle(deliveries)
    shop = make_shop(tmp_path / "shop")
    parts = [deliveries[:3], deliveries[3:7], deliveries[7:]]
    take_in(shop, exports, [*parts, []])
    assert state(shop) == reference
