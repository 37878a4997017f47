"""The season's factor finds the season that was planted, and none where none was.

Planted is what the factor ends at in the truth: orders that everybody's own rates, the season and the growth
let expect in the window / orders that BG/NBD expects there once it was fitted on very many customers of the
base day. With November at three times May it goes from .56 to 1.70, further than the months themselves, for a
model that was fitted after quiet months expects quiet months.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache, partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from drawn_customers import REGULAR
from drawn_seasons import SeasonShop, draw_season_shop, model_orders, month_ends
from first_block import FirstBlock, make_first_block
from mandje.predict.back_test.scoreboard import read_orders
from mandje.predict.inputs.cuts import read_holdout
from mandje.predict.models.purchase_model import fit_bg_nbd
from mandje.predict.season.factor import Season as Found
from mandje.predict.season.year_before import base_day, find_seasons
from mandje.simulate.people.people_truth import expected_orders
from mandje.simulate.people.season_truth import season_truth
from mandje.simulate.settings.season import Season

MONTHS = (80, 70, 90, 90, 60, 80, 80, 80, 100, 130, 180, 160)
SEASONS = {"planted": Season(order_months=MONTHS, order_growth_per_year=-0.15), "none": Season()}
# 364 days before the first the shop is half a year old.
CUTS = month_ends(date(2022, 6, 30), date(2023, 12, 31))
HORIZONS = (30, 90)
CUSTOMERS, VERY_MANY = 10_000, 200_000
# The normal law's 95.4 % lie within two errors; a factor that is off by half its error has 93 %.
ENOUGH = 0.90


@cache
def very_many(kind: str) -> SeasonShop:
    return draw_season_shop(REGULAR, SEASONS[kind], seed=999, customers=VERY_MANY)


@cache
def planted(kind: str, cut: date, horizon_days: int) -> float:
    return very_many(kind).planted_log(base_day(cut), horizon_days)


def found(shop: SeasonShop, cut: date, horizon_days: int) -> Found:
    read = partial(shop.holdout, horizon_days=horizon_days)
    return find_seasons(read, cut, shop.first_day, horizon_days, ("BG/NBD",))["BG/NBD"].orders


def errors_off(kind: str, horizon_days: int, seeds: range, cuts: list[date]) -> Iterator[tuple[float, float]]:
    """How many errors ln g lies from what was planted, and from 0, wherever 200 order days came."""
    for seed in seeds:
        shop = draw_season_shop(REGULAR, SEASONS[kind], seed, CUSTOMERS)
        for cut in cuts:
            season = found(shop, cut, horizon_days)
            if season.unshrunk is not None:
                assert season.standard_error is not None
                log = math.log(season.unshrunk)
                off = log - planted(kind, cut, horizon_days)
                yield off / season.standard_error, log / season.standard_error


def test_the_planted_ratio_is_beyond_the_months_own() -> None:
    """Before the peak and after it; without a season it is 1 to a hundredth."""
    peak, after = base_day(date(2023, 9, 30)), base_day(date(2023, 12, 31))
    assert planted("planted", date(2023, 9, 30), 90) > math.log(1.5)
    assert planted("planted", date(2023, 12, 31), 90) < math.log(0.7)
    for day in (peak, after):
        assert very_many("none").planted_log(day, 90) == pytest.approx(0, abs=0.015)


def test_what_comes_is_what_the_truth_expects() -> None:
    """Order days of 200,000 customers, with the season and without, within four errors of chance."""
    for kind in SEASONS:
        shop = very_many(kind)
        for cut in CUTS[::6]:
            came = shop.holdout(base_day(cut), 90).orders.sum()
            expected = shop.true_orders(base_day(cut), 90)
            assert came == pytest.approx(expected, abs=4 * np.sqrt(2 * expected))


@pytest.mark.parametrize("kind", SEASONS)
def test_the_factor_is_what_was_planted(kind: str) -> None:
    """Every third month of three shops."""
    off = np.abs(list(errors_off(kind, 90, range(1, 4), CUTS[3::3])))
    assert len(off) == 18
    assert (off[:, 0] <= 2).sum() >= 16
    if kind == "none":
        assert (off[:, 1] <= 2).sum() >= 16
    else:
        assert (off[:, 1] <= 2).sum() <= 6


@cache
def simulated() -> FirstBlock:
    return make_first_block(customers=10_000, days=1095, season=SEASONS["planted"].model_dump())


def true_orders(base: date, horizon_days: int) -> float:
    """What the simulator's truth lets expect after a day, of those who have not left by then."""
    shop = simulated()
    by_person = (
        shop.purchases.join(shop.people.select("person", "left_after"), on="person")
        .group_by("person", maintain_order=True)
        .agg(
            pl.col("day").first(), left=pl.col("day").filter(pl.col("number") == pl.col("left_after")).first()
        )
    )
    told = season_truth(shop.world).filter(
        pl.col("day_date").is_between(base + timedelta(days=1), base + timedelta(days=horizon_days))
    )
    day = (base - shop.world.settings.first_day).days
    here = ((by_person["day"] <= day) & (by_person["left"] > day).fill_null(value=True)).to_numpy()
    rates, leaving = (shop.people[name].to_numpy() for name in ("order_rate", "leaving_probability"))
    return float(expected_orders(rates, leaving, told["process_days"].sum())[here].sum())


@pytest.mark.parametrize(
    ("cut", "least", "most"), [(date(2025, 9, 30), 1.3, 2.0), (date(2025, 12, 31), 0.4, 0.8)]
)
def test_from_the_simulators_settings_to_the_factor(
    tmp_path: Path, cut: date, least: float, most: float
) -> None:
    """Three segments, two sites, arrivals and weekdays as in the demo; orders as a file has them."""
    shop, base = simulated(), base_day(cut)
    shop.purchases.filter("is_delivered").select(
        customer_id="person",
        order_date=pl.lit(shop.world.settings.first_day) + pl.duration(days="day"),
        amount=pl.col("spend_cents") / 100,
    ).write_csv(tmp_path / "orders.csv")
    con = read_orders(tmp_path / "orders.csv")
    read = partial(read_holdout, con, horizon_days=90)
    season = find_seasons(read, cut, shop.world.settings.first_day, 90, ("BG/NBD",))["BG/NBD"].orders
    held = read(base)
    planted_log = math.log(true_orders(base, 90) / model_orders(fit_bg_nbd(held.known), held))
    assert math.log(least) < planted_log < math.log(most)
    assert season.unshrunk is not None
    assert season.standard_error is not None
    assert abs(math.log(season.unshrunk) - planted_log) <= 2 * season.standard_error


@pytest.mark.full
@pytest.mark.parametrize("horizon_days", HORIZONS)
@pytest.mark.parametrize("kind", SEASONS)
def test_the_factor_is_what_was_planted_in_twenty_shops(kind: str, horizon_days: int) -> None:
    off = np.array(list(errors_off(kind, horizon_days, range(1, 21), CUTS)))
    assert len(off) >= 360
    assert (np.abs(off[:, 0]) <= 2).mean() >= ENOUGH
    assert off[:, 0].std() == pytest.approx(1, abs=0.15)
    if kind == "none":
        assert (np.abs(off[:, 1]) <= 2).mean() >= ENOUGH
    else:
        assert (np.abs(off[:, 1]) <= 2).mean() <= 0.5
