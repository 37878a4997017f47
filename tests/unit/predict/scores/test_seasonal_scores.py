"""What the season does to what is published: orders, money, dates; and what it leaves alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from histories import AS_OF, order_days, shop, shop_warehouse
from mandje.predict.fit import Fit, fit_and_score
from mandje.predict.models.closed_forms import expected_orders, some_order_if_alive
from mandje.predict.models.order_count_distribution import order_count_distribution
from mandje.predict.models.parameters import PurchaseParameters
from mandje.predict.scores import choice
from mandje.predict.scores.choice import choose_models
from mandje.predict.season.tonight import no_seasons
from seasonal import PEAK, YEAR, with_peak

DAYS, HORIZONS = 3 * YEAR, (30, 90, 365)
ORDERS = with_peak(order_days(2500, (0.6, 60.0, 0.8, 2.5), DAYS, seed=5), DAYS)
# The peak is about to begin; spend per order then is 20 % higher than usual.
NIGHT = AS_OF - timedelta(days=PEAK)
PEAKS = [
    (NIGHT - timedelta(days=years * YEAR), NIGHT - timedelta(days=years * YEAR - PEAK)) for years in (0, 1, 2)
]
DEAR = pl.any_horizontal(
    *(pl.col("order_date").is_between(begin, end, closed="right") for begin, end in PEAKS)
)
BUSY = ORDERS.with_columns(spend=pl.when(DEAR).then((pl.col("spend") * 1.2).round(2)).otherwise("spend"))

Tables = tuple[Fit, duckdb.DuckDBPyConnection]


def night(orders: pl.DataFrame = BUSY, **settings: Any) -> Tables:
    con = shop_warehouse(orders, NIGHT)
    return fit_and_score(con, shop(**settings), NIGHT), con


def table(con: duckdb.DuckDBPyConnection, name: str) -> pl.DataFrame:
    frame: pl.DataFrame = con.sql(f"from predictions.{name} order by person_id").pl()
    return frame.cast({pl.Decimal: pl.Float64})


@pytest.fixture(scope="module")
def seasonal() -> Tables:
    return night()


@pytest.fixture(scope="module")
def steady() -> Tables:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choice, "seasons_tonight", lambda *_: no_seasons(HORIZONS, "planted"))
        return night()


def factors(fit: Fit) -> dict[int, tuple[float, float]]:
    """g and v by horizon."""
    return {one["horizon_days"]: (one["season_factor"], one["spend_factor"]) for one in fit.seasons}  # type: ignore[misc]


def given_alive(
    fit: Fit, people: pl.DataFrame, time: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """By the published parameters: P(an order) and expected orders in so many days of the model's time."""
    model = PurchaseParameters("BG/NBD", **{name: value or 0.0 for name, value in fit.parameters.items()})
    x, age = (people[name].cast(pl.Float64).to_numpy() for name in ("frequency", "age_days"))
    return some_order_if_alive(model, x, age, time), expected_orders(model, x, age, [time])[0]


def test_a_peak_is_found(seasonal: Tables) -> None:
    by_horizon = factors(seasonal[0])
    assert by_horizon[365] == (1, 1)
    for days in (30, 90):
        g, v = by_horizon[days]
        assert 1.3 < g < 2
        assert 1.1 < v < 1.3


def test_published_orders_beside_the_factor(seasonal: Tables) -> None:
    """Looked that much further ahead by hand: expected orders, no order, exactly one, and their sums."""
    fit, con = seasonal
    people = table(con, "customer_predictions")
    weight = people["order_weight"].to_numpy()
    for days, (g, _) in factors(fit).items():
        some, orders = given_alive(fit, people, days * g)
        np.testing.assert_allclose(people[f"expected_orders_{days}d"], weight * orders, rtol=1e-4)
        np.testing.assert_allclose(people[f"no_order_{days}d_probability"], 1 - weight * some, rtol=1e-4)
        assert float(fit.expected_orders[f"{days}d"] or 0) == pytest.approx((weight * orders).sum(), rel=1e-5)
    law = order_count_distribution(
        PurchaseParameters("BG/NBD", **{name: value or 0.0 for name, value in fit.parameters.items()}),
        *(people[name].cast(pl.Float64).to_numpy() for name in ("frequency", "age_days")),
        90 * factors(fit)[90][0],
        90,
    )
    np.testing.assert_allclose(people["one_order_90d_probability"], weight * law[:, 1], rtol=1e-4)
    beyond = 1 - np.cumsum(law, axis=1)
    high = [
        int(np.argmax(row <= 0.1 / part)) for row, part in zip(beyond, np.maximum(weight, 1e-9), strict=True)
    ]
    assert (people["orders_90d_realised_high"] == pl.Series(high)).mean() > 0.998


