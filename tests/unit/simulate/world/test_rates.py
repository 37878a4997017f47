from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from mandje.contracts.feeds import FEEDS
from mandje.simulate.settings import SimulationSettings
from mandje.simulate.world.world import make_world

FIRST_DAYS = [date(2023, 6, 1) + timedelta(days=days) for days in range(7)]


@pytest.mark.parametrize("first_day", FIRST_DAYS, ids=lambda day: day.strftime("%A"))
def test_every_day_has_the_latest_rate_that_was_delivered(first_day: date) -> None:
    """Looked up row by row; none is of a weekend, none older than a weekend, none delivered too late."""
    world = make_world(SimulationSettings(first_day=first_day, days=60))
    rates = world.rates.delivered
    for day in range(60):
        today = first_day + timedelta(days=day)
        known = [row for row in rates.iter_rows(named=True) if row["rate_date"] <= today]
        assert all(row["delivery_day"] <= day for row in known)
        latest = max(known, key=lambda row: row["rate_date"])
        assert latest["rate_date"].weekday() < 5
        assert today - latest["rate_date"] <= timedelta(days=2)
        found = world.rates.rate_e4(np.array([0, 1]), np.array([day, day]))
        assert found.tolist() == [10_000, int(latest["rate"] * 10_000)]


def test_one_rate_per_weekday_in_the_contracts_columns() -> None:
    world = make_world(SimulationSettings())
    rates = world.rates.delivered
    names = [column.name for column in FEEDS["exchange_rates"].columns]
    assert rates.columns == [*names, "delivery_day", "outcome", "defect"]
    assert rates["rate_date"].is_unique().all()
    assert rates["rate_date"].dt.weekday().max() == 5
    assert (
        len(rates)
        == pl.date_range(date(2023, 6, 1), world.clock.date_of(729), eager=True)
        .dt.weekday()
        .is_between(1, 5)
        .sum()
    )
    assert rates.unique(["from_currency", "to_currency"]).select(
        "from_currency", "to_currency", "outcome"
    ).rows() == [("GBP", "EUR", "kept")]


def test_the_rate_walks_slowly_about_its_centre() -> None:
    rate = make_world(SimulationSettings(days=2000)).rates.delivered["rate"].cast(pl.Float64)
    assert rate.mean() == pytest.approx(1.17, abs=0.03)
    assert rate.min() > 1.05
    assert rate.max() < 1.29
    assert 0 < rate.diff().abs().max() < 0.01
    assert not rate.equals(make_world(SimulationSettings(days=2000, seed=2)).rates.delivered["rate"])


def test_more_days_leave_the_first_rates_as_they_were() -> None:
    short, long = (make_world(SimulationSettings(days=days)).rates.delivered for days in (90, 400))
    assert long[: len(short)].equals(short)
