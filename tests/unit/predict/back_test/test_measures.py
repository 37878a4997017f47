"""Measures against the slow and obvious way."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mandje.predict.back_test import measures
from mandje.predict.models.closed_forms import alive_probability
from mandje.predict.models.order_law import exceedance, order_law
from mandje.predict.models.parameters import PurchaseParameters

RANDOM = np.random.default_rng(4)
SCORE = RANDOM.integers(0, 12, 60) / 12
EVENT = (RANDOM.random(60) < SCORE).astype(np.float64)
WEIGHT = RANDOM.integers(1, 4, 60).astype(np.float64)
ONE = np.ones(60)


def repeated(column: NDArray[np.float64]) -> NDArray[np.float64]:
    """One row per customer in place of weights."""
    return np.repeat(column, WEIGHT.astype(int))


def test_ties_do_not_depend_on_the_order_of_rows() -> None:
    random = np.random.default_rng(3)
    score, actual = random.integers(0, 4, 500) / 4, random.integers(0, 5, 500).astype(np.float64)
    weight, ordered = np.ones(500), (actual > 2).astype(np.float64)
    for rows in (np.argsort(actual), np.argsort(-actual)):
        of = (score[rows], ordered[rows], weight)
        assert measures.calibration_error(*of) == pytest.approx(
            measures.calibration_error(score, ordered, weight)
        )
        assert measures.top_share(score[rows], actual[rows], weight) == pytest.approx(
            measures.top_share(score, actual, weight)
        )
    constant = np.full(500, 0.5)
    assert measures.calibration_error(constant, ordered, weight) == pytest.approx(abs(0.5 - ordered.mean()))


def test_auc_counts_pairs() -> None:
    score, event = repeated(SCORE), repeated(EVENT)
    pairs = [(yes > no) + (yes == no) / 2 for yes in score[event == 1] for no in score[event == 0]]
    assert measures.auc(SCORE, EVENT, WEIGHT) == pytest.approx(np.mean(pairs), abs=1e-12)
    assert measures.auc(SCORE, np.ones(60), WEIGHT) is None


def test_weights_stand_for_customers() -> None:
    score, event, one = repeated(SCORE), repeated(EVENT), repeated(ONE)
    for measure in (measures.brier, measures.auc, measures.total_ratio, measures.mean_absolute_error):
        assert measure(SCORE, EVENT, WEIGHT) == pytest.approx(measure(score, event, one), abs=1e-12)
    for weight in (WEIGHT, ONE):
        order = np.argsort(SCORE, kind="stable")
        assert (np.diff(measures.equal_count_bins(SCORE, weight)[order]) >= 0).all()


def test_losses() -> None:
    said = np.array([0.9, 0.9, 0.0])
    assert measures.log_losses(said, np.array([1.0, 0.0, 0.0])) == pytest.approx(
        [-np.log(0.9), -np.log(0.1), 0]
    )
    assert np.isfinite(measures.log_losses(said, np.ones(3))).all()


def test_ten_bins_of_equally_many() -> None:
    bins = measures.equal_count_bins(np.arange(1000.0)[::-1], np.ones(1000))
    assert (np.bincount(bins) == 100).all()
    assert (bins[:100] == 9).all()


def test_calibration_error() -> None:
    said = np.repeat([0.2, 0.7], 50)
    came = np.concatenate([np.tile([1.0, 0, 0, 0, 0], 10), np.ones(50)])
    assert measures.calibration_error(said, came, np.ones(100)) == pytest.approx(0.15)


def test_bins_tell_what_was_told_and_what_came() -> None:
    said, came = np.array([0.1, 0.3, 0.9]), np.array([0.0, 1.0, 1.0])
    found = measures.bins_of(said, came, np.array([1.0, 3.0, 2.0]), np.array([0, 0, 2]))
    assert list(found) == [0, 2]
    assert (found[0].customers, found[0].told, found[0].came) == pytest.approx((4, 0.25, 0.75))
    assert (found[2].customers, found[2].told, found[2].came) == pytest.approx((2, 0.9, 1))


def test_the_top_tenth_brings_its_share() -> None:
    actual = np.array([50.0, *[10.0] * 5, *[0.0] * 4])
    assert measures.top_share(actual, actual, np.ones(10)) == 0.5
    assert measures.top_share(-actual, actual, np.ones(10)) == 0
    assert measures.top_share(actual, np.zeros(10), np.ones(10)) is None
    halves = np.full(20, 0.5)
    assert measures.top_share(np.repeat(actual, 2), np.repeat(actual, 2), halves) == 0.5


def test_no_total_where_nothing_came() -> None:
    assert measures.total_ratio(np.ones(2), np.zeros(2), np.ones(2)) is None


@pytest.mark.parametrize("form", ["BG/NBD", "MBG/NBD"])
def test_pit_of_what_the_model_itself_says_is_80_percent(form: str) -> None:
    """Averaged over the law of what may come, for every history alone."""
    model = PurchaseParameters(form, 0.6, 60, 0.8, 2.5)  # type: ignore[arg-type]
    x, t_x, age = np.array([0.0, 1, 6, 40]), np.array([0.0, 3, 200, 395]), np.array([200.0, 400, 250, 400])
    alive = alive_probability(model, x, t_x, age)
    law = order_law(model, x, age, 90, 90)
    share = np.zeros(4)
    for count in range(law.shape[1]):
        likely = alive * law[:, count] + (1 - alive) * (count == 0)
        came = np.full(4, float(count))
        share += likely * measures.pit_inside(exceedance(law), np.arange(4), alive, came)
    np.testing.assert_allclose(share, 0.8, atol=1e-9)