def test_published_money_beside_the_factors(seasonal: Tables, steady: Tables) -> None:
    """Spend is orders times spend per order, which itself tells no season, times the factor."""
    fit, con = seasonal
    people, plain = table(con, "customer_predictions"), table(steady[1], "customer_predictions")
    assert (people["expected_spend_per_order_amount"] == plain["expected_spend_per_order_amount"]).all()
    for days, (_, v) in factors(fit).items():
        per_order = people["expected_spend_per_order_amount"] * v
        spend = people[f"expected_orders_{days}d"] * per_order
        np.testing.assert_allclose(people[f"expected_spend_{days}d_amount"], spend, atol=6e-5)
        # Discounting takes at most a year of 10 % away.
        value = people[f"expected_orders_{days}d"] * (per_order * people["contribution_ratio"] - 5)
        share = people[f"predicted_value_{days}d_amount"] / value
        assert (share.filter(value.abs() > 0.01).is_between(0.9, 1.001)).all()
    busy = people.filter(plain["spend_90d_amount_realised_high"] > 0)
    usual = plain.filter(plain["spend_90d_amount_realised_high"] > 0)
    ratio = busy["spend_90d_amount_realised_high"] / usual["spend_90d_amount_realised_high"]
    assert (ratio > factors(fit)[90][1]).all()


def test_the_level_of_the_peak_is_right(seasonal: Tables, steady: Tables) -> None:
    coming = BUSY.filter(pl.col("order_date").is_between(NIGHT, AS_OF, closed="right"))
    people = table(seasonal[1], "customer_predictions")
    came = coming.join(people, on="person_id", how="semi")
    for name, figure in (
        ("expected_orders_90d", float(came.height)),
        ("expected_spend_90d_amount", came["spend"].sum()),
    ):
        with_season, without = (
            table(con, "customer_predictions")[name].sum() for _, con in (seasonal, steady)
        )
        assert with_season / figure == pytest.approx(1, abs=0.1)
        assert without / figure < 0.8


def test_bands_do_not_move_with_the_season(seasonal: Tables, steady: Tables) -> None:
    busy, plain = (table(con, "churn_risk") for _, con in (seasonal, steady))
    for name in ("churn_band", "is_at_risk", "steady_no_order_probability"):
        assert (busy[name] == plain[name]).all(), name
    assert (plain["steady_no_order_probability"] == plain["no_order_probability"]).all()
    assert (busy["no_order_probability"] < plain["no_order_probability"]).mean() > 0.99
    assert busy["value_at_risk_amount"].sum() == pytest.approx(plain["value_at_risk_amount"].sum(), rel=0.01)


def test_the_next_order_is_due_sooner(seasonal: Tables, steady: Tables) -> None:
    busy, plain = (table(con, "next_orders") for _, con in (seasonal, steady))
    assert (busy["order_365d_probability"] == plain["order_365d_probability"]).all()
    sooner = (plain["next_order_median_date"] - busy["next_order_median_date"]).dt.total_days()
    assert (sooner.drop_nulls() >= 0).all()
    assert (sooner > 5).mean() > 0.5
    high = busy["next_order_high_date"].drop_nulls()
    assert (high <= NIGHT + timedelta(days=365)).all()


def test_the_churn_horizon_is_read_from_the_line() -> None:
    fit, con = night(customers={"churn_horizon_days": 60})
    people = table(con, "customer_predictions")
    (g30, _), (g90, _), _ = factors(fit).values()
    some, _ = given_alive(fit, people, (30 * g30 + 90 * g90) / 2)
    no_order = 1 - people["order_weight"] * some
    np.testing.assert_allclose(table(con, "churn_risk")["no_order_probability"], no_order, rtol=1e-4)


def test_a_shop_without_a_year_says_what_it_said_before() -> None:
    """Its scores are the closed forms at the horizons themselves, to the last digit."""
    young = order_days(1500, (0.6, 60.0, 0.8, 2.5), 540, seed=7)
    con = shop_warehouse(young)
    fit = fit_and_score(con, shop(), AS_OF)
    reasons = [str(one["season_reason"]) for one in fit.seasons]
    assert [one.split(" (")[0] for one in reasons] == ["no year of history"] * 2 + [
        "a year has every season once"
    ]
    assert set(factors(fit).values()) == {(1.0, 1.0)}
    model = choose_models(con, AS_OF, 90, "BG/NBD").forecaster
    assert model is not None
    assert model.model is not None
    told = con.sql("from scores.histories order by history").pl()
    x, t_x, age = (
        told[name].cast(pl.Float64).to_numpy() for name in ("frequency", "recency_days", "age_days")
    )
    weight = model.model.weight(x, t_x, age)
    rate = np.log1p(0.1) / 365.25
    for name, by_hand in (
        ("expected_orders", expected_orders(model.model.purchase, x, age, HORIZONS)),
        ("discounted_orders", expected_orders(model.model.purchase, x, age, HORIZONS, rate)),
    ):
        for row, days in enumerate(HORIZONS):
            plain = pl.Series(weight * by_hand[row]).round_sig_figs(6)
            assert (told[f"{name}_{days}d"] == plain).all()
    for days in HORIZONS:
        none = 1 - weight * some_order_if_alive(model.model.purchase, x, age, days)
        assert (told[f"no_order_{days}d"] == pl.Series(none).round_sig_figs(6)).all()
    assert (told["no_order_steady"] == told["no_order_churn"]).all()
