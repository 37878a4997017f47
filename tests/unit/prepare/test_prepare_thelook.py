from __future__ import annotations

import polars as pl
import pytest

from mandje.prepare.drop import Drop
from mandje.prepare.thelook import thelook_drops
from repository import DATA

SOURCE = DATA / "thelook" / "source"
LATER = ("shipped_at", "delivered_at", "returned_at")


@pytest.fixture(scope="module")
def drops() -> dict[str, Drop]:
    return {drop.file_name.removesuffix(".csv"): drop for drop in thelook_drops(SOURCE)}


def source(name: str) -> pl.DataFrame:
    return pl.read_parquet(SOURCE / f"{name}.parquet")


def test_files_have_the_sources_own_columns(drops: dict[str, Drop]) -> None:
    assert set(drops) == {"orders", "order_items", "events", "users", "products"}
    for name, drop in drops.items():
        assert drop.rows.columns == ["delivery_date", *source(name).columns]


@pytest.mark.parametrize("name", ["events", "users", "products"])
def test_every_row_is_dropped_once(drops: dict[str, Drop], name: str) -> None:
    dropped = drops[name].rows.drop("delivery_date")
    expected = source(name)
    if name == "events":
        expected = expected.with_columns(pl.col("user_id").replace("", None))
    assert dropped.equals(expected)


@pytest.mark.parametrize("name", ["events", "users"])
def test_rows_come_on_their_own_day(drops: dict[str, Drop], name: str) -> None:
    rows = drops[name].rows
    assert rows.filter(pl.col("created_at").str.slice(0, 10) != pl.col("delivery_date")).is_empty()


def test_products_come_first(drops: dict[str, Drop]) -> None:
    first = min(drops[name].rows["delivery_date"].min() for name in ("orders", "events", "users"))
    assert drops["products"].rows["delivery_date"].unique().to_list() == [first] == ["2018-01-03"]


@pytest.mark.parametrize(("name", "key"), [("orders", "order_id"), ("order_items", "id")])
def test_the_newest_version_is_the_source(drops: dict[str, Drop], name: str, key: str) -> None:
    newest = drops[name].rows.sort("delivery_date").unique(key, keep="last").drop("delivery_date")
    assert newest.sort(key).equals(source(name).sort(key))


def test_versions_come_on_the_days_of_change(drops: dict[str, Drop]) -> None:
    """A slow second computation, order by order."""
    expected = {
        (order["order_id"], order[name][:10])
        for order in source("orders").to_dicts()
        for name in ("created_at", *LATER)
        if order[name] is not None
    }
    versions = drops["orders"].rows.select("order_id", "delivery_date").rows()
    assert len(versions) == len(expected) == 9_708
    assert set(versions) == expected
    assert max(day for _, day in expected) == "2025-11-28"


def test_a_version_knows_nothing_of_later_days(drops: dict[str, Drop]) -> None:
    for name in ("orders", "order_items"):
        rows = drops[name].rows
        for time in LATER:
            assert rows.filter(pl.col(time).str.slice(0, 10) > pl.col("delivery_date")).is_empty()
        returned = pl.col("status") == "Returned"
        assert rows.filter(returned != pl.col("returned_at").is_not_null()).is_empty()
        complete = (pl.col("status") == "Complete") & pl.col("delivered_at").is_null()
        assert rows.filter(complete).is_empty()


def test_items_travel_with_their_order(drops: dict[str, Drop]) -> None:
    orders, items = drops["orders"].rows, drops["order_items"].rows
    joined = items.join(orders, on=("delivery_date", "order_id"), how="left")
    assert joined["num_of_item"].null_count() == 0
    assert (joined["status"] == joined["status_right"]).all()
    counts = joined.group_by("delivery_date", "order_id").agg(pl.len(), pl.col("num_of_item").first())
    assert (counts["len"] == counts["num_of_item"]).all()


def test_a_returned_order_comes_again_on_the_day_of_its_return(drops: dict[str, Drop]) -> None:
    returned = drops["orders"].rows.filter(status="Returned")
    assert returned.height == returned["order_id"].n_unique() == 455
    assert (returned["returned_at"].str.slice(0, 10) == returned["delivery_date"]).all()
