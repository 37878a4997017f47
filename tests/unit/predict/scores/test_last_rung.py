"""Shops without a purchase model: what shares give, what they leave empty, and whether they hold."""

from __future__ import annotations

import duckdb
import numpy as np
import polars as pl
import pytest

from histories import AS_OF, inputs, shop, shop_warehouse, warehouse
from mandje.predict.back_test.measures import auc
from mandje.predict.fit import Fit, fit_and_score
from rare_shop import Rare, rare_orders

ORDERS = rare_orders(Rare(), seed=1)
SETTINGS = shop(customers={"churn_horizon_days": 60})
GIVEN = (
    "no_order_{}d_probability",
    "expected_orders_{}d",
    "expected_spend_{}d_amount",
    "predicted_value_{}d_amount",
)


@pytest.fixture(scope="module")
def night() -> tuple[Fit, duckdb.DuckDBPyConnection]:
    con = shop_warehouse(ORDERS)
    return fit_and_score(con, SETTINGS, AS_OF), con


def table(con: duckdb.DuckDBPyConnection, name: str) -> pl.DataFrame:
    frame: pl.DataFrame = con.sql(f"from predictions.{name} order by person_id").pl()
    return frame


def test_a_shop_with_few_repeat_buyers_gets_numbers_marked_as_shares(
    night: tuple[Fit, duckdb.DuckDBPyConnection],
) -> None:
    fit, con = night
    assert (fit.order_form, fit.purchase_model, fit.rung) == ("recent shares", None, "last_window")
    assert fit.reason == "recent_shares"
    assert fit.explanation is not None
    assert fit.explanation.startswith(
        "0 customers with 3 or more order days, 50 needed; orders are forecast by"
    )
    predictions = table(con, "customer_predictions")
    assert fit.customers_scored == len(predictions) > 1900
    assert set(predictions["order_form"]) == {"recent shares"}
    assert set(predictions["purchase_rung"]) == {"last_window"}
    assert set(predictions["reason"]) == {"recent_shares"}
    for days in (30, 90, 365):
        assert all(predictions[name.format(days)].null_count() == 0 for name in GIVEN)
    empty = ["purchase_model", "alive_probability", "order_weight"]
    empty += [name for name in predictions.columns if name.endswith(("_low", "_high"))]
    assert all(predictions[name].is_null().all() for name in empty)
    assert fit.sites["nl"].order_form == "recent shares"
    assert table(con, "site_predictions")["expected_orders_90d"].null_count() == 0


def test_longer_horizons_say_more(night: tuple[Fit, duckdb.DuckDBPyConnection]) -> None:
    predictions = table(night[1], "customer_predictions")
    for short, long in ((30, 90), (90, 365)):
        one, other = (predictions[f"no_order_{days}d_probability"] for days in (short, long))
        assert (one >= other).all()
        one, other = (predictions[f"expected_orders_{days}d"] for days in (short, long))
        assert (one <= other).all()


def test_bands_follow_from_the_churn_horizon(night: tuple[Fit, duckdb.DuckDBPyConnection]) -> None:
    risk, predictions = table(night[1], "churn_risk"), table(night[1], "customer_predictions")
    between = predictions.select("no_order_90d_probability", "no_order_30d_probability")
    assert (risk["no_order_probability"] >= between["no_order_90d_probability"]).all()
    assert (risk["no_order_probability"] <= between["no_order_30d_probability"]).all()
    assert set(risk["churn_band"]) == {"high"}
    dates = table(night[1], "next_orders")
    assert dates["next_order_median_date"].is_null().all()
    assert dates["order_365d_probability"].null_count() == 0


def test_money_is_made_from_the_parts_that_are_shown(night: tuple[Fit, duckdb.DuckDBPyConnection]) -> None:
    predictions = table(night[1], "customer_predictions").with_columns(
        pl.selectors.decimal().cast(pl.Float64)
    )
    per_order = predictions["expected_spend_per_order_amount"]
    for days in (30, 90, 365):
        orders = predictions[f"expected_orders_{days}d"]
        np.testing.assert_allclose(
            predictions[f"expected_spend_{days}d_amount"], orders * per_order, atol=6e-5
        )
        value = (orders * (per_order * predictions["contribution_ratio"] - 5)).to_numpy()
        told = predictions[f"predicted_value_{days}d_amount"].to_numpy()
        assert (np.abs(told) <= np.abs(value) + 1e-4).all()
        assert (np.abs(told) >= np.abs(value) / 1.10 - 1e-4).all()


