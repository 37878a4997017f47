from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from first_block import FirstBlock, make_first_block
from mandje.simulate.people.people_truth import HORIZONS, alive_truth, customer_truth, purchase_truth
from mandje.simulate.world.clock import DAY


@pytest.fixture(scope="module")
def customers(first_block: FirstBlock) -> pl.DataFrame:
    return customer_truth(first_block.world, first_block.people, first_block.purchases)


def test_customers_are_those_who_bought(first_block: FirstBlock, customers: pl.DataFrame) -> None:
    delivered = first_block.delivered.group_by("person").agg(pl.len().cast(pl.Int64)).sort("person")
    assert customers.select("person", "order_count").rows() == delivered.rows()
    accounts = first_block.people.filter(pl.col("account_at").is_not_null())["person"]
    assert customers["customer_id"].drop_nulls().to_list() == accounts.to_list()
    assert set(customers["site"]) == {"nl", "uk"}
    assert set(customers["segment"]) == {"occasional", "regular", "loyal"}


def test_future_orders_are_counted_one_by_one(first_block: FirstBlock, customers: pl.DataFrame) -> None:
    later = first_block.purchases.filter(~pl.col("is_delivered"))
    busiest = customers.sort("future_orders_365d", "person", descending=True).head(20)
    for row in busiest.iter_rows(named=True):
        days = later.filter(pl.col("person") == row["person"])["day"].to_list()
        for horizon in HORIZONS:
            expected = sum(day < 400 + horizon for day in days)
            assert row[f"future_orders_{horizon}d"] == expected
    assert customers["future_orders_365d"].sum() == later.join(customers, on="person", how="semi").height


def test_nobody_who_left_buys_again(customers: pl.DataFrame) -> None:
    gone = customers.filter(~pl.col("is_alive"))
    assert 0.1 < gone.height / customers.height < 0.6
    assert gone["future_orders_365d"].sum() == 0
    assert gone["expected_orders_365d"].sum() == 0
    assert gone["left_at"].null_count() == 0


def test_expected_orders_come_true_in_total() -> None:
    """Over three seeds; the count's standard error is below 1.5 times that of a Poisson count."""
    blocks = [make_first_block(seed=seed) for seed in (3, 4, 5)]
    truth = pl.concat(customer_truth(each.world, each.people, each.purchases) for each in blocks)
    for horizon in HORIZONS:
        came, expected = truth[f"future_orders_{horizon}d"].sum(), truth[f"expected_orders_{horizon}d"].sum()
        assert came == pytest.approx(expected, abs=3 * 1.5 * expected**0.5)


def test_spend_expected_and_come_true(customers: pl.DataFrame) -> None:
    came = float(customers["future_spend_365d_amount"].sum())
    expected = customers.select((pl.col("expected_orders_365d") * pl.col("mean_spend_amount")).sum()).item()
    assert came == pytest.approx(expected, rel=0.08)
    uk, nl = (customers.filter(pl.col("site") == site)["mean_spend_amount"].median() for site in ("uk", "nl"))
    assert uk == pytest.approx(nl * 0.86 * 1.17, rel=0.06)


def test_alive_at_a_month_end_is_what_the_leaving_says(first_block: FirstBlock) -> None:
    """Counted month by month from the purchases themselves."""
    alive = alive_truth(first_block.world, first_block.people, first_block.purchases)
    bought = first_block.purchases.join(first_block.people.select("person", "left_after"), on="person")
    ends = alive["month_end"].unique().sort().to_list()
    assert len(ends) == 13
    assert all((end + timedelta(days=1)).day == 1 for end in ends)
    for end in ends:
        day = (end - first_block.world.settings.first_day).days
        come = bought.filter((pl.col("number") == 0) & (pl.col("day") <= day)).height
        left = bought.filter((pl.col("number") == pl.col("left_after")) & (pl.col("day") <= day)).height
        here = alive.filter(pl.col("month_end") == end)
        assert (here.height, here["is_alive"].sum()) == (come, come - left)


def test_purchases_hold_exact_times_and_money(first_block: FirstBlock) -> None:
    truth = purchase_truth(first_block.purchases)
    assert truth.height == first_block.purchases.height
    first = first_block.purchases.filter(pl.col("number") == 0).select("person", start="process_at")
    exact = first_block.purchases.join(first, on="person", maintain_order="left")
    days = (exact["process_at"] - exact["start"]) / DAY
    assert (truth["process_days"] - days).abs().max() == 0
    cents = (truth["spend_amount"].cast(pl.Float64) * 100).round(0).cast(pl.Int64)
    assert cents.to_list() == first_block.purchases["spend_cents"].to_list()
