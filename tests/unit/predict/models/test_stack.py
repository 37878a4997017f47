"""The logistic correction."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit

from histories import simulate
from mandje.predict.models.closed_forms import no_order_probability, some_order_if_alive
from mandje.predict.models.order_model import OrderModel
from mandje.predict.models.parameters import PurchaseParameters, PurchasePatterns
from mandje.predict.models.stack import Lesson, Stack, fit_stack

MODEL = PurchaseParameters("BG/NBD", 0.6, 60, 0.8, 2.5)
X, T_X, AGE = simulate(40_000, (0.6, 60, 0.8, 2.5), 700, seed=3)
KNOWN = PurchasePatterns(X, T_X, AGE, np.ones_like(X))
LIKELY = 1 - no_order_probability(MODEL, X, T_X, AGE, 90)
RANDOM = np.random.default_rng(5)


def drawn(c0: float, c1: float, c2: float) -> np.ndarray:
    probability = expit(c0 + c1 * logit(LIKELY) + c2 * np.log1p(X))
    return (RANDOM.random(len(X)) < probability).astype(np.float64)


def test_a_right_model_is_left_alone() -> None:
    stack = fit_stack([Lesson(MODEL, KNOWN, drawn(0, 1, 0), 90)], 90)
    errors = np.sqrt(np.diag(stack.covariance))
    assert stack.fault is None
    assert (np.abs(stack.coefficients - [0, 1, 0]) < 3.5 * errors).all()


def test_coefficients_come_back() -> None:
    stack = fit_stack([Lesson(MODEL, KNOWN, drawn(-0.8, 0.5, 1.0), 90)], 90)
    errors = np.sqrt(np.diag(stack.covariance))
    assert (np.abs(stack.coefficients - [-0.8, 0.5, 1.0]) < 3.5 * errors).all()
    assert (errors < 0.05).all()


def test_patterns_with_weights_equal_customers_one_by_one() -> None:
    ordered = drawn(-0.8, 0.5, 1.0)
    rows, weight = np.unique(np.column_stack([X, T_X, AGE, ordered]), axis=0, return_counts=True)
    grouped = PurchasePatterns(*rows[:, :3].T.copy(), weight.astype(np.float64))
    alone = fit_stack([Lesson(MODEL, KNOWN, ordered, 90)], 90)
    together = fit_stack([Lesson(MODEL, grouped, rows[:, 3], 90)], 90)
    np.testing.assert_allclose(together.coefficients, alone.coefficients, rtol=1e-8)


def test_the_weight_gives_the_corrected_probability_where_there_is_room() -> None:
    stack = Stack(np.array([-0.8, 0.5, 1.0]), np.eye(3), 90, None)
    weight = OrderModel(MODEL, stack).weight(X, T_X, AGE)
    corrected, room = stack.order_probability(MODEL, KNOWN), some_order_if_alive(MODEL, X, AGE, 90)
    assert ((weight > 0) & (weight <= 1)).all()
    np.testing.assert_allclose(weight * room, np.minimum(corrected, room), rtol=1e-12)


@pytest.mark.parametrize("ordered", [np.zeros_like(X), np.ones_like(X), (X > 2).astype(np.float64)])
def test_what_cannot_be_learnt_is_a_fault(ordered: np.ndarray) -> None:
    """Nobody ordered, all did, or the count alone tells who did: no finite coefficients fit best."""
    assert fit_stack([Lesson(MODEL, KNOWN, ordered, 90)], 90).fault is not None


def test_certain_histories_do_not_break_it() -> None:
    sure = PurchasePatterns(
        *(np.array(column) for column in ([700.0, 0], [700.0, 0], [701.0, 14_600], [1.0, 1]))
    )
    stack = Stack(np.array([-0.8, 0.5, 1.0]), np.eye(3), 90, None)
    assert np.isfinite(stack.order_weight(MODEL, sure)).all()