def test_without_repeat_spend_that_a_model_fits_the_mean_order_stands_in() -> None:
    alike = ORDERS.with_columns(spend=pl.lit(20.0))
    con = shop_warehouse(alike)
    fit = fit_and_score(con, shop(), AS_OF)
    assert (fit.spend_model, fit.spend_parameters) == ("mean of orders", {})
    predictions = table(con, "customer_predictions")
    assert set(predictions["spend_model"]) == {"mean of orders"}
    assert set(predictions["expected_spend_per_order_amount"].cast(pl.Float64)) == {20.0}


def test_a_young_shop_says_nothing_of_a_year() -> None:
    first_day = pl.lit(AS_OF).dt.offset_by("-299d")
    con = shop_warehouse(ORDERS.filter(pl.col("order_date") >= first_day))
    fit = fit_and_score(con, shop(), AS_OF)
    assert (fit.order_form, fit.expected_orders["365d"]) == ("recent shares", None)
    predictions = table(con, "customer_predictions")
    assert predictions["expected_orders_90d"].null_count() == 0
    for name in GIVEN:
        assert predictions[name.format(365)].is_null().all()
    assert set(predictions["reason"]) == {"recent_shares"}


def test_where_all_are_alike_and_no_model_fits_shares_do() -> None:
    """600 people who came every 20 days for 600 days."""
    con = warehouse(inputs([30] * 600, [599] * 600, [600] * 600))
    fit = fit_and_score(con, shop(), AS_OF)
    assert (fit.order_form, fit.reason) == ("recent shares", "recent_shares")
    assert fit.explanation is not None
    assert "no purchase model fits these customers" in fit.explanation
    predictions = table(con, "customer_predictions")
    assert (predictions["no_order_30d_probability"] < 0.01).all()
    assert float(fit.expected_orders["90d"] or 0) / 600 == pytest.approx(4.5, abs=0.2)


def test_shuffled_orders_give_the_same_bits(night: tuple[Fit, duckdb.DuckDBPyConnection]) -> None:
    con = shop_warehouse(ORDERS.sample(fraction=1, shuffle=True, seed=5))
    fit_and_score(con, SETTINGS, AS_OF)
    assert table(con, "customer_predictions").equals(table(night[1], "customer_predictions"))


KINDS = {
    "2,000 customers": Rare(),
    "soon or never": Rare(soon=1.0),
    "5,000 customers": Rare(customers=5000),
    "who returned comes again": Rare(again=0.2),
    "20,000 customers": Rare(customers=20_000),
}
ALL_SEEDS = range(40)


def ranked(kind: Rare, seed: int, days: int) -> float | None:
    """AUC of P(an order) over all customers of a drawn shop; None where nobody orders in the horizon."""
    orders = rare_orders(kind, seed)
    con = shop_warehouse(orders)
    fit = fit_and_score(con, shop(), AS_OF)
    assert fit.order_form == "recent shares"
    end = pl.lit(AS_OF).dt.offset_by(f"{days}d")
    came = orders.filter((pl.col("order_date") > AS_OF) & (pl.col("order_date") <= end))["person_id"]
    predictions = table(con, "customer_predictions")
    ordered = predictions["person_id"].is_in(came.implode()).cast(pl.Float64).to_numpy()
    some = 1 - predictions[f"no_order_{days}d_probability"].to_numpy()
    return auc(some, ordered, np.ones_like(some))


@pytest.mark.parametrize(
    ("kind", "seeds"),
    [
        pytest.param("20,000 customers", range(3), id="a sample"),
        *(pytest.param(kind, ALL_SEEDS, id=kind, marks=pytest.mark.full) for kind in list(KINDS)[:-1]),
    ],
)
def test_shares_tell_who_will_order(kind: str, seeds: range) -> None:
    """One buyer in a hundred ever returns: on average over shops, whoever does was ranked before others."""
    found = [ranked(KINDS[kind], seed, 90) for seed in seeds]
    known = [one for one in found if one is not None]
    assert len(known) >= len(seeds) / 2
    assert np.mean(known) >= 0.70
