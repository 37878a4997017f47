"""The factors of a night: of every horizon, of a site or in its place the shop's, and never out of order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from histories import AS_OF, patterns, simulate
from mandje.predict.models.holdouts import Holdout
from mandje.predict.season import year_before
from mandje.predict.season.factor import Season, uncorrected
from mandje.predict.season.tonight import no_seasons, season_row, seasons_tonight
from mandje.predict.season.words import horizon_lines
from mandje.predict.season.year_before import Seasons

HORIZONS, FIRST, BASE = (30, 90, 365), date(2020, 1, 1), AS_OF - timedelta(days=364)


CUSTOMERS = 1000
PATTERNS = patterns(*simulate(CUSTOMERS, (0.6, 60.0, 0.8, 2.5), 300, seed=6))


def window(orders_each: float) -> Holdout:
    """What came after the base day: of each customer one order, or of all as many in equal shares."""
    x = PATTERNS.frequency
    came = np.floor((np.arange(CUSTOMERS) + 1) * orders_each) - np.floor(np.arange(CUSTOMERS) * orders_each)
    return Holdout(PATTERNS, x >= 0, x, np.where(x > 0, 10.0, 0), x, came, came * 12, 90.0, 90)


def found(days_30: float, days_90: float) -> dict[int, Seasons]:
    held = {30: replace(window(days_30), horizon=30.0, most_orders=30), 90: window(days_90)}
    return seasons_tonight(
        lambda _, horizons: {days: held[days] for days in horizons}, AS_OF, FIRST, HORIZONS, "BG/NBD", {}
    )


def season(factor: float) -> Season:
    return Season(factor, factor + 0.01, 0.02, BASE, 700, None)


def of_shop() -> dict[int, Seasons]:
    nothing = uncorrected(None, 0, "a year has every season once")
    return {
        30: Seasons(30, season(1.1), season(1.01)),
        90: Seasons(90, season(1.3), season(1.02)),
        365: Seasons(365, nothing, nothing),
    }


def of_site(came: float) -> dict[int, Seasons]:
    return seasons_tonight(
        lambda _, horizons: dict.fromkeys(horizons, window(came)), AS_OF, FIRST, HORIZONS, "BG/NBD", of_shop()
    )


def test_both_horizons_share_one_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    right, fitted = year_before.choose_purchase_model, []

    def counted(*known: object) -> object:
        fitted.append(known)
        return right(*known)  # type: ignore[arg-type]

    monkeypatch.setattr(year_before, "choose_purchase_model", counted)
    seasons = found(0.3, 0.9)
    assert len(fitted) == 1
    assert [one.orders.is_known for one in seasons.values()] == [True, True, False]
    assert {one.orders.base_day for one in seasons.values()} == {BASE, None}


def test_a_site_with_too_little_takes_the_shops_and_says_so() -> None:
    for days in (30, 90):
        taken, shops = of_site(0.042)[days], of_shop()[days]
        why = f"the shop's factor; of the site: 42 orders came in the 90 days after {BASE}, 200 needed"
        for ours, theirs in ((taken.orders, shops.orders), (taken.spend, shops.spend)):
            assert ours.factor == theirs.factor
            assert (ours.unshrunk, ours.order_days) == (theirs.unshrunk, 700)
            assert ours.reason == why.replace("90 days", f"{days} days")
    _, line, year = horizon_lines(of_site(0.042))
    assert line.startswith("90 days: season 1.300. In the 90 days after 2024-07-01 700 order days came")
    assert line.endswith(
        " The shop's factor; of the site: 42 orders came in the 90 days after 2024-07-01, 200 needed."
    )
    assert year == "365 days: not corrected for season: a year has every season once."


def test_a_site_with_enough_keeps_its_own() -> None:
    own = of_site(1.2)[90].orders
    assert (own.reason, own.order_days) == (None, 1200)
    assert own.factor != of_shop()[90].orders.factor


def test_of_a_shop_without_a_year_a_site_says_why_itself() -> None:
    shops = no_seasons(HORIZONS, "x")
    own = seasons_tonight(lambda *_: window(1), AS_OF, BASE, HORIZONS, "BG/NBD", shops)[30].orders
    assert (own.factor, str(own.reason)[:18]) == (1, "no year of history")


def test_a_longer_horizon_is_longer_in_the_models_time() -> None:
    """A site's 90 days are half dead; too few came in its first 30, for which the shop has 2.4: 72 days."""
    held = {30: window(0.042), 90: window(0.35)}
    shops = of_shop() | {30: Seasons(30, season(2.4), season(1.01))}
    seasons = seasons_tonight(
        lambda _, horizons: {days: held[days] for days in horizons}, AS_OF, FIRST, HORIZONS, "BG/NBD", shops
    )
    short, long = seasons[30], seasons[90].orders
    assert long.reason is None
    assert 90 * long.factor < 30 * 2.4
    reason = "2.400 would stretch 30 days beyond 90 days: their factor is taken"
    assert short.orders == replace(season(2.4), factor=long.factor, reason=reason)
    assert short.spend.factor == 1.01


def test_what_is_published_of_a_horizon() -> None:
    orders = Season(1.32612, 1.32801234567, 0.02112345678, date(2010, 9, 11), 4255, None)
    spend = uncorrected(date(2010, 9, 11), 4255, "nothing was spent")
    assert season_row(Seasons(90, orders, spend)) == {
        "horizon_days": 90,
        "season_factor": 1.32612,
        "season_factor_seen": 1.32801,
        "season_error": 0.0211235,
        "season_first_date": date(2010, 9, 12),
        "season_last_date": date(2010, 12, 10),
        "season_order_count": 4255,
        "season_reason": None,
        "spend_factor": 1.0,
        "spend_factor_seen": None,
        "spend_factor_error": None,
        "spend_reason": "nothing was spent",
    }
    row = season_row(no_seasons(HORIZONS, "too few")[365])
    assert (row["season_factor"], row["season_first_date"], row["season_reason"]) == (1, None, "too few")
