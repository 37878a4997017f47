from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from first_block import FirstBlock, make_first_block
from mandje.simulate.world.clock import DAY, HOUR
from mandje.simulate.world.sites import SITES


def test_every_time_says_the_same(first_block: FirstBlock) -> None:
    """Against the standard library, row by row for some hundreds of rows."""
    some = first_block.purchases.gather_every(97)
    day_0 = datetime(2023, 6, 1)  # noqa: DTZ001  # a civil time
    for site, moment, civil, day in some.select("site", "ordered_at", "civil_at", "day").iter_rows():
        zone = ZoneInfo(SITES[site].time_zone)
        local = datetime.fromtimestamp(moment // 1_000_000, UTC).astimezone(zone).replace(tzinfo=None)
        assert int((local - day_0).total_seconds()) == civil // 1_000_000
        assert (local.date() - day_0.date()).days == day


def test_first_purchases_are_in_the_delivered_days(first_block: FirstBlock) -> None:
    first = first_block.purchases.filter(pl.col("number") == 0)
    assert first.height == 10_000
    assert first["day"].min() == 0
    assert first["day"].max() == 399


def test_purchases_go_on_for_a_year_after_the_end(first_block: FirstBlock) -> None:
    later = first_block.purchases.filter(~pl.col("is_delivered"))
    assert later["ordered_at"].min() >= first_block.world.clock.end
    assert 399 <= later["day"].min() <= 400
    assert 755 <= later["day"].max() <= 764
    assert first_block.delivered["ordered_at"].max() < first_block.world.clock.end


def test_moments_of_a_person_never_go_back() -> None:
    """Nor in the nights when clocks change (all buy between 2 and 4), nor at the other site."""
    often = {"name": "often", "share": 1, "r": 20, "alpha": 8, "a": 0.01, "b": 9, "p": 4, "q": 4, "v": 40}
    block = make_first_block(
        customers=200,
        days=30,
        segments=[often],
        people={"other_site_ratio": 1.0, "other_site_order_ratio": 0.5},
        rhythm={"hours": [1, 1, 900, 900, *[1] * 20]},
    )
    bought = block.purchases
    clocks = set(bought["ordered_at"] // HOUR % 24)
    assert {0, 1, 2} <= clocks
    steps = bought.select(pl.col("ordered_at").diff().over("person")).to_series()
    assert steps.min() >= 0
    assert bought["day"].min() == 0
    assert bought.filter(pl.col("number") == 0).select(
        (pl.col("civil_at") >= 0).all(), (pl.col("site") == pl.Series(block.people["site"])).all()
    ).row(0) == (True, True)


def test_some_people_buy_at_both_sites(first_block: FirstBlock) -> None:
    settings = first_block.world.settings.people
    sites = (
        first_block.purchases.filter(pl.col("number") > 3).group_by("person").agg(pl.col("site").n_unique())
    )
    share = (sites["site"] > 1).mean()
    assert 0.3 * settings.other_site_ratio < share < settings.other_site_ratio * 1.3


def test_spend_is_at_the_level_of_the_site(first_block: FirstBlock) -> None:
    means = first_block.purchases.group_by("site").agg(pl.col("spend_cents").mean()).sort("site")
    nl, uk = means["spend_cents"]
    assert 0.86 * 0.95 < uk / nl < 0.86 * 1.05


def test_accounts_are_made_with_the_purchase_they_name(first_block: FirstBlock) -> None:
    people, delivered = first_block.people, first_block.delivered
    bought = delivered.select("person", account_at_number="number", expected="ordered_at")
    joined = people.join(bought, on=["person", "account_at_number"], how="left", maintain_order="left")
    assert joined["account_at"].equals(joined["expected"], null_equal=True)
    assert people.filter(pl.col("account_at_number") < 0)["account_at"].is_null().all()
    assert people.filter(pl.col("account_at_number") > 0)["account_at"].is_not_null().any()


def test_left_after_is_the_last_purchase(first_block: FirstBlock) -> None:
    last = first_block.purchases.group_by("person", maintain_order=True).agg(pl.col("number").max())
    left = first_block.people["left_after"]
    gone = left.is_not_null()
    assert 0 < gone.sum() < 10_000
    np.testing.assert_array_equal(left.filter(gone), last["number"].filter(gone))


def test_days_are_days_of_civil_times(first_block: FirstBlock) -> None:
    assert (first_block.purchases["civil_at"] // DAY == first_block.purchases["day"]).all()
