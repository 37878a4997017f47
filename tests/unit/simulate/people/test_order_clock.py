"""A planted season and growth: the clock, the truth that is told of it, and what is bought by it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from first_block import FirstBlock, make_first_block
from mandje.simulate.people.order_clock import FUTURE_DAYS, OrderClock
from mandje.simulate.people.people_truth import customer_truth, expected_orders
from mandje.simulate.people.season_truth import season_truth
from mandje.simulate.run import simulate
from mandje.simulate.settings import SimulationSettings
from mandje.simulate.settings.people import Rhythm
from mandje.simulate.settings.season import Season, is_steady
from mandje.simulate.world.chance import Integers
from mandje.simulate.world.clock import DAY

# Three times as many orders in November as in May.
MONTHS = (80, 70, 90, 90, 60, 80, 80, 80, 100, 130, 180, 160)
SEASON = Season(order_months=MONTHS, order_growth_per_year=0.2, spend_growth_per_year=-0.1)
DAYS = 730

moments = st.lists(st.integers(0, (DAYS + FUTURE_DAYS) * DAY), min_size=2, max_size=50).map(
    lambda each: np.array(sorted(each))
)
months = st.lists(st.integers(20, 200), min_size=12, max_size=12).map(tuple)


def clock(**season: object) -> OrderClock:
    return OrderClock(SimulationSettings(days=DAYS, season=Season.model_validate(season)))


@pytest.fixture(scope="module")
def planted() -> FirstBlock:
    return make_first_block(days=DAYS, season=SEASON.model_dump())


STEADY = clock()


@settings(deadline=None)
@given(moments)
def test_nothing_planted_moves_nothing(at: Integers) -> None:
    np.testing.assert_array_equal(STEADY.in_year(at), at)
    assert (STEADY.order_factors(at // DAY) == 1).all()
    assert (STEADY.spend_factors(at // DAY) == 1).all()


@settings(deadline=None)
@given(moments, months, st.floats(-0.5, 1))
def test_the_process_clock_is_found_back(even: Integers, weights: tuple[int, ...], growth: float) -> None:
    """In order, and to the microseconds that one of the process clock is stretched to."""
    season = Season(order_months=weights, order_growth_per_year=growth)
    times = OrderClock(SimulationSettings(days=DAYS, season=season, rhythm=Rhythm(hours=(1,) * 24)))
    process = times.to_process(even)
    assert (np.diff(process) >= 0).all()
    off = times.to_civil(process) - even
    assert off.min() >= 0
    slowest = 1.1 / times.order_factors(np.arange(DAYS + FUTURE_DAYS + 1)).min()
    assert off.max() <= 2 * slowest + 2


def test_a_worked_year() -> None:
    """Half of a year's orders in December: 364 days of weight 1, and December's 31 of weight 334 / 31."""
    weights = (31,) * 11 + (334,)
    times = OrderClock(SimulationSettings(first_day=date(2023, 1, 1), season=Season(order_months=weights)))
    factors = times.order_factors(np.arange(365))
    assert factors[0] == pytest.approx(31 * 365 / (2 * 31 * 334), rel=1e-6)
    assert factors[:334].sum() == pytest.approx(182.5, rel=1e-6)
    assert factors[334:].sum() == pytest.approx(182.5, rel=1e-6)


@pytest.mark.parametrize("year", [2023, 2025, 2026])
def test_a_year_has_the_days_of_a_year(year: int) -> None:
    season = Season(order_months=MONTHS)
    first = date(year, 1, 1)
    factors = [season.order_factor(first, first + timedelta(days=day)) for day in range(365)]
    assert np.mean(factors) == pytest.approx(1, rel=1e-12)


def test_growth_is_by_the_year() -> None:
    first = date(2023, 6, 1)
    for years in (0, 1, 2):
        on = first + timedelta(days=365 * years)
        assert SEASON.spend_factor(first, on) == pytest.approx(0.9**years)
        flat = Season(order_growth_per_year=0.2)
        assert flat.order_factor(first, on) == pytest.approx(1.2**years)


def test_the_truth_of_the_season(planted: FirstBlock) -> None:
    told = season_truth(planted.world)
    assert told["day_date"].to_list()[:: DAYS + FUTURE_DAYS - 1] == [date(2023, 6, 1), date(2026, 5, 30)]
    for day_date, factor, spend in told.sample(20, seed=1).drop("process_days").iter_rows():
        assert factor == pytest.approx(SEASON.order_factor(date(2023, 6, 1), day_date), rel=1e-6)
        assert spend == pytest.approx(SEASON.spend_factor(date(2023, 6, 1), day_date), rel=1e-6)
    weeks = told["process_days"].to_numpy()[4 : 4 + 154 * 7].reshape(-1, 7).sum(axis=1)
    by_factor = told["order_rate_factor"].to_numpy()[4 : 4 + 154 * 7].reshape(-1, 7).sum(axis=1)
    np.testing.assert_allclose(weeks, by_factor, rtol=1e-6)


def test_orders_come_as_the_truth_says(planted: FirstBlock) -> None:
    """Of those who are there as a month begins, given their own rates; a chi-square law of 30 months."""
    told = season_truth(planted.world)
    month = told["day_date"].dt.truncate("1mo")
    spans = told.group_by(month.alias("month"), maintain_order=True).agg(
        pl.col("process_days").sum(), pl.len()
    )
    edges = np.cumsum([0, *spans["len"].to_list()])
    bought, people = planted.purchases, planted.people
    day, person = bought["day"].to_numpy(), bought["person"].to_numpy()
    left = bought.join(people.select("person", number="left_after"), on=["person", "number"])
    left_day = np.full(len(people), 10**6)
    left_day[left["person"].to_numpy()] = left["day"].to_numpy()
    first_day = bought.filter(pl.col("number") == 0)["day"].to_numpy()
    rates, leaving = people["order_rate"].to_numpy(), people["leaving_probability"].to_numpy()
    distance = 0.0
    for place in range(6, 36):
        here = (first_day < edges[place]) & (left_day >= edges[place])
        expected = expected_orders(rates, leaving, spans["process_days"][place])[here].sum()
        in_month = (day >= edges[place]) & (day < edges[place + 1])
        came = (in_month & here[person]).sum()
        distance += (came - expected) ** 2 / expected
    assert distance < 30 + 4 * np.sqrt(60)


def test_what_is_expected_at_the_end_has_the_season(planted: FirstBlock) -> None:
    """The simulated future comes as the customers' truth expects, within four standard errors."""
    truth = customer_truth(planted.world, planted.people, planted.purchases)
    for days in (30, 90, 365):
        expected, came = truth[f"expected_orders_{days}d"].sum(), truth[f"future_orders_{days}d"].sum()
        assert came == pytest.approx(expected, abs=4 * np.sqrt(1.5 * expected))


