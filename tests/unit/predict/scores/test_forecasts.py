"""What the tables of predictions promise beyond the mean: intervals, next order, forms, falling back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from histories import AS_OF, order_days, shop, shop_warehouse
from mandje.predict.fit import Fit, fit_and_score
from mandje.predict.models import order_model
from mandje.predict.models.order_model import OrderForm
from mandje.predict.models.parameters import PurchaseParameters
from mandje.predict.scores.score_histories import parts
from order_law import order_count_probability

ORDERS = order_days(2000, (0.6, 60.0, 0.8, 2.5), 730, seed=8)
HORIZONS = (30, 90, 365)


def night(champion: OrderForm = "BG/NBD") -> tuple[Fit, pl.DataFrame, pl.DataFrame]:
    con = shop_warehouse(ORDERS)
    fit = fit_and_score(con, shop(), AS_OF, champion)
    return fit, *(
        con.sql(f"from predictions.{name} order by person_id").pl()
        for name in ("customer_predictions", "next_orders")
    )


@pytest.fixture(scope="module")
def usual() -> tuple[Fit, pl.DataFrame, pl.DataFrame]:
    return night()


@pytest.fixture(scope="module")
def stacked() -> tuple[Fit, pl.DataFrame, pl.DataFrame]:
    return night("stack")


Night = tuple[Fit, pl.DataFrame, pl.DataFrame]


@pytest.mark.parametrize("fixture", ["usual", "stacked"])
def test_intervals_hold_what_they_are_around(fixture: str, request: pytest.FixtureRequest) -> None:
    fit, predictions, _ = request.getfixturevalue(fixture)
    assert fit.spend_model == "Gamma-Gamma"
    predictions = predictions.cast({pl.Decimal: pl.Float64})
    for days in HORIZONS:
        for expected, name in (
            (f"expected_orders_{days}d", f"orders_{days}d"),
            (f"expected_spend_{days}d_amount", f"spend_{days}d_amount"),
            (f"predicted_value_{days}d_amount", f"predicted_value_{days}d_amount"),
        ):
            assert (predictions[f"{name}_expected_low"] <= predictions[expected]).all(), name
            assert (predictions[f"{name}_expected_high"] >= predictions[expected]).all(), name
        for name in (f"orders_{days}d", f"spend_{days}d_amount"):
            assert (predictions[f"{name}_realised_low"] <= predictions[f"{name}_realised_high"]).all()
        is_sure_of_none = predictions[f"no_order_{days}d_probability"] > 0.9
        assert ((predictions[f"orders_{days}d_realised_high"] == 0) == is_sure_of_none).all()
        assert ((predictions[f"spend_{days}d_amount_realised_high"] == 0) == is_sure_of_none).all()


def test_parts_hold_every_history_once_and_never_divide_a_pair() -> None:
    random = np.random.default_rng(8)
    drawn = {"frequency": random.integers(0, 9, 90_000), "age_days": random.integers(1, 2000, 90_000)}
    drawn |= {"recency_days": random.integers(0, 2000, 90_000)}
    whole = pl.DataFrame(drawn).unique().sort("frequency", "age_days", "recency_days")
    found = [whole[rows] for rows in parts(whole)]
    assert len(found) > 5
    assert pl.concat(found).equals(whole)
    pairs = [set(part.select("frequency", "age_days").iter_rows()) for part in found]
    assert sum(map(len, pairs)) == len(set.union(*pairs))
    assert parts(whole.head(0)) == []


def test_exactly_one_order(usual: Night) -> None:
    fit, predictions, _ = usual
    values = {name: value or 0.0 for name, value in fit.parameters.items()}
    model = PurchaseParameters("BG/NBD", **values)
    x, age = (predictions[name].cast(pl.Float64).to_numpy() for name in ("frequency", "age_days"))
    one = predictions["alive_probability"].to_numpy() * order_count_probability(model, 1, x, age, 90)
    np.testing.assert_allclose(predictions["one_order_90d_probability"], one, rtol=3e-5)


def test_realised_orders_hold_what_the_model_says(usual: Night) -> None:
    """At least 80 % of the law lies between both ends; below the low end at most 10 %."""
    predictions = usual[1]
    low, high = (predictions[f"orders_365d_realised_{end}"] for end in ("low", "high"))
    no_order = predictions["no_order_365d_probability"]
    assert ((low == 0) == (no_order >= 0.1)).all()
    assert (high >= predictions["expected_orders_365d"].floor()).mean() > 0.95


def test_the_next_order(usual: Night) -> None:
    _, predictions, following = usual
    likely = following["order_365d_probability"] >= 0.1
    np.testing.assert_allclose(
        following["order_365d_probability"], 1 - predictions["no_order_365d_probability"], atol=1e-8
    )
    dates = following.select("next_order_low_date", "next_order_median_date", "next_order_high_date")
    for name in dates.columns:
        assert (dates[name].is_not_null() == likely).all()
    assert ((following["reason"] == "order_unlikely").fill_null(value=False) == ~likely).all()
    known = dates.filter(likely)
    low, median, high = (known[name] for name in known.columns)
    assert ((low > AS_OF) & (low <= median) & (median <= high) & (high <= AS_OF + timedelta(days=365))).all()
    assert (~likely).any()


def test_the_stack_moves_probabilities_and_leaves_p_alive(usual: Night, stacked: Night) -> None:
    fit, predictions, _ = stacked
    assert (fit.champion, fit.order_form, fit.purchase_model, fit.warnings) == (
        "stack",
        "stack",
        "BG/NBD",
        [],
    )
    assert fit.stack.keys() == {"intercept", "model_logit", "log_frequency"}
    assert (predictions["alive_probability"] == usual[1]["alive_probability"]).all()
    assert (predictions["order_weight"] != predictions["alive_probability"]).any()
    assert (usual[1]["order_weight"] == usual[1]["alive_probability"]).all()
    weight, alive = predictions["order_weight"], predictions["alive_probability"]
    moved = 1 - (1 - usual[1]["no_order_90d_probability"]) * weight / alive
    np.testing.assert_allclose(predictions["no_order_90d_probability"], moved, atol=1e-5)
    assert predictions["expected_orders_365d"].sum() == pytest.approx(
        usual[1]["expected_orders_365d"].sum(), rel=0.1
    )


def test_mbg_nbd_doubts_one_time_buyers() -> None:
    fit, predictions, _ = night("MBG/NBD")
    assert (fit.order_form, fit.purchase_model) == ("MBG/NBD", "MBG/NBD")
    assert (predictions.filter(pl.col("frequency") == 0)["alive_probability"] < 1).all()


def test_a_form_that_fails_falls_back_one_step_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    right = order_model.fit_stack
    monkeypatch.setattr(order_model, "fit_stack", lambda *known: replace(right(*known), fault="planted"))
    fit, predictions, _ = night("stack")
    assert (fit.champion, fit.order_form) == ("stack", "MBG/NBD")
    assert fit.warnings == ["stack cannot be used tonight: planted"]
    assert set(predictions["order_form"]) == {"MBG/NBD"}


def test_the_last_step_is_the_simplest(monkeypatch: pytest.MonkeyPatch) -> None:
    right = order_model.choose_purchase_model

    def without_mbg(*known: Any) -> object:
        return (
            replace(right(*known), fit=None, rungs=[{"fault": "planted"}])
            if known[2] == "MBG/NBD"
            else right(*known)
        )

    monkeypatch.setattr(order_model, "choose_purchase_model", without_mbg)
    fit = night("MBG/NBD")[0]
    assert (fit.order_form, len(fit.warnings)) == ("BG/NBD", 1)


def test_spend_intervals_widen_with_the_error_of_spend(usual: Night) -> None:
    """Relative width of the spend interval: never narrower than that of the orders."""
    numbers = usual[1].cast({pl.Decimal: pl.Float64}).filter(pl.col("expected_spend_365d_amount") > 1)
    orders = numbers["orders_365d_expected_high"] / numbers["orders_365d_expected_low"]
    spend = numbers["spend_365d_amount_expected_high"] / numbers["spend_365d_amount_expected_low"]
    assert (spend >= orders * (1 - 1e-4)).all()
    assert (spend > orders * 1.001).any()
