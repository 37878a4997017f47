"""Laws of counts and spend against their definition and against simulated futures."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import betainc

from mandje.predict.models.order_count_distribution import (
    count_quantile,
    exceedance,
    first_at_most,
    order_count_distribution,
)
from mandje.predict.models.parameters import PurchaseParameters, SpendParameters
from mandje.predict.models.spend_distribution import spend_quantiles, spend_table
from mandje.predict.scores.realised import Futures, Pairs, realised_scores

MODEL = PurchaseParameters("BG/NBD", 0.6, 60, 0.8, 2.5)
SPEND = SpendParameters(6.25, 3.74, 15.44)
X, AGE = np.array([0.0, 0, 1, 6, 40, 300]), np.array([1.0, 400, 400, 250, 400, 301])
EVERY = np.arange(len(X))


@pytest.mark.parametrize("days", [1, 30, 90, 365])
def test_a_law_sums_to_one_and_ends_with_the_days(days: int) -> None:
    law = order_count_distribution(MODEL, X, AGE, days, days)
    np.testing.assert_allclose(law.sum(axis=1), 1, atol=1e-12)
    assert (law >= 0).all()
    assert law.shape[1] <= days + 1


def test_quantiles_by_their_definition() -> None:
    law = order_count_distribution(MODEL, X, AGE, 90, 90)
    for weight in (0.0, 0.02, 0.4, 1.0):
        below = 1 - weight + weight * np.cumsum(law, axis=1)
        for level in (0.1, 0.5, 0.9):
            slow = [int(np.flatnonzero(row >= level - 1e-12)[0]) for row in below]
            found = count_quantile(exceedance(law), EVERY, np.full(len(X), weight), level)
            assert found.tolist() == slow


def test_the_first_column_at_most_a_limit() -> None:
    table = np.array([[5.0, 3, 3, 1], [9, 8, 7, 6]])
    row = np.array([0, 0, 0, 0, 1, 1])
    limit = np.array([9.0, 5, 3, 0, 7.5, 0])
    assert first_at_most(table, row, limit).tolist() == [0, 0, 1, 3, 2, 3]


@pytest.mark.parametrize("days", [30, 365])
def test_spend_quantiles_by_their_definition(days: int) -> None:
    """F(s) = P(Y = 0) + sum of P(Y = n) I(s / (s + scale); p n, q + p x), solved for s."""
    law = order_count_distribution(MODEL, X, AGE, days, days)
    for row, weight in [(0, 1.0), (2, 0.3), (3, 0.9), (4, 0.97), (5, 0.2)]:
        known = min(X[row], 7)
        table = spend_table(SPEND, known, law.shape[1] - 1)
        some_order = np.array([weight * law[row, 1:].sum()])
        found = spend_quantiles(table, law, np.array([row]), some_order, (0.1, 0.5, 0.9))
        for level, ratio in zip((0.1, 0.5, 0.9), found, strict=True):
            assert ratio[0] == pytest.approx(_slow_quantile(law[row], weight, known, level), rel=1e-3)


def _slow_quantile(law: np.ndarray, weight: float, known: float, level: float) -> float:
    number = np.arange(1, len(law))

    def off(log_z: float) -> float:
        beyond = betainc(SPEND.q + SPEND.p * known, SPEND.p * number, 1 / (1 + np.exp(log_z)))
        return float(weight * law[1:] @ beyond - (1 - level))

    return float(np.exp(brentq(off, -60, 60))) if weight * law[1:].sum() > 1 - level else 0.0


def test_futures_drawn_from_the_posterior() -> None:
    """One customer: rate, leaving and spend drawn given the history, futures played out."""
    random, size, days = np.random.default_rng(9), 200_000, 365
    x, age, weight, mean = 6.0, 250.0, 0.8, 30.0
    alive = random.random(size) < weight
    rate = random.gamma(MODEL.r + x, 1 / (MODEL.alpha + age), size)
    leaving = random.beta(MODEL.a, MODEL.b + x, size)
    counts = np.minimum(random.poisson(rate * days), random.geometric(leaving)) * alive
    nu = random.gamma(SPEND.q + SPEND.p * x, 1 / (SPEND.v + x * mean), size)
    spent = random.gamma(np.maximum(SPEND.p * counts, 1e-300), 1 / nu) * (counts > 0)
    pairs = Pairs(np.array([x]), np.array([age]), np.zeros(1, dtype=np.intp))
    told = realised_scores(MODEL, SPEND, Futures(pairs, np.array([x]), np.array([weight])), {days: days})
    assert told["one_order_365d"][0] == pytest.approx((counts == 1).mean(), abs=4 * np.sqrt(0.25 / size))
    assert told["orders_low_365d"][0] == np.quantile(counts, 0.1, method="inverted_cdf")
    assert told["orders_high_365d"][0] == np.quantile(counts, 0.9, method="inverted_cdf")
    scale = SPEND.v + x * mean
    for name, level in (("low", 0.1), ("high", 0.9)):
        beyond = (spent <= told[f"spend_{name}_365d"][0] * scale).mean()
        assert beyond == pytest.approx(max(level, (spent == 0).mean()), abs=0.004)


def test_others_beside_it_change_a_history_by_less_than_the_grid() -> None:
    x = np.sort(np.arange(3000) % 23).astype(np.float64)
    age = 30.0 + np.arange(3000) % 911
    order = np.lexsort((age, x))
    x, age = x[order], age[order]
    weight, spend_days = np.linspace(0.01, 1, 3000), np.maximum(x - np.arange(3000) % 2, 0)
    whole = realised_scores(
        MODEL, SPEND, Futures(Pairs(x, age, np.arange(3000)), spend_days, weight), {30: 30, 365: 365}
    )
    for place in (0, 1023, 1024, 2999):
        one = slice(place, place + 1)
        alone = Futures(Pairs(x[one], age[one], np.zeros(1, np.intp)), spend_days[one], weight[one])
        for name, value in realised_scores(MODEL, SPEND, alone, {30: 30, 365: 365}).items():
            assert whole[name][place] == pytest.approx(value[0], rel=1e-3, abs=1e-9), name
