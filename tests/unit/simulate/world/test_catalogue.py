from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from mandje.contracts.feeds import FEEDS
from mandje.simulate.settings import SimulationSettings
from mandje.simulate.world.catalogue import make_catalogue, price_cents
from mandje.simulate.world.products_feed import delivered_products
from mandje.simulate.world.world import make_world


@pytest.fixture(scope="module")
def catalogue() -> pl.DataFrame:
    return make_catalogue(SimulationSettings())


def test_products_are_numbered(catalogue: pl.DataFrame) -> None:
    assert catalogue["product"].to_list() == list(range(len(catalogue)))
    assert 600 <= len(catalogue) <= 1200
    assert catalogue.null_count().sum_horizontal().item() == 0
    assert catalogue.unique(["category", "name"]).height == len(catalogue)


def test_a_category_has_a_price_just_above_any_in_its_range(catalogue: pl.DataFrame) -> None:
    """Steps of 4 %, of whole 5 cents."""
    assert catalogue["category"].n_unique() == 12
    for _, prices in catalogue.group_by("category", maintain_order=True):
        price = prices["list_price_cents"]
        step = price.diff().drop_nulls()
        assert step.min() > 0
        assert (step <= 0.04 * price[:-1] + 9).all()
        assert price[-1] > 8 * price[0]
        assert (price % 5 == 0).all()


def test_goods_cost_less_than_their_price(catalogue: pl.DataFrame) -> None:
    margin = 1 - catalogue["unit_cost_cents"] / catalogue["list_price_cents"]
    assert margin.min() > 0.15
    assert margin.max() < 0.75


def test_clothes_come_back_and_groceries_hardly(catalogue: pl.DataFrame) -> None:
    mean = dict(catalogue.group_by("category").agg(pl.col("return_ratio").mean()).iter_rows())
    assert mean["womenswear"] > 0.2
    assert mean["groceries"] < 0.02
    assert catalogue["return_ratio"].is_between(0, 0.5).all()


def test_prices_at_another_level_are_rounded_half_up() -> None:
    """0.86 of 0.25 is 0.215, of 1.00 0.86."""
    prices, sites = pl.Series([25, 25, 100, 12_345]), pl.Series([0, 1, 1, 1], dtype=pl.Int64)
    assert price_cents(prices, sites).to_list() == [25, 22, 86, 10_617]
    frame = pl.DataFrame({"price": prices, "site": sites})
    assert frame.select(price_cents(pl.col("price"), pl.col("site"))).to_series().to_list()[1] == 22


def test_the_seed_decides(catalogue: pl.DataFrame) -> None:
    assert_frame_equal(make_catalogue(SimulationSettings()), catalogue)
    assert not make_catalogue(SimulationSettings(seed=2)).equals(catalogue)


def test_the_whole_catalogue_is_delivered_every_quarter() -> None:
    world = make_world(SimulationSettings(first_day=date(2023, 6, 1), days=130))
    rows = delivered_products(world)
    assert rows.columns == [column.name for column in FEEDS["products"].columns] + [
        "delivery_day", "outcome", "defect",
    ]  # fmt: skip
    outcome = rows.group_by("delivery_day", "outcome", maintain_order=True).agg(pl.len())
    size = len(world.catalogue)
    assert outcome.rows() == [(0, "duplicate", size), (30, "duplicate", size), (122, "kept", size)]
    content = rows.drop("delivery_day", "outcome")
    assert content[:size].equals(content[size : 2 * size])
    cents = world.catalogue["list_price_cents"]
    assert (rows[:size]["list_price_amount"].cast(pl.Float64) * 100 - cents).abs().max() < 1e-6


def test_what_is_worn_has_a_size_and_some_of_all_is_sold_out() -> None:
    world = make_world(SimulationSettings(first_day=date(2023, 6, 1), days=30))
    rows = delivered_products(world)
    worn = pl.col("category").is_in(["womenswear", "menswear", "childrenswear", "shoes"])
    assert rows.filter(worn)["size"].null_count() == 0
    assert rows.filter(~worn)["size"].null_count() == rows.filter(~worn).height
    assert {"XS", "XXL"} < set(rows.filter(pl.col("category") == "menswear")["size"])
    assert rows["stock_quantity"].min() == 0
    assert 0.04 < (rows["stock_quantity"] == 0).mean() < 0.12
