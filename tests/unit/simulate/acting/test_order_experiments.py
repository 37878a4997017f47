"""Planted experiments: a plain difference finds the true effect, and lost rows are seen."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from acting_shop import EXPERIMENTS, Acting, make_acting, make_acting_block, small_blocks

import mandje.simulate.world.world
from mandje.simulate.acting.act import order_experiment_sums
from mandje.simulate.acting.experiments import WINDOW_DAYS, experiments_truth, windows
from mandje.simulate.care.feeds import delivered_care


def _truth(acting: Acting) -> pl.DataFrame:
    return experiments_truth([order_experiment_sums(acting.world, acting.sales.acts, acting.purchases)])


def _plain(acting: Acting, name: str, from_day: int) -> tuple[float, float]:
    """Mean orders of treated less those of the others in a window, and its standard error."""
    spans = windows(acting.world, acting.sales.acts.assigned).filter(
        pl.col("experiment_id") == name,
        pl.col("from_day") == from_day,
        pl.col("end") <= acting.world.clock.days,
    )
    orders = acting.sales.orders.filter("is_counted").select("person", "day")
    counts = (
        spans.join(orders, on="person")
        .filter(pl.col("day") >= pl.col("first"), pl.col("day") < pl.col("end"))
        .group_by("person")
        .len("orders")
    )
    units = spans.join(counts, on="person", how="left").with_columns(pl.col("orders").fill_null(0))
    groups = [
        units.filter(pl.col("variant") == variant)["orders"].to_numpy()
        for variant in ("treatment", "hold_out")
    ]
    difference = groups[0].mean() - groups[1].mean()
    return float(difference), float(np.sqrt(sum(each.var(ddof=1) / len(each) for each in groups)))


def _recovered(acting: Acting) -> int:
    """How many windows' true effects lie outside three standard errors of the plain difference."""
    outside = 0
    for row in _truth(acting).iter_rows(named=True):
        difference, error = _plain(acting, row["experiment_id"], row["from_day"])
        outside += abs(difference - row["true_effect"]) > 3 * error
    return outside


@pytest.fixture(scope="module", name="tested")
def tested_once() -> Acting:
    return make_acting(seed=8, experiments=EXPERIMENTS)


def test_a_plain_difference_finds_each_true_effect(tested: Acting) -> None:
    assert _truth(tested).height == 5 * 6
    assert _recovered(tested) <= 1


@pytest.mark.full
@pytest.mark.parametrize("seed", range(20, 30))
def test_it_does_so_in_shops_of_other_seeds(seed: int) -> None:
    assert _recovered(make_acting(seed=seed, experiments=EXPERIMENTS)) <= 1


def test_effects_are_of_their_kind(tested: Acting) -> None:
    truth = _truth(tested)
    effect = {
        name: rows.sort("from_day")["true_effect"].to_list()
        for (name,), rows in truth.group_by("experiment_id")
    }
    assert min(effect["free_shipping"]) > 0 > max(effect["hard_sell"])
    assert set(effect["same_twice"]) == set(effect["broken_export"]) == {0.0}
    assert effect["new_look"][0] > 2 * effect["new_look"][1] > 4 * effect["new_look"][2] > 0
    factor = truth.filter(pl.col("experiment_id") == "new_look").sort("from_day")["order_factor"]
    assert factor.to_list() == pytest.approx([1 + 2 * 0.3**window for window in range(6)])
    assert (truth["to_day"] - truth["from_day"] == WINDOW_DAYS).all()


def test_orders_caused_and_prevented_are_those_of_the_true_rates(tested: Acting) -> None:
    expected = pl.col("true_effect") * pl.col("treated_count")
    sums = (
        _truth(tested)
        .group_by("experiment_id")
        .agg(
            expected.sum().alias("expected"),
            (pl.col("orders_caused") - pl.col("orders_prevented")).sum().alias("found"),
        )
    )
    for row in sums.iter_rows(named=True):
        assert abs(row["found"] - row["expected"]) <= 4 * max(abs(row["expected"]), 0.0) ** 0.5, row


def test_sums_of_blocks_add_up() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mandje.simulate.world.world, "BLOCK", 250)
        blocks = [make_acting_block(world, block) for world, block in small_blocks()]
    truth = experiments_truth(
        [order_experiment_sums(each.world, each.sales.acts, each.purchases) for each in blocks]
    )
    assigned = pl.concat([each.sales.acts.assigned for each in blocks])
    first = windows(blocks[0].world, assigned).filter(pl.col("from_day") == 0, pl.col("end") <= 300)
    counts = dict(first.group_by("experiment_id").len().iter_rows())
    told = truth.filter(pl.col("from_day") == 0).select(
        "experiment_id", pl.col("treated_count") + pl.col("hold_out_count")
    )
    assert dict(told.iter_rows()) == counts
    orders = pl.concat([each.sales.orders for each in blocks])["order"]
    assert orders.is_duplicated().sum() == 0


def test_treated_rows_are_lost_from_one_export_alone(tested: Acting) -> None:
    acts = tested.sales.acts
    feed = delivered_care(tested.world, tested.block, tested.sales, acts.sent)["experiment_assignments"]
    told = dict(
        feed.group_by("experiment_id", "variant")
        .len()
        .select(pl.concat_str("experiment_id", pl.lit(" "), "variant"), "len")
        .iter_rows()
    )
    true = acts.assigned.filter(pl.col("variant") == "treatment").group_by("experiment_id").len()
    for name, count in true.iter_rows():
        lost = 1 - told[f"{name} treatment"] / count
        # The last week is not delivered yet.
        assert (0.25 < lost < 0.36) if name == "broken_export" else lost < 0.05
    assert feed.select("experiment_id", "unit_id").is_duplicated().sum() == 0


def test_variants_are_of_the_share_that_is_set(tested: Acting) -> None:
    for _, rows in tested.sales.acts.assigned.group_by("experiment_id"):
        share = (rows["variant"] == "treatment").mean()
        assert abs(share - 0.5) < 4 * (0.25 / rows.height) ** 0.5


def test_a_return_habit_before_tells_of_the_returns_after() -> None:
    """What CUPED takes off: hardly anything without habits, something with them."""

    def correlation(spread: float) -> float:
        made = make_acting(sales={"returns": {"habit_spread": spread}})
        sold = made.sales.lines.join(
            made.sales.orders.filter("is_counted").select("order", "person", "day"), on="order"
        )
        back = made.sales.returns.select("order", line_number="order_line", back=1)
        told = sold.join(back, on=["order", "line_number"], how="left").filter(pl.col("person") >= 0)
        ratios = told.group_by("person", pl.col("day") < 300).agg(
            pl.col("back").fill_null(0).mean(), pl.len()
        )
        wide = ratios.filter(pl.col("len") >= 4).pivot("day", index="person", values="back").drop_nulls()
        return float(np.corrcoef(wide["true"].to_numpy(), wide["false"].to_numpy())[0, 1])

    assert correlation(1.5) > max(correlation(0.0), 0.0) + 0.15
