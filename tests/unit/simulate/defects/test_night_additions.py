"""Last nights with rows that must hold the gate: two sites number alike, lines come without the others."""

from __future__ import annotations

import gzip
import io
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from planted_shop import at, frame, world
from pydantic import ValidationError

from mandje.errors import MandjeError
from mandje.simulate.defects.nights.added import PartialOrders, SoldOrders, TwoSites
from mandje.simulate.deliver.broken_file import DAMAGE, BrokenFile
from mandje.simulate.settings import SimulationSettings
from mandje.simulate.world.world import World
from night_shops import LAST, night_shop, truth_of

DAYS = 40
LAST_DAY = DAYS - 1


def _world(**nights: int) -> World:
    plain = world(days=DAYS)
    return replace(plain, settings=SimulationSettings.model_validate({"days": DAYS, "nights": nights}))


def _file(feed: str, *rows: dict[str, object]) -> BrokenFile:
    plain = frame(feed, list(rows))
    return BrokenFile("", plain.with_columns(pl.lit(None, kind).alias(name) for name, kind in DAMAGE.items()))


def _order(order: int, day: int, **other: object) -> dict[str, object]:
    return {"order_id": order, "status": "paid", "updated_at": at(day), "delivery_day": day, **other}


def _line(order: int, number: int, day: int, **other: object) -> dict[str, object]:
    return {
        "order_id": order,
        "line_number": number,
        "updated_at": at(day),
        "delivery_day": day,
        **other,
    }


def _rows(folder: Path, feed: str) -> pl.DataFrame:
    content = (folder / "exports" / feed / str(LAST) / f"{feed}.csv.gz").read_bytes()
    return pl.read_csv(io.BytesIO(gzip.decompress(content)), infer_schema=False)


def _defects(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(folder / "truth" / "defects.parquet").filter(pl.col("class") == name)


def _files_that_differ(one: Path, other: Path) -> set[str]:
    trees = [
        {str(path.relative_to(shop)): path.read_bytes() for path in (shop / "exports").glob("*/*/*")}
        for shop in (one, other)
    ]
    return {name for name in trees[0].keys() | trees[1].keys() if trees[0].get(name) != trees[1].get(name)}


def test_orders_come_once_more_as_the_other_sites(tmp_path_factory: pytest.TempPathFactory) -> None:
    plain, shop = (night_shop(tmp_path_factory, name) for name in ("plain", "two sites"))
    assert _files_that_differ(plain, shop) == {f"exports/orders/{LAST}/orders.csv.gz"}
    before, now = _rows(plain, "orders"), _rows(shop, "orders")
    assert now.head(before.height).equals(before)
    added = now.tail(3)
    assert now.height == before.height + 3
    both = added.join(before.sort("updated_at").unique("order_id", keep="last"), on="order_id")
    assert both.height == 3
    assert {tuple(sorted(pair)) for pair in both.select("site", "site_right").iter_rows()} == {("nl", "uk")}
    assert set(added.select("site", "currency_code").iter_rows()) <= {("nl", "EUR"), ("uk", "GBP")}
    assert set(_defects(shop, "orders_of_two_sites")["key"]) == set(added["order_id"])
    night = truth_of(shop)["last_night"]
    assert (night["outcome"], night["holds"], night["exit_code"]) == ("held", ["orders_two_sites"], 4)


def test_lines_come_without_the_others_of_their_order(tmp_path_factory: pytest.TempPathFactory) -> None:
    plain, shop = (night_shop(tmp_path_factory, name) for name in ("plain", "partial"))
    assert _files_that_differ(plain, shop) == {f"exports/order_lines/{LAST}/order_lines.csv.gz"}
    before, now = _rows(plain, "order_lines"), _rows(shop, "order_lines")
    assert now.head(before.height).equals(before)
    added = now.tail(now.height - before.height)
    assert added["order_id"].n_unique() == added.height == 40
    assert not added["order_id"].is_in(before["order_id"].implode()).any()
    defects = _defects(shop, "partial_orders")
    assert (defects.height, set(defects["key"])) == (40, set(added["order_id"]))
    assert truth_of(shop)["last_night"]["holds"] == ["untied_orders"]


def test_only_sold_orders_of_several_lines_come_in_parts() -> None:
    sold = SoldOrders()
    partial = PartialOrders(_world(partial_orders=6), sold)
    orders = [_order(number, 3) for number in range(1, 10)]
    odd = [_order(20, 3, status="failed"), _order(21, 3, outcome="superseded"), _order(22, 3)]
    assert sold.files(3, [_file("orders", *orders, *odd)])[0].rows.height == 12
    lines = [_line(number, nth, 3) for number in [*range(1, 10), 20, 21] for nth in (1, 2)]
    partial.files(3, [_file("order_lines", *lines, _line(22, 1, 3))])
    (last,) = partial.files(LAST_DAY, [_file("order_lines", _line(99, 1, LAST_DAY))])
    added = last.rows.tail(-1)
    assert set(added["order_id"]) == set(range(4, 10))
    assert set(added["delivery_day"]) == {LAST_DAY}
    assert set(added["updated_at"]) == {at(LAST_DAY)}
    assert [one.key for one in partial.planted] == [f"o{number:016}" for number in range(4, 10)]


def test_a_shop_that_cannot_show_it_is_told_of() -> None:
    with pytest.raises(MandjeError, match=r"cannot show orders_of_two_sites.*1 orders on the last day"):
        TwoSites(_world(orders_of_two_sites=2)).files(LAST_DAY, [_file("orders", _order(1, LAST_DAY))])
    sold = SoldOrders()
    sold.files(3, [_file("orders", *(_order(number, 3) for number in range(700)))])
    partial = PartialOrders(_world(partial_orders=7), sold)
    partial.files(
        3, [_file("order_lines", *(_line(number, nth, 3) for number in range(9) for nth in (1, 2)))]
    )
    with pytest.raises(MandjeError, match=r"700 orders, of which so few are an exception.*8"):
        partial.files(LAST_DAY, [_file("order_lines", _line(99, 1, LAST_DAY))])


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"nights": {"partial_orders": 5}}, "partial_orders: more than 5"),
        ({"nights": {"partial_orders": 9, "absent_newest_deliveries": 1}}, "set one or the other"),
        ({"nights": {"orders_of_two_sites": 1, "absent_newest_deliveries": 1}}, "set one or the other"),
        ({"nights": {"partial_orders": 9, "orders_of_two_sites": 1}}, "not both"),
        (
            {
                "nights": {"partial_orders": 9},
                "defects": {"changed_lines_alone": 1},
                "sales": {"defects": {"corrected_orders_with_a_line_less": 0}},
            },
            "takes none away",
        ),
    ],
)
def test_what_cannot_be_shown_together_is_refused(settings: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        SimulationSettings.model_validate(settings)