def test_spend_grows_as_the_truth_says(planted: FirstBlock) -> None:
    """Amounts over their buyer's own mean and the day's factor are the same on average, early and late."""
    people, bought = planted.people, planted.purchases
    segments = planted.world.settings.segments
    shape = np.array([segment.p for segment in segments])[people["segment"].to_numpy()]
    own_mean = (shape / people["spend_rate"].to_numpy())[bought["person"].to_numpy()]
    day = bought["day"].to_numpy()
    factor = season_truth(planted.world)["spend_factor"].to_numpy()[np.clip(day, 0, DAYS + FUTURE_DAYS - 1)]
    share = bought["spend_cents"].to_numpy() / 100 / own_mean / factor
    share /= share.mean()
    for here in (day < 365, day >= DAYS):
        error = share[here].std() / np.sqrt(here.sum())
        assert share[here].mean() == pytest.approx(1, abs=4 * error)


def test_nothing_planted_is_not_told() -> None:
    """What was simulated before a season could be planted has the same settings and the same truth."""
    assert "season" not in SimulationSettings().model_dump()
    assert is_steady(Season(order_months=(7,) * 12))
    assert not is_steady(SEASON)


@pytest.mark.parametrize("text", ["", "[season]\norder_growth_per_year = 0.3\n"])
def test_the_truth_has_a_file_where_it_is_planted(tmp_path: Path, text: str) -> None:
    (tmp_path / "simulation.toml").write_text(f"customers = 40\ndays = 40\n{text}")
    simulate(tmp_path)
    assert (tmp_path / "truth" / "season.parquet").exists() == bool(text)
    if text:
        assert pl.read_parquet(tmp_path / "truth" / "season.parquet").height == 40 + FUTURE_DAYS
