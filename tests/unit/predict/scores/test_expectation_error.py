"""Intervals of expectations against thousands of draws of the parameters."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import cdnow
from histories import patterns, simulate
from mandje.predict.models.closed_forms import expected_orders, mean_spend
from mandje.predict.models.order_model import OrderModel
from mandje.predict.models.purchase_model import PurchaseFit, fit_bg_nbd, fit_mbg_nbd, fit_nbd
from mandje.predict.models.spend_model import fit_gamma_gamma
from mandje.predict.models.stack import Lesson, fit_stack
from mandje.predict.scores.expectation_error import (
    _moved,
    _moved_spend,
    log_deviations,
    log_ratio,
    order_model_ends,
    spend_model_ends,
)

Table = NDArray[np.float64]
HISTORIES = simulate(1500, (0.6, 60, 0.8, 2.5), 700, seed=3)
KNOWN = patterns(*HISTORIES)
SOME = KNOWN.where(np.arange(1500) < 40)


def expected(model: OrderModel) -> Table:
    given_alive = expected_orders(model.purchase, SOME.frequency, SOME.age, [30, 365])
    return np.asarray(model.weight(SOME.frequency, SOME.recency, SOME.age) * given_alive)


def deviations(model: OrderModel, fit: PurchaseFit) -> tuple[Table, Table]:
    ends = order_model_ends(model, fit.log_covariance)
    centre = expected(model)
    return log_deviations(
        (log_ratio(expected(one), centre), log_ratio(expected(other), centre)) for one, other in ends
    )


@pytest.mark.parametrize(
    "fit", [fit_bg_nbd(KNOWN), fit_mbg_nbd(KNOWN), fit_nbd(KNOWN)], ids=["BG", "MBG", "NBD"]
)
def test_orders_as_by_draws(fit: PurchaseFit) -> None:
    model = OrderModel(fit.parameters)
    below, above = deviations(model, fit)
    steps = np.random.default_rng(1).multivariate_normal(
        np.zeros(len(fit.log_covariance)), fit.log_covariance, 1000
    )
    draws = np.log([expected(OrderModel(_moved(fit.parameters, step))) / expected(model) for step in steps])
    low, high = np.quantile(draws, [0.1, 0.9], axis=0)
    np.testing.assert_allclose(below, -low, rtol=0.2, atol=0.01)
    np.testing.assert_allclose(above, high, rtol=0.2, atol=0.01)


def test_spend_as_by_draws() -> None:
    spend = cdnow.sample_spend()
    fit = fit_gamma_gamma(spend)
    days, mean = np.array([0.0, 1, 5, 20]), np.array([0.0, 10, 60, 30])
    centre = mean_spend(fit.parameters, days, mean)
    ends = spend_model_ends(fit.parameters, fit.log_covariance)
    moves = ([log_ratio(mean_spend(end, days, mean), centre) for end in both] for both in ends)
    below, above = log_deviations((one, other) for one, other in moves)
    steps = np.random.default_rng(1).multivariate_normal(np.zeros(3), fit.log_covariance, 4000)
    draws = np.log([mean_spend(_moved_spend(fit.parameters, step), days, mean) / centre for step in steps])
    low, high = np.quantile(draws, [0.1, 0.9], axis=0)
    np.testing.assert_allclose(below, -low, rtol=0.1, atol=0.002)
    np.testing.assert_allclose(above, high, rtol=0.1, atol=0.002)


def test_the_stack_adds_its_own_error() -> None:
    fit = fit_bg_nbd(KNOWN)
    ordered = (np.random.default_rng(2).random(1500) < 0.2).astype(np.float64)
    stack = fit_stack([Lesson(fit.parameters, KNOWN, ordered, 90)], 90)
    with_stack = OrderModel(fit.parameters, stack)
    assert len(list(order_model_ends(with_stack, fit.log_covariance))) == 7
    below, above = deviations(with_stack, fit)
    assert np.isfinite([below, above]).all()
    assert ((below >= 0) & (above >= 0)).all()


def test_more_customers_narrow_it() -> None:
    many = fit_bg_nbd(patterns(*simulate(24_000, (0.6, 60, 0.8, 2.5), 700, seed=3)))
    few = fit_bg_nbd(KNOWN)
    narrow, wide = (deviations(OrderModel(fit.parameters), fit)[1] for fit in (many, few))
    assert np.median(narrow / wide) == pytest.approx(1 / 4, rel=0.15)


def test_nothing_expected_has_no_error() -> None:
    centre = np.array([0.0, 1.0, 1.0])
    ends = (np.array([0.0, 1.1, 0.0]), np.array([0.0, 0.9, 1.0]))
    below, above = log_deviations([(log_ratio(ends[0], centre), log_ratio(ends[1], centre))])
    np.testing.assert_allclose(below, [0, -np.log(0.9), 0])
    np.testing.assert_allclose(above, [0, np.log(1.1), 0])
