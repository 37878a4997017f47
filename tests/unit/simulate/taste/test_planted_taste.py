"""Taste that is planted is seen in the orders, in the shares that were set."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
import pytest

from mandje.simulate.people.customers import make_people
from mandje.simulate.people.purchases import make_purchases
from mandje.simulate.sales.make import Sales, make_sales
from mandje.simulate.settings import SimulationSettings
from mandje.simulate.settings.taste import Taste
from mandje.simulate.taste.truth import affinity_truth, consumable_truth, taste_truth
from mandje.simulate.world.world import Block, World, make_world


@dataclass(frozen=True)
class Liked:
    """A shop of one block, and the lines of its counted orders of known customers."""

    world: World
    block: Block
    people: pl.DataFrame
    sales: Sales
    lines: pl.DataFrame


def _made(**taste: float) -> Liked:
    world = make_world(
        SimulationSettings.model_validate({"customers": 2500, "days": 500, "seed": 3, "taste": taste})
    )
    block = next(world.blocks())
    people, purchases = make_purchases(world, block, make_people(world, block))
    sales = make_sales(world, block, people, purchases)
    counted = sales.orders.filter("is_counted", pl.col("person") >= 0)
    lines = sales.lines.join(counted.select("order", "person", "ordered_at", "day"), on="order")
    return Liked(world, block, people, sales, lines.sort("person", "ordered_at", "order", "line_number"))


@pytest.fixture(scope="module", name="liked")
def liked_once() -> Liked:
    return _made(affinity=1.0)


@pytest.fixture(scope="module", name="plain")
def plain_once() -> Liked:
    return _made()


def _pairs(liked: Liked, kind: str) -> pl.DataFrame:
    truth = affinity_truth(liked.world).filter(pl.col("kind") == kind)
    return truth.select(product="product_id", other="other_product_id")


def _together(liked: Liked, pairs: pl.DataFrame) -> pl.DataFrame:
    """Orders with both products of a pair."""
    first = liked.lines.select("order", "product").unique().join(pairs, on="product")
    return first.join(liked.lines.select("order", other="product").unique(), on=["order", "other"])


def test_taste_moves_no_order_and_no_cent(liked: Liked, plain: Liked) -> None:
    money = ["order", "person", "ordered_at", "coupon_code", "goods_net", "shipping", "tax", "total"]
    assert liked.sales.orders.select(money).equals(plain.sales.orders.select(money))
    paid = (pl.col("quantity") * pl.col("unit_price") - pl.col("line_discount")).sum().alias("paid")
    sums = [each.sales.lines.group_by("order").agg(paid).sort("order") for each in (liked, plain)]
    assert sums[0].equals(sums[1])
    assert liked.sales.lines["line_discount"].min() == 0


def test_lines_are_sold_at_the_prices_of_their_site(liked: Liked) -> None:
    catalogue = liked.world.catalogue.select("product", "list_price_cents", "unit_cost_cents")
    dutch = liked.sales.orders.filter(pl.col("site") == 0).select("order")
    lines = liked.sales.lines.join(dutch, on="order").join(catalogue, on="product")
    assert (lines["unit_price"] == lines["list_price_cents"]).all()
    assert (lines["unit_cost"] == lines["unit_cost_cents"]).all()
    numbers = liked.sales.lines.group_by("order").agg(pl.col("line_number").sort())
    assert all(each.to_list() == list(range(1, len(each) + 1)) for each in numbers["line_number"])


def test_pairs_are_bought_together_as_often_as_set(liked: Liked, plain: Liked) -> None:
    pairs = _pairs(liked, "in_one_order")
    assert pairs.height == 40
    found = _together(liked, pairs)
    base = plain.lines.group_by("order").len()["len"]
    several = int((base > 1).sum())
    expected = several * Taste().pair_ratio
    assert abs(found.height - expected) < 4 * (expected * (1 - Taste().pair_ratio)) ** 0.5 + 0.02 * expected
    assert found.group_by("product").len()["len"].min() >= 3
    now = liked.lines.group_by("order").len()["len"]
    assert 0.22 < found.height / int((now > 1).sum()) < 0.32
    assert _together(plain, pairs).height < 10


def test_pairs_are_best_sellers_of_two_categories(liked: Liked) -> None:
    category = dict(liked.world.catalogue.select("product", "category").iter_rows())
    rank = liked.world.chance("taste", "popularity").permutation(liked.world.catalogue.height)
    for first, second in _pairs(liked, "in_one_order").iter_rows():
        assert category[first] != category[second]
        assert max(rank[first], rank[second]) < len(rank) // 3


def test_refills_follow_their_device(liked: Liked, plain: Liked) -> None:
    taste, pairs = Taste(), _pairs(liked, "next_order")
    assert pairs.height == 30

    def followed(each: Liked) -> tuple[int, int]:
        orders = each.lines.select("person", "order", "ordered_at", "day").unique("order", keep="first")
        orders = orders.sort("person", "ordered_at", "order").with_columns(
            pl.col("order", "day").shift(-1).over("person").name.prefix("next_")
        )
        sold = each.lines.join(pairs, on="product").select("order", "product", "other")
        after = sold.join(orders, on="order").filter(
            (pl.col("next_day") - pl.col("day")).is_between(*taste.refill_days)
        )
        hits = after.join(
            each.lines.select(next_order="order", other="product").unique(), on=["next_order", "other"]
        )
        return after.height, hits.height

    due, came = followed(liked)
    assert due > 100
    # Of two devices in one order the first has its refill; a refill too dear for its order is left out.
    assert 0.5 * taste.refill_ratio < came / due < taste.refill_ratio + 4 * (0.25 / due) ** 0.5
    due, came = followed(plain)
    assert came <= 0.02 * due + 3


def test_what_is_used_up_is_bought_again(liked: Liked, plain: Liked) -> None:
    def repeats(each: Liked) -> float:
        is_repeat = pl.col("order").rank("dense").over("person", "product") > 1
        return float(each.lines.select(is_repeat.mean()).item())

    assert 0.10 < repeats(liked) < 0.20
    assert repeats(plain) < 0.03
    own = consumable_truth(liked.world, liked.block, liked.people)
    assert abs(own.height / liked.people.height - Taste().consumer_ratio) < 0.02
    least, most = Taste().interval_days
    assert own["interval_days"].is_between(least, most).all()
    assert own["product_id"].n_unique() == Taste().consumables
    again = liked.lines.join(own, left_on=["person", "product"], right_on=["person", "product_id"])
    orders = again.group_by("person").agg(pl.col("order").n_unique())
    assert (orders["order"] > 1).mean() > 0.2


def test_customers_buy_what_they_like(liked: Liked) -> None:
    """The own weight of what is bought is near that of choices by own weights; groups decide the rest."""
    planted = affinity_truth(liked.world)
    parts = {*planted["product_id"], *planted["other_product_id"].drop_nulls()}
    parts |= set(consumable_truth(liked.world, liked.block, liked.people)["product_id"])
    category = liked.world.catalogue.select("product", "category")
    free = liked.lines.filter(~pl.col("product").is_in(list(parts))).join(category, on="product")
    weights = taste_truth(liked.world, liked.block, liked.people)
    assert (
        weights.group_by("person")
        .agg(pl.col("own_ratio", "group_ratio").sum())
        .select(
            ((pl.col("own_ratio") - 1).abs() < 1e-9).all() & ((pl.col("group_ratio") - 1).abs() < 1e-9).all()
        )
        .item()
    )
    own = free.join(weights, on=["person", "category"])
    # The mean sum of squares of Dirichlet(c) over k categories is (c + 1) / (k c + 1); by chance it is 1 / k.
    expected = (Taste().concentration + 1) / (12 * Taste().concentration + 1)
    assert abs((weights["own_ratio"] ** 2).sum() / liked.people.height - expected) < 0.01
    assert own["own_ratio"].mean() > 0.75 * expected > 2 / 12


def test_popular_products_are_sold_more_and_trends_rise(liked: Liked, plain: Liked) -> None:
    def top(each: Liked) -> float:
        sold = each.lines.group_by("product").len()["len"].sort(descending=True)
        return float(sold.head(50).sum() / sold.sum())

    assert top(liked) > 1.2 * top(plain)
    trend = affinity_truth(liked.world).filter(pl.col("kind") == "trend")["product_id"]
    assert len(trend) == 2
    day = liked.lines.filter(pl.col("product").is_in(trend.to_list()))["day"].to_numpy()
    early, late = (day < 250).sum(), (day >= 250).sum()
    assert late > 2 * early > 0


def test_groups_are_those_of_the_account(liked: Liked) -> None:
    weights = taste_truth(liked.world, liked.block, liked.people).unique("person").sort("person")
    said = weights["taste_group"].str.split(", ").list.get(0)
    assert (said == liked.people["gender"].fill_null("unknown")).all()
    shares = weights.group_by("taste_group").agg(pl.len())
    assert shares.height == 9
